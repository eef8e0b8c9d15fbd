"""Asks whether a guessed encoding of a file is right."""

from collections.abc import Callable
from typing import TypeVar

import click

from kconsole.cli.context import say
from kconsole.cli.streams import has_person
from kconsole.core.errors import EncodingUnconfirmed
from kconsole.text import messages

_Read = TypeVar("_Read")


def confirmed(read: Callable[[str | None], _Read], encoding: str | None) -> _Read:
    """Read a file. A guess of its encoding is shown, and used only if the user says that it is right."""
    try:
        return read(encoding)
    except EncodingUnconfirmed as error:
        if not has_person():
            raise
        say(messages.words_of(error.happened))
        for example in error.details:
            say(f"  {messages.words_of(example)}")
        if not click.confirm(f"Read it as {error.encoding}?", err=True):
            raise
        return read(error.encoding)
