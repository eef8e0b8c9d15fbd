"""What was done: the log, asked and told, and which deed can be taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kconsole.model.errors import NotFound
from kconsole.model.history import Commit, Operator
from kconsole.model.records import fold
from kconsole.store.seatstore import SeatStore

UNDO = "undo"
"""The deed that takes another back."""

BEGINNINGS = ("init", "migrate")
"""Deeds that begin a journal; there is nothing before them to go back to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which commits. The default is all of them."""

    account: str = ""
    """Only those that changed or refused this address; compared without case."""
    operator: str = ""
    """Only those of this user, or of somebody who claimed the name."""
    since: datetime | None = None
    """Only those at that moment or later."""

    def fits(self, commit: Commit) -> bool:
        """Whether a commit is asked for."""
        if self.since is not None and commit.at < self.since:
            return False
        names = (commit.operator.user, commit.operator.claimed, commit.operator.sudo_user)
        if self.operator and self.operator not in names:
            return False
        return not self.account or any(fold(self.account) == fold(address) for address in addresses_of(commit))


def addresses_of(commit: Commit) -> list[str]:
    """The addresses that a commit changed or refused, in its order, each once."""
    changed = [
        (change.after or change.before).address
        for change in commit.changes
        if change.table == "entries" and (change.after or change.before) is not None
    ]
    refused = [text.partition(": ")[0] for text in commit.refused if ": " in text]
    return list(dict.fromkeys((*changed, *refused)))


def undoable_of(store: SeatStore, operator: Operator) -> Commit | None:
    """The last deed of an operator that can be taken back and has not been; None if there is none."""
    undone: set[int] = set()
    for commit in store.history_backwards():
        if commit.undoes is not None:
            if commit.sequence not in undone:
                undone.add(commit.undoes)
        elif _is_undoable(commit) and commit.sequence not in undone and _same(commit.operator, operator):
            return commit
    return None


def commit_numbered(store: SeatStore, sequence: int) -> Commit:
    """The commit with a number, if it can be taken back. One that took back another can: that is done again then.

    Raises:
        NotFound: there is none, or there is nothing in it to take back, or it has been taken back.
    """
    found, undone_by = None, None
    for commit in store.history():
        if commit.sequence == sequence:
            found = commit
        elif commit.undoes == sequence:
            undone_by = commit.sequence
        elif undone_by is not None and commit.undoes == undone_by:
            undone_by = None
    if found is None:
        raise NotFound(f"There is no line {sequence} in the log.", "See them with 'kconsole log'.")
    if not found.changes or found.deed in BEGINNINGS:
        raise NotFound(f"There is nothing in line {sequence} of the log that could be taken back.")
    if undone_by is not None:
        raise NotFound(
            f"Line {sequence} of the log was taken back in line {undone_by} already.",
            f"To do it again, run 'kconsole undo {undone_by}'.",
        )
    return found


def matching(store: SeatStore, query: LogQuery) -> Iterator[Commit]:
    """The commits that a query asks for, the first one first."""
    return (commit for commit in store.history() if query.fits(commit))


def _is_undoable(commit: Commit) -> bool:
    return bool(commit.changes) and commit.deed not in (*BEGINNINGS, UNDO)


def _same(one: Operator, other: Operator) -> bool:
    return (one.user, one.claimed) == (other.user, other.claimed)
