"""Drawing in ASCII: whatever a widget draws, its borders and its scroll bar among it, leaves as ASCII."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.scrollbar import ScrollBar, ScrollBarRender

from kconsole.text.plain import in_ascii


class InAscii(LineFilter):
    """Turns every line into ASCII, cell for cell, when all else about it is settled."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line in ASCII."""
        del background
        return [
            segment if segment.text.isascii() else Segment(in_ascii(segment.text, cell_len), *segment[1:])
            for segment in segments
        ]


class WholeCells(ScrollBarRender):
    """A scroll bar whose ends are whole cells, since ASCII has no parts of one."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


def choose_scroll_bars(ascii_only: bool) -> None:
    """Let scroll bars fit the terminal. Textual has one kind for a whole program."""
    ScrollBar.renderer = WholeCells if ascii_only else ScrollBarRender
