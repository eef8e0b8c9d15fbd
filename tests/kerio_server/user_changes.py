"""Users.*: creating, changing, removing, activating. What fails for one user is reported in `errors`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.kerio_server import shapes
from tests.kerio_server.calls import Call, method, word
from tests.kerio_server.errors import EXISTS, LICENSE, ApiError, denied, invalid, not_there
from tests.kerio_server.records import RANK, Domain, User, digest

_TEMPLATE: Final = shapes.user_row("", "", "")
_NOT_WRITABLE: Final = frozenset(
    (
        *("id", "itemSource", "groupRole", "effectiveRole", "isWritableByMe"),
        *("consumedItems", "consumedSize", "lastLoginInfo", "migration"),
    )
)
_METHODS: Final = ("UDeleteUser", "UDeleteFolder", "UMoveFolder")
_MODES: Final = ("DSModeDeactivate", "DSModeDelete")


@method("Users.create", "AccountAdmin")
def create_users(call: Call) -> dict[str, Any]:
    wanted = [(record, _members(record)) for record in call.records("users")]
    for record, _ in wanted:
        if not all(isinstance(record.get(name), str) and record[name] for name in ("domainId", "loginName")):
            raise invalid("domainId, loginName")
    made: list[tuple[User, User | None]] = []
    errors, result = [], []
    for index, (record, members) in enumerate(wanted):
        try:
            user, old = _create(call, record, members)
        except ApiError as error:
            if call.unknowns.create_fails == "call":
                _unmake(call, made)
                raise
            errors.append(error.as_item(index))
        else:
            made.append((user, old))
            result.append({"inputIndex": index, "id": user.id})
    return {"errors": errors, "result": result}


@method("Users.set", "AccountAdmin")
def set_users(call: Call) -> dict[str, Any]:
    pattern = call.params.get("pattern")
    if not isinstance(pattern, Mapping):
        raise invalid("pattern")
    members = _members(pattern)
    return _each(call.ids("userIds"), lambda user_id: _set(call, user_id, members, pattern.get("password")))


@method("Users.remove", "AccountAdmin")
def remove_users(call: Call) -> dict[str, Any]:
    requests = call.records("requests")
    for request in requests:
        moves = word(request.get("method"), "method", _METHODS) == "UMoveFolder"
        word(request.get("mode", "DSModeDelete"), "mode", _MODES)
        if not isinstance(request.get("userId"), str) or not isinstance(request.get("removeReferences", False), bool):
            raise invalid("requests")
        if moves and not request.get("targetUserId"):
            raise invalid("targetUserId")
    by_place = {str(index): request for index, request in enumerate(requests)}
    return _each(list(by_place), lambda place: _remove(call, by_place[place]))


@method("Users.activate", "AccountAdmin")
def activate_users(call: Call) -> dict[str, Any]:
    return _each(call.ids("userIds"), lambda user_id: _activate(call, user_id))


def _each(items: list[str], run: Callable[[str], None]) -> dict[str, Any]:
    errors = []
    for index, item in enumerate(items):
        try:
            run(item)
        except ApiError as error:
            errors.append(error.as_item(index))
    return {"errors": errors}


def _create(call: Call, record: Mapping[str, Any], members: dict[str, Any]) -> tuple[User, User | None]:
    """A new user, and the mailbox found under that name, if one was left there."""
    world = call.world
    domain_id, login = str(record["domainId"]), str(record["loginName"])
    _faulted(call, login)
    if call.own_domain not in (None, domain_id):
        raise denied()
    domain = world.domains.get(domain_id)
    if domain is None:
        raise not_there("Domain", domain_id)
    if world.by_login(domain_id, login):
        raise ApiError(EXISTS, "User %1 already exists.", (login,))
    role = members.get("role", {}).get("userRole", "UserRole")
    if RANK[role] > call.rank:
        raise denied()
    if members.get("isEnabled", True):
        _need_seat(call, domain, login)
    row = shapes.user_row(world.new_id("user", domain), domain_id, login, role=role) | members
    row["effectiveRole"] = row["role"]
    user = User(row, _digest(record.get("password")))
    left = world.left_mailboxes.pop((domain_id, login.casefold()), None)
    if left is not None:
        user.mailbox = True
        row |= {name: left.row[name] for name in ("consumedItems", "consumedSize")}
    return world.insert(user), left


def _unmake(call: Call, made: list[tuple[User, User | None]]) -> None:
    """Take back what a call made that then failed: nothing is left half done."""
    for user, left in made:
        call.world.take_out(user, holds=False)
        if left is not None:
            call.world.left_mailboxes[(user.row["domainId"], user.login.casefold())] = left


def _set(call: Call, user_id: str, members: dict[str, Any], password: Any) -> None:
    world, user = call.world, _target(call, user_id)
    login, role = members.get("loginName", user.login), members.get("role", {}).get("userRole", "UserRole")
    if RANK[role] > call.rank:
        raise denied()
    if user is call.caller and members.get("isEnabled") is False:
        raise denied()
    if login.casefold() != user.login.casefold() and world.by_login(user.row["domainId"], login):
        raise ApiError(EXISTS, "User %1 already exists.", (login,))
    enables = members.get("isEnabled") is True and not user.enabled
    takes_seat = enables and (user.mailbox or not user.mapped)
    if takes_seat and call.unknowns.enable_over_license == "refused":
        _need_seat(call, world.domains[user.row["domainId"]], user.login)
    with world.changing(user):
        user.row.update(members)
        if "role" in members:
            user.row["effectiveRole"] = members["role"]
        user.password = _digest(password) or user.password


def _remove(call: Call, request: Mapping[str, Any]) -> None:
    world, user = call.world, _target(call, request["userId"])
    if user is call.caller:
        raise denied()
    way = word(request["method"], "method", _METHODS)
    mode = word(request.get("mode", "DSModeDeactivate" if user.mapped else "DSModeDelete"), "mode", _MODES)
    domain = world.domains[user.row["domainId"]]
    target = world.users.get(str(request.get("targetUserId", "")))
    if way == "UMoveFolder" and (target is None or target is user):
        raise not_there("User", str(request.get("targetUserId")))
    if user.mapped and mode == "DSModeDelete" and not domain.directory_writable:
        raise denied()
    if user.mapped and mode == "DSModeDeactivate" and call.unknowns.deactivated == "disabled":
        with world.changing(user):
            user.row["isEnabled"] = False
        return
    world.take_out(user)
    if user.mapped and mode == "DSModeDeactivate":
        domain.waiting[user.id] = user
    if way == "UMoveFolder" and target is not None:
        with world.changing(target):
            target.row["consumedItems"] += user.row["consumedItems"]
    elif way == "UDeleteUser" and user.mailbox:
        world.left_mailboxes[(domain.id, user.login.casefold())] = user
    if request.get("removeReferences"):
        _remove_references(call, user, f"{user.login}@{domain.name}")


def _remove_references(call: Call, user: User, address: str) -> None:
    call.world.remove_row("alias", lambda row: row["deliverTo"].casefold() != address.casefold())
    for members in call.world.list_members.values():
        members[:] = [member for member in members if member["userId"] != user.id]


def _activate(call: Call, user_id: str) -> None:
    for domain in call.world.domains.values():
        if user_id in domain.waiting and call.own_domain in (None, domain.id):
            _faulted(call, user_id)
            if call.world.by_login(domain.id, domain.waiting[user_id].login):
                raise ApiError(EXISTS, "User %1 already exists.", (domain.waiting[user_id].login,))
            call.world.insert(domain.waiting.pop(user_id))
            return
    raise not_there("User", user_id)


def _target(call: Call, user_id: str) -> User:
    """The user that shall be changed, if the caller may."""
    user = call.world.users.get(user_id)
    if user is None:
        raise not_there("User", user_id)
    _faulted(call, user_id, user.login)
    if not call.may_change(user):
        raise denied()
    return user


def _faulted(call: Call, *names: str) -> None:
    """Fail for a user if a test wants it."""
    for name in names:
        if name in call.item_errors:
            raise call.item_errors[name]


def _need_seat(call: Call, domain: Domain, login: str) -> None:
    full = domain.user_limit is not None and call.world.enabled_in(domain.id) >= domain.user_limit
    if full or not call.world.seat_free:
        raise ApiError(LICENSE, call.unknowns.license_message, (login,))


def _digest(password: Any) -> str:
    return digest(password) if isinstance(password, str) and password else ""


def _members(given: Mapping[str, Any]) -> dict[str, Any]:
    """The members that can be written, checked.

    Raises:
        ApiError: -32602 for a wrong type or an unknown word of an enum.
    """
    members: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _TEMPLATE or name in _NOT_WRITABLE or name == "domainId" or value is None:
            continue
        if type(value) is not type(_TEMPLATE[name]) and name != "authType":
            raise invalid(name)
        if name == "role":
            members[name] = _role(value)
        elif name == "authType":
            members[name] = word(value or 0, name)
        elif name == "emailForwarding":
            members[name] = {**value, "mode": word(value.get("mode") or 0, "mode")}
        elif name == "accessPolicy":
            members[name] = {**_TEMPLATE[name], **({"id": value["id"]} if value.get("id") else {})}
        else:
            members[name] = value
    return members


def _role(value: dict[str, Any]) -> dict[str, Any]:
    """A role with all its three members, and none of those that can't be assigned."""
    if not {"userRole", "publicFolderRight", "archiveFolderRight"} <= set(value):
        raise invalid("role")
    role = word(value["userRole"] or 0, "userRole")
    if role in ("BuiltInAdmin", "BuiltInDomainAdmin"):
        raise invalid("userRole")
    return {**value, "userRole": role}
