"""What was done: the log, asked and told, and which deed can be taken back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.core.history import Commit, Operator, refused_addresses
from kconsole.core.records import fold
from kconsole.store.seatstore import SeatStore

UNDO = "undo"
"""The deed that takes another back."""

BEGINNINGS = ("init", "migrate", "mend")
"""Deeds that begin a journal; there is nothing before them to go back to."""

FACTS = ("sync", "settle", "ask server")
"""Deeds that take in what is so elsewhere, or ask for it: taking them back would make nothing otherwise there."""


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
        return not self.account or _concerns(commit, fold(self.account))


def _concerns(commit: Commit, address: str) -> bool:
    """Whether a commit changed an address, which is folded, or a refusal names it."""
    entries = (change.after or change.before for change in commit.changes if change.table == "entries")
    asked = (change.after or change.before for change in commit.changes if change.table == "intents")
    named = (entry.address for entry in chain(entries, *(pending.targets for pending in asked)))
    return any(fold(name) == address for name in named) or any(
        fold(refusal.address) == address for refusal in commit.refused
    )


def addresses_of(commit: Commit) -> list[str]:
    """The addresses that a commit changed or refused, in its order, each once; else those it asked the server about."""
    changed = [(change.after or change.before).address for change in commit.changes if change.table == "entries"]
    if not changed:
        pending_changes = [change.after or change.before for change in commit.changes if change.table == "intents"]
        changed = [target.address for pending in pending_changes for target in pending.targets]
    return list(dict.fromkeys((*changed, *refused_addresses(commit))))


class History:
    """The log of an open store, and what its operator can undo."""

    def __init__(self, store: SeatStore) -> None:
        self._store = store
        self._own: list[Commit] = []
        """What this session did and can undo, or redo after an undo."""
        self._opened_at = store.sequence
        self._traces: list[Trace] = []
        """All commits since then, others' too: so that undoing the last one need not read the journal."""
        self._undone: dict[int, int] = {}

    def log(self, query: LogQuery, newest_first: bool = False) -> Iterator[Commit]:
        """The commits that a query selects, the first one first or the last one first.

        Raises:
            StoreUnusable: the journal is broken; raised when that line is reached.
        """
        return matching(self._store, query, newest_first)

    @property
    def undoable(self) -> Commit | None:
        """The last commit of this session that has not been undone, by anyone; None if there is none."""
        return next((commit for commit in reversed(self._own) if commit.sequence not in self._undone), None)

    def last_undoable(self) -> Commit | None:
        """The commit that `undo` would undo: of this session, or else the operator's last one in the journal.

        Raises:
            StoreUnusable: the journal is broken.
        """
        return self.undoable or undoable_of(self._store, self._store.operator)

    def to_undo(self, sequence: int | None = None) -> Commit:
        """The commit with this number, or the last one that can be undone, after others' commits have been read.

        Raises:
            NotFound: there is none.
            StoreUnusable: the journal is broken.
        """
        self._store.catch_up()
        commit = self.last_undoable() if sequence is None else commit_numbered(self._store, sequence)
        if commit is None:
            raise NotFound("There is nothing to undo: the log has no deed of yours that was not taken back.")
        return commit

    def first_operation(self, commit: Commit) -> str:
        """The name of the operation, and of an undo, the name of what was undone in the first place."""
        return first_operation(self._store, commit)

    def touched_since(self, sequence: int) -> frozenset[int]:
        """The numbers of the entries that were changed after a line of the log that this session has read."""
        later = (trace for trace in self._traces if trace.sequence > sequence)
        return frozenset(number for trace in later for table, number in trace.records if table == "entries")

    def traces_after(self, sequence: int) -> "Iterable[Trace]":
        """The commits after a line, the last one first; read from disk if this session opened the store later."""
        if sequence < self._opened_at:
            return traces_after(self._store, sequence)
        return (trace for trace in reversed(self._traces) if trace.sequence > sequence)

    def add_own(self, commit: Commit) -> None:
        """This session made a commit that can be undone."""
        self._own.append(commit)

    def forget(self, sequence: int) -> None:
        """A commit cannot be undone any more."""
        self._own = [commit for commit in self._own if commit.sequence != sequence]

    def follow(self, commit: Commit) -> None:
        """Take a new commit in."""
        if not commit.changes:
            return
        self._traces.append(trace_of(commit))
        if commit.undoes is not None:
            self._undone = taken_back(reversed(self._traces))


class Trace(NamedTuple):
    """What taking back needs to know of a commit that changed something: all of them fit into memory."""

    sequence: int
    undoes: int | None
    records: frozenset[tuple[str, int]]
    """Table and number of what it changed."""


def trace_of(commit: Commit) -> Trace:
    """The trace of a commit."""
    return Trace(commit.sequence, commit.undoes, frozenset((change.table, change.number) for change in commit.changes))


def taken_back(traces: Iterable[Trace]) -> dict[int, int]:
    """Which lines have been taken back, each with the line that did.

    What took a line back may have been taken back itself, and that again: so the last ones come first.

    Args:
        traces: all commits from some line on, the last one first.
    """
    undone: dict[int, int] = {}
    for trace in traces:
        if trace.undoes is not None and trace.sequence not in undone:
            undone.setdefault(trace.undoes, trace.sequence)
    return undone


def touching_since(commit: Commit, later: list[Trace]) -> Iterator[Trace]:
    """The commits after one that changed the same records and stand, the last one first.

    That the records are equal now is not enough to take a deed back: somebody may have changed them back and again,
    and would lose that. What was taken back since is no change, nor is the taking back.

    Args:
        commit: what shall be taken back.
        later: the commits that changed something after it, the last one first.

    Raises:
        NotFound: it has been taken back already.
    """
    undone = taken_back(later)
    if commit.sequence in undone:
        raise _taken_back_already(commit.sequence, undone[commit.sequence], later)
    records = trace_of(commit).records
    for trace in later:
        stands = trace.sequence not in undone and (trace.undoes is None or trace.undoes < commit.sequence)
        if stands and not records.isdisjoint(trace.records):
            yield trace


def _taken_back_already(sequence: int, by: int, later: Iterable[Trace]) -> NotFound:
    last = by
    chain = {sequence}
    for trace in reversed(list(later)):
        if trace.undoes in chain:
            chain.add(trace.sequence)
            last = trace.sequence
    return NotFound(
        f"Line {sequence} of the log was taken back in line {last} already.",
        f"To do it again, run 'kconsole undo {last}'.",
    )


def undoable_of(store: SeatStore, operator: Operator) -> Commit | None:
    """The last deed of an operator that can be taken back and has not been; None if there is none."""
    undone: set[int] = set()
    for commit in _sensible(store, store.history_backwards()):
        if not commit.changes or commit.sequence in undone:
            continue
        if commit.undoes is not None:
            undone.add(commit.undoes)
        elif is_undoable(commit) and _same(commit.operator, operator):
            return commit
    return None


def commit_numbered(store: SeatStore, sequence: int) -> Commit:
    """The commit with a number, if it can be taken back. One that took back another can: that is done again then.

    Raises:
        NotFound: there is none, or there is nothing in it to take back, or it has been taken back.
    """
    later: list[Trace] = []
    found = None
    for commit in _sensible(store, store.history_backwards()):
        if commit.sequence <= sequence:
            found = commit if commit.sequence == sequence else None
            break
        if commit.changes:
            later.append(trace_of(commit))
    if found is None:
        raise NotFound(f"There is no line {sequence} in the log.", "See them with 'kconsole log'.")
    if found.operation in FACTS:
        raise NotFound(
            f"Line {sequence} of the log tells of the server: what is so there cannot be taken back here.",
            "Change it on the server, and read it again with 'kconsole sync'.",
        )
    if not found.changes or found.operation in BEGINNINGS:
        raise NotFound(f"There is nothing in line {sequence} of the log that could be taken back.")
    undone = taken_back(later)
    if sequence in undone:
        raise _taken_back_already(sequence, undone[sequence], later)
    return found


def traces_after(store: SeatStore, sequence: int) -> Iterator[Trace]:
    """The commits after a line that changed something, the last one first."""
    for commit in _sensible(store, store.history_backwards()):
        if commit.sequence <= sequence:
            return
        if commit.changes:
            yield trace_of(commit)


def first_operation(store: SeatStore, commit: Commit) -> str:
    """What was done in the first place: the deed itself, or of an undo, what that took back, through all of them."""
    if commit.undoes is None:
        return commit.operation
    wanted, operation = commit.undoes, commit.operation
    for earlier in _sensible(store, store.history_backwards()):
        if earlier.sequence == wanted:
            operation = earlier.operation
            if earlier.undoes is None:
                return operation
            wanted = earlier.undoes
    return operation


def matching(store: SeatStore, query: LogQuery, newest_first: bool = False) -> Iterator[Commit]:
    """The commits that a query asks for, in their order or the other way; each is read when it is asked for."""
    history = store.history_backwards() if newest_first else store.history()
    return (commit for commit in _sensible(store, history) if query.fits(commit))


def _sensible(store: SeatStore, commits: Iterator[Commit]) -> Iterator[Commit]:
    """The same commits, as long as they are such as kconsole writes: who can write a log can make any line of it.

    Raises:
        StoreUnusable: one is not.
    """
    for commit in commits:
        operator = (commit.operator.user, commit.operator.claimed, commit.operator.sudo_user)
        texts = (
            *operator,
            commit.operator.connection,
            commit.session,
            commit.operation,
            commit.reason,
            *(refusal.address for refusal in commit.refused),
            *(refusal.code for refusal in commit.refused),
        )
        undoes = commit.undoes
        if not all(isinstance(text, str) for text in texts) or not (undoes is None or isinstance(undoes, int)):
            raise StoreUnusable(
                f"Line {commit.sequence} of the log in {store.folder} makes no sense: kconsole did not write it.",
                "See 'kconsole doctor'.",
            )
        yield commit


def is_undoable(commit: Commit) -> bool:
    """Whether a commit is a deed that changed something, and neither a beginning nor a fact."""
    return bool(commit.changes) and commit.operation not in (*BEGINNINGS, *FACTS, UNDO)


def _same(one: Operator, other: Operator) -> bool:
    return (one.user, one.claimed) == (other.user, other.claimed)
