"""What an operation did: an outcome for each address, and the seats before and after."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from kconsole.core.codes import NO_PARAMS, Hint, Message, hints_of
from kconsole.core.errors import ConsoleError
from kconsole.core.history import Commit
from kconsole.core.reports import SeatReport

Result = Literal["done", "unchanged", "not-found", "refused", "open"]
"""`open`: the mail server was asked and did not answer, so the change is unconfirmed."""


class Outcome(NamedTuple):
    """The result of an operation for one address; of none, for the whole store."""

    address: str
    result: Result
    code: str
    """What happened, in words a clause without the address: "disabled, its seat is free"."""
    hint: Hint = None
    params: Mapping[str, Any] = NO_PARAMS

    @property
    def message(self) -> Message:
        return Message(self.code, self.params)

    @property
    def hints(self) -> tuple[Message, ...]:
        return hints_of(self.hint)

    @property
    def failed(self) -> bool:
        return self.result in ("not-found", "refused", "open")


class Done(NamedTuple):
    """What an operation did."""

    operation: str
    outcomes: tuple[Outcome, ...]
    before: SeatReport
    after: SeatReport
    commit: Commit | None
    """The journal's line; None if nothing changed."""

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failed]

    @property
    def changed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.result == "done"]


class HalfDone(ConsoleError):
    """The server made a part of the changes, which are in the store; the rest ended in an error.

    Attributes:
        done: what was done, and what was not.
        exit_code: that of the error.
    """

    def __init__(self, done: Done, error: ConsoleError) -> None:
        super().__init__(error.happened, error.hints, error.details, error.effect or "")
        self.done = done
        self.exit_code = error.exit_code
