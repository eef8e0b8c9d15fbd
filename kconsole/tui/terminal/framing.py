"""The application's side: what Textual rendered goes to the driver as strips in their places, not as sequences."""

from collections.abc import Iterator
from typing import Any

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Offset
from textual.screen import Screen

from kconsole.text.terminals import TerminalProfile
from kconsole.tui.terminal.driver import Placed, TerminalDriver


class FramedApp(App[None]):
    """An application whose pictures are written as differences.

    Textual has no door for that: `_display` is where it turns what the compositor made into sequences.
    """

    profile: TerminalProfile
    """What the terminal can do."""

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        driver = self._driver
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
        """Where the terminal's own cursor stands: with what has the focus. Braille displays and tmux follow it."""
        focused = self.focused
        if focused is None:
            return self.cursor_position
        spot = getattr(focused, "cursor_screen_offset", None)  # of a line to type in, or of a list
        return focused.content_region.offset if spot is None else Offset(*spot)

    def hold_pictures(self, is_held: bool) -> None:
        """Write no pictures to the terminal until let go."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.hold(is_held)

    def redraw(self) -> None:
        """Draw all of the screen again: something else may have written to the terminal."""
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
