"""What the lines of a journal add up to, and which of them are lost."""

from collections.abc import Mapping

from msgspec.structs import replace

from kconsole.core.encoding import NONSENSE
from kconsole.core.history import Change
from kconsole.core.records import Entry, LastLogin
from kconsole.store.engine import BrokenJournal, Head, nonsense
from kconsole.store.journal_line import Checks, Line, decode_line, head_after, head_of, is_gap
from kconsole.store.login_refreshes import logins_of
from kconsole.store.tables import decoded


def head_of_whole(raw: bytes) -> Head:
    """The head at a line that kconsole wrote, looked at alone; BrokenJournal if it is another one, or a gap."""
    head = head_of(raw)
    try:
        line = decode_line(raw)
    except NONSENSE as error:
        raise BrokenJournal(head.sequence, nonsense(error), Head(head.sequence - 1)) from None
    if line.sequence != head.sequence:
        raise BrokenJournal(head.sequence, "line-out-of-sequence", Head(head.sequence - 1))
    return head


class Gaps:
    """The lost lines among those that are read.

    Attributes:
        known: the first and the last number of those of which a later line says so.
        open: the same of the others.
        is_state_unknown: whether it is not known what some of them changed.
    """

    def __init__(self) -> None:
        self.known: list[tuple[int, int]] = []
        self.open: list[tuple[int, int]] = []
        self.is_state_unknown = False

    def add(self, number: int) -> None:
        first = self.open.pop()[0] if self.open and self.open[-1][1] == number - 1 else number
        self.open.append((first, number))

    def take(self, said: Checks | Line) -> None:
        """Take what a line says of lost ones. It does not say what the records are where that is not known."""
        for first, last in said.gaps:
            self.known += [gap for gap in self.open if first <= gap[0] and gap[1] <= last]
            self.is_state_unknown = self.is_state_unknown or not said.state
        self.open = [gap for gap in self.open if gap not in self.known]

    def check(self) -> None:
        """Raise BrokenJournal if there is a gap of which no line says so."""
        for first, _ in self.open:
            raise BrokenJournal(first, "line-is-lost", Head(first - 1))


class Replay:
    """What lines add up to, without making records of what a later line changes again.

    Attributes:
        head: the last line that was taken.
        next_number: the number of the next new record after it.
        size: the bytes of all lines.
        gaps: the lost ones among them.
        state: what the last line says of the records after it; empty if that was lost.
    """

    def __init__(self, head: Head, next_number: int) -> None:
        self.head, self.next_number, self.size = head, next_number, 0
        self.gaps, self.state = Gaps(), ""
        self._removed: set[tuple[str, int]] = set()
        self._left: dict[tuple[str, int], bytes] = {}
        self._logins: dict[int, LastLogin] = {}
        """The last logins that were refreshed after that."""

    def take(self, raw: bytes) -> None:
        """Take a line; BrokenJournal if it is bad, which `commit_of` explains."""
        self.head = head_after(raw, self.head)
        self.size += len(raw)
        try:
            line = decode_line(raw)
            logins = [logins_of(change.refreshes) for change in line.changes if change.refreshes is not None]
        except NONSENSE as error:
            if is_gap(raw):
                self.gaps.add(self.head.sequence)
                self.state = ""  # what a lost line said is not known
                return
            raise BrokenJournal(self.head.sequence, nonsense(error), self.head) from None
        if line.sequence != self.head.sequence:
            raise BrokenJournal(self.head.sequence, "line-out-of-sequence", self.head)
        self.next_number, self.state = line.next_number, line.state
        if line.gaps:
            self.gaps.take(line)
        for change in line.changes:
            if change.logins:
                continue
            if change.table == "entries":
                self._logins.pop(change.number, None)
            key, content = (change.table, change.number), bytes(change.after)
            if content == b"null":
                self._removed.add(key)
                self._left.pop(key, None)
            else:
                self._left[key] = content
        for each in logins:
            self._logins.update(each)

    def changes(self, entries: Mapping[int, Entry] | None = None) -> list[Change]:
        """The changes that make the same tables, in their order, without what was before; BrokenJournal as above.

        `entries` are those before the first line, if there were any.
        """
        try:
            made = {key: decoded(key[0], found, key[1]) for key, found in self._left.items()}
        except NONSENSE as error:
            raise BrokenJournal(self.head.sequence, nonsense(error), self.head) from None
        for number, login in self._logins.items():
            key = "entries", number
            entry = made.get(key) or (entries.get(number) if entries and key not in self._removed else None)
            if entry is not None:
                made[key] = replace(entry, last_login=login)
        removed = (Change(*key, None, None) for key in self._removed)
        return [*removed, *(Change(*key, None, record) for key, record in made.items())]
