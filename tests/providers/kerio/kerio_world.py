"""A mail server's contents for tests of the client, as answers of the small server."""

from typing import Any

from tests.providers.kerio.kerio_https import Answer, Call, TinyServer, give, listed


def user(number: int, domain: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"keriodb://user/d{domain}/u{number}",
        "domainId": f"keriodb://domain/d{domain}",
        "loginName": f"user{number:04}",
        "fullName": f"User {number}",
        "description": "",
        "isEnabled": True,
        "itemSource": "DSInternalSource",
        "effectiveRole": {"userRole": "UserRole", "publicFolderRight": False, "archiveFolderRight": False},
        "isWritableByMe": True,
        "lastLoginInfo": {"dateTime": 1754246600, "protocol": "IMAP"},
        "consumedSize": {"value": 3, "units": "MegaBytes"},
        "consumedItems": 17,
        **fields,
    }


def domain(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"keriodb://domain/d{number}",
        "name": f"d{number}.example",
        "description": "",
        "isPrimary": number == 0,
        "userMaxCount": -1,
        "service": {"isEnabled": False, "serviceType": "WindowsActiveDirectory"},
        "isDistributed": False,
        **fields,
    }


def count(current: Any, limit: Any = 100) -> dict[str, Any]:
    return {
        "currentUsers": current,
        "allowedUsers": {"isUnlimited": False, "allowedUsers": limit, "limit": limit, "limitType": "LicenseLimit"},
    }


def by_domain(contents: dict[str, list[dict[str, Any]]]) -> Answer:
    return lambda call: listed(contents.get(call.params["domainId"], []))(call)


def furnish(server: TinyServer, domains: int = 2, users: int = 5) -> dict[str, list[dict[str, Any]]]:
    """A server with everything that a sync reads. The users, by the id of their domain, may be changed."""
    everybody = {
        f"keriodb://domain/d{number}": [user(place, number) for place in range(users)] for number in range(domains)
    }

    def counted(call: Call) -> Any:
        return {"countInfo": count(str(len(everybody[call.params["domainId"]])))}

    server.answers |= {
        "Server.getVersion": give({"product": "Kerio Connect", "version": "10.0.8.9228", "major": 10}),
        "Session.whoAmI": give(
            {"userDetails": {"id": "", "domainId": "", "loginName": "Admin", "effectiveRole": {"userRole": "Auditor"}}}
        ),
        "Server.getNamedConstantList": give({"constants": [{"name": "kerio_web_Unlimited", "value": "7777"}]}),
        "Server.getServerTime": give({"info": {"startTime": 1754246600, "currentTime": 1754250000}}),
        "Domains.get": listed([domain(number) for number in range(domains)]),
        "Users.get": by_domain(everybody),
        "MailingLists.get": by_domain(
            {"keriodb://domain/d0": [{"id": "l1", "name": "all", "description": "", "membersCount": "12"}]}
        ),
        "MailingLists.getMlUserList": listed([]),
        "Resources.get": by_domain({"keriodb://domain/d0": [{"id": "r1", "name": "Blue room", "type": "Room"}]}),
        "Aliases.get": by_domain(
            {"keriodb://domain/d0": [{"id": "a1", "name": "info", "deliverTo": "user0001", "type": "TypeEmailAddress"}]}
        ),
        "Domains.getUserCountInfo": counted,
        "Server.getRemoteAdministration": give(
            {"setting": {"builtInAdminEnabled": True, "builtInAdminUsername": "Admin"}}
        ),
        "ProductRegistration.getFullStatus": give(
            {
                "status": {
                    "regType": "rsProductRegistered",
                    "Id": "12345-ABCDE-67890",
                    "company": "Northwind",
                    "users": 5000,
                    "expirations": [
                        {"type": "License", "isUnlimited": True, "remainingDays": 0, "date": 0},
                        {"type": "Subscription", "isUnlimited": False, "remainingDays": 1653, "date": 1921449599},
                    ],
                }
            }
        ),
        "Server.getLicenseExtensionsList": give({"extensions": ["ActiveSync"]}),
        "Users.getMailboxCount": give({"count": {"active": 3, "total": 10}}),
        "Server.getAboutInfo": give({"aboutInformation": count(10, 5000)}),
    }
    return everybody
