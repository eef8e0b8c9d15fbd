"""The configuration file as a pydantic model. Imported only if there is one: importing pydantic takes long."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kconsole.operations.appearance import Colours, ContextColour, CsvStyleName, Theme


class Context(BaseModel):
    """A store with a name of its own, as of one of several mail servers."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    store: Annotated[str, Field(pattern="^(/|~|[a-z]+:)")]
    """The store: its folder, which begins with / or ~, or postgresql:... for a database."""
    colour: ContextColour = "blue"
    """The colour of the name, which stands first on every screen."""
    read_only: bool = False
    """Whether every change is refused, as by --read-only."""
    confirm_name: bool = False
    """Whether the name is to be typed before accounts are deleted, or many are changed."""
    note: Annotated[str, Field(max_length=200)] = ""
    """What the store is, for the list of contexts."""


ContextName = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]


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
    contexts: dict[ContextName, Context] = {}
    """Stores by name, for several mail servers: --context takes the name, and the console opens on all of them."""
    keys: dict[str, Annotated[str, Field(pattern="[^ ,]")]] = {}
    """Other keys for commands: the name of the command, and its keys separated by commas."""
