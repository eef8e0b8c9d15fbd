"""The configuration file as a pydantic model. Imported only if there is one: importing pydantic takes long."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kconsole.operations.appearance import Colours, CsvStyleName, Theme


class Config(BaseModel):
    """config.toml. Every setting may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    theme: Theme | None = None
    """The theme to begin with, until another is chosen on the screen. Without it, the console chooses."""
    ascii: bool | None = None
    """Whether to draw with ASCII only. Without it, the console draws what the terminal can show."""
    colours: Colours | None = None
    """How many colours the terminal has. Without it, what the terminal reports."""
    mouse: bool = False
    """Whether the console takes the mouse. The terminal cannot select text with it then."""
    plain: bool = False
    """Whether the console asks and answers in lines, for a screen reader, in place of drawing a screen."""
    csv_style: CsvStyleName | None = None
    """How CSV is written: with commas; with semicolons and decimal commas; or either way as Excel opens it."""
    keys: dict[str, Annotated[str, Field(pattern="[^ ,]")]] = {}
    """Other keys for commands: the name of the command, and its keys separated by commas."""
