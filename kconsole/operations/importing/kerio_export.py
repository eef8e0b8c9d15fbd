"""Importing the accounts of a Kerio export into one domain."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.errors import BadInput
from kconsole.core.records import Domain, Entry, fold
from kconsole.importers.code_pages import Encoding
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.kerio_csv import CsvAccount, KerioExport, domain_of_file, read_kerio_export
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.policy import classify
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.importing.merge import Merge, MergePlan, apply_plan, faulty_error
from kconsole.operations.server import check_domain_name
from kconsole.operations.streams import read_document
from kconsole.store.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan(MergePlan):
    """What an import would do."""

    domain: str
    encoding: Encoding


def read_export(path: Path, encoding: str | None = None) -> KerioExport:
    """Read an export from a file, or from standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is not an export.
    """
    document, name = read_document(path)
    return read_kerio_export(document, name, encoding)


def other_domain(path: Path, domain: str) -> str | None:
    """The domain in the file name of an export, if it differs from the domain of the import."""
    named = domain_of_file(path.name)
    return None if named is None or fold(named) == fold(domain) else named


def plan_import(export: KerioExport, domain_name: str, state: Records, seats: SeatLedger) -> ImportPlan:
    """Plan the import of an export into a domain, on the current state.

    Raises:
        BadInput: the domain is not in the store, and is not a domain name.
    """
    known = state.domain_named(domain_name)
    merge = _ExportMerge(state, domain=known.name if known else domain_name)
    if known is None:
        check_domain_name(domain_name)
        merge.new_domains[fold(domain_name)] = Domain(name=domain_name)
    merge.faults += export.faults
    for row in export.accounts:
        merge.take_account(row)
    for row in export.accounts:
        merge.take_aliases(row)
    return merge.plan(
        ImportPlan,
        seats,
        merge.domain,
        domain=merge.domain,
        aliases=tuple(merge.aliases.values()),
        encoding=export.encoding,
    )


@dataclass
class _ExportMerge(Merge):
    domain: str = ""
    aliases: dict[str, tuple[Entry | None, Entry]] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)
    """The spelling of the file's own accounts, by folded address."""

    def take_account(self, row: CsvAccount) -> None:
        address = f"{row.login}@{self.domain}"
        known = self.state.entry_at(address)
        if known is not None and not known.is_account:
            self.faults.append(LineMessage(row.line, "row-address-taken", {"holder": classify(known).code}))
            return
        account = known or Entry(address=address, origin="imported")
        self._addresses[fold(address)] = account.address
        full_name, description = row.full_name or account.full_name, row.description or account.description
        self.take(known, replace(account, full_name=full_name, description=description))

    def take_aliases(self, row: CsvAccount) -> None:
        """Sort the further addresses of a row, after all accounts: an account wins over an alias."""
        account = self._addresses.get(fold(f"{row.login}@{self.domain}"))
        if account is None:
            return
        for local_part in row.further:
            address = f"{local_part}@{self.domain}"
            key = fold(address)
            params = {"alias": local_part, "login": row.login}
            if key in self._addresses:
                self.notes.append(LineMessage(row.line, "alias-is-account", params))
                continue
            before, alias = self.aliases.get(key) or self._alias(address)
            if alias is None:
                self.notes.append(LineMessage(row.line, "alias-taken", params))
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

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Plan again on the current state, and import everything.

        Raises:
            BadInput: there are faulty rows, and they must not be skipped.
            Refused: there are not enough seats.
        """
        plan = plan_import(self.export, self.domain, context.state, context.seats)
        if plan.faulty and not self.skip_faulty:
            raise faulty_rows(plan)
        return apply_plan(plan, context)


def faulty_rows(plan: ImportPlan) -> BadInput:
    """The error for faulty rows that must not be skipped."""
    return faulty_error("faulty-rows", "correct-the-file", plan.faulty)
