"""The terminal: Textual's driver, made to bear that the terminal goes away.

When an SSH line drops, writing fails and reading comes to an end at once, again and again. Textual's writer thread
would die of the first and block the program, its reader thread would spin on the second.
"""

import os
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class LossyFile:
    """A file to write to that takes no offence when there is nothing behind it any more."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.is_lost = False
        """Whether writing has failed."""

    def write(self, text: str) -> None:
        """Write, if there is still something to write to."""
        if not self.is_lost:
            try:
                self._file.write(text)
            except OSError:
                self.is_lost = True

    def flush(self) -> None:
        """Bring what was written on its way."""
        if not self.is_lost:
            try:
                self._file.flush()
            except OSError:
                self.is_lost = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class TerminalDriver(LinuxDriver):
    """The driver of the console."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = LossyFile(self._file)

    @property
    def is_gone(self) -> bool:
        """Whether there is no terminal any more. Asking writes nothing to it."""
        return self._file.is_lost or not os.isatty(self.fileno)

    def write(self, data: str) -> None:
        """Write, unless there is nobody to read it."""
        if not self._file.is_lost:
            super().write(data)

    def run_input_thread(self) -> None:
        """Read what is typed, until the end or until there is nothing to read from."""
        try:
            super().run_input_thread()
        except OSError:
            if not self.is_gone:
                raise
