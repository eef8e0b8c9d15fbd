"""What the server says of itself: Version.*, Server.*, ProductRegistration.*, Statistics.get and a few more."""

from datetime import datetime, timedelta
from typing import Any, Final

from tests.kerio_server.calls import Call, method
from tests.kerio_server.domain_methods import COLUMNS, maximum_users
from tests.kerio_server.errors import FAILED, ApiError, invalid
from tests.kerio_server.user_methods import USER_COLUMNS

VERSION: Final = (10, 0, 8, 9228)
API_VERSION: Final = 130
"""Made up: it is known only to be a number."""

_WORDS: Final = ".".join(str(number) for number in VERSION)
_FAR: Final = timedelta(days=36500)


@method("Version.getProductVersion")
def product_version(_: Call) -> dict[str, Any]:
    major, minor, revision, build = VERSION
    return {
        "productVersion": {
            "productName": "Kerio Connect",
            "major": major,
            "minor": minor,
            "revision": revision,
            "build": build,
            "order": 0,
            "releaseType": "Final",
            "displayNumber": f"{major}.{minor}.{revision}",
        }
    }


@method("Version.getApiVersion")
def api_version(_: Call) -> dict[str, Any]:
    return {"apiVersion": API_VERSION}


@method("Server.getVersion")
def version(_: Call) -> dict[str, Any]:
    major, minor, revision, build = VERSION
    return {
        "product": "Kerio Connect",
        "version": _WORDS,
        "major": major,
        "minor": minor,
        "revision": revision,
        "build": build,
    }


@method("Server.getProductInfo")
def product_info(_: Call) -> dict[str, Any]:
    return {
        "info": {
            "productName": "Kerio Connect",
            "version": _WORDS,
            "buildNumber": str(VERSION[3]),
            "osName": "kconsole test server",
            "os": "Linux",
            "releaseType": "Final",
            "deployedType": "DeployedStandalone",
            "updateInfo": {"result": "updNoUpdate", "description": "", "downloadUrl": "", "infoUrl": ""},
        }
    }


@method("Server.getAboutInfo")
def about(call: Call) -> dict[str, Any]:
    until = call.world.license.maintained_until
    days = _days(call, until)
    return {
        "aboutInformation": {
            "currentUsers": sum(map(call.world.enabled_in, call.counted_domains)),
            "allowedUsers": maximum_users(call),
            "serverSoftware": f"Kerio Connect {_WORDS} (kconsole test server)",
            "subscription": {
                "isUnlimited": until is None,
                "showAlert": until is not None and days < 30,
                "remainingDays": days,
                "subscriptionDate": str(int(until.timestamp()) * 1000) if until else "",
            },
            "copyright": "",
            "productHomepage": "",
        }
    }


@method("Server.getAlertList")
def alerts(call: Call) -> dict[str, Any]:
    world = call.world
    reported = []
    if world.license.users is not None and world.seats_used > world.license.users:
        reported.append(_alert("LicenseTooManyUsers", "Critical", world.seats_used, world.license.users))
    for name, until in (("License", world.license.expires), ("Subscription", world.license.maintained_until)):
        days = _days(call, until)
        if until is not None and days < 0:
            reported.append(_alert(f"{name}Expired", "Critical", days, 0))
        elif until is not None and days < 30:
            reported.append(_alert(f"{name}SoonExpire", "Warning", days, 30))
    return {"alerts": reported}


@method("Server.getLicenseExtensionsList")
def extensions(call: Call) -> dict[str, Any]:
    return {"extensions": list(call.world.license.extensions)}


@method("Server.getNamedConstantList")
def constants(call: Call) -> dict[str, Any]:
    return {"constants": [{"name": "Unlimited", "value": str(call.unknowns.unlimited)}]}


@method("Server.getRemoteAdministration")
def remote_administration(call: Call) -> dict[str, Any]:
    world = call.world
    return {
        "setting": {
            "isEnabled": True,
            "isLimited": False,
            "groupId": "",
            "groupName": "",
            "builtInAdminEnabled": bool(world.admin_password),
            "builtInAdminUsername": world.admin_name,
            "builtInAdminPassword": "",
            "builtInAdminPasswordIsEmpty": not world.admin_password,
            "builtInAdminUsernameCollide": bool(world.primary and world.find(world.admin_name)),
        }
    }


@method("Server.getColumnList")
def columns(call: Call) -> dict[str, Any]:
    kind, name = call.text("objectName"), call.text("methodName")
    known = COLUMNS | {"Users": USER_COLUMNS}
    if kind not in known or name != "get":
        raise invalid(f"{kind}.{name}")
    return {"columns": sorted(known[kind].names)}


@method("Server.getServerTime")
def server_time(call: Call) -> dict[str, Any]:
    world = call.world
    return {
        "info": {
            "timezoneOffset": 0,
            "startTime": int(world.started.timestamp()),
            "currentTime": int(world.now().timestamp()),
        }
    }


@method("Server.findEntityByEmail")
def find_by_email(call: Call) -> dict[str, Any]:
    """Who has one of these addresses, the updated one marked."""
    domain, addresses, updated = call.domain(), call.ids("addresses"), call.params.get("updatedEntity", {})
    own_id = updated.get("id") if isinstance(updated, dict) else None
    found = []
    for address in addresses:
        local = address.partition("@")[0].casefold()
        found += [
            _entity("EntityUser", user.login, local, domain.name, user.id == own_id)
            for user in call.world.users_of(domain.id)
            if local in (user.login.casefold(), *(each.casefold() for each in user.row["emailAddresses"]))
        ]
        for kind, entity in (("alias", "EntityAlias"), ("mailinglist", "EntityMailingList"), ("group", "EntityGroup")):
            found += [
                _entity(entity, row["name"], local, domain.name, row["id"] == own_id)
                for row in call.world.rows[kind][domain.id]  # type: ignore[index]
                if row["name"].casefold() == local
            ]
    return {"entities": found}


@method("Server.uploadLicense", "FullAdmin")
def upload_license(call: Call) -> dict[str, Any]:
    """A real license can't be checked here, so whatever was uploaded is none."""
    call.text("fileId")
    raise ApiError(FAILED, "The license file is not valid.")


@method("ProductRegistration.getStatus")
def status(call: Call) -> dict[str, Any]:
    known = call.world.license
    return {"status": {"regType": known.registered_as, "Id": known.id}}


@method("ProductRegistration.getFullStatus")
def full_status(call: Call) -> dict[str, Any]:
    known = call.world.license
    return {
        "status": {
            "regType": known.registered_as,
            "Id": known.id,
            "company": known.company,
            "users": -2 if known.users is None else known.users,
            "expirations": [
                {
                    "type": name,
                    "isUnlimited": until is None,
                    "remainingDays": _days(call, until),
                    "date": int(until.timestamp()) if until else 0,
                }
                for name, until in (("License", known.expires), ("Subscription", known.maintained_until))
            ],
        }
    }


@method("Statistics.get")
def statistics(call: Call) -> dict[str, Any]:
    """The counters are texts; only start, uptime and sizes are numbers."""
    up = call.world.now() - call.world.started
    none = {"count": "0", "volume": {"value": 0, "units": "Bytes"}, "recipients": "0"}
    return {
        "statistics": {
            "start": int(call.world.started.timestamp()),
            "uptime": {"days": up.days, "hours": up.seconds // 3600, "minutes": up.seconds % 3600 // 60},
            "storage": {
                "total": {"value": 716796, "units": "MegaBytes"},
                "occupied": {"value": 666175, "units": "MegaBytes"},
                "percentage": "92",
            },
            "received": {"count": "617376", "volume": {"value": 119600, "units": "MegaBytes"}, "recipients": "4380038"},
            "storedInQueue": none,
            "transmitted": none,
            "deliveredToLocals": none,
            "mx": none,
            "relay": {"count": "0"},
            "failures": {"transientFailures": "0", "permanentFailures": "0"},
            "deliveryStatus": {"success": "0", "delay": "0", "failure": "0"},
            "imapServer": {"totalIncomingConnections": "320268", "authenticationFailures": "9491"},
            "webServer": {"totalIncomingConnections": "14695683"},
        }
    }


@method("Services.get")
def services(_: Call) -> dict[str, Any]:
    ports = {"SMTP": 25, "POP3": 110, "Secure POP3": 995, "IMAP": 143, "Secure IMAP": 993, "Secure HTTP": 443}
    return {
        "services": [
            {
                "id": f"keriodb://service/{number}",
                "name": name,
                "howToStart": "Automatic",
                "defaultPort": port,
                "isRunning": True,
                "listeners": [{"type": "AllAddresses", "address": "All addresses", "port": port}],
                "connectionLimit": {"isSet": True, "value": 1000},
                "group": {"isUsed": False, "ipGroup": {"id": "", "name": ""}},
                "anonymousAccess": False,
            }
            for number, (name, port) in enumerate(ports.items())
        ]
    }


@method("AccessPolicy.getGroupList")
def access_policies(_: Call) -> dict[str, Any]:
    return {"groups": [{"id": "keriodb://accesspolicygroup/default", "name": "Default", "isDefault": True}]}


@method("DistributedDomain.getRole")
def cluster_role(call: Call) -> dict[str, Any]:
    is_one = any(domain.distributed for domain in call.world.domains.values())
    return {"role": "clMaster" if is_one else "clStandalone", "isMultiServer": is_one}


@method("DistributedDomain.getHomeServerList")
def home_servers(call: Call) -> dict[str, Any]:
    homes = {user.row["homeServer"]["id"]: user.row["homeServer"] for user in call.world.users.values()}
    return {"servers": [home for id_, home in homes.items() if id_]}


def _days(call: Call, until: datetime | None) -> int:
    """Whole days until then; a day that has begun counts."""
    return ((until - call.world.now()) if until else _FAR).days


def _alert(name: str, kind: str, current: int, critical: int) -> dict[str, Any]:
    return {"alertName": name, "alertType": kind, "currentValue": str(current), "criticalValue": str(critical)}


def _entity(kind: str, name: str, local: str, domain: str, own: bool) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "collisionAddress": f"{local}@{domain}",
        "win": kind == "EntityUser",
        "isPattern": own,
    }
