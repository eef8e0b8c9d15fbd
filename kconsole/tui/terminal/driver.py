"""Textual's driver, changed to write differences, and to work with a terminal that is slow, old, or goes away.

When an SSH connection drops, writing fails, and reading ends at once, again and again. The first would end Textual's
writer thread and block the program; the second would keep its reader thread busy for ever.
"""

import errno
import os
import select
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from textual.drivers.linux_driver import LinuxDriver
from textual.strip import Strip

from kconsole.text.terminals import TerminalProfile
from kconsole.tui.terminal.cell_styles import CellStyles
from kconsole.tui.terminal.screen_buffer import ScreenBuffer
from kconsole.tui.terminal.terminal_input import TerminalInput
from kconsole.tui.terminal.tty_writer import TtyWriter

NOT_FOR_OLD_TERMINALS: Final = (
    "\x1b[?1004h", "\x1b[?1004l", "\x1b[?2004h", "\x1b[?2004l", "\x1b[?2026$p", "\x1b[>", "\x1b[<u",
)  # fmt: skip
"""Sequences that begin like this are for newer terminals; older ones may show them as text."""

POINTER_SHAPE: Final = "\x1b]22;"
"""Useless where the terminal keeps the mouse for itself."""

LOOK: Final = 0.1
"""Seconds between two looks at whether the program ends."""

WIDEST: Final = 1000
HIGHEST: Final = 500
"""The largest picture in columns and lines. A terminal that reports more is broken."""

Placed = tuple[int, int, Strip]
"""A column, a line, and the strip to show there."""

ALTERNATE_SCREEN: Final = ("\x1b[?1049h", "\x1b[?1049l")
"""To the other screen of the terminal and back: after that, nothing is known of what it shows."""


class TerminalDriver(LinuxDriver):
    """The driver of the console."""

    def __init__(self, app: Any, **options: Any) -> None:
        self._profile: TerminalProfile = app.profile
        term = os.environ.get("TERM", "")
        self._is_vt100 = term.startswith("vt")
        self._is_old = self._is_vt100 or term == "linux"
        self._writer: TtyWriter | None = None
        self._is_held = self._is_unreadable = False
        super().__init__(app, **options)
        width, height = self._get_terminal_size()
        cell_styles = CellStyles(self._profile.colours, self._is_vt100)
        self._buffer = ScreenBuffer(cell_styles, width, height, erases=not self._is_vt100)

    @property
    def is_gone(self) -> bool:
        is_lost = self._is_unreadable or (self._writer is not None and self._writer.is_lost)
        return is_lost or not os.isatty(self.fileno)

    @property
    def _writer_thread(self) -> Any:
        """What Textual writes through: our writer in place of its own, which blocks the program."""
        return self._writer

    @_writer_thread.setter
    def _writer_thread(self, thread: Any) -> None:
        if thread is not None:
            assert sys.__stderr__ is not None  # noqa: S101  # has_terminal looked
            self._writer = TtyWriter(sys.__stderr__.fileno(), self._profile.encoding)

    def write(self, data: str) -> None:
        writer = self._writer
        is_unknown = self._is_old and data.startswith(NOT_FOR_OLD_TERMINALS)
        if writer is None or is_unknown or (data.startswith(POINTER_SHAPE) and not self._mouse):
            return
        writer.write(data)
        if data in ALTERNATE_SCREEN:
            self.redraw()

    def show(self, update: Iterable[Placed], cursor: tuple[int, int], size: tuple[int, int], syncs: bool) -> None:
        """Show what may have changed, as soon as the terminal can take it.

        One that `syncs` has said that it shows a picture at once. All that can do this erase in the background in use,
        which saves a quarter of the bytes; what a terminal is named says too little: inside GNU screen, which does
        neither, many go by the name of xterm.
        """
        writer, buffer = self._writer, self._buffer
        if writer is None:
            return
        writer.syncs = syncs
        with writer.lock:
            buffer.erases_in_colour = syncs
            if (buffer.width, buffer.height) != size:
                buffer.resize(*size)
            for x, y, strip in update:
                buffer.put(x, y, strip)
            buffer.set_cursor(*cursor)
        if not self._is_held:
            writer.show(buffer)

    def hold(self, is_held: bool) -> None:
        """Show nothing until released: while more keys wait, the result of the first of them need not be seen."""
        was_held, self._is_held = self._is_held, is_held
        if was_held and not is_held and self._writer is not None:
            self._writer.show(self._buffer)

    def redraw(self) -> None:
        """Write the whole screen next time: another program may have written to the terminal."""
        if self._writer is not None:
            with self._writer.lock:
                self._buffer.forget()

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own size. COLUMNS and LINES may be those of another one: they count where it reports none."""
        assert sys.__stderr__ is not None  # noqa: S101  # has_terminal looked
        for descriptor in (sys.__stderr__.fileno(), self.fileno):
            with suppress(OSError):
                width, height = os.get_terminal_size(descriptor)
                if width and height:
                    return min(width, WIDEST), min(height, HIGHEST)
        width, height = super()._get_terminal_size()
        return min(width, WIDEST), min(height, HIGHEST)

    def _query_in_band_window_resize(self) -> None:
        """Ask nothing: the kernel reports a new size, and a size that arrives among keys may be anyone's."""

    def run_input_thread(self) -> None:
        """Read what the terminal sends until the program or the terminal ends."""
        terminal_input = TerminalInput(self._profile.encoding, self._mouse)
        try:
            while not self.exit_event.is_set():
                due, now = terminal_input.due, time.monotonic()
                wait = LOOK if due is None else min(max(due - now, 0.0), LOOK)
                if select.select((self.fileno,), (), (), wait)[0]:
                    data = os.read(self.fileno, 4096)
                    if not data:
                        return
                    events = terminal_input.feed(data, time.monotonic())
                else:  # only now: what waited to be read came earlier than this
                    events = terminal_input.tick(time.monotonic())
                for event in events:
                    self.process_message(event)
        except OSError as error:
            if error.errno == errno.EIO:  # it hangs up, and may still be called a terminal for a moment
                self._is_unreadable = True
            elif not self.is_gone:
                raise
