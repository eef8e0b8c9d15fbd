"""Session.*, beside `Session.login`, which needs no session."""

from datetime import timedelta
from typing import Any, Final

from tests.kerio_server import shapes
from tests.kerio_server.calls import Call, method
from tests.kerio_server.errors import not_there
from tests.kerio_server.queries import Columns


@method("Session.logout")
def log_out(call: Call) -> dict[str, Any]:
    call.sessions.end(call.session)
    return {"redirectUrl": f"https://{call.world.hostname}:4040/admin/login"}


@method("Session.whoAmI")
def who_am_i(call: Call) -> dict[str, Any]:
    row = call.caller.row if call.caller else {"id": "", "domainId": "", "loginName": call.world.admin_name}
    return {
        "userDetails": {
            "id": row["id"],
            "domainId": row["domainId"],
            "loginName": row["loginName"],
            "fullName": row.get("fullName", ""),
            "effectiveRole": shapes.right(call.role),
        }
    }


@method("Session.getDomain")
def get_domain(call: Call) -> dict[str, Any]:
    world = call.world
    domain = world.domains.get(call.caller.row["domainId"]) if call.caller else world.primary
    if domain is None:
        raise not_there("Domain", "")
    row = shapes.domain_row(domain, call.unknowns.unlimited)
    names = ("name", "id", "description", *(name for name in row if name.startswith("password")))
    return {"domain": {"displayName": domain.name, **{name: row[name] for name in names}}}


_SESSIONS: Final = Columns(
    frozenset({"id", "userName", "clientAddress", "expirationTime", "componentType", "isSecure"})
)


@method("Server.getWebSessions")
def web_sessions(call: Call) -> dict[str, Any]:
    idle = call.unknowns.session_idle or timedelta(hours=1)

    def rows() -> list[dict[str, Any]]:
        return [
            {
                "id": each.id,
                "userName": call.world.users[each.user_id].login if each.user_id else call.world.admin_name,
                "clientAddress": "127.0.0.1",
                "expirationTime": (each.last_call + idle).strftime("%d.%m.%Y %H:%M:%S"),
                "componentType": "WebComponentADMIN",
                "isSecure": True,
            }
            for each in call.sessions.open()
            if not each.user_id or each.user_id in call.world.users
        ]

    call.world.version += 1  # what was listed before is not what is open now
    return call.listed(rows, _SESSIONS, ("session",))


@method("Server.killWebSessions", "FullAdmin")
def kill_web_sessions(call: Call) -> dict[str, Any]:
    killed = set(call.ids("ids"))
    for each in call.sessions.open():
        if each.id in killed:
            call.sessions.end(each)
    return {}
