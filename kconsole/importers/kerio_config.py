"""Kerio's configuration files: what `users.cfg` and `mailserver.cfg` say of domains, users and other addresses.

The vendor documents where they are and that they are XML (Recovering blocked admin accounts and resetting their
passwords, GFI support, article 114292); the names of lists and variables are those that public scripts of
administrators read: `User` (Name, Domain, Account_enabled), `Alias` (Domain, Lhs), `Domain` (Domain, Type),
`MailingList` and `Resource` (Domain, Name), `Administration` (BuiltInAdminEnabled, BuiltInAdminUsername), and the
vendor's own Rights. FullName, Description and Rhs (where an alias delivers) are likely names, and do no harm where
they are not there: None stands for what a file does not say, and what it does not say is left as it is in the store.

Last logins and mailboxes are in neither file. Passwords are in both, and no variable of them is ever asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from kconsole.core.records import Kind, Role, fold
from kconsole.importers.kerio_csv import LONGEST_VALUE, login_problem
from kconsole.importers.kerio_xml import Item, read_items

WANTED: Final = {
    "user": frozenset({"name", "domain", "account_enabled", "rights", "fullname", "description"}),
    "alias": frozenset({"domain", "lhs", "rhs", "description"}),
    "domain": frozenset({"domain", "type", "description"}),
    "mailinglist": frozenset({"domain", "name", "fullname", "description"}),
    "resource": frozenset({"domain", "name", "fullname", "description"}),
    "administration": frozenset({"builtinadminenabled", "builtinadminusername"}),
}
"""The variables that are read, by list or table; in small letters. None of them is a password."""

KINDS: Final[dict[str, Kind]] = {
    "user": "user",
    "alias": "alias",
    "mailinglist": "mailing_list",
    "resource": "resource",
    "administration": "builtin_admin",
}

ROLES: Final[dict[str, Role]] = {"0": "user", "1": "auditor", "3": "full_admin"}
"""What Rights says: nothing, the whole server read-only, read and write. Source: article 114292, GFI support."""

BUILT_IN: Final = "Admin"
"""The name of the built-in administrator where no file says another: the vendor's own."""

_PRIMARY: Final = "0"
"""The Type of the primary domain."""

_SWITCHES: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class ConfigPlace:
    """Where something is said."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}"


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """A user that was not taken."""

    place: ConfigPlace
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDomain:
    """A mail domain, as the files have it."""

    place: ConfigPlace
    name: str
    primary: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigEntry:
    """Something with an address, as the files have it. None is what they do not say."""

    place: ConfigPlace
    kind: Kind
    login: str
    domain: str
    """Empty for the built-in administrator."""
    enabled: bool | None = None
    role: Role | None = None
    full_name: str | None = None
    description: str | None = None
    delivers_to: tuple[str, ...] | None = None

    @property
    def address(self) -> str:
        """`login@domain`; of the built-in administrator the login."""
        return f"{self.login}@{self.domain}" if self.domain else self.login


@dataclass(slots=True)
class KerioConfig:
    """What the files say, and what of it cannot be taken."""

    domains: list[ConfigDomain] = field(default_factory=list)
    entries: list[ConfigEntry] = field(default_factory=list)
    faults: list[ConfigFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was passed over that is no user, and why; and what could not be understood."""
    kinds: set[Kind] = field(default_factory=set)
    """The kinds of entries whose list is in a file, if empty or not: of those the files name all there are."""
    refused: set[str] = field(default_factory=set)
    """Folded addresses that the files name, but say something of that cannot be taken."""
    lists_domains: bool = False
    """Whether a list of domains is in a file."""


class _Fault(Exception):
    """An item that cannot be taken; its text is the reason. It quotes nothing, as the files hold secrets."""


class ConfigReader:
    """Reads the files of one server, one after the other."""

    def __init__(self) -> None:
        self._config = KerioConfig()
        self._others: list[ConfigEntry] = []
        """What is no user, until all users are known: they win over an alias of the same address."""
        self._addresses: dict[str, ConfigPlace] = {}
        self._domains: dict[str, ConfigPlace] = {}

    def read(self, file: BinaryIO, path: str, name: str) -> None:
        """Take what a file says.

        Args:
            file: the open file.
            path: what to call it if it cannot be read.
            name: what to call it where something in it is told.

        Raises:
            BadInput: it is malformed, no configuration file, or meant to do harm.
        """
        seen: set[str] = set()
        for item in read_items(file, path, WANTED, seen):
            place = ConfigPlace(name, item.line)
            try:
                self._takers[item.kind](self, place, item)
            except _Fault as fault:
                login = item.values.get("lhs" if item.kind == "alias" else "name", "")
                self._config.refused.add(fold(f"{login}@{item.values.get('domain', '')}"))
                self._refuse(place, item.kind, str(fault))
        self._config.kinds.update(KINDS[listed] for listed in seen if listed in KINDS)
        self._config.lists_domains |= "domain" in seen

    def finish(self) -> KerioConfig:
        """Everything that the files said."""
        for entry in self._others:
            first = self._addresses.setdefault(fold(entry.address), entry.place)
            if first is entry.place:
                self._config.entries.append(entry)
            else:
                self._refuse(entry.place, entry.kind, f"the address is there already, on {first}")
        self._others = []
        return self._config

    def _refuse(self, place: ConfigPlace, kind: str, reason: str) -> None:
        """What is wrong with a user has to be mended, since users take seats; anything else is passed over."""
        if kind == "user":
            self._config.faults.append(ConfigFault(place, reason))
        else:
            self._config.notes.append(f"{place}: passed over, {reason}")

    def _take_domain(self, place: ConfigPlace, item: Item) -> None:
        name = item.values.get("domain", "")
        if not name:
            raise _Fault("a domain without a name")
        first = self._domains.setdefault(fold(name), place)
        if first is not place:
            raise _Fault(f"the domain is there already, on {first}")
        primary = item.values.get("type") == _PRIMARY
        description = _text(item, "description") or ""
        self._config.domains.append(ConfigDomain(place=place, name=name, primary=primary, description=description))

    def _take_named(self, place: ConfigPlace, item: Item) -> None:
        """A user, mailing list or resource."""
        entry = ConfigEntry(
            place=place,
            kind=KINDS[item.kind],
            login=_login(item, "name"),
            domain=_domain(item),
            enabled=_switch(item, "account_enabled"),
            role=self._role(place, item),
            full_name=_text(item, "fullname"),
            description=_text(item, "description"),
        )
        self._add(entry)

    def _take_alias(self, place: ConfigPlace, item: Item) -> None:
        domain = _domain(item)
        self._add(
            ConfigEntry(
                place=place,
                kind="alias",
                login=_login(item, "lhs"),
                domain=domain,
                description=_text(item, "description"),
                delivers_to=_targets(item.values.get("rhs"), domain),
            )
        )

    def _take_administration(self, place: ConfigPlace, item: Item) -> None:
        enabled = _switch(item, "builtinadminenabled")
        login = item.values.get("builtinadminusername", "")
        if enabled is None and not login:
            return
        if login and login_problem(login) is not None:
            raise _Fault(f"the name of the built-in administrator {login_problem(login)}")
        entry = ConfigEntry(place=place, kind="builtin_admin", login=login or BUILT_IN, domain="", enabled=enabled)
        self._add(entry)

    def _role(self, place: ConfigPlace, item: Item) -> Role | None:
        rights = item.values.get("rights", "")
        if rights and rights not in ROLES:
            self._config.notes.append(f"{place}: Rights that kconsole does not know; the role is left as it is")
        return ROLES.get(rights)

    def _add(self, entry: ConfigEntry) -> None:
        if entry.kind != "user":
            self._others.append(entry)
            return
        first = self._addresses.setdefault(fold(entry.address), entry.place)
        if first is not entry.place:
            raise _Fault(f"the address is there already, on {first}")
        self._config.entries.append(entry)

    _takers: Final[dict[str, Callable[["ConfigReader", ConfigPlace, Item], None]]] = {
        "user": _take_named,
        "mailinglist": _take_named,
        "resource": _take_named,
        "alias": _take_alias,
        "domain": _take_domain,
        "administration": _take_administration,
    }


def _login(item: Item, variable: str) -> str:
    login = item.values.get(variable, "")
    if not login:
        raise _Fault("it has no name")
    problem = login_problem(login)
    if problem is not None:
        raise _Fault(f"its name {problem}")
    return login


def _domain(item: Item) -> str:
    domain = item.values.get("domain", "")
    if not domain:
        raise _Fault("it names no domain")
    return domain


def _switch(item: Item, variable: str) -> bool | None:
    said = item.values.get(variable, "").lower()
    if said and said not in _SWITCHES:
        raise _Fault("it is neither enabled (1) nor disabled (0)")
    return _SWITCHES.get(said)


def _text(item: Item, variable: str) -> str | None:
    text = item.values.get(variable)
    if text is not None and len(text) > LONGEST_VALUE:
        raise _Fault(f"its {'full name' if variable == 'fullname' else variable} is longer than {LONGEST_VALUE}")
    return text


def _targets(said: str | None, domain: str) -> tuple[str, ...] | None:
    """The addresses that an alias delivers to; a name without a domain is one of the alias's own.

    What is no address, a public folder for example, is left out.
    """
    if said is None:
        return None
    targets: dict[str, str] = {}
    for part in said.replace(";", ",").split(","):
        login, at, its_domain = part.strip().rpartition("@")
        login, its_domain = (login, its_domain) if at else (its_domain, domain)
        if login and its_domain and login_problem(login) is None and not set(its_domain) & set(" /#\\"):
            targets.setdefault(fold(f"{login}@{its_domain}"), f"{login}@{its_domain}")
    return tuple(targets.values()) or None
