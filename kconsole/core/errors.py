"""What can go wrong: what happened, to what, and what to do next, as codes for `text.messages`."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from kconsole.core.codes import Hint, Message, hints_of


class ConsoleError(Exception):
    """Anything that ends a command with a message instead of a result.

    Args:
        code: what happened, with its `params`.
        hint: what to do next.
        details: particulars, a line for each. They are no part of the message, so that a line feed in a name from
            outside can never pose as a line of ours.
        effect: what became of the request; a class of errors has its usual one.
    """

    exit_code = 1
    usual_effect: ClassVar[str] = ""
    """The code of what became of the request, where nothing else is said."""

    def __init__(
        self,
        code: str | Message,
        hint: Hint = None,
        details: Iterable[Message | str] = (),
        effect: Message | str | None = None,
        **params: Any,
    ) -> None:
        self.happened = code if isinstance(code, Message) else Message(code, params)
        super().__init__(self.happened.code)
        self.hints = hints_of(hint)
        self.details = tuple(Message(detail) if isinstance(detail, str) else detail for detail in details)
        effect = self.usual_effect if effect is None else effect
        self.effect = Message(effect) if isinstance(effect, str) and effect else effect or None

    @property
    def code(self) -> str:
        return self.happened.code

    @property
    def params(self) -> Mapping[str, Any]:
        return self.happened.params

    def __str__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({params})" if params else self.code


class BadInput(ConsoleError):
    """The input cannot be read or makes no sense; nothing was taken from it."""

    exit_code = 2


class EncodingUnconfirmed(BadInput):
    """The encoding of a file was guessed, and must be confirmed before anything is read; the details show words."""

    def __init__(self, file: str, encoding: str, examples: Iterable[Message]) -> None:
        hint = Message("name-the-guess", {"encoding": encoding})
        super().__init__("encoding-guessed", hint, examples, file=file, encoding=encoding)
        self.encoding = encoding


class NotFound(ConsoleError):
    """The thing named does not exist."""

    exit_code = 3


class Refused(ConsoleError):
    """A guard said no."""

    exit_code = 4


class ReadOnly(Refused):
    """The store was opened read-only."""


DATABASE_REFUSES: Final = "database-refuses"
"""The code of what a database does not let the login do, whatever kconsole itself would allow."""


class NotPermitted(Refused):
    """The role of the operator does not allow it."""


class ChangedSince(Refused):
    """A change cannot be undone, because another change to the same record came after it."""


class ChangedMeanwhile(ConsoleError):
    """The accounts in a question changed before it was answered; nothing was done.

    The `numbers` are those of the entries that are different now.
    """

    exit_code = 4

    def __init__(self, code: str, hint: Hint, numbers: Iterable[int], **params: Any) -> None:
        super().__init__(code, hint, **params)
        self.numbers = tuple(numbers)


class StoreBusy(ConsoleError):
    """Another process held the store for too long."""

    exit_code = 6
    usual_effect = "nothing-changed"


class StoreUnusable(ConsoleError):
    """The store's file is damaged, foreign, of a newer format, or cannot be read or written; it was not touched."""

    exit_code = 7


class FileRefused(OSError):
    """A file that is not read or written; its text is a code."""


def reason_of(error: Exception) -> Message | str:
    """Why a file cannot be read or written, as a parameter: the system's words, or a message."""
    if isinstance(error, FileRefused):
        return Message(str(error))
    return getattr(error, "strerror", "") or str(error).rstrip(".")


class SourceAway(ConsoleError):
    """A server cannot be reached, or did not answer as it should."""

    exit_code = 8
    usual_effect = "nothing-taken"
