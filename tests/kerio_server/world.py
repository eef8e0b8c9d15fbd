"""The state of the server, and how it changes: by calls of the API, by its users, and by tests.

Everything holds `lock` while it looks or changes, as calls come on many threads.
"""

import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from tests.kerio_server import shapes
from tests.kerio_server.records import OWN_SERVER, Domain, License, Source, User, digest
from tests.kerio_server.unknowns import Role, Unknowns

AuthResult = Literal["AuthOK", "AuthFail", "AuthUserDisabled", "AuthLicense"]
Kind = Literal["group", "mailinglist", "resource", "alias"]

LEAST_SIZE: Final = 120
"""KiloBytes of a mailbox that someone has just opened."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class World:
    """Domains, users and what else there is, the license, and the moment of the last start."""

    def __init__(
        self, *, now: Callable[[], datetime] = system_clock, unknowns: Unknowns | None = None, seed: int = 0
    ) -> None:
        self.now = now
        self.unknowns = unknowns or Unknowns()
        self.lock = threading.RLock()
        self.license = License()
        self.started = now()
        self.hostname = "mail.example"
        self.admin_name = "Admin"
        self.admin_password = ""
        """Digest of the built-in administrator's password; empty if that account is off."""
        self.domains: dict[str, Domain] = {}
        self.users: dict[str, User] = {}
        self.rows: dict[Kind, dict[str, list[dict[str, Any]]]] = {
            kind: defaultdict(list) for kind in ("group", "mailinglist", "resource", "alias")
        }
        self.list_members: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.left_mailboxes: dict[tuple[str, str], User] = {}
        """Mailboxes whose user was deleted, by domain and login: whoever is created by that name gets it."""
        self.version = 0
        """Another number after every change."""
        self.selections: dict[tuple[Any, ...], tuple[int, list[dict[str, Any]]]] = {}
        """Rows in an order that was asked for, and the version that they are of."""
        self._random = random.Random(seed)
        self._by_login: dict[tuple[str, str], User] = {}
        self._in_domain: dict[str, dict[str, User]] = defaultdict(dict)
        self._counted = 0
        self._held: set[str] = set()

    # What there is

    def domain(self, name: str) -> Domain:
        """A domain by its name."""
        return next(domain for domain in self.domains.values() if domain.name == name)

    @property
    def primary(self) -> Domain | None:
        """The domain whose users log in without naming it."""
        return next((domain for domain in self.domains.values() if domain.primary), None)

    def user(self, address: str) -> User:
        """A user by address, or by login in the primary domain."""
        found = self.find(address)
        assert found is not None, f"{address} is not on the server"
        return found

    def find(self, address: str) -> User | None:
        """A user by address, or by login in the primary domain; None if there is none."""
        login, _, name = address.rpartition("@") if "@" in address else (address, "", "")
        domain = next((d for d in self.domains.values() if d.name == name), None) if name else self.primary
        return self.by_login(domain.id, login) if domain else None

    def by_login(self, domain_id: str, login: str) -> User | None:
        """A user by domain and login, whatever its case."""
        return self._by_login.get((domain_id, login.casefold()))

    def users_of(self, domain_id: str) -> list[User]:
        """The users of a domain, in the order in which they came."""
        return list(self._in_domain[domain_id].values())

    def address(self, user: User) -> str:
        """A user's address."""
        return f"{user.login}@{self.domains[user.row['domainId']].name}"

    # What is counted

    @property
    def seats_used(self) -> int:
        """Seats taken: enabled local users, enabled mapped users who connected, and seats held until a restart."""
        return self._counted + len(self._held)

    @property
    def seat_free(self) -> bool:
        """Whether one more user may be had."""
        return self.license.users is None or self.seats_used < self.license.users

    def enabled_in(self, domain_id: str) -> int:
        """Enabled users of a domain; disabled ones are not counted."""
        return sum(1 for user in self._in_domain[domain_id].values() if user.enabled and user.here)

    def active_mailboxes(self) -> int:
        """Mailboxes that are active, by what was chosen of the unknowns."""
        kept = self.unknowns.active_after_restart == "kept"
        return sum(
            1
            for user in self.users.values()
            if (user.mailbox if kept else user.connected) and (user.enabled or self.unknowns.active_when_disabled)
        )

    @property
    def license_over(self) -> bool:
        """Whether the license has ended."""
        return self.license.expires is not None and self.license.expires <= self.now()

    # What a test, or someone else, does

    def add_domain(
        self,
        name: str,
        *,
        description: str = "",
        user_limit: int | None = None,
        directory: str = "",
        directory_host: str = "",
        directory_writable: bool = False,
        distributed: bool = False,
    ) -> Domain:
        """A new domain; the first one is the primary domain."""
        with self._change():
            domain = Domain(
                self.new_id("domain"),
                name,
                primary=not self.domains,
                description=description,
                user_limit=user_limit,
                directory=directory,
                directory_host=directory_host,
                directory_writable=directory_writable,
                distributed=distributed,
            )
            self.domains[domain.id] = domain
            return domain

    def add_user(
        self,
        address: str,
        full_name: str = "",
        *,
        enabled: bool = True,
        mapped: bool = False,
        role: Role = "UserRole",
        password: str = "",
        mailbox: bool = False,
        connected: bool = False,
        last_login: tuple[datetime, str] | None = None,
        home: str = "",
        **row: Any,
    ) -> User:
        """A new user, whatever the license says. `row` takes any member of the record, such as `description`.

        `home` names the other server of a distributed domain on which the mailbox is.
        """
        login, _, name = address.rpartition("@")
        with self._change():
            domain = self.domain(name) if login else self.primary
            assert domain is not None, "a user needs a domain"
            source: Source = "DSLDAPSource" if mapped else "DSInternalSource"
            new = shapes.user_row(self.new_id("user", domain), domain.id, login or address, source=source, role=role)
            new |= {"fullName": full_name, "isEnabled": enabled, **row}
            if home:
                new["homeServer"] = {"id": f"keriodb://server/{home}", "name": home}
            elif domain.distributed:
                new["homeServer"] = {"id": OWN_SERVER, "name": self.hostname}
            user = User(new, digest(password) if password else "", mailbox or connected, connected)
            if last_login:
                self._remember_login(user, int(last_login[0].timestamp()), last_login[1])
            return self.insert(user)

    def add_waiting(self, address: str, full_name: str = "") -> User:
        """A user of a domain's directory who is not activated."""
        login, _, name = address.rpartition("@")
        with self._change():
            domain = self.domain(name)
            row = shapes.user_row(self.new_id("user", domain), domain.id, login, source="DSLDAPSource")
            waiting = domain.waiting[row["id"]] = User(row | {"fullName": full_name})
            return waiting

    def add_list(
        self, address: str, description: str = "", members: tuple[str, ...] = (), moderators: tuple[str, ...] = ()
    ) -> str:
        """A mailing list; returns its id. Members are addresses, of users or of others; moderators are among them."""
        name, domain = self._place(address)
        row = shapes.mailing_list_row(self.new_id("mailinglist", domain), domain.id, name, description, len(members))
        for member in members:
            user = self.find(member)
            self.list_members[row["id"]].append(
                {
                    "hasId": user is not None,
                    "userId": user.id if user else "",
                    "emailAddress": "" if user else member,
                    "fullName": user.row["fullName"] if user else "",
                    "kind": "Moderator" if member in moderators else "Member",
                }
            )
        return self._add_row("mailinglist", domain, row)

    def add_resource(self, address: str, description: str = "", kind: Literal["Room", "Equipment"] = "Room") -> str:
        """A room or a piece of equipment; returns its id."""
        name, domain = self._place(address)
        row = shapes.resource_row(self.new_id("resource", domain), domain, name, description, kind)
        return self._add_row("resource", domain, row)

    def add_alias(self, address: str, deliver_to: str, description: str = "") -> str:
        """An alias; returns its id."""
        name, domain = self._place(address)
        return self._add_row(
            "alias", domain, shapes.alias_row(self.new_id("alias", domain), domain.id, name, deliver_to, description)
        )

    def add_group(self, address: str, description: str = "", *, mapped: bool = False) -> str:
        """A group; returns its id."""
        name, domain = self._place(address)
        source: Source = "DSLDAPSource" if mapped else "DSInternalSource"
        row = shapes.group_row(self.new_id("group", domain), domain.id, name, description, source)
        return self._add_row("group", domain, row)

    def change_user(self, address: str, **row: Any) -> None:
        """Change members of a user's record, as an administrator elsewhere does: `isEnabled=False`."""
        with self.changing(self.user(address)) as user:
            user.row.update(row)

    def rename_domain(self, name: str, to: str) -> None:
        """Give a domain another name."""
        with self._change():
            self.domain(name).name = to

    def set_role(self, address: str, role: Role, password: str = "") -> None:
        """Give a user another role, and a password to log in to the administration with."""
        with self.changing(self.user(address)) as user:
            user.row |= {"role": shapes.right(role), "effectiveRole": shapes.right(role)}
            user.password = digest(password) if password else user.password

    def set_license(self, **changed: Any) -> None:
        """Change what the server is licensed for: `users=25`."""
        with self._change():
            self.license = replace(self.license, **changed)

    def remove_user(self, address: str) -> User:
        """Take a user away, with the mailbox; `insert` brings back who was removed."""
        user = self.user(address)
        self.take_out(user)
        return user

    def replace_user(self, address: str) -> User:
        """Another person gets the login of one who is removed."""
        before = self.remove_user(address)
        return self.add_user(address, f"Another {before.row['fullName']}".strip())

    def disable_in_directory(self, address: str) -> None:
        """Disable a mapped user in the directory, which may show here or not."""
        with self.changing(self.user(address)) as user:
            user.disabled_in_directory = True
            if self.unknowns.disabled_in_directory == "disabled":
                user.row["isEnabled"] = False

    def log_in(self, address: str, protocol: str = "IMAP", at: datetime | None = None) -> AuthResult:
        """A user connects: makes the mailbox, takes a seat, and is remembered as the last login."""
        with self.lock:
            user = self.find(address)
            if user is None:
                return "AuthFail"
            if not user.enabled or user.disabled_in_directory:
                return "AuthUserDisabled"
            if user.mapped and not user.mailbox and not self.seat_free:
                return "AuthLicense"
            with self.changing(user):
                user.connected = True
                if not user.mailbox:
                    user.mailbox = True
                    user.row["consumedSize"] = {"value": LEAST_SIZE, "units": "KiloBytes"}
                self._remember_login(user, int((at or self.now()).timestamp()), protocol)
            return "AuthOK"

    def restart(self) -> None:
        """What a restart changes: its moment, who is connected, and the seats that were held."""
        with self._change():
            self.started = self.now()
            self._held.clear()
            for user in self.users.values():
                user.connected = False

    # What calls of the API do

    def new_id(self, kind: str, domain: Domain | None = None) -> str:
        """An id as they look on a real server: keriodb://user/<domain>/<user>."""
        own = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return f"keriodb://{kind}/{domain.id.rpartition('/')[2]}/{own}" if domain else f"keriodb://{kind}/{own}"

    def insert(self, user: User) -> User:
        """Put a new user in."""
        with self._change():
            key = (user.row["domainId"], user.login.casefold())
            assert key not in self._by_login, f"{user.login} is there already"
            self.users[user.id] = self._by_login[key] = self._in_domain[key[0]][user.id] = user
            self._counted += self.counts(user)
            return user

    def take_out(self, user: User, *, holds: bool = True) -> None:
        """Take a user away; the seat comes free, or is held until a restart."""
        with self.changing(user):
            if holds and self.counts(user) and self.unknowns.seats_freed == "at restart":
                self._held.add(user.id)
            del self.users[user.id], self._by_login[(user.row["domainId"], user.login.casefold())]
            del self._in_domain[user.row["domainId"]][user.id]

    def counts(self, user: User) -> bool:
        """Whether a user takes a seat."""
        return user.enabled and user.here and (user.mailbox or not user.mapped)

    @contextmanager
    def changing(self, user: User) -> Iterator[User]:
        """Change a user, and count the seats again."""
        with self._change():
            before, key = self.users.get(user.id) is user and self.counts(user), user.login.casefold()
            yield user
            there = self.users.get(user.id) is user
            self._counted += (there and self.counts(user)) - before
            if there and user.login.casefold() != key:
                domain_id = user.row["domainId"]
                self._by_login[(domain_id, user.login.casefold())] = self._by_login.pop((domain_id, key))

    def remove_row(self, kind: Kind, keep: Callable[[dict[str, Any]], bool]) -> None:
        """Take away what is not kept."""
        with self._change():
            for rows in self.rows[kind].values():
                rows[:] = [row for row in rows if keep(row)]

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self.lock:
            self.version += 1
            yield

    def _place(self, address: str) -> tuple[str, Domain]:
        name, _, domain = address.rpartition("@")
        return name, self.domain(domain)

    def _add_row(self, kind: Kind, domain: Domain, row: dict[str, Any]) -> str:
        with self._change():
            self.rows[kind][domain.id].append(row)
            return str(row["id"])

    def _remember_login(self, user: User, at: int, protocol: str) -> None:
        count, _ = user.logins.get(protocol, (0, 0))
        user.logins[protocol] = (count + 1, at)
        updating = self.unknowns.updating_protocols
        if updating is None or protocol in updating:
            user.row["lastLoginInfo"] = {"dateTime": at, "protocol": protocol}
