"""Domains.*, and what there is in a domain beside its users: MailingLists, Resources, Aliases, Groups."""

from collections.abc import Mapping
from typing import Any, Final

from tests.kerio_server import shapes
from tests.kerio_server.calls import Call, Run, method
from tests.kerio_server.errors import EXISTS, FAILED, ApiError, denied, invalid, not_there
from tests.kerio_server.queries import Columns
from tests.kerio_server.records import OWN_SERVER, Domain
from tests.kerio_server.world import Kind

_ANY: Final = Domain("", "")

COLUMNS: Final[dict[str, Columns]] = {
    "Domains": Columns(frozenset(shapes.domain_row(_ANY, -1))),
    "MailingLists": Columns(frozenset(shapes.mailing_list_row("", "", "", "", 0))),
    "Resources": Columns(frozenset(shapes.resource_row("", _ANY, "", "", "Room"))),
    "Aliases": Columns(frozenset(shapes.alias_row("", "", "", "", "")), quick=("name", "deliverTo")),
    "Groups": Columns(frozenset(shapes.group_row("", "", "", "", "DSInternalSource"))),
}
"""By interface: what its `get` may be asked for."""


def maximum_users(call: Call, domain: Domain | None = None) -> dict[str, Any]:
    """The stricter of the limits of domain and license; if they are the same it is the license's."""
    world = call.world
    limits = [(world.license.users, 0, "LicenseLimit")]
    if domain is not None:
        limits.append((domain.user_limit, 1, "DomainLimit"))
    set_limits = [(limit, order, name) for limit, order, name in limits if limit is not None]
    if not set_limits:
        return {"isUnlimited": True, "allowedUsers": 0, "limit": 0, "limitType": "LicenseLimit"}
    limit, _, name = min(set_limits)
    used = world.enabled_in(domain.id) if domain and name == "DomainLimit" else world.seats_used
    allowed = max(0, limit - used) if call.unknowns.allowed_users == "remaining" else limit
    return {"isUnlimited": False, "allowedUsers": allowed, "limit": limit, "limitType": name}


@method("Domains.get")
def get_domains(call: Call) -> dict[str, Any]:
    if "query" not in call.params:
        if call.role == "Auditor" and call.unknowns.auditor_domains_without_query:
            raise ApiError(FAILED, "internal database error")
        raise invalid("query")
    seen = [each for each in call.world.domains.values() if call.own_domain in (None, each.id)]
    unlimited = call.unknowns.unlimited
    return call.listed(
        lambda: [shapes.domain_row(each, unlimited) for each in seen],
        COLUMNS["Domains"],
        ("domain", unlimited, call.own_domain),
    )


@method("Domains.getUserCountInfo")
def user_count(call: Call) -> dict[str, Any]:
    domain = call.domain()
    return {
        "countInfo": {
            "currentUsers": call.world.enabled_in(domain.id),
            "allowedUsers": maximum_users(call, domain),
        }
    }


@method("Domains.getSettings")
def domain_settings(call: Call) -> dict[str, Any]:
    return {
        "setting": {
            "hostname": call.world.hostname,
            "publicFoldersPerDomain": False,
            "serverId": OWN_SERVER,
        }
    }


def _reader(interface: str, kind: Kind) -> Run:
    def get(call: Call) -> dict[str, Any]:
        domain = call.domain()
        return call.listed(lambda: call.world.rows[kind][domain.id], COLUMNS[interface], (kind, domain.id))

    return method(f"{interface}.get")(get)


get_lists = _reader("MailingLists", "mailinglist")
get_resources = _reader("Resources", "resource")
get_aliases = _reader("Aliases", "alias")
get_groups = _reader("Groups", "group")


@method("Aliases.create", "AccountAdmin")
def create_aliases(call: Call) -> dict[str, Any]:
    errors, result = [], []
    for index, record in enumerate(call.records("aliases")):
        if not all(isinstance(record.get(name), str) and record[name] for name in ("domainId", "name", "deliverTo")):
            raise invalid("domainId, name, deliverTo")
        try:
            result.append({"inputIndex": index, "id": _new_alias(call, record)})
        except ApiError as error:
            errors.append(error.as_item(index))
    return {"errors": errors, "result": result}


def _new_alias(call: Call, record: Mapping[str, Any]) -> str:
    world, name, deliver_to = call.world, str(record["name"]), str(record["deliverTo"])
    if error := call.item_errors.get(name):
        raise error
    if call.own_domain not in (None, record["domainId"]):
        raise denied()
    domain = world.domains.get(str(record["domainId"]))
    if domain is None:
        raise not_there("Domain", str(record["domainId"]))
    rows = world.rows["alias"][domain.id]
    pair = name.casefold(), deliver_to.casefold()
    if world.by_login(domain.id, name) or pair in {
        (row["name"].casefold(), row["deliverTo"].casefold()) for row in rows
    }:
        raise ApiError(EXISTS, "Alias %1 already exists.", (name,))
    return world.add_alias(f"{name}@{domain.name}", deliver_to)


_MEMBER: Final = Columns(frozenset(("hasId", "userId", "emailAddress", "fullName", "kind")))


@method("MailingLists.getMlUserList")
def list_members(call: Call) -> dict[str, Any]:
    list_id = call.text("mlId")
    return call.listed(lambda: call.world.list_members.get(list_id, []), _MEMBER, ("members", list_id))
