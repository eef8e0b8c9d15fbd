"""Users.*: reading."""

from datetime import UTC, datetime
from typing import Any, Final

from tests.kerio_server import shapes
from tests.kerio_server.calls import Call, method
from tests.kerio_server.errors import invalid, not_there
from tests.kerio_server.queries import Columns, Row
from tests.kerio_server.records import RANK, User

USER_COLUMNS: Final = Columns(
    frozenset(shapes.user_row("", "", "")),
    quick=("loginName", "fullName", "description"),
    not_in_conditions=frozenset({"isWritableByMe"}),
    not_in_or=frozenset({"itemSource"}),
)
_WITHOUT_LOGIN: Final = Columns(
    USER_COLUMNS.names,
    USER_COLUMNS.quick,
    USER_COLUMNS.not_in_conditions | {"lastLoginInfo"},
    USER_COLUMNS.not_in_or,
    frozenset({"lastLoginInfo"}),
)

_STATISTICS: Final = {
    "pop3": "POP3",
    "securePop3": "",
    "imap": "IMAP",
    "secureImap": "",
    "http": "HTTP",
    "secureHttp": "",
    "ldap": "LDAP",
    "secureLdap": "",
    "nntp": "NNTP",
    "secureNntp": "",
    "activeSync": "ActiveSync",
    "secureActiveSync": "",
    "xmpp": "XMPP",
    "secureXmpp": "",
}
"""By member of UserStats: the protocol of which it tells."""


@method("Users.get")
def get_users(call: Call) -> dict[str, Any]:
    domain = call.domain()
    if not isinstance(call.params.get("query"), dict):
        raise invalid("query")
    columns = USER_COLUMNS if call.unknowns.by_last_login == "works" else _WITHOUT_LOGIN
    users = call.world.users_of(domain.id)
    answer = call.listed(lambda: [user.row for user in users], columns, ("user", domain.id), call.unknowns.most_users)
    answer["list"] = _as_seen(call, users, answer["list"], call.params["query"].get("fields") or ())
    return answer


@method("Users.getMailboxCount")
def mailbox_count(call: Call) -> dict[str, Any]:
    return {
        "count": {
            "active": call.world.active_mailboxes(),
            "total": sum(len(call.world.users_of(each)) for each in call.counted_domains),
        }
    }


@method("Users.getStatistics")
def user_statistics(call: Call) -> dict[str, Any]:
    reported = []
    for user_id in call.ids("userIds"):
        if user_id not in call.world.users:
            raise not_there("User", user_id)
        reported.append(_statistics(call, call.world.users[user_id]))
    return {"list": reported}


@method("Users.getNotActivated")
def not_activated(call: Call) -> dict[str, Any]:
    return {
        "newUsers": [
            {
                "userItem": {name: user.row[name] for name in ("id", "loginName", "fullName", "description")},
                "isImportable": True,
                "message": "",
            }
            for user in call.domain().waiting.values()
        ]
    }


def _as_seen(call: Call, users: list[User], rows: list[Row], fields: tuple[str, ...]) -> list[Row]:
    """Rows as this caller sees them, and with never-logged-in as this server writes it."""
    if call.rank < RANK["FullAdmin"] and (not fields or "isWritableByMe" in fields):
        closed = {name for user in users if not call.may_change(user) for name in (user.id, user.login)}
        rows = [{**row, "isWritableByMe": closed.isdisjoint((row.get("id"), row.get("loginName")))} for row in rows]
    if hidden := call.unknowns.hidden_members:
        rows = [{name: value for name, value in row.items() if name not in hidden} for row in rows]
    never = call.unknowns.never
    if never == "zero":
        return rows
    return [_never(row, never) if _is_never(row) else row for row in rows]


def _is_never(row: Row) -> bool:
    return "lastLoginInfo" in row and not row["lastLoginInfo"]["dateTime"]


def _never(row: Row, written: str) -> Row:
    if written == "absent":
        return {name: value for name, value in row.items() if name != "lastLoginInfo"}
    return {**row, "lastLoginInfo": {} if written == "missing" else {"dateTime": "", "protocol": ""}}


def _statistics(call: Call, user: User) -> dict[str, Any]:
    reported: dict[str, Any] = {
        "name": user.login,
        "occupiedSpace": {"items": user.row["consumedItems"], "storage": user.row["consumedSize"]},
    }
    for member, protocol in _STATISTICS.items():
        count, last = user.logins.get(protocol, (0, 0))
        written = datetime.fromtimestamp(last, UTC).strftime(call.unknowns.login_time_format) if count else ""
        reported[member] = {"count": count, "lastLogin": written}
    return reported
