"""What a mail server refuses, and what becomes of a question that it does not answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from kconsole.core.codes import Message, short
from kconsole.core.errors import ConsoleError, Refused, SourceAway

EXISTS: Final = 1001
NOT_THERE: Final = 1002

_REASONS: Final[Mapping[int, str]] = {
    1000: "the operation failed",
    EXISTS: "there is one of that name already",
    NOT_THERE: "it does not exist, or no longer",
    1003: "the license allows no more users",
    1004: "whoever is logged in has no right to do that",
    413: "the request is too large",
    -32001: "the session has expired",
    -32600: "it does not understand the request",
    -32601: "it does not know the call",
    -32602: "it does not take what was asked for",
    -32700: "it cannot read the request",
}
"""By the code of an error. 1003 rests on a single report, and says no more than that."""

_HINTS: Final[Mapping[int, str]] = {
    1001: "Choose another name, or look for the one that is there.",
    1002: "Read the server again: somebody may have removed it.",
    1003: "Free a seat by disabling or deleting an account, or buy more.",
    1004: "Log in as somebody who may. Nobody may change his own account or one of higher rights.",
    -32601: "The server may be too old for this, or too new.",
    -32602: "The server may be too old for this, or too new.",
}


class ServerError(NamedTuple):
    """An error as the server gives it."""

    code: int
    said: str
    """In its own words, with its parameters filled in; text from outside."""


@dataclass(frozen=True, slots=True)
class ItemError:
    """One of several that the server did not do, while it did the others."""

    index: int
    """The place among those that were asked for, from 0."""
    code: int
    text: str
    """What happened, in our words."""
    said: str
    """The same in the server's; text from outside, and may be empty."""


class ServerRefused(Refused):
    """The server understood, and said no; nothing was done.

    Attributes:
        number: the number of its error.
        said: its words, which are text from outside.
    """

    def __init__(self, url: str, method: str, error: ServerError) -> None:
        super().__init__(
            f"{url} refused: {reason_of(error.code)}.",
            _HINTS.get(error.code, "Look into the server's error log."),
            details_of(error, method),
        )
        self.number = error.code
        self.said = error.said


class NotLetIn(SourceAway):
    """The server did not let in who logged in; nothing was asked of it."""


class AnswerLost(SourceAway):
    """A change was sent, and what came of it is not known: the server has to be asked what is so now."""

    usual_effect = "not-known-whether-done"


class AnswerLate(SourceAway):
    """A question was not answered in time.

    Attributes:
        method: the call.
    """

    def __init__(self, happened: str | Message, hint: str, method: str, details: Iterable[str | Message] = ()) -> None:
        super().__init__(happened, hint, details)
        self.method = method


class Cancelled(ConsoleError):
    """Somebody called it off."""

    usual_effect = "nothing-taken"


class StrangeAnswer(Exception):
    """What came is no answer to be read; its text is a clause that goes on from "its answer"."""


def reason_of(code: int) -> str:
    """What an error means, as a clause."""
    return _REASONS.get(code, f"it failed with error {code}")


def details_of(error: ServerError, method: str) -> list[str]:
    """A server's own words: text from outside, in a line of its own."""
    said = short(error.said) or "nothing but a number"
    return [f"The server says to {method}: {said} (error {error.code})"]
