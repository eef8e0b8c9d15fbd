"""The style of each painted part, made from the colours of the theme, once for each theme.

Painted lines don't use Textual's component classes: resolving some thirty of them costs a tenth of the first screen.
No part differs from another by colour alone: a glyph, a sign or a word says the same.

The colour "error", red, is for what is final, over the limit, ended or broken; "warning" for all else to look at.
Only the name of a context has the colour that its user chose.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from rich.style import Style
from textual.color import Color


class PartStyle(NamedTuple):
    """A colour of the theme, and attributes."""

    colour: str = "foreground"
    bold: bool = False
    reverse: bool = False
    dim_in_ansi: bool = False
    """Whether a theme with the terminal's own colours, which has no shades, shows it dim."""


PART_STYLES: Final[Mapping[str, PartStyle]] = {
    "name": PartStyle("primary", bold=True),
    "muted": PartStyle("secondary", dim_in_ansi=True),
    "strong": PartStyle(bold=True),
    "alarm": PartStyle("error", bold=True),
    "notice": PartStyle("warning", bold=True),
    "marked": PartStyle("accent", bold=True),
    "counted": PartStyle("primary"),
    "held": PartStyle("warning"),
    "taken": PartStyle("accent"),
    "freed": PartStyle("success"),
    "over": PartStyle("error", bold=True),
    "reserved": PartStyle("warning"),
    "free": PartStyle("secondary", dim_in_ansi=True),
    "ok": PartStyle("success", bold=True),
    "unlimited": PartStyle("success", bold=True),
    "low": PartStyle("warning", bold=True),
    "unknown": PartStyle("warning", bold=True),
    "full": PartStyle("warning", bold=True, reverse=True),
    "exceeded": PartStyle("error", bold=True, reverse=True),
    "ended": PartStyle("error", bold=True, reverse=True),
    "context-red": PartStyle("error", bold=True, reverse=True),
    "context-orange": PartStyle("warning", bold=True, reverse=True),
    "context-yellow": PartStyle("accent", bold=True, reverse=True),
    "context-green": PartStyle("success", bold=True, reverse=True),
    "context-blue": PartStyle("primary", bold=True, reverse=True),
    "context-grey": PartStyle("secondary", bold=True, reverse=True),
}
"""The parts, and their styles. They have no background: that is the widget's, or the row's."""

DIMMED: Final = ("truecolor", "256")
"""How many colours a terminal has that shows what lies behind a dialog dimmed. Where there are 16, lines are slow, too:
there it would make the 2.6 kB of a helpdesk change 4.6 kB."""

REVERSED: Final = "reversed"
"""In a theme, in place of a colour for the row of the cursor: swap foreground and background there."""


class Palette(NamedTuple):
    """The styles for one theme."""

    parts: Mapping[str, Style]
    cursor: Style
    """Laid over the row of the cursor."""
    waiting_cursor: Style
    """Laid over that row while another widget has the focus."""
    behind: Style | None
    """In place of the colours and attributes of what lies behind a dialog; None where nothing is dimmed."""
    frame: Style
    """The colour of a frame that is not dimmed: where it is quiet already, as it takes three bytes a cell."""
    has_grounds: bool
    """Whether a button can show its shape by its background."""


def palette_of(variables: Mapping[str, str], terminal_colours: bool, dims: bool = True) -> Palette:
    """The palette for a theme with these variables of Textual, or with the terminal's own sixteen colours."""
    parts = {
        part: Style(
            color=_rich(variables.get(style.colour, ""), terminal_colours),
            bold=style.bold or None,
            reverse=style.reverse or None,
            dim=(terminal_colours and style.dim_in_ansi) or None,
        )
        for part, style in PART_STYLES.items()
    }
    behind = Style(color=_rich(variables["behind"], terminal_colours), dim=terminal_colours or None) if dims else None
    if variables["cursor"] == REVERSED:
        return Palette(
            parts, Style(reverse=True, bold=True), Style(bold=True), behind, behind or Style(), not terminal_colours
        )
    return Palette(
        parts,
        Style(bgcolor=Color.parse(variables["cursor"]).rich_color, bold=True),
        Style(bgcolor=Color.parse(variables["panel"]).rich_color),
        behind,
        Style(color=_rich(variables["border"], terminal_colours)),
        not terminal_colours,
    )


def _rich(colour: str, terminal_colours: bool) -> str | None:
    if not colour or (terminal_colours and colour == "ansi_default"):
        return None
    return Color.parse(colour).rich_color.name
