"""The members that each kind of record has on the wire, with what they say by default."""

from typing import Any

from tests.kerio_server.records import Domain, Source
from tests.kerio_server.unknowns import Role

NO_SIZE_LIMIT = {"isActive": False, "limit": {"value": 0, "units": "MegaBytes"}}
NO_SERVER = {"id": "", "name": ""}
KEPT = {"isEnabled": False, "days": 30}


def right(role: Role) -> dict[str, Any]:
    """A user's role and what else they may do."""
    return {"userRole": role, "publicFolderRight": False, "archiveFolderRight": False}


def user_row(
    user_id: str, domain_id: str, login: str, *, source: Source = "DSInternalSource", role: Role = "UserRole"
) -> dict[str, Any]:
    """A user of which nothing but this is known.

    `migration` has no `name` while nothing migrates: the one client that reads it calls it a number.
    """
    return {
        "id": user_id,
        "domainId": domain_id,
        "companyContactId": "",
        "loginName": login,
        "fullName": "",
        "description": "",
        "isEnabled": True,
        "itemSource": source,
        "authType": "UInternalAuth" if source == "DSInternalSource" else "UKerberosAuth",
        "isPasswordReversible": False,
        "allowPasswordChange": True,
        "hasDefaultSpamRule": True,
        "role": right(role),
        "groupRole": right("UserRole"),
        "effectiveRole": right(role),
        "isWritableByMe": True,
        "emailAddresses": [],
        "emailForwarding": {"mode": "UForwardNone", "emailAddresses": []},
        "userGroups": [],
        "itemLimit": {"isActive": False, "limit": 0},
        "diskSizeLimit": NO_SIZE_LIMIT,
        "consumedItems": 0,
        "consumedSize": {"value": 0, "units": "KiloBytes"},
        "hasDomainRestriction": False,
        "outMessageLimit": NO_SIZE_LIMIT,
        "lastLoginInfo": {"dateTime": 0, "protocol": ""},
        "publishInGal": True,
        "cleanOutItems": {
            "isUsedDomain": True,
            "deletedItems": KEPT,
            "junkEmail": KEPT,
            "sentItems": KEPT,
            "autoDelete": {"isEnabled": False, "days": 1095},
        },
        "accessPolicy": {"id": "keriodb://accesspolicygroup/default", "name": "Default"},
        "homeServer": NO_SERVER,
        "migration": {"enabled": False, "id": ""},
    }


def domain_row(domain: Domain, unlimited: int) -> dict[str, Any]:
    """A domain, as `Domains.get` tells of it."""
    return {
        "id": domain.id,
        "name": domain.name,
        "description": domain.description,
        "isPrimary": domain.primary,
        "userMaxCount": unlimited if domain.user_limit is None else domain.user_limit,
        "passwordExpirationEnabled": False,
        "passwordExpirationDays": 180,
        "passwordHistoryCount": 0,
        "passwordComplexityEnabled": False,
        "passwordMinimumLength": 8,
        "outgoingMessageLimit": NO_SIZE_LIMIT,
        "deletedItems": KEPT,
        "junkEmail": KEPT,
        "sentItems": KEPT,
        "autoDelete": {"isEnabled": False, "days": 1095},
        "keepForRecovery": KEPT,
        "aliasList": list(domain.aliases),
        "forwardingOptions": {"isEnabled": False, "host": "", "port": 25, "how": "Online", "preventLoop": False},
        "service": {
            "isEnabled": bool(domain.directory),
            "serviceType": domain.directory or "WindowsActiveDirectory",
            "customMapFile": "",
            "authentication": {"username": "", "password": "", "isSecure": bool(domain.directory)},
            "hostname": domain.directory_host,
            "backupHostname": "",
            "directoryName": domain.name if domain.directory else "",
            "ldapSuffix": "",
        },
        "domainFooter": {"isUsed": False, "text": "", "isHtml": False, "isUsedInDomain": False},
        "kerberosRealm": "",
        "winNtName": "",
        "pamRealm": "",
        "ipAddressBind": {"enabled": False, "value": ""},
        "logo": {"isUsed": False, "url": ""},
        "customClientLogo": {"isEnabled": False, "url": "", "id": ""},
        "checkSpoofedSender": False,
        "renameInfo": {"isRenamed": False, "oldName": "", "newName": ""},
        "domainQuota": {
            "diskSizeLimit": NO_SIZE_LIMIT,
            "consumedSize": {"value": 0, "units": "KiloBytes"},
            "notification": {"type": "notifyOnce", "period": {"value": 1, "units": "Days"}},
            "warningLimit": 90,
            "email": "",
            "blocks": False,
        },
        "isDistributed": domain.distributed,
        "isDkimEnabled": False,
        "isLdapManagementAllowed": domain.directory_writable,
        "isInstantMessagingEnabled": True,
        "useRemoteArchiveAddress": False,
        "remoteArchiveAddress": "",
        "archiveLocalMessages": False,
        "archiveIncomingMessages": False,
        "archiveOutgoingMessages": False,
        "archiveBeforeFilter": False,
    }


def mailing_list_row(list_id: str, domain_id: str, name: str, description: str, members: int) -> dict[str, Any]:
    """A mailing list."""
    return {
        "id": list_id,
        "domainId": domain_id,
        "name": name,
        "description": description,
        "languageId": "en",
        "welcomeString": "",
        "footerString": "",
        "subscription": {"type": "Allowed", "moderatorReview": False, "moderatorNotification": False},
        "posting": {
            "memberPosting": "Allowed",
            "nonMemberPosting": "Moderated",
            "moderatorPosting": "PostAllowed",
            "userPostingNotification": True,
            "sendErrorsToModerator": True,
        },
        "replyTo": "ThisList",
        "otherAddress": "",
        "subjectPrefix": "",
        "hideSenderAddress": False,
        "allowEmptySubject": True,
        "archive": {"keepArchive": False, "archiveOnlyForLogged": True, "archiveReaderList": []},
        "membersCount": members,
        "homeServer": NO_SERVER,
    }


def resource_row(resource_id: str, domain: Domain, name: str, description: str, kind: str) -> dict[str, Any]:
    """A room or a piece of equipment."""
    no_one = {"id": "", "name": "", "domainName": "", "fullName": "", "description": "", "isEnabled": True}
    return {
        "id": resource_id,
        "domainId": domain.id,
        "name": name,
        "address": f"{name}@{domain.name}",
        "description": description,
        "type": kind,
        "isEnabled": True,
        "resourceUsers": [],
        "manager": {"type": "NonePrincipal", **no_one, "itemSource": "DSInternalSource", "homeServer": NO_SERVER},
        "homeServer": NO_SERVER,
    }


def alias_row(alias_id: str, domain_id: str, name: str, deliver_to: str, description: str) -> dict[str, Any]:
    """An alias that delivers to an address."""
    return {
        "id": alias_id,
        "domainId": domain_id,
        "name": name,
        "deliverToId": "",
        "deliverTo": deliver_to,
        "type": "TypeEmailAddress",
        "description": description,
        "homeServer": NO_SERVER,
    }


def group_row(group_id: str, domain_id: str, name: str, description: str, source: Source) -> dict[str, Any]:
    """A group."""
    return {
        "id": group_id,
        "domainId": domain_id,
        "name": name,
        "emailAddresses": [],
        "role": "UserRole",
        "hasDomainRestriction": False,
        "description": description,
        "itemSource": source,
        "publishInGal": True,
    }
