"""Taking in an export: first a plan that says what would happen and whether it fits, then all of it or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.errors import BadInput
from kconsole.core.records import Domain, Entry, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.importers.kerio_csv import CsvAccount, CsvFault, KerioExport, domain_of_file, read_kerio_export
from kconsole.licensing import guards
from kconsole.operations.accounts import what_it_is
from kconsole.operations.base import OperationContext, Outcome, RunsOn, refused_by, revived
from kconsole.operations.server import check_domain_name
from kconsole.operations.streams import read_document
from kconsole.store.records import Records

IMPORTED, CHANGED = "imported", "changed"
"""What an import tells of an account that it took in, or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import would do."""

    domain: str
    new_domain: bool
    """Whether the domain is not in the store yet and would be added."""
    new: tuple[Entry, ...]
    changed: tuple[tuple[Entry, Entry], ...]
    """Accounts as they are, and as they would be."""
    same: tuple[Entry, ...]
    faulty: tuple[CsvFault, ...]
    aliases: tuple[tuple[Entry | None, Entry], ...]
    """Aliases as they are (None if new), and as they would be."""
    notes: tuple[str, ...]
    """What was passed over, and why."""
    seats_needed: int
    seats_free: int | None
    """Seats that are free for this domain; None if there is no limit."""
    decision: Decision
    encoding: str

    @property
    def short_by(self) -> int:
        """Seats that are missing."""
        return 0 if self.seats_free is None else max(self.seats_needed - self.seats_free, 0)


def read_export(path: Path, encoding: str | None = None) -> KerioExport:
    """Read an export from a file, or from standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is no export.
    """
    document, name = read_document(path)
    return read_kerio_export(document, name, encoding)


def other_domain(path: Path, domain: str) -> str | None:
    """The domain that the name of an export names, if it is another than the one it goes to."""
    named = domain_of_file(path.name)
    return None if named is None or fold(named) == fold(domain) else named


def plan_import(
    export: KerioExport, domain_name: str, state: Records, report: SeatReport, held: Iterable[Entry]
) -> ImportPlan:
    """What importing an export into a domain would do, on the state as it is now.

    Raises:
        BadInput: the domain is not in the store and could not be added, since it is no domain name.
    """
    known = state.domain_named(domain_name)
    if known is None:
        check_domain_name(domain_name)
    sorting = _Sorting(state, known.name if known else domain_name)
    for row in export.accounts:
        sorting.take_account(row)
    for row in export.accounts:
        sorting.take_aliases(row)
    needed = guards.new_seats([(None, account) for account in sorting.new], held)
    of_domain = report.of_domain(sorting.domain)
    return ImportPlan(
        domain=sorting.domain,
        new_domain=known is None,
        new=tuple(sorting.new),
        changed=tuple(sorting.changed),
        same=tuple(sorting.same),
        faulty=tuple(sorted((*export.faults, *sorting.faults), key=attrgetter("line"))),
        aliases=tuple(sorting.aliases.values()),
        notes=tuple(sorting.notes),
        seats_needed=needed.total(),
        seats_free=report.free if of_domain is None else of_domain.free,
        decision=guards.may_take_seats(report, needed),
        encoding=export.encoding,
    )


@dataclass
class _Sorting:
    """Sorts rows into what they mean for one domain."""

    state: Records
    domain: str
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    same: list[Entry] = field(default_factory=list)
    faults: list[CsvFault] = field(default_factory=list)
    aliases: dict[str, tuple[Entry | None, Entry]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _addresses: dict[str, str] = field(default_factory=dict)
    """Folded addresses of the file's own accounts, with their spelling."""

    def take_account(self, row: CsvAccount) -> None:
        """Sort the account that a row describes."""
        address = f"{row.login}@{self.domain}"
        known = self.state.entry_at(address)
        if known is not None and not known.is_account:
            self.faults.append(CsvFault(row.line, f"the address is taken by {what_it_is(known)} already"))
            return
        if known is None:
            account = Entry(address=address, origin="imported", full_name=row.full_name, description=row.description)
            self.new.append(account)
        else:
            account = known
            renamed = replace(
                known,
                full_name=row.full_name or known.full_name,
                description=row.description or known.description,
            )
            if renamed == known:
                self.same.append(known)
            else:
                self.changed.append((known, renamed))
        self._addresses[fold(address)] = account.address

    def take_aliases(self, row: CsvAccount) -> None:
        """Sort the further addresses of a row, once all accounts are known: they win over aliases."""
        account = self._addresses.get(fold(f"{row.login}@{self.domain}"))
        if account is None:
            return
        for local_part in row.further:
            address = f"{local_part}@{self.domain}"
            key = fold(address)
            if key in self._addresses:
                self.notes.append(f"line {row.line}: {local_part} is an account of its own, so no alias of {row.login}")
                continue
            before, alias = self.aliases.get(key) or self._alias(address)
            if alias is None:
                self.notes.append(f"line {row.line}: {local_part} is taken already, so no alias of {row.login}")
            elif account not in alias.delivers_to:
                self.aliases[key] = (before, replace(alias, delivers_to=(*alias.delivers_to, account)))

    def _alias(self, address: str) -> tuple[Entry | None, Entry | None]:
        """The alias of this address as it is, and to start from; nothing to start from if it is something else."""
        known = self.state.entry_at(address)
        if known is None:
            return None, Entry(address=address, kind="alias", origin="imported")
        return (known, known) if known.kind == "alias" else (known, None)


@dataclass(frozen=True)
class ImportAccounts:
    """Import the accounts of an export: all that are not faulty, if there are seats for all of them."""

    name: ClassVar[str] = "import"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    export: KerioExport
    domain: str
    skip_faulty: bool = False
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Plan again on the state as it is now, then take everything.

        Raises:
            BadInput: there are faulty rows, and they shall not be skipped.
            Refused: there are not enough seats.
        """
        plan = plan_import(self.export, self.domain, work.state, work.seats.report(), work.seats.held())
        if plan.faulty and not self.skip_faulty:
            raise faulty_rows(plan)
        if not plan.decision.allowed:
            raise refused_by(plan.decision, "nothing-imported")
        if plan.new_domain:
            work.transaction.put_domain(Domain(name=plan.domain))
        outcomes = [self._add(account, work) for account in plan.new]
        for _, account in plan.changed:
            work.transaction.put_entry(account)
            outcomes.append(Outcome(account.address, "done", CHANGED))
        outcomes += [Outcome(account.address, "unchanged", "is the same") for account in plan.same]
        for before, alias in plan.aliases:
            work.transaction.put_entry(revived(alias, work.state) if before is None else alias)
        outcomes += [Outcome(f"line {fault.line}", "refused", fault.reason) for fault in plan.faulty]
        return outcomes

    @staticmethod
    def _add(account: Entry, work: OperationContext) -> Outcome:
        stored = work.transaction.put_entry(revived(account, work.state))
        return Outcome(stored.address, "done", IMPORTED)


def faulty_rows(plan: ImportPlan) -> BadInput:
    """The error for an import with faulty rows that shall not be skipped."""
    many = len(plan.faulty)
    return BadInput(
        f"{many:,} faulty {'row' if many == 1 else 'rows'}, nothing was imported:",
        "Mend the file, or take the good rows with --skip-faulty.",
        [f"line {fault.line}: {fault.reason}" for fault in plan.faulty],
    )
