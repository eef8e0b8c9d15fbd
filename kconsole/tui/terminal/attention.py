"""Tells keys that are meant for a question from those that were typed into it by mistake.

A question that opens while someone types, as `x` and then `/harry`, must not take the `y` for an answer. Times are
those at which the keys were read, so that a busy console judges them as an idle one does.
"""

from collections.abc import Callable
from math import inf
from typing import Final, Literal, Protocol, runtime_checkable

from textual.events import Key

QUIET: Final = 0.15
"""Seconds without another key, before and after, that make a key a decision: no one answers in the middle of typing.
A slow line may deliver single keys together; then the question stays, and the key has to be pressed again."""

UNREAD: Final = 0.3
"""Seconds after which what opened may have been read, so that Enter is for it."""

PAUSE: Final = 2.0
"""Seconds without a key after which someone who typed on by mistake looks at the screen again."""

AGAIN: Final = 0.5
"""Seconds after which the same answer, pressed again, is meant: who reads that it was ignored presses it again, and no
word has it twice at that pace."""

ANSWERS: Final = frozenset({"y", "enter"})

Verdict = Literal["take", "drop", "if-alone"]


@runtime_checkable
class Judge(Protocol):
    """A screen that does not take every key."""

    def painted(self, now: float) -> None:
        """Note that it was painted."""

    def judge(self, event: Key, since_last: float) -> Verdict:
        """Whether it takes a key, so many seconds after the one before."""
        ...

    def dropped(self) -> None:
        """Note that a key was not taken."""


class Attention:
    """Whether keys are for what is shown now.

    Args:
        minds_strays: whether a key without a meaning shows that the user types for something else.
    """

    def __init__(self, minds_strays: bool) -> None:
        self._minds_strays = minds_strays
        self._shown_at = inf
        self._has_strayed = False
        self._ignored = ""

    def shown(self, now: float) -> None:
        """Note when the first picture of it was painted."""
        self._shown_at = min(self._shown_at, now)

    def judge(
        self, key: str, at: float, since_last: float, has_meaning: Callable[[], bool], is_final_yes: bool
    ) -> Verdict:
        """Whether a key is taken. Escape always is: it changes nothing.

        Args:
            key: its name.
            at: when it was read.
            since_last: how long after the key before it.
            has_meaning: says whether it does anything here, also as a letter in a line to type in.
            is_final_yes: whether it says yes to what cannot be undone.
        """
        if key == "escape":
            return "take"
        is_again = key == self._ignored and key in ANSWERS and since_last >= AGAIN
        was_straying = self._has_strayed and since_last < PAUSE and not is_again
        self._has_strayed = was_straying or (self._minds_strays and not has_meaning())
        is_early = at <= self._shown_at or (key == "enter" and at - self._shown_at < UNREAD)
        self._ignored = ""
        if self._has_strayed or is_early or (is_final_yes and since_last < QUIET):
            self._ignored = key
            return "drop"
        return "if-alone" if is_final_yes else "take"
