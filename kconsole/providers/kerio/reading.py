"""Asks for single things, and turns rows into core records: unknown fields are ignored, missing ones have defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, get_args

from kconsole.core.identity import canonical_address
from kconsole.core.license import ComponentName, component_named, end_of_id
from kconsole.core.records import Domain, Entry, Kind, LastLogin, Role
from kconsole.core.server import UNLIMITED, DomainNumbers, ServerNumbers
from kconsole.providers.base import End, LicenseState, MappedFrom
from kconsole.providers.kerio import assumptions
from kconsole.providers.kerio.assumptions import ROLES, AnyRole
from kconsole.providers.kerio.client import KerioClient, role_is_number
from kconsole.providers.kerio.errors import AnswerStrange, CallRefused, StrangeAnswer
from kconsole.providers.kerio.values import Reader, Row

_ASSIGNABLE: Final[Mapping[AnyRole, Role]] = {role: role for role in get_args(Role)}


class ReadDomain(NamedTuple):
    """A domain, and where its users are mapped from."""

    domain: Domain
    directory: MappedFrom | None

    @property
    def server_id(self) -> str:
        return self.domain.server_id


def server_version(client: KerioClient) -> str:
    """The server's version. Raises as `KerioClient.read`, like all functions below."""
    return client.read("Server.getVersion", None, lambda result: result.name("version"))


class Login(NamedTuple):
    """Who is logged in."""

    role: AnyRole
    server_id: str
    """Empty for the built-in administrator."""


def own_login(client: KerioClient) -> Login:
    """Who is logged in."""

    def reader(result: Row) -> Login:
        details = result.part("userDetails")
        if not details:
            raise StrangeAnswer("strange-no-login")
        right = details.part("effectiveRole")
        client.takes_numbers = role_is_number(result)
        return Login(right.choice("userRole", ROLES, "user"), details.text("id"))

    return client.read("Session.whoAmI", None, reader)


def own_server_id(client: KerioClient) -> str | None:
    """The id by which a distributed domain knows this server; None where it does not say."""
    return client.read("Domains.getSettings", None, lambda found: found.part("setting").text("serverId") or None)


class Start(NamedTuple):
    """When the server was started, and how long it has been running, by its own clock."""

    at: datetime
    uptime: timedelta | None


def start(client: KerioClient) -> Start | None:
    """When the server was started; None where it does not say.

    One that has no better answer is asked when its statistics begin. An answer that is odd only now does not count: the
    other moment would pass for a restart.
    """

    def reader(result: Row) -> Start | None:
        info = result.part("info")
        at, now = _known(info, "startTime"), _known(info, "currentTime")
        return None if at is None else Start(at, None if now is None or now < at else now - at)

    def of_statistics(result: Row) -> Start | None:
        statistics = result.part("statistics")
        at, up = _known(statistics, "start"), statistics.part("uptime")
        days, hours, minutes = (up.number(unit) for unit in ("days", "hours", "minutes"))
        uptime = None if days is None else timedelta(days, hours=hours or 0, minutes=minutes or 0)
        return None if at is None else Start(at, uptime)

    try:
        return client.read("Server.getServerTime", None, reader)
    except CallRefused:
        return client.read("Statistics.get", None, of_statistics)


def unlimited_constants(client: KerioClient) -> frozenset[int]:
    """The numbers by which the server says that something has no limit; none where it does not say."""

    def reader(result: Row) -> frozenset[int]:
        named = [row for row in result.rows("constants") if assumptions.NAME_OF_UNLIMITED in row.text("name").lower()]
        return frozenset(value for row in named if (value := row.number("value")) is not None)

    try:
        return client.read("Server.getNamedConstantList", None, reader)
    except (CallRefused, AnswerStrange):
        return frozenset()


def administrator(client: KerioClient) -> Entry | None:
    """The built-in administrator; None where the server does not say."""

    def reader(result: Row) -> Entry | None:
        setting = result.part("setting")
        login, enabled = setting.text("builtInAdminUsername"), setting.flag("builtInAdminEnabled", False)
        return Entry(address=login, kind="builtin_admin", enabled=enabled, role="full_admin") if login else None

    return client.read("Server.getRemoteAdministration", None, reader)


def license_state(client: KerioClient) -> LicenseState:
    """The license that the server goes by, without its components."""

    def reader(result: Row) -> LicenseState:
        status = result.part("status")
        if not status:
            raise StrangeAnswer("strange-license")
        ends = {row.choice("type", assumptions.EXPIRATIONS, ""): _end(row) for row in status.rows("expirations")}
        try:
            users = status.number("users")
        except StrangeAnswer:
            users = None
        return LicenseState(
            seats=None if users is None or users < 0 else users,
            seats_unknown=users is None or (users < 0 and users != UNLIMITED),
            id_end=end_of_id(status.text("Id")),
            kind=status.choice("regType", assumptions.REGISTRATIONS, ""),
            expires=ends.get("license"),
            maintenance_until=ends.get("maintenance"),
        )

    return client.read("ProductRegistration.getFullStatus", None, reader)


def license_components(client: KerioClient) -> tuple[ComponentName, ...] | None:
    """The optional components that are licensed, as far as their names are known; None where it does not say."""

    def reader(result: Row) -> tuple[ComponentName, ...] | None:
        named = [component_named(each) for each in result.texts("extensions")]
        known = tuple(dict.fromkeys(each for each in named if each is not None))
        return None if result.values.get("extensions") is None else known

    return client.read("Server.getLicenseExtensionsList", None, reader)


def mailbox_counts(client: KerioClient) -> ServerNumbers | None:
    """The server's counts of mailboxes, which may take long; None where it does not say."""

    def reader(result: Row) -> ServerNumbers | None:
        count = result.part("count")
        return ServerNumbers(active=count.number("active"), created=count.number("total")) if count else None

    return client.read("Users.getMailboxCount", None, reader)


def user_count(client: KerioClient) -> int | None:
    """The server's count of all its users; None where it does not say."""
    return client.read("Server.getAboutInfo", None, lambda found: found.part("aboutInformation").number("currentUsers"))


def domain_numbers(client: KerioClient, domain: Domain) -> DomainNumbers | None:
    """The server's count of users in a domain, without disabled ones; None where it does not say."""

    def reader(result: Row) -> DomainNumbers | None:
        count = result.part("countInfo")
        current, allowed = count.number("currentUsers"), count.part("allowedUsers")
        if current is None:
            return None
        limit = None if allowed.flag("isUnlimited", False) else allowed.number("allowedUsers")
        return DomainNumbers(name=domain.name, current=current, allowed=limit)

    return client.read("Domains.getUserCountInfo", {"domainId": domain.server_id}, reader)


def find_user(client: KerioClient, domain_id: str, login: str) -> Entry | None:
    """The user with a login in a domain; None if there is none. The address has no domain: its name is not known."""
    query: dict[str, object] = {
        "fields": list(assumptions.USER_FIELDS),
        "conditions": [{"fieldName": "loginName", "comparator": assumptions.EQUAL, "value": login}],
        "combining": assumptions.AND,
        "start": 0,
        "limit": -1,
    }
    read_user = user_reader("", Noticed())

    def reader(result: Row) -> Entry | None:
        users = [read_user(row) for row in result.listed_rows()]
        return next((user for user in users if canonical_address(user.address) == canonical_address(login)), None)

    parameters = {"query": query, "domainId": domain_id}
    try:
        return client.read("Users.get", parameters, reader)
    except CallRefused as refused:
        if refused.error.number != assumptions.INVALID_PARAMETERS:
            raise
    query["fields"] = []
    return client.read("Users.get", parameters, reader)


@dataclass
class Noticed:
    """What is noticed of users while they are read, besides what an entry has; by their ids."""

    odd: set[str] = field(default_factory=set)
    """Whose last login has an impossible date: it counts as unknown."""
    restricted: set[str] = field(default_factory=set)
    """Who may administer their own domain only."""
    silent: dict[str, frozenset[str]] = field(default_factory=dict)
    """The fields of entries that the server does not state."""
    homes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The id and the name of the server of a distributed domain on which their mailbox is."""


def user_reader(at: str, noticed: Noticed) -> Reader[Entry]:
    """A reader of users; `at` is the sign and the domain that go behind each login."""

    def read_user(row: Row) -> Entry:
        id_, last_login, is_known = row.name("id"), None, True
        try:
            last_login, is_known = _last_login(row)
        except (OverflowError, StrangeAnswer):
            is_known = False
            noticed.odd.add(id_)
        if row.values.get("hasDomainRestriction") is True:
            noticed.restricted.add(id_)
        home = row.values.get("homeServer")
        if isinstance(home, dict) and home.get("id"):
            noticed.homes[id_] = str(home["id"]), str(home.get("name", ""))
        right = row.part("effectiveRole") or row.part("role")
        stated = {"full_name": row.values.get("fullName"), "description": row.values.get("description")}
        stated |= {"role": right.values.get("userRole"), "home": row.values.get("homeServer")}
        stated["delivers_to"] = forwards_to = _forwarding(row)
        if silent := frozenset(name for name, value in stated.items() if value is None):
            noticed.silent[id_] = silent
        consumed = (row.size("consumedSize"), row.number("consumedItems"))
        return Entry(
            address=row.name("loginName") + at,
            origin="directory" if row.choice("itemSource", assumptions.MAPPED_SOURCES, False) else "local",
            enabled=row.flag("isEnabled", None),
            role=_ASSIGNABLE.get(right.choice("userRole", ROLES, "user"), "full_admin"),
            full_name=row.text("fullName"),
            description=row.text("description"),
            mailbox=id_ in noticed.odd or last_login is not None or any(consumed),
            last_login=last_login,
            login_unknown=not is_known,
            delivers_to=forwards_to or (),
            server_id=id_,
        )

    return read_user


def _last_login(row: Row) -> tuple[LastLogin | None, bool]:
    """The last login, and whether the server says that there was one or none. Raises for an impossible date."""
    login = row.part("lastLoginInfo")
    seconds = login.number("dateTime")
    if seconds is None:
        return None, login.values.get("dateTime") == ""
    if any(abs(seconds - never) <= assumptions.DAY for never in assumptions.NEVER):
        return None, True
    while seconds >= assumptions.MILLISECONDS:
        seconds //= 1000
    if seconds < assumptions.FIRST_LOGIN:
        raise OverflowError
    return LastLogin(datetime.fromtimestamp(seconds, UTC), login.text("protocol")), True


def _forwarding(row: Row) -> tuple[str, ...] | None:
    """Where the mail of a user is forwarded; None where the server does not say, or nothing that can be understood."""
    try:
        forwarding = row.part("emailForwarding")
        addresses = forwarding.texts("emailAddresses")
        return (addresses if forwarding.choice("mode", assumptions.FORWARDS, True) else ()) if forwarding else None
    except StrangeAnswer:
        return None


class Moderator(NamedTuple):
    """Who moderates a mailing list: a user by their id, or someone else by their address."""

    user_id: str
    address: str


def moderators(client: KerioClient, list_id: str) -> tuple[Moderator, ...]:
    """Who moderates a mailing list."""

    def reader(result: Row) -> tuple[Moderator, ...]:
        rows = [row for row in result.listed_rows() if row.choice("kind", assumptions.MODERATES, True)]
        return tuple(Moderator(row.text("userId"), row.text("emailAddress")) for row in rows)

    query = {"fields": [], "conditions": [], "combining": assumptions.AND, "start": 0, "limit": -1}
    return client.read("MailingLists.getMlUserList", {"query": query, "mlId": list_id}, reader)


def domain_reader(unlimited: frozenset[int]) -> Reader[ReadDomain]:
    """A reader of domains, where these numbers say that something has no limit."""

    def read_domain(row: Row) -> ReadDomain:
        limit = row.number("userMaxCount")
        if limit is not None and (limit < 0 or limit >= assumptions.LARGEST_LIMIT or limit in unlimited):
            limit = None
        service, directory = row.part("service"), None
        if service.flag("isEnabled", False):
            directory = MappedFrom(
                service.choice("serviceType", assumptions.DIRECTORY_KINDS, None),
                service.text("hostname"),
                service.text("ldapSuffix"),
                service.part("authentication").text("username"),
            )
        domain = Domain(
            name=row.name("name"),
            primary=row.flag("isPrimary", False),
            description=row.text("description"),
            user_limit=limit,
            server_id=row.name("id"),
        )
        return ReadDomain(domain, directory)

    return read_domain


def other_reader(kind: Kind, at: str) -> Reader[Entry]:
    """A reader of mailing lists, resources or aliases. An alias of several addresses has a row for each."""

    def read_other(row: Row) -> Entry:
        full_name, is_resource = row.name("name"), kind == "resource"
        address, delivers_to = row.text("address") if is_resource else "", row.text("deliverTo")
        return Entry(
            address=address if "@" in address else full_name + at,
            kind=kind,
            enabled=row.flag("isEnabled", True) if is_resource else True,
            full_name=full_name if is_resource else "",
            description=row.text("description"),
            delivers_to=(delivers_to,) if delivers_to and kind == "alias" else (),
            server_id=row.name("id"),
        )

    return read_other


def _end(row: Row) -> End:
    if row.flag("isUnlimited", False):
        return "never"
    end = _known(row, "date")
    return None if end is None else end.date()


def _known(row: Row, key: str) -> datetime | None:
    """A moment; None also for an impossible date."""
    try:
        return row.moment(key)
    except OverflowError:
        return None
