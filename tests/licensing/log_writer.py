"""Writes the lines of a made-up log as operations do, and knows what the use was after each of them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from kconsole.core.history import Change, Commit, Operator
from kconsole.core.license import License
from kconsole.core.records import Entry, Inventory, Restart
from kconsole.core.server import Server, ServerAccess
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.policy import KERIO
from kconsole.licensing.seat_history import SeatHistory, SeatsNow

BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)


class LogWriter:
    """A log that begins with some accounts, at a clock that is moved by hand."""

    def __init__(self, accounts: int = 10, seats: int | None = 100) -> None:
        self.at = BEGIN
        self.commits: list[Commit] = []
        self.used: list[int] = []
        """After each line."""
        self.entries: dict[int, Entry] = {}
        self.license = License(seats=seats)
        self.restart: Restart | None = None
        self.server: Server | None = None
        self.ledger = SeatLedger(Inventory(license=self.license), KERIO)
        self._number = 0
        people = [self._new() for _ in range(accounts)]
        self.write("init", people, others=[Change("license", 1, None, self.license)], seats=False)

    def write(
        self,
        operation: str,
        entries: Iterable[Entry] = (),
        others: Iterable[Change] = (),
        undoes: int | None = None,
        seats: bool = True,
        operator: str = "anna",
    ) -> Commit:
        """A line that leaves some entries like this."""
        before, changes = self.ledger.used, []
        for entry in entries:
            changes.append(Change("entries", entry.id, self.entries.get(entry.id), entry))
            self.ledger.change_entry(self.entries.get(entry.id), entry)
            self.entries[entry.id] = entry
        for change in others:
            if change.table == "server":
                self.ledger.change_restart(change.after)
        changes += others
        commit = Commit(
            len(self.commits) + 1, self.at, Operator(operator), "session", operation, "", tuple(changes),
            (before, self.ledger.used) if seats else None, undoes=undoes,
        )  # fmt: skip
        self.commits.append(commit)
        self.used.append(self.ledger.used)
        return commit

    def forward(self, days: float = 1) -> None:
        self.at += timedelta(days=days)

    def _new(self, domain: str = "north.example") -> Entry:
        self._number += 1
        return Entry(address=f"person{self._number}@{domain}", id=self._number)

    def add(self, number: int = 1, operation: str = "add", domain: str = "north.example") -> Commit:
        return self.write(operation, [self._new(domain) for _ in range(number)])

    def disable(self, number: int = 1, operation: str = "disable", operator: str = "anna") -> Commit:
        return self.write(operation, [replace(each, enabled=False) for each in self._live(number)], operator=operator)

    def delete(self, number: int = 1) -> Commit:
        line = len(self.commits) + 1
        gone = [replace(each, deleted_at=self.at, deleted_in=line) for each in self._live(number)]
        return self.write("delete", gone)

    def restarted(self) -> Commit:
        before, self.restart = self.restart, Restart(self.at, len(self.commits) + 1)
        return self.write("restarted", others=[Change("server", 1, before, self.restart)])

    def sync(self, joins: int = 0, leaves: int = 0) -> Commit:
        before = self.server
        access = ServerAccess(url="https://mail.example", user="eye")
        self.server = Server(name="mail", access=access, synced_at=self.at)
        connection = Change("connection", 1, before, self.server)
        left = [replace(each, enabled=False) for each in self._live(leaves)]
        return self.write("sync", [*left, *(self._new() for _ in range(joins))], [connection])

    def undo(self, commit: Commit) -> Commit:
        return self.write(
            "undo",
            [each.before for each in commit.changes if each.before and each.table == "entries"],
            undoes=commit.sequence,
        )

    def relicense(self, seats: int | None) -> Commit:
        before, self.license = self.license, License(seats=seats)
        return self.write("change license", others=[Change("license", 1, before, self.license)])

    def history(self, today: date | None = None, **options: Any) -> SeatHistory:
        undone = {each.undoes for each in self.commits if each.undoes is not None}
        history = SeatHistory(today or self.at.date(), KERIO, undone, **options)
        for commit in self.commits:
            history.take(commit)
        return history

    def now(self) -> SeatsNow:
        return SeatsNow(self.ledger.used, len(self.ledger.held()), self.license.seats)

    def _live(self, number: int) -> list[Entry]:
        return [each for each in self.entries.values() if each.enabled and each.deleted_at is None][:number]
