"""The signals that end a program: a dropped line, and a polite kill."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

ENDING_SIGNALS: Final = (signal.SIGHUP, signal.SIGTERM)

SIGNALLED: Final = 128
"""The exit code after a signal is its number and this, as shells have it."""


class Ended(KeyboardInterrupt):
    """A signal ends the program; as ctrl+c does, it is nothing that has gone wrong.

    Attributes:
        exit_code: what the program answers.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = SIGNALLED + number


@contextmanager
def handled_by(end: Callable[[int, FrameType | None], NoReturn]) -> Iterator[None]:
    """Let the signals that end a program be handled.

    One that whoever started this said to ignore (nohup does) stays ignored.
    """
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
    """End what goes on as ctrl+c would.

    Raises:
        Ended: always.
    """
    raise Ended(number)
