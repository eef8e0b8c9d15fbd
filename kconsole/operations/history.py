"""The log, and which of its operations can be undone."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from typing import Final, NamedTuple

from kconsole.core.codes import message
from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.core.history import Commit, Refusal, Trace, trace_of
from kconsole.core.identity import canonical_address
from kconsole.core.roles import TAKES_IN
from kconsole.operations.catalog import (
    ASK,
    BEGINNINGS,
    OF_THE_SERVER,
    capability_of,
    is_undoable,
)
from kconsole.store.journal_line import REASON_LINES, UNDO_LINES, lines_by, lines_changing
from kconsole.store.journal_reader import RECENT
from kconsole.store.recent_seats import recent_seats
from kconsole.store.seatstore import SeatStore

LATELY: Final = 100
"""Lines of the log that a repeated refusal is compared with. They are read under the lock, so they are few."""

SEARCHED: Final = 2_000
"""Lines of the operator, and undos, that are looked at for the last change that can be undone."""


class LogQuery(NamedTuple):
    """Selects commits; the default selects all."""

    account: str = ""
    """Only commits that changed or refused this address; compared without case."""
    operator: str = ""
    """Only commits of an operator who goes by this: a user, a name of any kind, a user id, an SSH key's fingerprint."""
    since: datetime | None = None
    """Only commits at this time or later."""

    def fits(self, commit: Commit) -> bool:
        if self.since is not None and commit.at < self.since:
            return False
        if self.operator and not commit.operator.goes_by(self.operator):
            return False
        if not self.account:
            return True
        changed = (entry.address for entry in commit.changed_entries)
        refused = (refusal.address for refusal in commit.refused)
        others = (*commit.asked_addresses, *commit.decided, *refused)
        return canonical_address(self.account) in map(canonical_address, (*changed, *others))


class History:
    """The log of an open store, and what its operator can undo."""

    def __init__(self, store: SeatStore, as_seen: Callable[[Commit], Commit] = lambda commit: commit) -> None:
        """The history of a store; `as_seen` gives a commit as the operator may see it."""
        self._store = store
        self._as_seen = as_seen
        self._own: list[Commit] = []
        """What this session did and can undo, or redo after an undo."""
        self._opened_at = store.sequence
        self._traces: list[Trace] = []
        """All commits since then, other processes' too: with them the last one is undone without reading the log."""
        self._undone: dict[int, int] = {}
        self._read_for = 0
        """The line for which earlier traces were read from disk."""
        self._earlier: list[Trace] = []
        self._lately: dict[str, datetime] | None = None
        """When the operator changed which account, by canonical address; None as long as no one has asked for that."""
        self._asked: dict[str, Commit] = {}
        """The last line of each session that says what the server was asked for, until its answer is noted."""

    def recent_use(self, used: int, today: date, days: int) -> list[int]:
        """The seats used at the end of each of the last days, today last. A thread may do this.

        Only the last lines of the log are read: there are fewer days where these do not go so far back.
        """
        return recent_seats(islice(self._store.journal.backwards(), RECENT), used, today, days)

    def log(self, query: LogQuery, newest_first: bool = False) -> Iterator[Commit]:
        """The commits that a query selects, oldest or newest first; each is read when it is asked for."""
        history = self._store.journal.history_backwards() if newest_first else self._store.journal.history()
        return filter(query.fits, map(self._as_seen, history))

    def of_entry(self, number: int, most: int) -> list[Commit]:
        """The last commits that changed an entry, the newest first, as far as they are quickly found."""
        return list(map(self._as_seen, islice(self._store.journal.recent(*lines_changing("entries", number)), most)))

    def changed_lately(self, since: datetime) -> set[str]:
        """The accounts that the operator has changed since a moment, in whichever session, in canonical form.

        Undoing own changes does not count, but redoing them does; nor does taking in what the server has. The log is
        read once.
        """
        if self._lately is None:
            self._lately = {}
            lines = self._store.journal.since(since, lines_by(self._store.operator.user))
            for commit in reversed(list(lines)):
                self._note(commit, self._lately)
        changed = {address for address, at in self._lately.items() if at >= since}
        asked = (commit.asked_addresses for commit in self._asked.values() if commit.at >= since)
        return changed.union(canonical_address(address) for addresses in asked for address in addresses)

    def _note(self, commit: Commit, lately: dict[str, datetime]) -> None:
        """Note the accounts that a commit changed; what the server was asked for before an undo belongs to that."""
        if not self.is_own(commit):
            return
        if commit.operation == ASK:
            self._asked[commit.session] = commit
            return
        asked = self._asked.pop(commit.session, None)
        if self.undos_in(commit) % 2:
            return
        addresses = [] if asked is None else asked.asked_addresses
        if commit.operation not in BEGINNINGS and capability_of(commit.operation) != TAKES_IN:
            addresses += changed_accounts(commit)
        lately.update((canonical_address(address), commit.at) for address in addresses)

    @property
    def undoable(self) -> Commit | None:
        """The last commit of this session that is not undone; None if there is none."""
        return next((commit for commit in reversed(self._own) if commit.sequence not in self._undone), None)

    def is_own(self, commit: Commit) -> bool:
        """Whether this operator made a commit, by who they are: what they claim to be does not matter."""
        return commit.operator.identity == self._store.operator.identity

    def candidates(self) -> Iterator[Commit]:
        """What the operator did and has not undone, the last first: in this session, then what the log says of before.

        Refused changes are no changes, and which server the store follows is no change of its records. Of a long log,
        the last lines are searched.
        """
        own = [commit for commit in reversed(self._own) if commit.sequence not in self._undone]
        yield from own
        known, undone, operator = {commit.sequence for commit in own}, set[int](), self._store.operator
        who = (operator.identity, operator.claimed)  # whatever SSH session they come from
        for commit in islice(self._store.journal.find(lines_by(operator.user), UNDO_LINES), SEARCHED):
            if not commit.changes or commit.sequence in undone or commit.sequence in known:
                continue
            if commit.undoes is not None:
                undone.add(commit.undoes)
            elif commit.operation in OF_THE_SERVER:
                continue
            elif can_be_undone(commit) and (commit.operator.identity, commit.operator.claimed) == who:
                yield commit

    def undone_lines(self) -> dict[int, int]:
        """Which lines of the log are undone, each with the line that undid it.

        Empty if archived lines were moved elsewhere: those cannot say what they undid.
        """
        with suppress(StoreUnusable):
            return undone_among(trace_of(commit) for commit in self._store.journal.find(UNDO_LINES) if commit.changes)
        return {}

    def to_undo(self, sequence: int | None = None, is_offered: Callable[[Commit], bool] = lambda _: True) -> Commit:
        """The commit with this number, or the last one that is offered; raises NotFound if it cannot be undone."""
        self._store.catch_up()
        commit = next(filter(is_offered, self.candidates()), None) if sequence is None else self._numbered(sequence)
        if commit is None:
            raise NotFound("nothing-to-undo")
        later = self.traces_after(commit)
        if commit.sequence in (undone := undone_among(later)):
            raise _undone_already(commit.sequence, undone[commit.sequence], later)
        return commit

    def first_operation(self, commit: Commit) -> str:
        """The name of the operation; of an undo, of what was undone at first, through all redos."""
        while commit.undoes is not None and (earlier := self._store.journal.commit(commit.undoes)) is not None:
            commit = earlier
        return commit.operation

    def undos_in(self, commit: Commit) -> int:
        """How many undos a commit is: 0 for a change, 1 for its undo, 2 for its redo, which undoes the undo."""
        undos: int = 0
        earlier: Commit | None = commit
        while earlier is not None and earlier.undoes is not None:
            undos, earlier = undos + 1, self._store.journal.commit(earlier.undoes)
        return undos

    def touched_since(self, sequence: int) -> frozenset[int]:
        """The numbers of the entries that were changed after a line of the log that this session has read."""
        later = (trace for trace in self._traces if trace.sequence > sequence)
        return frozenset(number for trace in later for table, number in trace.records if table == "entries")

    def traces_after(self, commit: Commit) -> list[Trace]:
        """What changed the same records after a commit, and all undos after it, the last one first.

        What was in the log when this session opened it is read once, by `to_undo`, before the store is locked.
        """
        sequence = commit.sequence
        if sequence < self._opened_at and self._read_for != sequence:
            traces = self._store.journal.traces(trace_of(commit).records, sequence)
            self._earlier = [trace for trace in traces if trace.sequence <= self._opened_at]
            self._read_for = sequence
        later = [trace for trace in reversed(self._traces) if trace.sequence > sequence]
        return later + self._earlier if sequence < self._opened_at else later

    def recent_reasons(self) -> list[str]:
        """The reasons that were given last, by anyone, the last one first, each once. A thread may ask for them."""
        lines = map(self._as_seen, islice(self._store.journal.find(REASON_LINES), LATELY))
        return list(dict.fromkeys(line.reason for line in lines if line.reason))

    def has_refused_lately(self, operation: str, refused: tuple[Refusal, ...]) -> bool:
        """Whether one of the last lines says that the same operation refused just that."""
        lines = islice(self._store.journal.history_backwards(), LATELY)
        return any(line.operation == operation and line.refused == refused for line in lines)

    def add_own(self, commit: Commit) -> None:
        """Remember a change of this session as one that it can undo."""
        self._own.append(commit)

    def forget(self, sequence: int) -> None:
        """Offer a change of this session for undo no more."""
        self._own = [commit for commit in self._own if commit.sequence != sequence]

    def follow(self, commit: Commit) -> None:
        """Take in a new line of the log, of this process or another."""
        if not commit.changes:
            return
        if self._lately is not None:
            self._note(commit, self._lately)
        self._traces.append(trace_of(commit))
        if commit.undoes is not None:
            self._undone = undone_among(reversed(self._traces))

    def _numbered(self, sequence: int) -> Commit:
        commit = self._store.journal.commit(sequence)
        if commit is None:
            raise NotFound("no-such-line", "see-the-log", line=sequence)
        if commit.is_lost:
            raise NotFound("line-to-undo-is-lost", line=sequence)
        if commit.undoes is None and commit.operation not in BEGINNINGS and not is_undoable(commit.operation):
            raise NotFound("line-is-of-the-server", "change-it-there-and-sync", line=sequence)
        if not _changes_records(commit) or commit.operation in BEGINNINGS:
            raise NotFound("line-has-nothing-to-undo", line=sequence)
        return commit


def changed_accounts(commit: Commit) -> list[str]:
    """The addresses of the accounts that a commit changed, or kept from policies."""
    kept = (change.after or change.before for change in commit.changes if change.table == "keeps")
    return [each.address for each in (*commit.changed_entries, *kept)]


def can_be_undone(commit: Commit) -> bool:
    """Whether a commit changed something, and is no undo itself."""
    return _changes_records(commit) and commit.undoes is None and is_undoable(commit.operation)


def _changes_records(commit: Commit) -> bool:
    """Whether a commit changed more than what the server is asked for: a change that it refused did not."""
    return any(change.table != "intents" for change in commit.changes)


def undone_among(traces: Iterable[Trace]) -> dict[int, int]:
    """Which lines are undone, each with the line that undid it. The traces hold all undos, the last one first.

    An undo may have been undone itself, and that again.
    """
    undone: dict[int, int] = {}
    for trace in traces:
        note_undo(undone, trace.sequence, trace.undoes)
    return undone


def note_undo(undone: dict[int, int], sequence: int, undoes: int | None) -> None:
    """Take in one line; the last ones come first, and an undo that is undone itself counts no more."""
    if undoes is not None and sequence not in undone:
        undone.setdefault(undoes, sequence)


def touching_since(commit: Commit, later: list[Trace]) -> Iterator[Trace]:
    """The later commits that changed the same records and are in effect, the last one first.

    Equal records are not enough for an undo: another user may have changed them and changed them back, and the undo
    would discard that. A commit that is undone counts as no change, and so does its undo. Raises NotFound if this is.
    """
    undone = undone_among(later)
    if commit.sequence in undone:
        raise _undone_already(commit.sequence, undone[commit.sequence], later)
    records = trace_of(commit).records
    for trace in later:
        in_effect = trace.sequence not in undone and (trace.undoes is None or trace.undoes < commit.sequence)
        if in_effect and not records.isdisjoint(trace.records):
            yield trace


def _undone_already(sequence: int, by: int, later: Iterable[Trace]) -> NotFound:
    last, undos = by, {sequence}
    for trace in reversed(list(later)):
        if trace.undoes in undos:
            undos.add(trace.sequence)
            last = trace.sequence
    return NotFound("undone-already", message("redo-line", line=last), line=sequence, by=last)
