"""Session.*, beside `Session.login`, which needs no session."""

from typing import Any

from tests.kerio_server import shapes
from tests.kerio_server.calls import Call, method
from tests.kerio_server.errors import not_there


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
