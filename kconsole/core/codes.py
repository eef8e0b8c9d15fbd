"""Codes with parameters: what every room says, and `text.messages` turns into words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

OPERATION_FIELD: Final = "deed"
"""The field that names the operation in journals and JSON output: older than our word for it, and a promise."""

NO_PARAMS: Mapping[str, Any] = {}

_LONGEST: Final = 300
"""Characters of a text from outside that fit into a sentence."""


class Message(NamedTuple):
    """Something to say to a person: a code and its parameters. Only `text.messages` knows its words."""

    code: str
    """Lower-case words with hyphens, as `license-limit`."""
    params: Mapping[str, Any] = NO_PARAMS
    """Text, numbers, lists of them, or further messages. Text from outside may be among them."""


def message(code: str, /, **params: Any) -> Message:
    """A message."""
    return Message(code, params)


Hint = Message | str | Iterable[Message] | None
"""What to do next, as callers give it: a message, the code of one without parameters, or several of them."""


def hints_of(hint: Hint) -> tuple[Message, ...]:
    """What to do next, as messages."""
    if not hint:
        return ()
    if isinstance(hint, str):
        return (Message(hint),)
    return (hint,) if isinstance(hint, Message) else tuple(hint)


def first_of(messages: Sequence[Message], most: int, others: str = "more-faults", /, **params: Any) -> list[Message]:
    """The first messages, and one with the number of the others."""
    more = len(messages) - most
    return [*messages[:most], message(others, more=more, **params)] if more > 0 else list(messages)


def short(text: str) -> str:
    """A text from outside as a parameter: cut to a length that fits into a sentence."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class Finding(NamedTuple):
    """Something that the doctor found."""

    code: str
    """What it is about; part of the JSON output."""
    what: Message
    remedy: tuple[Message, ...] = ()
    serious: bool = True
    """Whether something is wrong, rather than worth knowing."""
    mendable: bool = False
    mended: bool = False
