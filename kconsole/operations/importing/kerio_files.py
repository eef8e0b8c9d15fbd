"""Importing the server's own files.

An entry that the files do not name is not deleted: a copy may be old, and a deletion costs a mailbox.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput, reason_of
from kconsole.core.identity import NoDomainName, canonical_address, canonical_domain, stored_domain
from kconsole.core.records import Domain, Entry
from kconsole.importers.file_lines import LineMessage, Progress, unwatched
from kconsole.importers.kerio_config import ConfigEntry, ConfigReader, KerioConfig, refuse
from kconsole.licensing.counting import SeatLedger
from kconsole.operations.confinement import is_confined
from kconsole.operations.files import open_file
from kconsole.operations.importing.merge import Import, MergePlan
from kconsole.store.records import Records

USERS: Final = "users.cfg"
SERVER: Final = "mailserver.cfg"

_FIELDS: Final = ("enabled", "role", "full_name", "description", "delivers_to")
"""The fields of an entry that the files may have."""


def read_kerio(folder: Path, progress: Progress = unwatched) -> KerioConfig:
    """Read the files in a folder, without ever blocking.

    Raises:
        BadInput: there is no users.cfg, or a file cannot be read, is malformed, or an attack.
    """
    reader, notes = ConfigReader(progress), []
    for name in (SERVER, USERS):
        path = folder / name
        try:
            with open_file(path, follows=not is_confined()) as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRGRP | stat.S_IROTH):
                    notes.append(LineMessage(0, "config-readable", {"name": name}))
                reader.read(file, str(path), name)
        except FileNotFoundError as error:
            if name == USERS:
                hint = message("name-server-folder", users=USERS, server=SERVER)
                raise BadInput("cannot-read", hint, file=str(path), reason=reason_of(error)) from error
            notes.append(LineMessage(0, "config-missing", {"name": name}))
        except OSError as error:
            raise BadInput("cannot-read", "nothing-imported", file=str(path), reason=reason_of(error)) from error
    config = reader.finish()
    config.notes[:0] = notes
    return config


@dataclass(kw_only=True)
class KerioPlan(MergePlan):
    """What an import of the server's files would do."""

    config: KerioConfig
    gone: list[Entry] = field(default_factory=list)
    """Entries that the files do not name, though they name all of that kind. They are left as they are."""
    gone_domains: list[Domain] = field(default_factory=list)
    _domains: dict[str, str | None] = field(default_factory=dict)
    """The spelling of domains in the store, or in the store to be, by folded name; None for what is no domain name."""
    _no_names: dict[str, Message] = field(default_factory=dict)
    """Why it is no domain name."""
    _built_in: Entry | None = None

    def __post_init__(self) -> None:
        self._domains.update((canonical_domain(domain.name), domain.name) for domain in self.state.domains.values())
        if any(entry.kind == "builtin_admin" for entry in self.config.entries):
            live = self.state.live_entries()
            self._built_in = next((entry for entry in live if entry.kind == "builtin_admin"), None)

    def take_domains(self) -> None:
        """Sort the domains. A known one stays as it is: its limits are in neither file."""
        primary = self.state.primary_domain
        named = [domain.name for domain in self.config.domains if domain.primary]
        if len(named) > 1:
            self.notes.append(LineMessage(0, "several-primary-domains", {"number": len(named)}))
        elif named and primary and canonical_domain(primary) != canonical_domain(named[0]):
            self.notes.append(LineMessage(0, "other-primary-domain", {"file": named[0], "store": primary}))
        for domain in self.config.domains:
            is_primary = domain.primary and not primary and len(named) == 1
            new = Domain(name=domain.name, primary=is_primary, description=domain.description)
            if self._spelled(new) is None:
                params = {"why": self._no_names[canonical_domain(domain.name)]}
                self.notes.append(LineMessage(domain.line, "domain-name-invalid", params, domain.file).skipped)

    def _spelled(self, domain: Domain) -> str | None:
        """The store's spelling of a domain, which is added if it is new; None if its name is no domain name."""
        key = canonical_domain(domain.name)
        if key not in self._domains:
            try:
                self._domains[key] = name = stored_domain(domain.name)
                self.new_domains.append(replace(domain, name=name))
            except NoDomainName as error:
                self._domains[key], self._no_names[key] = None, error.problem
        return self._domains[key]

    def take_entry(self, listed: ConfigEntry) -> None:
        domain = self._spelled(Domain(name=listed.domain)) if listed.domain else ""
        if domain is None:
            self._refuse(listed, "its-domain-invalid", why=self._no_names[canonical_domain(listed.domain)])
            return
        address = f"{listed.login}@{domain}" if domain else listed.login
        known = self.state.entry_at(address)
        if known is not None and known.kind != listed.kind:
            self._refuse(listed, "row-address-taken", holder=self.seats.policy.classify(known).code)
            return
        if listed.kind == "builtin_admin" and self._built_in is not None:
            known = self._built_in
        fields = {name: value for name in _FIELDS if (value := getattr(listed, name)) is not None}
        updated = replace(known or Entry(address=address, kind=listed.kind, origin="imported"), **fields)
        if listed.kind == "builtin_admin" and canonical_address(address) != canonical_address(updated.address):
            updated = replace(updated, address=address)
        self.take(known, updated)

    def _refuse(self, listed: ConfigEntry, code: str, **params: Any) -> None:
        refuse(listed.kind, LineMessage(listed.line, code, params, listed.file), self.faulty, self.notes)

    def take_gone(self) -> None:
        """Find what the files would name if the server had it."""
        named = self.config.refused.union(canonical_address(listed.address) for listed in self.config.entries)
        kinds = self.config.kinds - {"builtin_admin"}
        for entry in self.state.live_entries():
            if entry.kind in kinds and canonical_address(entry.address) not in named:
                self.gone.append(entry)
        domains = {canonical_domain(domain.name) for domain in self.config.domains}
        if self.config.lists_domains:
            self.gone_domains += (
                each for each in self.state.domains.values() if canonical_domain(each.name) not in domains
            )


@dataclass(frozen=True)
class ImportKerio(Import[KerioPlan]):
    """Import the server's files."""

    name: ClassVar[str] = "import kerio"
    faulty: ClassVar = ("faulty-users", "correct-the-server")
    config: KerioConfig
    skip_faulty: bool = False
    over_limit: bool = False
    reason: str = ""

    def plan(self, state: Records, seats: SeatLedger) -> KerioPlan:
        plan = KerioPlan(state, seats, faulty=[*self.config.faults], notes=[*self.config.notes], config=self.config)
        plan.take_domains()
        for listed in self.config.entries:
            plan.take_entry(listed)
        plan.take_gone()
        plan.finish()
        return plan
