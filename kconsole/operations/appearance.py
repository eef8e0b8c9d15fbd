"""The looks that a user can choose: names only, since every command line knows them."""

from typing import Final, Literal, get_args

Theme = Literal["kconsole", "kconsole-light", "kconsole-contrast", "terminal"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
"""The themes, in the order of the list on the screen."""

Colours = Literal["truecolor", "256", "16", "none"]
COLOURS: Final[tuple[Colours, ...]] = get_args(Colours)
"""How many colours a terminal can have."""

ContextColour = Literal["red", "orange", "yellow", "green", "blue", "grey"]
CONTEXT_COLOURS: Final[tuple[ContextColour, ...]] = get_args(ContextColour)
"""The colours of the names of contexts."""

CsvStyleName = Literal["standard", "semicolon", "excel", "excel-semicolon"]
CSV_STYLES: Final[tuple[CsvStyleName, ...]] = get_args(CsvStyleName)
"""How CSV is written; `text.csv_writer` says what each is."""
