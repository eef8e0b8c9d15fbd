"""Mapping a domain's users from a directory: what it names is sorted into what it means, shown, and taken whole.

A user is known by the directory's id, so that one who is renamed stays the same account. Nothing is ever deleted here,
and nobody is enabled: who was disabled on this side was so by somebody's decision.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import ChangedMeanwhile, NotFound, Refused
from kconsole.core.records import Domain, Entry, fold
from kconsole.core.reports import SeatReport
from kconsole.directories.reading import ConnectionTest as ConnectionTest
from kconsole.directories.reading import DirectoryListing as DirectoryListing
from kconsole.directories.reading import check_settings as check_settings
from kconsole.directories.reading import probe as probe
from kconsole.directories.reading import read_directory as read_directory
from kconsole.licensing.map_plan import Collision as Collision
from kconsole.licensing.map_plan import MapPlan as MapPlan
from kconsole.licensing.map_plan import Pair
from kconsole.licensing.policy import classify
from kconsole.operations.accounts import what_it_is
from kconsole.operations.base import OperationContext, Outcome, RunsOn, refused_by, revived
from kconsole.store.records import Records

_LOGIN: Final = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]{1,64}")
"""Logins that a mail address can begin with; a directory may have others, with blanks for example."""

IfChanged = Callable[[Iterable[tuple[Entry | None, Entry, int]]], SeatReport]
"""The figures if entries were otherwise, as `SeatLedger.if_changed` has them."""


def plan_mapping(domain: Domain, listing: DirectoryListing, state: Records, if_changed: IfChanged) -> MapPlan:
    """What mapping the users that a directory lists would do, on the state as it is now."""
    sorting = _Sorting(domain.name, listing, state)
    sorting.sort()
    changes = [(before, after, 1) for before, after in sorting.puts()]
    new = [(_held_before(after, state), after, 1) for before, after, _ in changes if before is None]
    changes = [*(change for change in changes if change[0] is not None), *new]
    going = [(entry, replace(entry, enabled=False), 1) for entry in sorting.gone]
    return MapPlan(
        domain=domain.name,
        new=tuple(sorting.new),
        renamed=tuple(sorting.renamed),
        recreated=tuple(sorting.recreated),
        disabled=tuple(sorting.disabled),
        changed=tuple(sorting.changed),
        noted=tuple(sorting.noted),
        same=sorting.same,
        gone=tuple(sorting.gone),
        gone_before=sorting.gone_before,
        left_disabled=tuple(sorting.left_disabled),
        collisions=tuple(sorting.collisions),
        faults=listing.faults,
        notes=listing.notes,
        mapped=sum(1 for entry in sorting.accounts if entry.enabled),
        now=if_changed(()),
        planned=if_changed(changes),
        without_gone=if_changed([*changes, *going]),
        at_risk=tuple(_without_mailbox(state, {after.id: after for _, after, _ in changes if after.id}, sorting.new)),
    )


def _held_before(entry: Entry, state: Records) -> Entry | None:
    """The deleted entry whose number a new one gets, and whose held seat it takes over."""
    return state.entries.get(entry.id) if entry.id else None


def _without_mailbox(state: Records, changed: dict[int, Entry], new: Iterable[Entry]) -> Iterator[Entry]:
    """The accounts that take a seat and have no mailbox after the changes: the new ones first."""
    yield from (entry for entry in new if entry.enabled and not entry.mailbox)
    new_numbers = {entry.id for entry in new if entry.id}
    for entry in state.entries.values():
        after = changed.get(entry.id, entry)
        if after.id in new_numbers or after.deleted_at is not None or after.mailbox:
            continue
        if after.is_account and classify(after).seat:
            yield after


@dataclass
class _Sorting:
    """Sorts the users of a directory into what they mean for the accounts of a domain."""

    domain: str
    listing: DirectoryListing
    state: Records
    new: list[Entry] = field(default_factory=list)
    renamed: list[Pair] = field(default_factory=list)
    recreated: list[Pair] = field(default_factory=list)
    disabled: list[Pair] = field(default_factory=list)
    changed: list[Pair] = field(default_factory=list)
    noted: list[Pair] = field(default_factory=list)
    same: int = 0
    gone: list[Entry] = field(default_factory=list)
    gone_before: int = 0
    left_disabled: list[Entry] = field(default_factory=list)
    collisions: list[Collision] = field(default_factory=list)
    _known: dict[str, Entry] = field(default_factory=dict)
    """The account of each user that the directory lists, by his id."""
    _leaving: set[int] = field(default_factory=set)
    """The numbers of accounts that are renamed, and leave their address to others."""

    def __post_init__(self) -> None:
        key = fold(self.domain)
        self.accounts = [
            entry
            for entry in self.state.entries.values()
            if entry.origin == "directory"
            and entry.is_account
            and entry.deleted_at is None
            and fold(entry.domain) == key
        ]
        """The mapped accounts of the domain as they are."""

    def puts(self) -> Iterator[tuple[Entry | None, Entry]]:
        """Everything that would be stored, but for those who are gone."""
        yield from ((None, entry) for entry in self.new)
        for pairs in (self.renamed, self.recreated, self.disabled, self.changed, self.noted):
            yield from pairs

    def sort(self) -> None:
        """Sort all users, then see who is gone."""
        by_id = {entry.directory_id: entry for entry in self.accounts if entry.directory_id}
        self._known = {user.id: by_id[user.id] for user in self.listing.users if user.id in by_id}
        logins = self._logins()
        refused = self._refused_addresses(logins)
        for user, login in logins:
            known = self._known.get(user.id)
            if user.id in refused:
                self.collisions.append(Collision(user, refused[user.id]))
            elif known is not None:
                self._sort_known(user, known, f"{login}@{self.domain}")
            else:
                self._sort_new(user, f"{login}@{self.domain}")
        self._sort_gone()

    def _logins(self) -> list[tuple[DirectoryUser, str]]:
        """The users with the login that each has in this domain; those who can have none are told."""
        logins = []
        seen: set[str] = set()
        for user in self.listing.users:
            login, at, domain = user.login.rpartition("@")
            login = login if at else user.login
            if at and fold(domain) != fold(self.domain):
                self.collisions.append(Collision(user, f"it is one of another domain than {self.domain}"))
            elif not _LOGIN.fullmatch(login):
                self.collisions.append(Collision(user, "it cannot be a login: it has blanks or is too long"))
            elif fold(login) in seen:
                self.collisions.append(Collision(user, "another user of the directory has the same login here"))
            else:
                seen.add(fold(login))
                logins.append((user, login))
        return logins

    def _refused_addresses(self, logins: list[tuple[DirectoryUser, str]]) -> dict[str, str]:
        """The users whose address somebody else has, by id, and why.

        Whoever is renamed leaves his address to others, unless his own new one is refused: so it is asked until the
        answer is the same twice.
        """
        wanted = {user.id: fold(f"{login}@{self.domain}") for user, login in logins}
        refused: dict[str, str] = {}
        while True:
            self._leaving = {
                entry.id
                for user_id, entry in self._known.items()
                if user_id in wanted and user_id not in refused and wanted[user_id] != fold(entry.address)
            }
            found = {
                user.id: reason for user, _ in logins if (reason := self._taken(user, wanted[user.id])) is not None
            }
            if found == refused:
                return refused
            refused = found

    def _taken(self, user: DirectoryUser, address: str) -> str | None:
        """Why a user cannot have an address; None if he can."""
        holder, known = self.state.entry_at(address), self._known.get(user.id)
        if holder is None or holder.id in self._leaving or (known is not None and holder.id == known.id):
            return None
        if holder.origin != "directory" or not holder.is_account:
            return f"the address is taken by {what_it_is(holder)} already"
        if holder.directory_id in self._known:
            return "the address is taken by another mapped account"
        if holder.directory_id in self.listing.doubtful_ids:
            return "the address is taken by an account whose entry in the directory was not understood"
        return "the address is taken by a mapped account that is gone from the directory" if known else None

    def _sort_known(self, user: DirectoryUser, known: Entry, address: str) -> None:
        after = _as_directory_says(replace(known, directory_id=user.id), user)
        if fold(known.address) != fold(address):
            self.renamed.append((known, replace(after, address=address)))
        elif known.enabled and not after.enabled:
            self.disabled.append((known, after))
        elif (after.full_name, after.description) != (known.full_name, known.description):
            self.changed.append((known, after))
        elif after != known:
            self.noted.append((known, after))
        else:
            self.same += 1
        if user.enabled and not known.enabled:
            self.left_disabled.append(known)

    def _sort_new(self, user: DirectoryUser, address: str) -> None:
        """A user whose id no account has: a new account, or one that was mapped by somebody else, or had another id."""
        holder = self.state.entry_at(address)
        if holder is None or holder.id in self._leaving:
            entry = Entry(address=address, origin="directory", directory_id=user.id)
            self.new.append(revived(_as_directory_says(entry, user), self.state))
            return
        self._known[user.id] = holder
        if holder.directory_id:
            self.recreated.append((holder, _as_directory_says(replace(holder, directory_id=user.id), user)))
        else:
            self._sort_known(user, holder, address)

    def _sort_gone(self) -> None:
        """The mapped accounts that the directory does not name, unless an entry that was not understood may be one."""
        here = {entry.id for entry in self._known.values()}
        for entry in self.accounts:
            doubtful = entry.directory_id in self.listing.doubtful_ids or fold(entry.login) in (
                self.listing.doubtful_logins
            )
            if entry.id in here or doubtful:
                continue
            if entry.enabled:
                self.gone.append(entry)
            else:
                self.gone_before += 1


def _as_directory_says(entry: Entry, user: DirectoryUser) -> Entry:
    """An account with what the directory says of its user. It can disable an account, and never enables one."""
    logon = entry.directory_logon
    return replace(
        entry,
        full_name=user.full_name or entry.full_name,
        description=user.description or entry.description,
        enabled=entry.enabled and user.enabled,
        directory_logon=user.last_logon if logon is None or (user.last_logon and user.last_logon > logon) else logon,
    )


@dataclass(frozen=True)
class SetDirectory:
    """Say where a domain's users are mapped from. No password is part of it."""

    name: ClassVar[str] = "set directory"
    runs_on: ClassVar[RunsOn] = "store"
    domain: str
    directory: Directory
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Keep it with the domain.

        Raises:
            NotFound: there is no such domain.
            BadInput: the settings make no sense.
        """
        domain = named_domain(work.state, self.domain)
        check_settings(self.directory)
        if domain.directory == self.directory:
            return [Outcome(domain.name, "unchanged", "is mapped from there already")]
        work.transaction.put_domain(replace(domain, directory=self.directory))
        loud = ". INSECURE: nobody checks which server that is" if self.directory.insecure else ""
        return [Outcome(domain.name, "done", f"is mapped from {self.directory.url}{loud}")]


@dataclass(frozen=True)
class ForgetDirectory:
    """Map a domain from no directory any more. Its accounts stay as they are."""

    name: ClassVar[str] = "forget directory"
    runs_on: ClassVar[RunsOn] = "store"
    domain: str
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Forget where it was.

        Raises:
            NotFound: there is no such domain.
        """
        domain = named_domain(work.state, self.domain)
        if domain.directory is None:
            return [Outcome(domain.name, "unchanged", "is not mapped from a directory")]
        work.transaction.put_domain(replace(domain, directory=None))
        return [Outcome(domain.name, "done", "is mapped from no directory any more; its accounts stay")]


@dataclass(frozen=True)
class MapDomain:
    """Map the users that a directory lists: all of them that can be, past the license if that was said."""

    name: ClassVar[str] = "map"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    domain: str
    listing: DirectoryListing
    over_limit: bool = False
    """Whether to go on though the license would be exceeded, or further exceeded."""
    deactivate_gone: bool = False
    """Whether to disable the accounts that the directory does not name any more."""
    confirmed_gone: int | None = None
    """How many are gone, as somebody typed it; asked for where they are many."""
    expected: MapPlan | None = None
    """What somebody was shown; None if nobody was."""
    reason: str = ""

    def __repr__(self) -> str:
        return f"MapDomain({self.domain!r})"

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Sort again on the state as it is now, then take everything.

        Raises:
            NotFound: there is no such domain.
            Refused: the license would be exceeded, or many are gone, and nobody confirmed it.
            ChangedMeanwhile: it would do something else than what was shown.
        """
        plan = plan_mapping(named_domain(work.state, self.domain), self.listing, work.state, work.seats.if_changed)
        if self.expected is not None and not plan.is_no_more_than(self.expected, self.deactivate_gone):
            raise ChangedMeanwhile(
                f"{plan.domain} was changed by somebody else just now.", "Nothing was mapped. Look at it again.", ()
            )
        self._check(plan)
        outcomes = []
        for before, after in list(plan.puts):
            stored = work.transaction.put_entry(after)
            outcomes.append(Outcome(stored.address, "done", _what_happened(before, stored)))
        for entry in plan.gone if self.deactivate_gone else ():
            work.transaction.put_entry(replace(entry, enabled=False))
            outcomes.append(Outcome(entry.address, "done", "deactivated: it is gone from the directory"))
        outcomes += [Outcome(collision.user.login, "refused", collision.reason) for collision in plan.collisions]
        return outcomes or [Outcome(plan.domain, "unchanged", "is as the directory says already")]

    def _check(self, plan: MapPlan) -> None:
        decision = plan.decision(self.deactivate_gone)
        if decision.over and not self.over_limit:
            raise refused_by(decision, "nothing-mapped")
        if self.deactivate_gone and plan.needs_typing and self.confirmed_gone != len(plan.gone):
            raise Refused(
                f"{len(plan.gone):,} of {plan.mapped:,} mapped accounts are gone from the directory: so many are"
                " deactivated only if somebody confirms their number.",
                "Nothing was mapped. Are base and filter right?",
            )


def _what_happened(before: Entry | None, after: Entry) -> str:
    if before is None:
        return "mapped, it takes a seat" if after.enabled else "mapped, disabled as in the directory"
    disabled = "disabled, as in the directory" if before.enabled and not after.enabled else ""
    if fold(before.address) != fold(after.address):
        return f"renamed, it was {before.address}{disabled and f'; {disabled}'}"
    return disabled or "changed"


def named_domain(state: Records, name: str) -> Domain:
    """The domain with this name.

    Raises:
        NotFound: there is none.
    """
    domain = state.domain_named(name)
    if domain is None:
        raise NotFound(f"There is no domain {name} in this store.", "See them with 'kconsole domains'.")
    return domain


def directory_of(state: Records, name: str) -> Directory:
    """Where a domain's users are mapped from.

    Raises:
        NotFound: there is no such domain, or nobody said where.
    """
    domain = named_domain(state, name)
    if domain.directory is None:
        raise NotFound(
            f"Nobody said yet which directory {domain.name} is mapped from.",
            f"Say it with 'kconsole domains map {domain.name} --url ldaps://... --base ...'.",
        )
    return domain.directory
