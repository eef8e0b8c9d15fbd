"""What importers say about lines of a file."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from kconsole.core.codes import NO_PARAMS, Message

Progress = Callable[[int], None]
"""Called now and then with how many lines or entries were read; what it raises ends the reading."""

LOOK: Final = 1000
"""Lines or entries between two calls."""


def unwatched(number: int) -> None:
    """Let a file be read to its end."""


class LineMessage(NamedTuple):
    """A faulty row, or a note: a message about a line. It quotes no value that may be a password in a wrong place."""

    line: int
    """The line of the file, from 1; 0 if the message is about the whole file or all files."""
    code: str
    params: Mapping[str, Any] = NO_PARAMS
    file: str = ""
    """The name of the file, if several are read."""

    @property
    def place(self) -> str:
        """`line 5` or `users.cfg line 5`, as the journal has it; empty without a line."""
        return f"{self.file} line {self.line}".lstrip() if self.line else ""

    @property
    def placed(self) -> Message:
        """The message with its place."""
        what = Message(self.code, self.params)
        return Message("at-line", {"place": self.place, "what": what}) if self.line else what

    @property
    def skipped(self) -> "LineMessage":
        """A note that the line is skipped, for this reason."""
        return self._replace(code="skipped", params={"reason": Message(self.code, self.params)})


class BadLine(Exception):
    """A row, an item or all from here on that cannot be taken."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def at(self, line: int, file: str = "") -> LineMessage:
        return LineMessage(line, self.code, self.params, file)
