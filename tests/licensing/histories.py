"""Random histories of changes, for any policy."""

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from msgspec.structs import replace

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Restart
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.policy import KERIO
from tests.licensing.strategies import DOMAIN_NAMES, entries, licenses, moments
from tests.under_kerio import evaluate


class Histories(RuleBasedStateMachine):
    """Any history of changes leaves the ledger with the report that `evaluate` gives under the same policy."""

    policy = KERIO
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.license = License(seats=5)
        self.last_restart: datetime | None = None
        self.domains: dict[str, Domain] = {}
        self.entries: dict[int, Entry] = {}
        self.next_id = 1
        self.ledger = SeatLedger(self.inventory(), self.policy)

    def inventory(self) -> Inventory:
        return Inventory(
            license=self.license,
            last_restart=self.last_restart,
            domains=tuple(self.domains.values()),
            entries=tuple(self.entries.values()),
        )

    def change(self, number: int, after: Entry | None) -> None:
        before = self.entries.pop(number, None)
        if after is not None:
            self.entries[number] = after
        self.ledger.change_entry(before, after)

    @rule(target=ids, entry=entries())
    def add(self, entry: Entry) -> int:
        number, self.next_id = self.next_id, self.next_id + 1
        self.change(number, replace(entry, id=number))
        return number

    @rule(number=ids, entry=entries())
    def become_another(self, number: int, entry: Entry) -> None:
        self.change(number, replace(entry, id=number))

    @rule(numbers=st.lists(ids, max_size=6), drawn=st.lists(entries(), min_size=6, max_size=6))
    def become_others_at_once(self, numbers: list[int], drawn: list[Entry]) -> None:
        changes = []
        for number, entry in zip(numbers, drawn, strict=False):
            after = replace(entry, id=number)
            changes.append((self.entries[number], after))
            self.entries[number] = after
        self.ledger.change_entries(changes)

    @rule(number=ids, enabled=st.booleans())
    def enable_or_disable(self, number: int, enabled: bool) -> None:
        self.change(number, replace(self.entries[number], enabled=enabled))

    @rule(number=ids)
    def connect(self, number: int) -> None:
        self.change(number, replace(self.entries[number], mailbox=True))

    @rule(number=ids, moment=st.none() | moments)
    def delete_or_bring_back(self, number: int, moment: datetime | None) -> None:
        self.change(number, replace(self.entries[number], deleted_at=moment))

    @rule(number=consumes(ids))
    def forget(self, number: int) -> None:
        self.change(number, None)

    @rule(moment=st.none() | moments)
    def record_restart(self, moment: datetime | None) -> None:
        self.last_restart = moment
        self.ledger.change_restart(None if moment is None else Restart(moment))

    @rule(license_=licenses)
    def change_license(self, license_: License) -> None:
        self.license = license_
        self.ledger.change_license(license_)

    @rule(name=st.sampled_from(DOMAIN_NAMES), limit=st.none() | st.integers(0, 6))
    def add_domain_or_change_its_limit(self, name: str, limit: int | None) -> None:
        after = Domain(name=name, user_limit=limit)
        self.ledger.change_domain(self.domains.get(name), after)
        self.domains[name] = after

    @rule(name=st.sampled_from(DOMAIN_NAMES))
    def remove_domain(self, name: str) -> None:
        if name in self.domains:
            self.ledger.change_domain(self.domains.pop(name), None)

    @rule(name=st.sampled_from(DOMAIN_NAMES))
    def write_a_domain_in_capitals(self, name: str) -> None:
        if name in self.domains:
            after = replace(self.domains[name], name=name.title())
            self.ledger.change_domain(self.domains[name], after)
            self.ledger.change_domain(after, self.domains[name])

    @rule(names=st.lists(st.sampled_from(DOMAIN_NAMES), min_size=2, max_size=3, unique=True), data=st.data())
    def names_change_hands(self, names: list[str], data: st.DataObject) -> None:
        """Each takes the name of the next one, and the ledger hears of it in any order."""
        befores = [self.domains[name] for name in names if name in self.domains]
        changes = [(before, replace(before, name=befores[place - 1].name)) for place, before in enumerate(befores)]
        for before, after in data.draw(st.permutations(changes)):
            self.ledger.change_domain(before, after)
        self.domains |= {after.name: after for _, after in changes}

    @invariant()
    def the_ledger_agrees(self) -> None:
        report = self.ledger.report()
        assert report == evaluate(self.inventory(), self.policy)
        assert len(self.ledger.held()) == report.held
