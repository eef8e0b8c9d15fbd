"""The seat figures if marked accounts were disabled or enabled, for any number of them."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final

from msgspec.structs import replace

from kconsole.core.history import Change
from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.licensing.counting import SeatLedger, Share, example_of, share_of
from kconsole.operations.chunked import Chunks, finished

_SLICE: Final = 4000
"""Accounts that one step marks: a few milliseconds."""


class WhatIf:
    """The figures if marked accounts were toggled; it follows marks and commits one by one.

    Marked accounts that add the same to the figures are counted together. So a mark costs the same however many are
    marked already, and the figures cost the same for any number of accounts.
    """

    def __init__(self, ledger: SeatLedger, entry: Callable[[int], Entry | None]) -> None:
        """Start without marks; `entry` gives the live entry with a number, or None."""
        self._ledger = ledger
        self._entry = entry
        self._marked: dict[int, Entry | None] = {}
        """The marked numbers, each with the account as it was counted; None for an entry that is no account."""
        self._alike: dict[Share, int] = {}

    def planning(self, numbers: AbstractSet[int]) -> Chunks[SeatReport | None]:
        """The figures if the accounts with these numbers were toggled; None if no account is among them.

        Only the difference from the last time is counted: one more mark is one step. A break loses nothing.
        """
        changed = iter(numbers ^ self._marked.keys())
        total, done = max(len(numbers), len(self._marked), 1), 0
        while some := list(islice(changed, _SLICE)):
            for number in some:
                if number not in numbers:
                    self._count(self._marked.pop(number, None), -1)
                elif number not in self._marked:
                    self._marked[number] = counted = self._account(self._entry(number))
                    self._count(counted, 1)
            done += len(some)
            yield min(done / total, 1.0)
        return self.report()

    def follow(self, changes: Iterable[Change]) -> None:
        """Count changed accounts that are marked as they are now."""
        for change in changes:
            if change.table == "entries" and change.number in self._marked:
                self._count(self._marked[change.number], -1)
                self._marked[change.number] = counted = self._account(change.after)
                self._count(counted, 1)

    def report(self) -> SeatReport | None:
        """The figures if the marked accounts were toggled, or None if no account is marked."""
        alike = [(example_of(share), times) for share, times in self._alike.items() if times]
        return _if_toggled(self._ledger, alike) if alike else None

    def _account(self, entry: Entry | None) -> Entry | None:
        """The entry if it is an account that can be toggled."""
        can_be = entry is not None and self._ledger.policy.is_account(entry) and entry.deleted_at is None
        return entry if can_be else None

    def _count(self, account: Entry | None, times: int) -> None:
        if account is not None:
            share = share_of(account)
            self._alike[share] = self._alike.get(share, 0) + times


def if_toggled(ledger: SeatLedger, entries: Iterable[Entry]) -> SeatReport:
    """The figures if the accounts among entries were disabled, or enabled if none of them takes a seat."""
    by_number = {entry.id: entry for entry in entries}
    return finished(WhatIf(ledger, by_number.get).planning(by_number.keys())) or ledger.report()


def _if_toggled(ledger: SeatLedger, accounts: list[tuple[Entry, int]]) -> SeatReport:
    enable = not any(ledger.policy.classify(account).seat for account, _ in accounts)
    return ledger.if_changed((account, replace(account, enabled=enable), times) for account, times in accounts)
