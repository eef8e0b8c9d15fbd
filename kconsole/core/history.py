"""What was done: operators, changes, and the commits that a journal keeps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from kconsole.core.codes import NO_PARAMS, Message


class Operator(NamedTuple):
    """Who does something.

    The user is what the system says; the rest are claims, and are kept as such.
    """

    user: str
    claimed: str = ""
    """The name given by `--as`."""
    sudo_user: str = ""
    """Who called sudo, by the environment."""
    connection: str = ""
    """Where an SSH session came from, by the environment."""

    @property
    def shown(self) -> str:
        """In a few words."""
        return f"{self.claimed} ({self.user})" if self.claimed else self.user


def as_operator(operator: "Operator | str") -> Operator:
    """An operator, also from a bare user name."""
    return Operator(operator) if isinstance(operator, str) else operator


class Change(NamedTuple):
    """One record, before and after; None where it is not there. Which kind of record it is, its `table` says."""

    table: str
    number: int
    before: Any
    after: Any


class Refusal(NamedTuple):
    """Something that a guard or the server refused, and why."""

    address: str
    """The account; empty for the whole operation."""
    code: str
    params: Mapping[str, Any] = NO_PARAMS

    @property
    def message(self) -> Message:
        """Why."""
        return Message(self.code, self.params)


OLD_REFUSAL: Final = "old-refusal"
"""The code of a refusal in a journal written before refusals had codes; its parameter `text` has the words."""


class Commit(NamedTuple):
    """A transaction that is on disk: one line of the journal."""

    sequence: int
    at: datetime
    operator: Operator
    session: str
    """A random name of the run of kconsole that did it."""
    operation: str
    reason: str
    changes: tuple[Change, ...]
    seats: tuple[int, int] | None = None
    """Seats used before and after, if they were counted."""
    refused: tuple[Refusal, ...] = ()
    """What a guard refused; without changes beside it, that is the whole operation."""
    undoes: int | None = None
    """The sequence number of the commit that this one undoes."""
    own: bool = False
    """Whether this process made it."""


def refused_addresses(commit: Commit) -> list[str]:
    """The accounts that a commit refused to change, each once."""
    return list(
        dict.fromkeys(refusal.address for refusal in commit.refused if refusal.address and " " not in refusal.address)
    )
