"""What was done: operators, changes, and the commits that a journal keeps."""

from datetime import datetime
from typing import Any, NamedTuple


class Operator(NamedTuple):
    """Who does something.

    The user is what the system says; everything else is what somebody claims, and is kept beside it as a claim.
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
    """Seats used before and after, where somebody counted them."""
    refused: tuple[str, ...] = ()
    """What a guard refused; with no changes beside it, the whole deed."""
    undoes: int | None = None
    """The sequence number of the commit that this one takes back."""
    own: bool = False
    """Whether this process made it."""
