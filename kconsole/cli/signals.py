"""The signals that end the program: a dropped connection, and a polite kill."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

import click

ENDING_SIGNALS: Final = (signal.SIGHUP, signal.SIGTERM)

SIGNALLED: Final = 128
"""The exit code after a signal is this plus its number, as in shells."""


class Ended(KeyboardInterrupt):
    """A signal ends the program. Like ctrl+c, that is not an error."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = SIGNALLED + number


@contextmanager
def handled_by(end: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the signals that end the program. One that the caller ignores, as nohup does, stays ignored."""
    before = {}
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(number: int, _: FrameType | None) -> NoReturn:
    """End the program as ctrl+c does."""
    raise Ended(number)


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Let a signal end what leaves something behind otherwise as ctrl+c does, and the program with its exit code."""
    try:
        with handled_by(interrupt):
            yield
    except Ended as ended:
        raise click.exceptions.Exit(ended.exit_code) from None
