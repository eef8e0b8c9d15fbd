"""Kerio's configuration files `users.cfg` and `mailserver.cfg`: domains, users and other addresses.

The vendor documents where they are and that they are XML (Recovering blocked admin accounts and resetting their
passwords, GFI support, article 114292); the names of lists and variables are those that public scripts of
administrators read: `User` (Name, Domain, Account_enabled), `Alias` (Domain, Lhs), `Domain` (Domain, Type),
`MailingList` and `Resource` (Domain, Name), `Administration` (BuiltInAdminEnabled, BuiltInAdminUsername), and the
vendor's own Rights. FullName, Description and Rhs (where an alias delivers) are likely names; a wrong one does no harm:
None stands for an absent variable, and the store keeps its own value then.

Last logins and mailboxes are in neither file. Passwords are in both, and are never read.
"""

from dataclasses import dataclass, field
from typing import BinaryIO, Final

from kconsole.core.identity import canonical_address, canonical_domain, stripped
from kconsole.core.records import Kind, Role
from kconsole.importers.file_lines import LOOK, BadLine, LineMessage, Progress, unwatched
from kconsole.importers.kerio_csv import LONGEST_VALUE, check_login, login_problem
from kconsole.importers.kerio_xml import Item, read_items

WANTED: Final = {
    "user": frozenset({"name", "domain", "account_enabled", "rights", "fullname", "description"}),
    "alias": frozenset({"domain", "lhs", "rhs", "description"}),
    "domain": frozenset({"domain", "type", "description"}),
    "mailinglist": frozenset({"domain", "name", "fullname", "description"}),
    "resource": frozenset({"domain", "name", "fullname", "description"}),
    "administration": frozenset({"builtinadminenabled", "builtinadminusername"}),
}
"""The variables to read, by list or table; in small letters. None of them is a password."""

KINDS: Final[dict[str, Kind]] = {
    "user": "user",
    "alias": "alias",
    "mailinglist": "mailing_list",
    "resource": "resource",
    "administration": "builtin_admin",
}

ROLES: Final[dict[str, Role]] = {"0": "user", "1": "auditor", "3": "full_admin"}
"""By Rights: none, the whole server read-only, read and write. Source: article 114292, GFI support."""

BUILT_IN: Final = "Admin"  # the vendor's name of the built-in administrator, if no file has another
_PRIMARY: Final = "0"  # the Type of the primary domain
_SWITCHES: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDomain:
    """A mail domain."""

    file: str
    line: int
    name: str
    primary: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigEntry:
    """An address in the files. None is what they do not say; the built-in administrator has no domain."""

    file: str
    line: int
    kind: Kind
    login: str
    domain: str = ""
    enabled: bool | None = None
    role: Role | None = None
    full_name: str | None = None
    description: str | None = None
    delivers_to: tuple[str, ...] | None = None

    @property
    def address(self) -> str:
        return f"{self.login}@{self.domain}" if self.domain else self.login


@dataclass(slots=True)
class KerioConfig:
    """The content of the files."""

    domains: list[ConfigDomain] = field(default_factory=list)
    entries: list[ConfigEntry] = field(default_factory=list)
    faults: list[LineMessage] = field(default_factory=list)
    notes: list[LineMessage] = field(default_factory=list)
    kinds: set[Kind] = field(default_factory=set)
    """The kinds of entries whose list is in a file, even if empty: the files name all entries of these kinds."""
    refused: set[str] = field(default_factory=set)
    """Folded addresses of items that cannot be taken."""
    lists_domains: bool = False


def refuse(kind: Kind, fault: LineMessage, faults: list[LineMessage], notes: list[LineMessage]) -> None:
    """Record an item that cannot be taken: a user is a fault, since it takes a seat; anything else is skipped."""
    if kind == "user":
        faults.append(fault)
    else:
        notes.append(fault.skipped)


class ConfigReader:
    """Reads the files of one server, one after the other."""

    def __init__(self, progress: Progress = unwatched) -> None:
        self._config, self._progress = KerioConfig(), progress
        self._others: list[ConfigEntry] = []
        """All but users, until all users are known: users win over aliases of the same address."""
        self._seen: dict[str, str] = {}
        """The place of each folded domain name, and of each folded address behind an `@`."""

    def read(self, file: BinaryIO, path: str, name: str) -> None:
        """Read a file.

        Args:
            file: the open file.
            path: what an error about the whole file calls it.
            name: what a message about a line calls it.

        Raises:
            BadInput: it is malformed, no configuration file, or an attack.
        """
        seen: set[str] = set()
        for number, item in enumerate(read_items(file, path, WANTED, seen)):
            if number % LOOK == 0:
                self._progress(number)
            try:
                self._take(item, name)
            except BadLine as fault:
                login = item.values.get("lhs" if item.kind == "alias" else "name", "")
                self._config.refused.add(canonical_address(f"{login}@{item.values.get('domain', '')}"))
                self._refuse(KINDS.get(item.kind, "resource"), fault.at(item.line, name))
        self._config.kinds.update(KINDS[listed] for listed in seen if listed in KINDS)
        self._config.lists_domains |= "domain" in seen

    def finish(self) -> KerioConfig:
        """The content of all files."""
        for entry in self._others:
            try:
                self._add(entry)
            except BadLine as fault:
                self._refuse(entry.kind, fault.at(entry.line, entry.file))
        self._others = []
        return self._config

    def _refuse(self, kind: Kind, fault: LineMessage) -> None:
        refuse(kind, fault, self._config.faults, self._config.notes)

    def _take(self, item: Item, file: str) -> None:
        if item.kind == "domain":
            self._config.domains.append(self._domain(item, file))
        elif item.kind == "user":
            self._add(self._entry(item, file))
        elif item.kind != "administration":
            self._others.append(self._entry(item, file))
        elif (administrator := _built_in(item, file)) is not None:
            self._others.append(administrator)

    def _domain(self, item: Item, file: str) -> ConfigDomain:
        name = _required(item, "domain", "domain-without-name")
        self._check_new("domain-twice", canonical_domain(name), item.line, file)
        is_primary = item.values.get("type") == _PRIMARY
        description = _text(item, "description") or ""
        return ConfigDomain(file=file, line=item.line, name=name, primary=is_primary, description=description)

    def _entry(self, item: Item, file: str) -> ConfigEntry:
        login = _required(item, "lhs" if item.kind == "alias" else "name", "name-empty")
        check_login(login, "bad-name")
        domain = _required(item, "domain", "domain-empty")
        return ConfigEntry(
            file=file,
            line=item.line,
            kind=KINDS[item.kind],
            login=login,
            domain=domain,
            enabled=_switch(item, "account_enabled"),
            role=self._role(item, file),
            full_name=_text(item, "fullname"),
            description=_text(item, "description"),
            delivers_to=_targets(item.values.get("rhs"), domain),
        )

    def _role(self, item: Item, file: str) -> Role | None:
        rights = item.values.get("rights", "")
        if rights and rights not in ROLES:
            self._config.notes.append(LineMessage(item.line, "rights-unknown", file=file))
        return ROLES.get(rights)

    def _add(self, entry: ConfigEntry) -> None:
        self._check_new("address-twice", f"@{canonical_address(entry.address)}", entry.line, entry.file)
        self._config.entries.append(entry)

    def _check_new(self, code: str, key: str, line: int, file: str) -> None:
        place = f"{file} line {line}"
        first = self._seen.setdefault(key, place)
        if first is not place:
            raise BadLine(code, place=first)


def _built_in(item: Item, file: str) -> ConfigEntry | None:
    """The built-in administrator; None if the table does not mention it."""
    enabled = _switch(item, "builtinadminenabled")
    login = item.values.get("builtinadminusername", "")
    if login:
        check_login(login, "bad-admin-login")
    elif enabled is None:
        return None
    return ConfigEntry(file=file, line=item.line, kind="builtin_admin", login=login or BUILT_IN, enabled=enabled)


def _required(item: Item, variable: str, code: str) -> str:
    value = item.values.get(variable, "")
    if not value:
        raise BadLine(code)
    return value


def _switch(item: Item, variable: str) -> bool | None:
    text = item.values.get(variable, "").lower()
    if text and text not in _SWITCHES:
        raise BadLine("bad-switch")
    return _SWITCHES.get(text)


def _text(item: Item, variable: str) -> str | None:
    text = item.values.get(variable)
    if text is not None and len(text) > LONGEST_VALUE:
        column = "full name" if variable == "fullname" else variable
        raise BadLine("value-too-long", column=column, longest=LONGEST_VALUE)
    return text


def _targets(text: str | None, domain: str) -> tuple[str, ...] | None:
    """The addresses that an alias delivers to; a name without a domain is one of the alias's own.

    Anything else, for example a public folder, is skipped.
    """
    if text is None:
        return None
    targets: dict[str, str] = {}
    for part in text.replace(";", ",").split(","):
        login, at, its_domain = stripped(part).rpartition("@")
        login, its_domain = (login, its_domain) if at else (its_domain, domain)
        if login and its_domain and login_problem(login) is None and not set(its_domain) & set(" /#\\"):
            targets.setdefault(canonical_address(f"{login}@{its_domain}"), f"{login}@{its_domain}")
    return tuple(targets.values()) or None
