"""The names in a store that fit at a place of a command line, for completion at the shell.

A shell waits for it at each TAB: it imports next to nothing, and reads the files of the store without opening it.
It only helps to type. What a user may do is decided when the command runs.
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping

from kconsole.store.file_engine.light_reader import Document, LightReader

TYPE_CHECKING = False  # that of typing takes long to import
if TYPE_CHECKING:
    from typing import Any

ROLES_FILE = "/etc/kconsole/roles.toml"

MOST = 100
"""Addresses that are offered at once; a shell asks before it lists more. Of more, beginnings are offered."""

MOST_BEGINNINGS = 40

MOST_LINES = 20
"""Lines of the log that are offered."""

_ZONES = "/usr/share/zoneinfo/tzdata.zi"

Offers = list[tuple[str, str]]
"""Names, each with what it is, which may be empty."""


class Role:
    """What the roles file says of the user.

    Attributes:
        name: that of the role; empty for root, the store's owner, and where there is no roles file.
        operator: the user's name in the file.
        domains: the domains that the role is bound to; empty for all.
    """

    def __init__(self, name: str = "", operator: str = "", domains: Iterable[str] = ()) -> None:
        self.name, self.operator = name, operator
        self.domains = frozenset(map(_canonical, domains))

    def sees(self, address: str) -> bool:
        """Whether an address may be shown."""
        return not self.domains or _canonical(address.rpartition("@")[2]) in self.domains

    def may(self, capability: str, roles: Mapping[str, Collection[str]]) -> bool:
        """Whether it has a capability, by the capabilities of the roles: those of a bound one end in `/bound`."""
        name = f"{self.name}/bound" if self.domains else self.name
        return not (capability and name) or capability in roles[name]


def role_here(store: str) -> Role:
    """The role of the user of this process at the store in a folder; `LookupError` if the file does not name them."""
    if not os.path.lexists(ROLES_FILE):
        return Role()
    uid, by_sudo = os.getuid(), os.environ.get("SUDO_UID", "")
    sudo_uid = int(by_sudo) if by_sudo.isascii() and by_sudo.isdigit() else None
    owner = os.stat(store).st_uid if os.path.lexists(store) else uid  # noqa: PTH116
    if uid == 0 or (uid == owner and sudo_uid in (None, 0, owner)):
        return Role()
    own = sudo_uid if uid == owner else uid
    for name, entry in operators_in(ROLES_FILE).items():
        if entry.get("uid") == own:
            return Role(entry["role"], name, entry.get("domains") or ())
    raise LookupError("not in the roles file")


def operators_in(file: str) -> "dict[str, dict[str, Any]]":
    """The operators of a roles file, unchecked."""
    import tomllib

    with open(file, "rb") as content:  # noqa: PTH123
        found: dict[str, dict[str, Any]] = tomllib.load(content).get("operator", {})
    return found


def default_store() -> str:
    """The folder of the user's own store, as `system.default_folder` names it."""
    if os.uname().sysname == "Linux":
        base = os.environ.get("XDG_DATA_HOME", "").strip()
        base = base if base.startswith("/") else os.path.expanduser("~/.local/share")  # noqa: PTH111
        return f"{base}/kconsole"
    from kconsole.operations.system import default_folder

    return str(default_folder())


def kept_of(address: str) -> str:
    """The folder of what this host keeps of a store in a database; no database is asked at a TAB."""
    from kconsole.operations.locations import folder_at

    return str(folder_at(address))


def contexts_here(variables: Mapping[str, str]) -> dict[str, str]:
    """The contexts of the user's configuration, as `settings.read_settings` finds it, with their stores; unchecked."""
    file = (variables.get("KCONSOLE_CONFIG") or os.environ.get("KCONSOLE_CONFIG", "")).strip()
    base = os.environ.get("XDG_CONFIG_HOME", "").strip()
    base = base if base.startswith("/") else os.path.expanduser("~/.config")  # noqa: PTH111
    file = os.path.expanduser(file) or f"{base}/kconsole/config.toml"  # noqa: PTH111
    if not os.path.isfile(file):  # noqa: PTH113
        return {}
    import tomllib

    with open(file, "rb") as content:  # noqa: PTH123
        found = tomllib.load(content).get("contexts", {})
    return {name: str(each["store"]) for name, each in found.items() if "store" in each}


class Names:
    """The names in one store, as the user sees it.

    Attributes:
        are_beginnings: whether the last ones were beginnings of too many.
    """

    def __init__(self, store: str, role: Role, filters: Iterable[str] = ()) -> None:
        self._store, self._role, self._filters = store, role, tuple(filters)
        self._opened: LightReader | None = None
        self.are_beginnings = False

    @property
    def _reader(self) -> LightReader:
        if self._opened is None:
            self._opened = LightReader(self._store)
        return self._opened

    def of(self, kind: str, begun: str) -> Offers:
        """The names of a kind that fit what is typed so far; of an unknown kind, none."""
        if kind in ("entries", "accounts", "enabled", "disabled"):
            return self._addresses(kind, begun)
        find = _KINDS.get(kind)
        return [] if find is None else find(self, begun)

    def _addresses(self, kind: str, begun: str) -> Offers:
        found = self._reader.entries(begun, kind, MOST)
        if found is None:
            self.are_beginnings = True
            return [(stem, "") for stem in sorted(self._reader.stems(begun, MOST_BEGINNINGS, self._role.sees))]
        seen = ((address, self._reader.document(found[address])) for address in found if self._role.sees(address))
        return sorted((name, str(each.get("full_name", ""))) for name, each in seen if "deleted_at" not in each)

    def _domains(self, _: str) -> Offers:
        domains = (each for each in self._reader.table("domains") if self._role.sees(str(each["name"])))
        return [(str(each["name"]), str(each["description"])) for each in domains]

    def _new_address(self, begun: str) -> Offers:
        login, at, _ = begun.partition("@")
        return [(f"{login}@{domain}", text) for domain, text in self._domains("")] if at else []

    def _fate(self, begun: str) -> Offers:
        fate, colon, address = begun.partition(":")
        if not colon:
            return [("keep", ""), ("delete", ""), ("transfer:", "")]
        found = self._addresses("accounts", address) if fate == "transfer" else []
        return [(f"{fate}:{name}", text) for name, text in found]

    def _tags(self, _: str) -> Offers:
        found = {tag for address, tags in self._reader.tags() if self._role.sees(address) for tag in tags}
        return [(tag, "") for tag in sorted(found)]

    def _tagged(self, begun: str) -> Offers:
        """Tags, and from an `@` on addresses too: so many of these begin like any tag."""
        return self._tags("") + (self._addresses("accounts", begun) if "@" in begun else [])

    def _filter(self, begun: str) -> Offers:
        """The last word of a filter, with all before it."""
        start = max(begun.rfind(" "), begun.rfind("(")) + 1
        start += begun[start:].startswith("-")
        before, word = begun[:start], begun[start:]
        field = word.partition(":")[0]
        values = self._domains("") if field == "domain" else self._tags("") if field == "tag" else []
        words = [f"{field}:{name}" for name, _ in values] or self._filters
        if word.startswith("@"):  # then it may take longer
            from kconsole.operations.preferences import Preferences, preferences_path

            words = [f"@{name}" for name in Preferences(preferences_path()).filters]
        return [(before + each, "") for each in words]

    def _policies(self, _: str) -> Offers:
        names = {"idle", *(str(each["name"]) for each in self._reader.table("policies"))}
        return [(name, "") for name in sorted(names)]

    def _protections(self, begun: str) -> Offers:
        patterns = [(str(each["pattern"]), str(each.get("reason", ""))) for each in self._reader.table("protections")]
        return patterns + self._addresses("accounts", begun)

    def _reservations(self, _: str) -> Offers:
        numbered = self._reader.numbered("reservations").items()
        return [
            (f"r{number}", f"{each['subject']}, {str(each['until'])[:10]}")
            for number, each in numbered
            if each is not None and (not each.get("domain") or self._role.sees(str(each["domain"])))
        ]

    def _lines(self, _: str) -> Offers:
        """The last lines that changed something and are not undone, the last one first."""
        from kconsole.core.codes import OPERATION_FIELD

        offers: Offers = []
        undone: set[object] = set()
        for line in self._reader.last_lines(MOST_LINES * 2):
            undone.add(line.get("undoes"))
            is_own = self._role.name in ("", "full-admin") or self._role.operator == line.get("operator_name")
            changed = _changed_in(line) if OPERATION_FIELD in line and line["sequence"] != 1 else None
            if is_own and changed is not None and line["sequence"] not in undone and all(map(self._role.sees, changed)):
                offers.append((str(line["sequence"]), _line_words(line, str(line[OPERATION_FIELD]), changed)))
        return offers[:MOST_LINES]

    def _operators(self, _: str) -> Offers:
        return [(name, str(entry.get("role", ""))) for name, entry in operators_in(ROLES_FILE).items()]


def _changed_in(line: Document) -> list[str] | None:
    """The addresses that a line of the journal changed; None if it changed nothing."""
    changes = line.get("changes")
    if not isinstance(changes, list):  # a long line, which is read in part
        return []
    records = (change.get("after") or change.get("before") or {} for change in changes)
    addresses = [str(record["address"]) for record in records if "address" in record]
    return addresses if changes else None


def _line_words(line: Document, operation: str, addresses: list[str]) -> str:
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    who = line.get("operator_name") or line["operator"]
    return f"{operation} {' '.join(addresses[:1])}{more}, {who}, {str(line['at'])[:16].replace('T', ' ')}"


def _groups(_: Names, __: str) -> Offers:
    with open("/etc/group", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        return [(line.partition(":")[0], "") for line in file if ":" in line]


def _zones(_: Names, __: str) -> Offers:
    with open(_ZONES, encoding="utf-8") as file:  # noqa: PTH123
        return [(line.split()[1], "") for line in file if line.startswith("Z ")]


_KINDS: Mapping[str, Callable[[Names, str], Offers]] = {
    "domains": Names._domains, "new-address": Names._new_address, "fate": Names._fate, "tags": Names._tags,
    "tagged": Names._tagged, "filter": Names._filter, "policies": Names._policies, "lines": Names._lines,
    "protections": Names._protections, "reservations": Names._reservations, "operators": Names._operators,
    "groups": _groups, "zones": _zones,
}  # fmt: skip


def _canonical(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower().rstrip(".")
    from kconsole.core.identity import canonical_domain

    return canonical_domain(domain)
