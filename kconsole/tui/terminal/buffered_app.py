"""The application's side: it hands the driver strips with their places, not sequences, in ASCII where needed."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from kconsole.text.plain import in_ascii
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.terminal.attention import Judge
from kconsole.tui.terminal.driver import Placed, TerminalDriver


class BufferedApp(App[None]):
    """An application whose screen is written as differences.

    Textual has no public hook for that: `_display` turns the output of the compositor into sequences.
    """

    profile: TerminalProfile

    def __init__(self) -> None:
        self._picture_holders: set[object] = set()
        super().__init__()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        driver = self._driver
        if isinstance(screen, Judge) and not self._picture_holders:
            screen.painted(monotonic())
        if not isinstance(driver, TerminalDriver) or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
            return
        try:
            if self._running and not self._closed and not self._batch_count:
                size = self.screen.outer_size
                cursor = size.clamp_offset(self._cursor_spot)
                driver.show(placed(renderable), cursor, (size.width, size.height), self._sync_available)
        except Exception as error:
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    @property
    def _cursor_spot(self) -> Offset:
        """The place of the terminal's own cursor: in the focused widget. Braille displays and tmux follow it."""
        focused = self.focused
        if focused is None:
            return self.cursor_position
        spot = getattr(focused, "cursor_screen_offset", None)  # an input or a list
        return focused.content_region.offset if spot is None else Offset(*spot)

    def hold_pictures(self, holder: object, is_held: bool) -> None:
        """Write nothing to the terminal until released by all who hold."""
        if not self.is_running:
            return
        (self._picture_holders.add if is_held else self._picture_holders.discard)(holder)
        if not self._picture_holders and isinstance(self.screen, Judge):
            self.screen.painted(monotonic())
        if isinstance(self._driver, TerminalDriver):
            self._driver.hold(bool(self._picture_holders))

    def redraw(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.redraw()
        self.refresh(repaint=True, layout=True)


def placed(update: LayoutUpdate | ChopsUpdate) -> Iterator[Placed]:
    """The strips of an update, each with its place."""
    if isinstance(update, LayoutUpdate):
        x = update.region.x
        for y, line in enumerate(update.strips, update.region.y):
            at = x
            for strip in line:
                yield at, y, strip
                at += strip.cell_length
        return
    for y, first, last in update.spans:
        for end, (start, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and start < last and end > first:
                yield start, y, chop.crop(0, min(end, last) - start)


class InAscii(LineFilter):
    """Turns every painted line into ASCII, cell for cell, borders and scroll bars among them."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
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
