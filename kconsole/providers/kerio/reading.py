"""Asking for single things, and reading rows: what is not known is passed over, what is missing has a default."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from kconsole.core.license import end_of_id
from kconsole.core.records import Role, fold
from kconsole.core.server import UNLIMITED
from kconsole.providers.kerio.assumptions import (
    DIRECTORY_KINDS,
    INVALID_PARAMETERS,
    LARGEST_LIMIT,
    MAPPED_SOURCES,
    NAME_OF_UNLIMITED,
    ROLES,
    USER_FIELDS,
    AnyRole,
)
from kconsole.providers.kerio.errors import ServerRefused, StrangeAnswer
from kconsole.providers.kerio.records import (
    Administrator,
    DirectoryService,
    Expiration,
    LicenseStatus,
    MailboxCount,
    ServerAlias,
    ServerDomain,
    ServerList,
    ServerResource,
    ServerUser,
    ServerVersion,
    UserCount,
    WhoAmI,
)
from kconsole.providers.kerio.values import (
    Row,
    choice,
    flag,
    listed_rows,
    moment,
    name,
    number,
    part,
    rows,
    size,
    text,
    texts,
)

if TYPE_CHECKING:
    from kconsole.providers.kerio.client import KerioClient

_REGISTRATIONS: Final[Mapping[str | int, Literal["none", "trial", "trial_expired", "product", ""]]] = {
    "rsNoRegistration": "none",
    "rsTrialRegistered": "trial",
    "rsTrialExpired": "trial_expired",
    "rsProductRegistered": "product",
}
_RESOURCES: Final[Mapping[str | int, Literal["room", "equipment", ""]]] = {"Room": "room", "Equipment": "equipment"}
_EXPIRATIONS: Final[Mapping[str | int, str]] = {"License": "license", "Subscription": "maintenance"}
_ASSIGNABLE: Final[Mapping[AnyRole, Role]] = {
    "user": "user",
    "auditor": "auditor",
    "account_admin": "account_admin",
    "full_admin": "full_admin",
}


def server_version(line: "KerioClient") -> ServerVersion:
    """Which server answers. Raises as `Line.read`."""
    return line.read(
        "Server.getVersion", None, lambda result: ServerVersion(text(result, "product"), name(result, "version"))
    )


def who_am_i(line: "KerioClient") -> WhoAmI:
    """Who is logged in. Raises as `Line.read`."""

    def reader(result: Row) -> WhoAmI:
        details = part(result, "userDetails")
        if not details:
            raise StrangeAnswer("does not say who is logged in")
        role = choice(part(details, "effectiveRole"), "userRole", ROLES, "user")
        return WhoAmI(
            text(details, "id"), text(details, "domainId"), text(details, "loginName"), text(details, "fullName"), role
        )

    return line.read("Session.whoAmI", None, reader)


def started_at(line: "KerioClient") -> datetime | None:
    """When the server was started; None where it does not tell. Raises as `Line.read`."""
    try:
        return line.read("Server.getServerTime", None, lambda result: _known(part(result, "info"), "startTime"))
    except ServerRefused:
        return line.read("Statistics.get", None, lambda result: _known(part(result, "statistics"), "start"))


def unlimited_constants(line: "KerioClient") -> frozenset[int]:
    """The numbers by which the server says that something has no limit; none where it does not tell.

    Raises:
        SourceAway, Cancelled: as `Line.read`.
    """

    def reader(result: Row) -> frozenset[int]:
        named = [row for row in rows(result, "constants") if NAME_OF_UNLIMITED in text(row, "name").lower()]
        return frozenset(value for row in named if (value := number(row, "value")) is not None)

    try:
        return line.read("Server.getNamedConstantList", None, reader)
    except ServerRefused:
        return frozenset()


def administrator(line: "KerioClient") -> Administrator | None:
    """The built-in administrator; None where the server does not tell. Raises as `Line.read`."""

    def reader(result: Row) -> Administrator | None:
        setting = part(result, "setting")
        login = text(setting, "builtInAdminUsername")
        return Administrator(flag(setting, "builtInAdminEnabled", False), login) if login else None

    return line.read("Server.getRemoteAdministration", None, reader)


def license_status(line: "KerioClient") -> LicenseStatus:
    """The license that the server goes by. Raises as `Line.read`."""

    def reader(result: Row) -> LicenseStatus:
        status = part(result, "status")
        ends = {choice(row, "type", _EXPIRATIONS, ""): _expiration(row) for row in rows(status, "expirations")}
        users = number(status, "users")
        if users is None or (users < 0 and users != UNLIMITED):
            raise StrangeAnswer("does not say for how many users the license is")
        return LicenseStatus(
            registration=choice(status, "regType", _REGISTRATIONS, ""),
            id_end=end_of_id(text(status, "Id")),
            company=text(status, "company"),
            users=None if users == UNLIMITED else users,
            license=ends.get("license"),
            maintenance=ends.get("maintenance"),
        )

    return line.read("ProductRegistration.getFullStatus", None, reader)


def license_extensions(line: "KerioClient") -> tuple[str, ...] | None:
    """What is licensed besides, by the names that the server has for it; None where it does not tell.

    Raises:
        As `Line.read`.
    """

    def reader(result: Row) -> tuple[str, ...] | None:
        return None if result.get("extensions") is None else texts(result, "extensions")

    return line.read("Server.getLicenseExtensionsList", None, reader)


def mailbox_count(line: "KerioClient") -> MailboxCount | None:
    """Mailboxes by the server's own count; that may take long. None where it does not tell. Raises as `Line.read`."""

    def reader(result: Row) -> MailboxCount | None:
        count = part(result, "count")
        return MailboxCount(number(count, "active"), number(count, "total")) if count else None

    return line.read("Users.getMailboxCount", None, reader)


def whole_count(line: "KerioClient") -> UserCount | None:
    """Users on all of the server, by its own count; None where it does not tell. Raises as `Line.read`."""
    return line.read("Server.getAboutInfo", None, lambda result: _user_count(part(result, "aboutInformation")))


def domain_count(line: "KerioClient", domain_id: str) -> UserCount | None:
    """Users of a domain, by the server's own count, which has no disabled ones; None where it does not tell.

    Raises:
        As `Line.read`.
    """
    return line.read(
        "Domains.getUserCountInfo", {"domainId": domain_id}, lambda result: _user_count(part(result, "countInfo"))
    )


def find_user(line: "KerioClient", domain_id: str, login: str) -> ServerUser | None:
    """The user of a domain who has a login; None if nobody has it. Raises as `Line.read`."""
    query: dict[str, object] = {
        "fields": list(USER_FIELDS),
        "conditions": [{"fieldName": "loginName", "comparator": "Eq", "value": login}],
        "combining": "And",
        "start": 0,
        "limit": -1,
    }

    def reader(result: Row) -> ServerUser | None:
        users = [read_user(row) for row in listed_rows(result)]
        return next((user for user in users if fold(user.login) == fold(login)), None)

    parameters = {"query": query, "domainId": domain_id}
    try:
        return line.read("Users.get", parameters, reader)
    except ServerRefused as error:
        if error.number != INVALID_PARAMETERS:
            raise
    query["fields"] = []
    return line.read("Users.get", parameters, reader)


def read_user(row: Mapping[str, Any]) -> ServerUser:
    """A user as he stands in an answer.

    Raises:
        StrangeAnswer: he has no id or login, or something of him is of the wrong type.
    """
    login = part(row, "lastLoginInfo")
    last_login, odd = None, False
    try:
        last_login = moment(login, "dateTime")
    except OverflowError:
        odd = True
    right = part(row, "effectiveRole") or part(row, "role")
    return ServerUser(
        name(row, "id"),
        name(row, "loginName"),
        text(row, "fullName"),
        text(row, "description"),
        flag(row, "isEnabled", True),
        choice(row, "itemSource", MAPPED_SOURCES, False),
        _ASSIGNABLE.get(choice(right, "userRole", ROLES, "user"), "full_admin"),
        flag(row, "isWritableByMe", True),
        last_login,
        text(login, "protocol") if last_login is not None else "",
        odd,
        size(row, "consumedSize"),
        number(row, "consumedItems"),
    )


def domain_reader(unlimited: frozenset[int]) -> Callable[[Mapping[str, Any]], ServerDomain]:
    """What reads a domain as it stands in an answer, where these numbers say that something has no limit."""

    def read_domain(row: Mapping[str, Any]) -> ServerDomain:
        limit = number(row, "userMaxCount")
        if limit is not None and (limit < 0 or limit >= LARGEST_LIMIT or limit in unlimited):
            limit = None
        service = part(row, "service")
        directory = None
        if flag(service, "isEnabled", False):
            directory = DirectoryService(
                choice(service, "serviceType", DIRECTORY_KINDS, None),
                text(service, "hostname"),
                text(service, "ldapSuffix"),
                text(part(service, "authentication"), "username"),
            )
        return ServerDomain(
            name(row, "id"),
            name(row, "name"),
            text(row, "description"),
            flag(row, "isPrimary", False),
            limit,
            directory,
        )

    return read_domain


def read_list(row: Mapping[str, Any]) -> ServerList:
    """A mailing list as it stands in an answer. Raises StrangeAnswer as `read_user`."""
    return ServerList(name(row, "id"), name(row, "name"), text(row, "description"), number(row, "membersCount"))


def read_resource(row: Mapping[str, Any]) -> ServerResource:
    """A resource as it stands in an answer. Raises StrangeAnswer as `read_user`."""
    return ServerResource(
        name(row, "id"),
        name(row, "name"),
        text(row, "address"),
        text(row, "description"),
        choice(row, "type", _RESOURCES, ""),
        flag(row, "isEnabled", True),
    )


def read_alias(row: Mapping[str, Any]) -> ServerAlias:
    """An alias as it stands in an answer. Raises StrangeAnswer as `read_user`."""
    return ServerAlias(
        name(row, "id"),
        name(row, "name"),
        text(row, "deliverTo"),
        text(row, "description"),
    )


def _expiration(row: Row) -> Expiration:
    if flag(row, "isUnlimited", False):
        return Expiration(True, None)
    end = _known(row, "date")
    return Expiration(False, None if end is None else end.date())


def _user_count(row: Row) -> UserCount | None:
    if not row:
        return None
    allowed = part(row, "allowedUsers")
    return UserCount(
        number(row, "currentUsers"),
        flag(allowed, "isUnlimited", False),
        number(allowed, "allowedUsers"),
    )


def _known(row: Row, key: str) -> datetime | None:
    """A moment; None also where it is beyond the calendar."""
    try:
        return moment(row, key)
    except OverflowError:
        return None
