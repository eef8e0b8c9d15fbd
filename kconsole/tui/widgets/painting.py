"""Painting by the line: plain text and the part it stands for, never markup.

Every text from outside reaches the terminal through here, after `safe_text`; Textual never parses it.
"""

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Part = tuple[str, str]
"""Text, and the part of the widget it stands for: the name of a style, empty for the widget's own."""

ELLIPSIS = "…"


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly so many cells: cut with an ellipsis, or filled with blanks."""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""
    blanks = " " * (width - cells)
    return blanks + text if right else text + blanks


def spread(left: str, right: str, width: int) -> str:
    """Two texts at the ends of so many cells; the right one gives way where both don't fit."""
    room = width - cell_len(left) - cell_len(right)
    if room < 1:
        return fitted(left, width)
    return left + " " * room + right


class Painted(Widget):
    """A widget of a few lines, each painted from parts."""

    prefix: ClassVar[str]
    """What the names of its styles begin with."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        """The parts of a line, from left to right."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """The line as Textual takes it."""
        width = self.size.width
        segments = [Segment(text, self.style_of(part)) for text, part in self.paint(y, width)]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def style_of(self, part: str) -> Style:
        """The style of a part."""
        return self.get_component_rich_style(f"{self.prefix}--{part}") if part else self.rich_style
