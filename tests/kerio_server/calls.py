"""One call of a method: who calls, what with, and what he may. The methods register themselves here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.kerio_server.errors import NO_METHOD, ApiError, denied, invalid, not_there
from tests.kerio_server.queries import Columns, Query, Row, part, select, understand
from tests.kerio_server.records import RANK, Domain, User
from tests.kerio_server.sessions import Session, Sessions, role_of
from tests.kerio_server.unknowns import Role, Unknowns
from tests.kerio_server.world import World

_ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "userRole": ("UserRole", "Auditor", "AccountAdmin", "FullAdmin", "BuiltInAdmin", "BuiltInDomainAdmin"),
    "authType": ("UInternalAuth", "UWindowsNTAuth", "UPamAuth", "UKerberosAuth", "UAppleAuth", "ULDAPAuth"),
    "itemSource": ("DSInternalSource", "DSLDAPSource"),
    "units": ("Bytes", "KiloBytes", "MegaBytes", "GigaBytes", "TeraBytes", "PetaBytes"),
    "mode": ("UForwardNone", "UForwardYes", "UForwardDeliver"),
    "limitType": ("DomainLimit", "LicenseLimit"),
    "serviceType": (
        "WindowsActiveDirectory", "AppleDirectoryKerberos", "AppleDirectoryPassword", "KerioDirectory", "CustomLDAP",
    ),
    "type": ("License", "Subscription"),
    "regType": ("rsNoRegistration", "rsTrialRegistered", "rsTrialExpired", "rsProductRegistered"),
}  # fmt: skip
"""By member: words in the order of their numbers."""

_ASKED: Final = frozenset({"comparator", "combining", "direction", "method", "mode", "userRole", "authType"})
"""The members of requests that are enums."""


@dataclass(slots=True)
class Call:
    """A call that is being answered."""

    world: World
    sessions: Sessions
    session: Session
    caller: User | None
    params: Mapping[str, Any]
    item_errors: Mapping[str, ApiError] = field(default_factory=dict)
    """Errors that a test wants for items, by the id or login of the user."""

    @property
    def unknowns(self) -> Unknowns:
        return self.world.unknowns

    @property
    def role(self) -> Role:
        return role_of(self.caller)

    @property
    def rank(self) -> int:
        return RANK[self.role]

    @property
    def own_domain(self) -> str | None:
        """The id of the one domain that the caller sees; None if it is all."""
        if self.caller and self.role == "AccountAdmin" and self.unknowns.account_admin_sees == "own domain":
            return str(self.caller.row["domainId"])
        return None

    @property
    def counted_domains(self) -> list[str]:
        """The ids of the domains whose users are in the totals that the caller is given."""
        own = self.own_domain if self.unknowns.account_admin_counts == "own domain" else None
        return [domain for domain in self.world.domains if own in (None, domain)]

    def text(self, name: str) -> str:
        """A parameter that is a text."""
        value = self.params.get(name)
        if not isinstance(value, str):
            raise invalid(name)
        return value

    def ids(self, name: str) -> list[str]:
        """A parameter that is a list of ids."""
        value = self.params.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(name)
        return value

    def records(self, name: str) -> list[Mapping[str, Any]]:
        """A parameter that is a list of records."""
        value = self.params.get(name)
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            raise invalid(name)
        return value

    def domain(self) -> Domain:
        """The domain of `domainId`, if the caller sees it."""
        domain_id = self.text("domainId")
        if self.own_domain not in (None, domain_id):
            raise denied()
        if domain_id not in self.world.domains:
            raise not_there("Domain", domain_id)
        return self.world.domains[domain_id]

    def may_change(self, user: User) -> bool:
        """Whether the caller has the right to change a user: an Auditor none, others none who is mightier."""
        in_reach = self.own_domain in (None, user.row["domainId"])
        return in_reach and self.rank >= RANK["AccountAdmin"] and self.rank >= RANK[user.role]

    def listed(
        self, rows: Callable[[], list[Row]], columns: Columns, key: tuple[Any, ...], most: int | None = None
    ) -> Row:
        """The answer of a listing method: `list`, and `totalItems` before start and limit.

        Rows in order are kept until something changes: a client that reads page by page sorts only once.
        """
        given = self.params.get("query", {})
        query = understand(
            given if given is not None else {},
            columns,
            self.unknowns.default_limit,
            strict=self.unknowns.unknown_fields == "refused",
        )
        found = _selected(self.world, rows, query, columns, key)
        if self.unknowns.pages == "start ignored":
            query = replace(query, start=0)
        elif self.unknowns.pages == "limit ignored":
            query = replace(query, limit=-1)
        page, totals = part(found, query, most), self.unknowns.totals
        said = {"stated": len(found), "of the page": len(page), "negative": -1, "empty": ""}
        return {"list": page} if totals == "missing" else {"list": page, "totalItems": said[totals]}


Run = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method, and how mighty one has to be to call it."""

    run: Run
    least: Role = "Auditor"


METHODS: Final[dict[str, Method]] = {}


def method(name: str, least: Role = "Auditor") -> Callable[[Run], Run]:
    """Make a function the method of this name."""

    def register(run: Run) -> Run:
        METHODS[name] = Method(run, least)
        return run

    return register


def apply(name: str, call: Call) -> dict[str, Any]:
    """Answer a call.

    Raises:
        ApiError: what is answered instead.
    """
    found = METHODS.get(name)
    if found is None:
        raise ApiError(NO_METHOD, "Method not found.")
    with call.world.lock:
        expired = call.unknowns.expired_license == "refuses" and call.world.license_over
        if call.rank < RANK[found.least] or name in call.unknowns.refused_reads.get(call.role, ()):
            raise denied()
        if expired and not name.startswith(("Session.", "ProductRegistration.")):
            raise denied()
        if call.unknowns.enums == "strings":
            return found.run(call)
        check_numbers(call.params)
        result: dict[str, Any] = numbered(found.run(call))
        return result


def word(given: Any, name: str, words: tuple[str, ...] | None = None) -> str:
    """An enum that was given as its word or as its number.

    Raises:
        ApiError: -32602 for a word that there is not.
    """
    words = words or _ENUMS[name]
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(words):
        return words[given]
    if isinstance(given, str) and given in words:
        return given
    raise invalid(f"{name}: {given}")


def check_numbers(value: Any) -> None:
    """Refuse enums that are written as words, as an old server that knows only their numbers does.

    Raises:
        ApiError: -32602.
    """
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if key in _ASKED and isinstance(each, str) and each:
            raise invalid(f"{key}: {each}")
        check_numbers(each)
    for each in value if isinstance(value, list) else ():
        check_numbers(each)


def numbered(value: Any) -> Any:
    """The same with enums as numbers, the way of old servers."""
    if isinstance(value, dict):
        return {
            key: _ENUMS[key].index(each) if key in _ENUMS and each in _ENUMS[key] else numbered(each)
            for key, each in value.items()
        }
    return [numbered(each) for each in value] if isinstance(value, list) else value


_MOST_KEPT: Final = 256


def _selected(
    world: World, rows: Callable[[], list[Row]], query: Query, columns: Columns, key: tuple[Any, ...]
) -> list[Row]:
    kept = world.selections
    full_key = (*key, query.selection)
    version, found = kept.get(full_key, (-1, []))
    if version != world.version:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        found = select(rows(), query, columns)
        kept[full_key] = (world.version, found)
    return found
