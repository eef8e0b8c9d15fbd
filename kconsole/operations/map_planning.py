"""Plans a mapping: compares the users of a directory with the accounts of a domain.

A user is known by the directory's id, so that a renamed user keeps the account. The plan deletes nothing and enables
nothing: an account that is disabled here was disabled by an administrator.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import NotFound
from kconsole.core.identity import canonical_address, canonical_domain, canonical_login
from kconsole.core.records import Domain, Entry
from kconsole.directories.reading import DirectoryListing
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.map_plan import Collision, MapPlan
from kconsole.licensing.reservations import shortfall, taken_by
from kconsole.operations.base import mailbox_left, revived
from kconsole.store.records import Records

_LOGIN: Final = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]{1,64}")
"""Logins that a mail address can begin with. Directories have others, with blanks for example."""

_INVISIBLE: Final = frozenset({"Cf", "Cn", "Co", "Cs"})
"""Categories of characters that no login has: marks that turn the direction or take no room, and no characters."""


def plan_mapping(domain: str, listing: DirectoryListing, state: Records, seats: SeatLedger) -> MapPlan:
    """Plan the mapping of a directory's users into a domain, on the current state."""
    name, now = named_domain(state, domain).name, seats.if_changed(())
    accounts = [
        entry
        for entry in state.live_entries()
        if entry.origin == "directory" and entry.is_account and canonical_domain(entry.domain) == canonical_domain(name)
    ]
    plan = MapPlan(
        policy=seats.policy,
        domain=name,
        faults=listing.faults,
        notes=listing.notes,
        mapped=sum(entry.enabled for entry in accounts),
        now=now,
        planned=now,
        without_gone=now,
    )
    _Sorting(plan, accounts, listing, state).sort()
    if (warning := mailbox_left(plan.new, state)) is not None:
        plan.notes = (*plan.notes, warning)
    known = [(before, after, 1) for before, after in plan.puts if before is not None]
    # A new account may take over the held seat of a deleted one, whose number it then has.
    new = [(state.entries.get(entry.id) if entry.id else None, entry, 1) for entry in plan.new]
    gone = [(entry, replace(entry, enabled=False), 1) for entry in plan.gone]
    plan.planned = seats.if_changed([*known, *new])
    plan.without_gone = seats.if_changed([*known, *new, *gone])
    own = taken_by(plan.new, seats.reservations()).total()
    if plan.planned.used > now.used and shortfall(plan.planned) - own > shortfall(now):
        params = {"reserved": plan.planned.reserved, "free": plan.planned.free}
        plan.notes = (*plan.notes, message("map-takes-reserved", **params))
    plan.at_risk = list(_without_mailbox(state, plan))
    return plan


def named_domain(state: Records, name: str) -> Domain:
    """The domain with this name; raises NotFound if there is none."""
    domain = state.domain_named(name)
    if domain is None:
        raise NotFound("no-such-domain", "see-domains", domain=name)
    return domain


def _without_mailbox(state: Records, plan: MapPlan) -> Iterator[Entry]:
    """The accounts that take a seat and have no mailbox after the changes, new ones first."""
    changed = {after.id: after for _, after in plan.puts if after.id}
    yield from (entry for entry in plan.new if entry.enabled and not entry.mailbox)
    for entry in state.live_entries():
        after = changed.get(entry.id, entry)
        if after.is_account and not after.mailbox and plan.policy.classify(after).seat:
            yield after


class _Sorting:
    """Sorts the users of a directory into the groups of a plan."""

    def __init__(self, plan: MapPlan, accounts: Sequence[Entry], listing: DirectoryListing, state: Records) -> None:
        self._plan, self._accounts, self._listing, self._state = plan, accounts, listing, state
        by_id = {entry.directory_id: entry for entry in accounts if entry.directory_id}
        self._known = {user.id: by_id[user.id] for user in listing.users if user.id in by_id}
        """The accounts of listed users, by the user's id."""
        self._leaving: set[int] = set()
        """The numbers of accounts that are renamed, so that their addresses become free."""

    def sort(self) -> None:
        """Sort all users, then find the accounts whose users are gone."""
        wanted = self._wanted_addresses()
        refused = self._refused_addresses(wanted)
        for user, address in wanted:
            if user.id in refused:
                self._plan.collisions.append(Collision(user, refused[user.id]))
            elif user.id in self._known:
                self._sort_known(user, self._known[user.id], address)
            else:
                self._sort_new(user, address)
        self._sort_gone()

    def _wanted_addresses(self) -> list[tuple[DirectoryUser, str]]:
        """The users with their addresses in this domain; a user who cannot have one is a collision."""
        wanted: dict[str, tuple[DirectoryUser, str]] = {}
        for user in self._listing.users:
            before, at, last = user.login.rpartition("@")
            login, domain = (before, last) if at else (last, self._plan.domain)
            if canonical_domain(domain) != canonical_domain(self._plan.domain):
                problem = message("login-of-another-domain", domain=self._plan.domain)
            elif not _LOGIN.fullmatch(login) or _INVISIBLE.intersection(map(unicodedata.category, login)):
                problem = message("login-unusable")
            elif canonical_login(login) in wanted:
                problem = message("login-of-another-user")
            else:
                wanted[canonical_login(login)] = user, f"{login}@{self._plan.domain}"
                continue
            self._plan.collisions.append(Collision(user, problem))
        return list(wanted.values())

    def _refused_addresses(self, wanted: list[tuple[DirectoryUser, str]]) -> dict[str, Message]:
        """The users who cannot have their address, by id, with the reason.

        A renamed user leaves an address to others, unless the new one is refused: the search repeats until the answer
        is the same twice.
        """
        addresses = {user.id: canonical_address(address) for user, address in wanted}
        refused: dict[str, Message] = {}
        while True:
            self._leaving = {
                entry.id
                for user_id, entry in self._known.items()
                if user_id not in refused
                and addresses.get(user_id, canonical_address(entry.address)) != canonical_address(entry.address)
            }
            found = {id_: reason for id_, address in addresses.items() if (reason := self._taken(id_, address))}
            if found == refused:
                return refused
            refused = found

    def _taken(self, user_id: str, address: str) -> Message | None:
        """Why a user cannot have an address; None if the user can."""
        holder, known = self._state.entry_at(address), self._known.get(user_id)
        if holder is None or holder.id in self._leaving or (known is not None and holder.id == known.id):
            return None
        if holder.origin != "directory" or not holder.is_account:
            return message("address-held-by", what=self._plan.policy.classify(holder).code)
        if holder.directory_id in self._known:
            return message("address-held-by-mapped")
        if holder.directory_id in self._listing.doubtful_ids:
            return message("address-held-by-doubtful")
        return message("address-held-by-gone") if known else None

    def _sort_known(self, user: DirectoryUser, known: Entry, address: str) -> None:
        after = _as_directory_says(replace(known, directory_id=user.id), user)
        if canonical_address(known.address) != canonical_address(address):
            self._plan.renamed.append((known, replace(after, address=address)))
        elif known.enabled and not after.enabled:
            self._plan.disabled.append((known, after))
        elif (after.full_name, after.description) != (known.full_name, known.description):
            self._plan.changed.append((known, after))
        elif after != known:
            self._plan.noted.append((known, after))
        else:
            self._plan.same += 1
        if user.enabled and not known.enabled:
            self._plan.left_disabled.append(known)

    def _sort_new(self, user: DirectoryUser, address: str) -> None:
        """A user whose id no account has: a new account, or an existing one without an id or with another."""
        holder = self._state.entry_at(address)
        if holder is None or holder.id in self._leaving:
            entry = Entry(address=address, origin="directory", directory_id=user.id)
            self._plan.new.append(self._revived(_as_directory_says(entry, user)))
            return
        self._known[user.id] = holder
        if not holder.directory_id:
            self._sort_known(user, holder, address)
            return
        # Another person: of the former one stay only the record, and that an administrator disabled it.
        entry = Entry(
            address=holder.address, origin="directory", directory_id=user.id, enabled=holder.enabled, id=holder.id
        )
        self._plan.recreated.append((holder, _as_directory_says(entry, user)))
        if user.enabled and not holder.enabled:
            self._plan.left_disabled.append(holder)

    def _revived(self, entry: Entry) -> Entry:
        """A new account, in the place of a deleted one. Only the same person gets the mailbox and its last login."""
        new = revived(entry, self._state, self._plan.policy)
        former = self._state.entries.get(new.id)
        is_kept = former is not None and former.mailbox and former.mailbox_fate == "keep"
        if former is None or not is_kept or former.directory_id != entry.directory_id:
            return new
        return replace(new, mailbox=True, last_login=former.last_login, login_unknown=former.login_unknown)

    def _sort_gone(self) -> None:
        """Find the mapped accounts that the directory does not list, not even with an entry that cannot be taken."""
        here = {entry.id for entry in self._known.values()}
        for entry in self._accounts:
            names = {canonical_login(entry.login), canonical_login(entry.address)}
            doubtful = entry.directory_id in self._listing.doubtful_ids or names & self._listing.doubtful_logins
            if entry.enabled and entry.id not in here and not doubtful:
                self._plan.gone.append(entry)


def _as_directory_says(entry: Entry, user: DirectoryUser) -> Entry:
    """An account with the values of its user. A directory can disable an account, but never enables one.

    A name that may be another one does not replace what is known, and neither does an unknown description.
    """
    logon = entry.directory_logon
    known_name = entry.full_name if "full_name" in user.unknown else ""
    return replace(
        entry,
        full_name=known_name or user.full_name or entry.full_name,
        description=entry.description if "description" in user.unknown else user.description,
        enabled=entry.enabled and user.enabled,
        directory_logon=user.last_logon if logon is None or (user.last_logon and user.last_logon > logon) else logon,
    )
