"""What a user can choose from: names only, since every command line knows them."""

from typing import Final, Literal

THEMES: Final = ("kconsole", "kconsole-light", "kconsole-contrast", "terminal")
"""The names of the themes, in the order in which the user goes through them."""

Colours = Literal["truecolor", "256", "16", "none"]
COLOURS: Final[tuple[Colours, ...]] = ("truecolor", "256", "16", "none")
"""How many colours a terminal can have."""
