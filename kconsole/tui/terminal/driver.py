"""Textual's driver, made to write pictures as differences, and to bear that the terminal is slow, old, or goes away.

When an SSH line drops, writing fails and reading comes to an end at once, again and again. Textual's writer thread
would die of the first and block the program, its reader thread would spin on the second.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any, Final

from textual.drivers.linux_driver import LinuxDriver
from textual.strip import Strip

from kconsole.text.terminals import TerminalProfile
from kconsole.tui.terminal.frame import Frame
from kconsole.tui.terminal.pens import Pens
from kconsole.tui.terminal.tty_writer import TtyWriter

NOT_FOR_OLD_TERMINALS: Final = (
    "\x1b[?1004h", "\x1b[?1004l", "\x1b[?2004h", "\x1b[?2004l", "\x1b[?2026$p", "\x1b[?2048$p", "\x1b[>", "\x1b[<u",
)  # fmt: skip
"""What begins like this is asked of newer terminals only; older ones may show it."""

POINTER_SHAPE: Final = "\x1b]22;"
"""Of no use where the terminal keeps the mouse for itself."""

Placed = tuple[int, int, Strip]
"""A column, a line, and what is to stand there."""

FORGETTING: Final = ("\x1b[?1049h", "\x1b[?1049l")
"""To the other screen of the terminal and back: what is shown there is not known."""


class TerminalDriver(LinuxDriver):
    """The driver of the console."""

    def __init__(self, app: Any, **options: Any) -> None:
        self._profile: TerminalProfile = app.profile
        term = os.environ.get("TERM", "")
        self._is_vt100 = term.startswith("vt")
        self._is_old = self._is_vt100 or term == "linux"
        self._line: TtyWriter | None = None
        self._is_held = False
        super().__init__(app, **options)
        width, height = self._get_terminal_size()
        pens = Pens(self._profile.colours, self._is_vt100)
        self._frame = Frame(pens, width, height, erases=not self._is_vt100)

    @property
    def is_gone(self) -> bool:
        """Whether there is no terminal any more. Asking writes nothing to it."""
        return (self._line is not None and self._line.is_lost) or not os.isatty(self.fileno)

    @property
    def _writer_thread(self) -> Any:
        """What Textual writes through: our line in place of its own thread, which blocks the program."""
        return self._line

    @_writer_thread.setter
    def _writer_thread(self, thread: Any) -> None:
        if thread is not None:
            assert sys.__stderr__ is not None  # noqa: S101  # has_terminal looked
            self._line = TtyWriter(sys.__stderr__.fileno(), self._profile.encoding)

    def write(self, data: str) -> None:
        """Write a sequence, unless it is not for this terminal."""
        line = self._line
        if line is None or (self._is_old and data.startswith(NOT_FOR_OLD_TERMINALS)):
            return
        if data.startswith(POINTER_SHAPE) and not self._mouse:
            return
        line.write(data)
        if data in FORGETTING:
            with line.lock:
                self._frame.forget()

    def show(self, update: Iterable[Placed], cursor: tuple[int, int], size: tuple[int, int], syncs: bool) -> None:
        """Let the terminal show what Textual rendered, as soon as the line can take it.

        Args:
            update: what has changed, or may have.
            cursor: where the terminal's cursor shall stand: a column and a line.
            size: cells of a line, and lines.
            syncs: whether the terminal can show a picture at once.
        """
        line, frame = self._line, self._frame
        if line is None:
            return
        line.syncs = syncs
        with line.lock:
            if (frame.width, frame.height) != size:
                frame.resize(*size)
            for x, y, strip in update:
                frame.put(x, y, strip)
            frame.set_cursor(*cursor)
        if not self._is_held:
            line.show(frame)

    def hold(self, is_held: bool) -> None:
        """Show nothing until let go: while more keys wait, nobody looks at what the first of them does."""
        was_held, self._is_held = self._is_held, is_held
        if was_held and not is_held and self._line is not None:
            self._line.show(self._frame)

    def redraw(self) -> None:
        """Write all of the screen with the next picture: something else may have written to the terminal."""
        if self._line is not None:
            with self._line.lock:
                self._frame.forget()

    def run_input_thread(self) -> None:
        """Read what is typed, until the end or until there is nothing to read from."""
        try:
            super().run_input_thread()
        except OSError:
            if not self.is_gone:
                raise
