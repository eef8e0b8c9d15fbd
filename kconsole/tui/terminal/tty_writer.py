"""Writes to the terminal in a thread, so that a terminal that does not read blocks nothing else.

Only one picture at a time is on its way. Meanwhile changes go into the screen buffer, and the next picture is the
difference to what the terminal shows then: a slow terminal misses steps, but never falls behind.
"""

import os
import select
import threading
from collections import deque
from typing import Final

from kconsole.tui.terminal.screen_buffer import ScreenBuffer

PATIENCE: Final = 2.0
"""Seconds that the program waits at its end for the terminal to take the rest."""

SYNCED: Final = 2000
"""Characters from which on a picture is marked as one, for terminals that then show it at once."""

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class TtyWriter(threading.Thread):
    """Writes to a terminal in order; a picture as it is when its turn comes.

    A character that the terminal's encoding lacks becomes a question mark.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        super().__init__(daemon=True, name="kconsole-line")
        self._descriptor, self._encoding = descriptor, encoding
        self._turns: deque[str | ScreenBuffer | None] = deque()
        self.lock = threading.Condition()
        """To hold while changing a screen buffer."""
        self.syncs = False
        """Whether the terminal can show a whole picture at once."""
        self.is_lost = False

    def write(self, turn: str | ScreenBuffer | None) -> None:
        """Write a sequence, or what a buffer changes, when its turn comes. None ends the thread."""
        with self.lock:
            if not self.is_lost:
                self._turns.append(turn)
                self.lock.notify()

    def show(self, buffer: ScreenBuffer) -> None:
        """Write the changes of a screen buffer when its turn comes; once for all changes until then."""
        if buffer not in self._turns:
            self.write(buffer)

    def stop(self) -> None:
        """End once everything is written, or after a moment if the terminal does not read."""
        self.write(None)
        self.join(PATIENCE)

    def run(self) -> None:
        while True:
            with self.lock:
                self.lock.wait_for(lambda: self._turns)
                texts, ends = self._next_texts()
            try:
                self._send("".join(texts).encode(self._encoding, "replace"))
            except OSError:
                self.is_lost = True
            if ends or self.is_lost:
                self._turns.clear()
                return

    def _next_texts(self) -> tuple[list[str], bool]:
        texts: list[str] = []
        while self._turns:
            turn = self._turns.popleft()
            if turn is None:
                return texts, True
            if isinstance(turn, str):
                texts.append(turn)
            else:
                changes = turn.changes()
                synced = self.syncs and len(changes) > SYNCED
                texts += [_BEGIN, changes, _END] if synced else [changes]
        return texts, False

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # another program left the terminal non-blocking
                select.select((), (self._descriptor,), ())
