"""What can go wrong, told so that a person can go on: what happened, to what, and what to do next."""

from collections.abc import Iterable


class ConsoleError(Exception):
    """Anything that ends a command with a message instead of a result.

    Attributes:
        happened: what happened, and to what.
        effect: what became of what was asked for, as a sentence; a class of errors has its usual one.
        hint: what to do next; may be empty.
        details: particulars, a line for each. They are no part of the message, so that a line feed in a name from
            outside can never pose as a line of ours.
    """

    exit_code = 1
    effect = ""

    def __init__(self, happened: str, hint: str = "", details: Iterable[str] = (), effect: str | None = None) -> None:
        super().__init__(happened)
        self.happened = happened
        self.hint = hint
        self.details = tuple(details)
        if effect is not None:
            self.effect = effect

    @property
    def message(self) -> str:
        """What happened, and what became of it."""
        return f"{self.happened} {self.effect}" if self.effect else self.happened

    def __str__(self) -> str:
        return self.message


class BadInput(ConsoleError):
    """What was given cannot be read or makes no sense; nothing was taken from it."""

    exit_code = 2


class NotFound(ConsoleError):
    """The thing named is not there."""

    exit_code = 3


class Refused(ConsoleError):
    """A guard said no."""

    exit_code = 4


class ReadOnly(Refused):
    """The store was opened to be read only."""


class ChangedSince(Refused):
    """What was done cannot be taken back, since somebody changed the same record afterwards."""


class ChangedMeanwhile(ConsoleError):
    """What a person was asked about is not as it was when he was asked; nothing was done.

    Attributes:
        numbers: the store's numbers of the entries that are different now.
    """

    exit_code = 4

    def __init__(self, message: str, hint: str, numbers: Iterable[int]) -> None:
        super().__init__(message, hint)
        self.numbers = tuple(numbers)


class StoreBusy(ConsoleError):
    """Another process held the store for too long."""

    exit_code = 6
    effect = "Nothing was changed."


class StoreUnusable(ConsoleError):
    """The store's file is damaged, foreign, of a newer format, or cannot be read or written; it was not touched."""

    exit_code = 7


class SourceAway(ConsoleError):
    """Another server that is read from cannot be reached, or did not answer as it should."""

    exit_code = 8
    effect = "Nothing was taken."
