"""Plans a mapping: compares the users of a directory with the accounts of a domain.

A user is known by the directory's id, so that a renamed user keeps the account. The plan deletes nothing and enables
nothing: an account that is disabled here was disabled by an administrator.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from typing import Final

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import NotFound
from kconsole.core.records import Domain, Entry, fold
from kconsole.directories.reading import DirectoryListing
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.map_plan import Collision, MapPlan, Pair
from kconsole.licensing.policy import classify
from kconsole.operations.base import revived
from kconsole.store.records import Records

_LOGIN: Final = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]{1,64}")
"""Logins that a mail address can begin with. Directories have others, with blanks for example."""


def plan_mapping(domain: str, listing: DirectoryListing, state: Records, seats: SeatLedger) -> MapPlan:
    """Plan the mapping of a directory's users into a domain, on the current state.

    Raises:
        NotFound: there is no such domain.
    """
    sorting = _Sorting(named_domain(state, domain).name, listing, state)
    sorting.sort()
    now = seats.if_changed(())
    plan = MapPlan(
        domain=sorting.domain,
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
        now=now,
        planned=now,
        without_gone=now,
        at_risk=(),
    )
    known = [(before, after, 1) for before, after in plan.puts if before is not None]
    # A new account may take over the held seat of a deleted one, whose number it then has.
    new = [(state.entries.get(entry.id) if entry.id else None, entry, 1) for entry in plan.new]
    gone = [(entry, replace(entry, enabled=False), 1) for entry in plan.gone]
    return replaced(
        plan,
        planned=seats.if_changed([*known, *new]),
        without_gone=seats.if_changed([*known, *new, *gone]),
        at_risk=tuple(_without_mailbox(state, {after.id: after for _, after in plan.puts if after.id}, plan.new)),
    )


def named_domain(state: Records, name: str) -> Domain:
    """The domain with this name.

    Raises:
        NotFound: there is none.
    """
    domain = state.domain_named(name)
    if domain is None:
        raise NotFound("no-such-domain", "see-domains", domain=name)
    return domain


def _without_mailbox(state: Records, changed: dict[int, Entry], new: Iterable[Entry]) -> Iterator[Entry]:
    """The accounts that take a seat and have no mailbox after the changes, new ones first."""
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
    """Sorts the users of a directory by what happens to the accounts of a domain."""

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
    """The accounts of listed users, by the user's id."""
    _leaving: set[int] = field(default_factory=set)
    """The numbers of accounts that are renamed, so that their addresses become free."""

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
        """The mapped accounts of the domain."""

    def sort(self) -> None:
        """Sort all users, then find the accounts whose users are gone."""
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
        """The users with their logins in this domain; a user who cannot have one is a collision."""
        logins = []
        seen: set[str] = set()
        for user in self.listing.users:
            login, at, domain = user.login.rpartition("@")
            login = login if at else user.login
            if at and fold(domain) != fold(self.domain):
                self.collisions.append(Collision(user, message("login-of-another-domain", domain=self.domain)))
            elif not _LOGIN.fullmatch(login):
                self.collisions.append(Collision(user, message("login-unusable")))
            elif fold(login) in seen:
                self.collisions.append(Collision(user, message("login-of-another-user")))
            else:
                seen.add(fold(login))
                logins.append((user, login))
        return logins

    def _refused_addresses(self, logins: list[tuple[DirectoryUser, str]]) -> dict[str, Message]:
        """The users who cannot have their address, by id, with the reason.

        A renamed user leaves an address to others, unless the new one is refused: the search repeats until the answer
        is the same twice.
        """
        wanted = {user.id: fold(f"{login}@{self.domain}") for user, login in logins}
        refused: dict[str, Message] = {}
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

    def _taken(self, user: DirectoryUser, address: str) -> Message | None:
        """Why a user cannot have an address; None if the user can."""
        holder, known = self.state.entry_at(address), self._known.get(user.id)
        if holder is None or holder.id in self._leaving or (known is not None and holder.id == known.id):
            return None
        if holder.origin != "directory" or not holder.is_account:
            return message("address-held-by", what=classify(holder).code)
        if holder.directory_id in self._known:
            return message("address-held-by-mapped")
        if holder.directory_id in self.listing.doubtful_ids:
            return message("address-held-by-doubtful")
        return message("address-held-by-gone") if known else None

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
        """A user whose id no account has: a new account, or an existing one without an id or with another."""
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
        """Find the mapped accounts that the directory does not list, not even with an entry that cannot be taken."""
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
    """An account with the values of its user. A directory can disable an account, but never enables one."""
    logon = entry.directory_logon
    return replace(
        entry,
        full_name=user.full_name or entry.full_name,
        description=user.description or entry.description,
        enabled=entry.enabled and user.enabled,
        directory_logon=user.last_logon if logon is None or (user.last_logon and user.last_logon > logon) else logon,
    )
