"""What lies behind a dialog, dimmed."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from textual.color import TRANSPARENT
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen

FRAME: Final = "─│╭╮╰╯ "
"""What frames are made of."""


class Backdrop(BackgroundScreen):
    """A screen as it looks behind a dialog: in one colour, and without attributes.

    So it costs its letters once when the dialog opens, and once when it closes. What is dimmed already, behind a dialog
    on a dialog, costs nothing. Backgrounds stay, as blanks are most of a screen.

    Args:
        screen: the screen.
        behind: the style of its letters.
        frame: the style of frames that stay.
        has_keys: whether its last line shows the keys of the dialog, and is not dimmed.
    """

    def __init__(self, screen: Screen[Any], behind: Style, frame: Style, has_keys: bool) -> None:
        super().__init__(screen, TRANSPARENT)
        self._behind, self._frame, self._dimmed_lines = behind, frame, screen.size.height - has_keys

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        y = 0
        for text, style, control in self.process_segments(console.render(self.screen._compositor, options), self.color):
            if style is not None and not control and y < self._dimmed_lines:
                is_quiet = not text.strip(FRAME) and style.color == self._frame.color
                style = style if is_quiet else _dimmed(style, self._behind)
            yield Segment(text, style, control)
            y += text == "\n"


@lru_cache(maxsize=500)
def _dimmed(style: Style, behind: Style) -> Style:
    return Style(color=behind.color, bgcolor=style.bgcolor, dim=behind.dim)
