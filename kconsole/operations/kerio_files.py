"""Taking in the server's own files: a plan of what is new, changed and gone, then all of it or nothing.

Nothing is deleted because a file does not name it: a copy may be old, and a deletion costs a mailbox.
"""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from kconsole.core.errors import BadInput
from kconsole.core.records import Domain, Entry, Kind, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.importers.kerio_config import ConfigEntry, ConfigFault, ConfigReader, KerioConfig
from kconsole.licensing import guards
from kconsole.licensing.policy import classify
from kconsole.operations.accounts import what_it_is
from kconsole.operations.base import OperationContext, Outcome, RunsOn, refused_by, revived
from kconsole.operations.imports import CHANGED, IMPORTED
from kconsole.operations.server import DOMAIN_NAME
from kconsole.operations.user_files import open_file, trouble_of
from kconsole.store.records import Records

USERS: Final = "users.cfg"
SERVER: Final = "mailserver.cfg"

IfChanged = Callable[[Iterable[tuple[Entry | None, Entry, int]]], SeatReport]
"""The figures if entries were otherwise, as `SeatLedger.if_changed` has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KerioPlan:
    """What an import of the server's files would do."""

    new_domains: tuple[Domain, ...]
    new: tuple[Entry, ...]
    changed: tuple[tuple[Entry, Entry], ...]
    """Entries as they are, and as they would be."""
    same: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    """Entries that the files do not name, though they name all of that kind. They are left as they are."""
    gone_domains: tuple[Domain, ...]
    faulty: tuple[ConfigFault, ...]
    notes: tuple[str, ...]
    """What was passed over, and why."""
    seats_needed: int
    seats_freed: int
    """Seats of accounts that the files have as disabled: free before any is needed."""
    seats_free: int | None
    """Seats that are free then; None if there is no limit."""
    decision: Decision

    @property
    def short_by(self) -> int:
        """Seats that are missing."""
        return 0 if self.seats_free is None else max(self.seats_needed - self.seats_free, 0)


def read_kerio(folder: Path) -> KerioConfig:
    """What the files in a folder say. They are opened to be read, and never waited for.

    Raises:
        BadInput: there is no users.cfg, or a file cannot be read, is malformed, or meant to do harm.
    """
    reader, notes = ConfigReader(), []
    for name in (SERVER, USERS):
        path = folder / name
        try:
            with open_file(path) as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRGRP | stat.S_IROTH):
                    notes.append(f"{name} holds passwords, and others than its owner can read it.")
                reader.read(file, str(path), name)
        except FileNotFoundError as error:
            if name == USERS:
                raise BadInput(
                    f"{path} cannot be read: {trouble_of(error)}.",
                    f"Name the folder of the server, or of copies of its {USERS} and {SERVER}.",
                ) from error
            notes.append(f"{name} is not there: what only it names is left as it is.")
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {trouble_of(error)}.", "Nothing was imported.") from error
    config = reader.finish()
    config.notes[:0] = notes
    return config


def plan_kerio(config: KerioConfig, state: Records, if_changed: IfChanged, held: Iterable[Entry]) -> KerioPlan:
    """What importing the server's files would do, on the state as it is now."""
    sorting = _Sorting(config, state)
    sorting.take_domains()
    for entry in config.entries:
        sorting.take_entry(entry)
    freeing = [(before, after) for before, after in sorting.changed if _seat(before) and not _seat(after)]
    report = if_changed((before, after, 1) for before, after in freeing)
    pairs: list[tuple[Entry | None, Entry]] = [(None, entry) for entry in sorting.new]
    needed = guards.new_seats([*pairs, *sorting.changed], held)
    return KerioPlan(
        new_domains=tuple(sorting.new_domains.values()),
        new=tuple(sorting.new),
        changed=tuple(sorting.changed),
        same=tuple(sorting.same),
        gone=tuple(sorting.gone()),
        gone_domains=tuple(sorting.gone_domains()),
        faulty=(*config.faults, *sorting.faults),
        notes=(*config.notes, *sorting.notes),
        seats_needed=needed.total(),
        seats_freed=len(freeing),
        seats_free=report.free,
        decision=guards.may_take_seats(report, needed),
    )


def _seat(entry: Entry) -> bool:
    return classify(entry).seat


@dataclass
class _Sorting:
    """Sorts what the files say into what it means for a store."""

    config: KerioConfig
    state: Records
    new_domains: dict[str, Domain] = field(default_factory=dict)
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    same: list[Entry] = field(default_factory=list)
    faults: list[ConfigFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _domains: dict[str, str | None] = field(default_factory=dict)
    """Domains by folded name, as the store spells or will spell them; None for what is no domain name."""
    _built_in: Entry | None = None

    def __post_init__(self) -> None:
        self._domains.update((fold(domain.name), domain.name) for domain in self.state.domains.values())
        if any(entry.kind == "builtin_admin" for entry in self.config.entries):
            live = (entry for entry in self.state.entries.values() if entry.deleted_at is None)
            self._built_in = next((entry for entry in live if entry.kind == "builtin_admin"), None)

    def take_domains(self) -> None:
        """Sort the domains. One that the store has stays as it is: what it says of limits is in neither file."""
        primary = next((domain.name for domain in self.state.domains.values() if domain.primary), None)
        named = [domain.name for domain in self.config.domains if domain.primary]
        if len(named) > 1:
            self.notes.append(f"{len(named):,} domains are of the primary's type: none of them is taken for it")
        elif named and primary is not None and fold(primary) != fold(named[0]):
            self.notes.append(f"{named[0]} is the primary domain in the files; {primary} is left to be it here")
        for domain in self.config.domains:
            is_primary = domain.primary and primary is None and len(named) == 1
            new = Domain(name=domain.name, primary=is_primary, description=domain.description)
            if self._spelled(new) is None:
                self.notes.append(f"{domain.place}: passed over, its name is no domain name")

    def _spelled(self, domain: Domain) -> str | None:
        """A domain as the store spells it, added to the new ones if it is; None if its name is none."""
        key = fold(domain.name)
        if key not in self._domains:
            is_name = DOMAIN_NAME.fullmatch(domain.name) is not None
            self._domains[key] = domain.name if is_name else None
            if is_name:
                self.new_domains[key] = domain
        return self._domains[key]

    def take_entry(self, said: ConfigEntry) -> None:
        """Sort a user, or what else has an address."""
        domain = self._spelled(Domain(name=said.domain)) if said.domain else ""
        if domain is None:
            self._refuse(said, "its domain is no domain name")
            return
        address = f"{said.login}@{domain}" if domain else said.login
        known = self.state.entry_at(address)
        if known is not None and known.kind != said.kind:
            self._refuse(said, f"the address is taken by {what_it_is(known)} already")
            return
        if said.kind == "builtin_admin" and self._built_in is not None:
            known = self._built_in
        if known is None:
            self.new.append(replace(Entry(address=address, kind=said.kind, origin="imported"), **_said(said)))
            return
        updated = replace(known, **_said(said))
        if said.kind == "builtin_admin" and fold(address) != fold(known.address):
            updated = replace(updated, address=address)
        if updated == known:
            self.same.append(known)
        else:
            self.changed.append((known, updated))

    def _refuse(self, said: ConfigEntry, reason: str) -> None:
        if said.kind == "user":
            self.faults.append(ConfigFault(said.place, reason))
        else:
            self.notes.append(f"{said.place}: passed over, {reason}")

    def gone(self) -> Iterable[Entry]:
        """Entries that the files would name if they were there still."""
        named = self.config.refused.union(fold(entry.address) for entry in self.config.entries)
        kinds: set[Kind] = self.config.kinds - {"builtin_admin"}
        for entry in self.state.entries.values():
            if entry.kind in kinds and entry.deleted_at is None and fold(entry.address) not in named:
                yield entry

    def gone_domains(self) -> Iterable[Domain]:
        """Domains that the files would name if they were there still."""
        named = {fold(domain.name) for domain in self.config.domains}
        for domain in self.state.domains.values():
            if self.config.lists_domains and fold(domain.name) not in named:
                yield domain


def _said(said: ConfigEntry) -> dict[str, Any]:
    """The fields of an entry that the files say something of."""
    fields = ("enabled", "role", "full_name", "description", "delivers_to")
    return {name: value for name in fields if (value := getattr(said, name)) is not None}


@dataclass(frozen=True)
class ImportKerio:
    """Import what the server's files say: all that is not faulty, if there are seats for it."""

    name: ClassVar[str] = "import kerio"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    config: KerioConfig
    skip_faulty: bool = False
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Plan again on the state as it is now, then take everything.

        Raises:
            BadInput: there are faulty users, and they shall not be skipped.
            Refused: there are not enough seats.
        """
        plan = plan_kerio(self.config, work.state, work.seats.if_changed, work.seats.held())
        if plan.faulty and not self.skip_faulty:
            raise faulty_users(plan)
        if not plan.decision.allowed:
            raise refused_by(plan.decision, "nothing-imported")
        outcomes = []
        for domain in plan.new_domains:
            work.transaction.put_domain(domain)
        for entry in plan.new:
            stored = work.transaction.put_entry(revived(entry, work.state))
            outcomes.append(Outcome(stored.address, "done", IMPORTED))
        for _, entry in plan.changed:
            work.transaction.put_entry(entry)
            outcomes.append(Outcome(entry.address, "done", CHANGED))
        outcomes += [Outcome(entry.address, "unchanged", "is the same") for entry in plan.same]
        outcomes += [Outcome(str(fault.place), "refused", fault.reason) for fault in plan.faulty]
        return outcomes


def faulty_users(plan: KerioPlan) -> BadInput:
    """The error for an import with faulty users that shall not be skipped."""
    many = len(plan.faulty)
    return BadInput(
        f"{many:,} faulty {'user' if many == 1 else 'users'}, nothing was imported:",
        "Mend them on the server, or take the others with --skip-faulty.",
        [f"{fault.place}: {fault.reason}" for fault in plan.faulty],
    )
