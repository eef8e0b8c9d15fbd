"""The line to the terminal: a thread writes, so that a line that takes nothing holds nobody up.

There is never more than one picture on its way. While the line is busy, what happens is put into the frame, and the
next picture is the difference to what the terminal shows then: a slow terminal misses steps, and is never behind.
"""

import os
import select
import threading
from collections import deque
from typing import Final

from kconsole.tui.terminal.frame import Frame

PATIENCE: Final = 2.0
"""Seconds that a program that ends waits for the line to take what is left."""

SYNCED: Final = 2000
"""Characters from which on a picture is marked as one, for terminals that then show it at once."""

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class TtyWriter(threading.Thread):
    """Writes to a terminal, what is first given first; pictures as they are when their turn comes.

    Args:
        descriptor: of the terminal.
        encoding: the terminal's. What it cannot carry becomes a question mark.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        super().__init__(daemon=True, name="kconsole-line")
        self._descriptor, self._encoding = descriptor, encoding
        self._turns: deque[str | Frame | None] = deque()
        self._changed = threading.Condition()
        self.syncs = False
        """Whether the terminal can show a picture at once."""
        self.is_lost = False
        """Whether there is nobody any more to read it."""

    @property
    def lock(self) -> threading.Condition:
        """To be held by who puts something into a frame."""
        return self._changed

    def write(self, text: str) -> None:
        """Write a sequence."""
        self._take(text)

    def show(self, frame: Frame) -> None:
        """Write what changed in a frame, once its turn comes; no more than once for all changes until then."""
        if frame not in self._turns:
            self._take(frame)

    def stop(self) -> None:
        """End once all is written, or after a moment if the line takes nothing."""
        self._take(None)
        self.join(PATIENCE)

    def _take(self, turn: str | Frame | None) -> None:
        with self._changed:
            if not self.is_lost:
                self._turns.append(turn)
                self._changed.notify()

    def run(self) -> None:
        """Write until told to stop, or until there is nobody to read it."""
        while True:
            with self._changed:
                while not self._turns:
                    self._changed.wait()
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
            except BlockingIOError:  # somebody before us left the terminal like that
                select.select((), (self._descriptor,), ())
