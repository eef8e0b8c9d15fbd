"""Importing the accounts of a Kerio export into one domain."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.records import Domain, Entry
from kconsole.importers.csv_table import LARGEST
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.kerio_csv import CsvAccount, KerioExport, domain_of_file, read_kerio_export
from kconsole.licensing.counting import SeatLedger
from kconsole.operations.files import read_document
from kconsole.operations.importing.merge import Import, MergePlan
from kconsole.operations.server import new_domain_name
from kconsole.store.records import Records


def read_export(path: Path, encoding: str | None = None, domain: str = "") -> KerioExport:
    """Read an export of a domain's accounts from a file, or from standard input for `-`."""
    return read_kerio_export(*read_document(path, LARGEST), encoding, domain)


def other_domain(path: Path, domain: str) -> str | None:
    """The domain in the file name of an export, if it differs from the domain of the import."""
    named = domain_of_file(path.name)
    return None if named is None or canonical_domain(named) == canonical_domain(domain) else named


@dataclass(kw_only=True)
class ImportPlan(MergePlan):
    """What an import of an export would do."""

    domain: str
    encoding: str
    _addresses: dict[str, str] = field(default_factory=dict)
    """The spelling of the file's own accounts, by folded address."""

    def take_account(self, row: CsvAccount) -> None:
        address = f"{row.login}@{self.domain}"
        known = self.state.entry_at(address)
        if known is not None and not known.is_account:
            holder = self.seats.policy.classify(known).code
            self.faulty.append(LineMessage(row.line, "row-address-taken", {"holder": holder}))
            return
        account = known or Entry(address=address, origin="imported")
        self._addresses[canonical_address(address)] = account.address
        full_name, description = row.full_name or account.full_name, row.description or account.description
        self.take(known, replace(account, full_name=full_name, description=description))

    def take_aliases(self, row: CsvAccount) -> None:
        """Sort the further addresses of a row, after all accounts: an account wins over an alias."""
        account = self._addresses.get(canonical_address(f"{row.login}@{self.domain}"))
        if account is None:
            return
        for local_part in row.further:
            address = f"{local_part}@{self.domain}"
            key = canonical_address(address)
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
class ImportAccounts(Import[ImportPlan]):
    """Import the accounts of an export."""

    name: ClassVar[str] = "import"
    faulty: ClassVar = ("faulty-rows", "correct-the-file")
    export: KerioExport
    domain: str
    skip_faulty: bool = False
    over_limit: bool = False
    reason: str = ""

    def plan(self, state: Records, seats: SeatLedger) -> ImportPlan:
        known = state.domain_named(self.domain)
        domain = known or Domain(name=new_domain_name(self.domain))
        plan = ImportPlan(
            state, seats, faulty=[*self.export.faults], notes=[*self.export.notes], domain=domain.name,
            encoding=self.export.encoding,
        )  # fmt: skip
        if known is None:
            plan.new_domains.append(domain)
        for row in self.export.accounts:
            plan.take_account(row)
        for row in self.export.accounts:
            plan.take_aliases(row)
        plan.finish(domain.name)
        return plan
