"""Codes with parameters: what every room says, and `text.messages` turns into words."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

NO_PARAMS: Mapping[str, Any] = {}


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
