"""What kconsole assumes of real Kerio Connect servers, in one place, so that a real server can correct it.

The letters are those of the list of unknowns in the facts that are kept of Kerio Connect (section 9). What is
documented is in the modules that use it.
"""

from collections.abc import Mapping
from typing import Final, Literal

from kconsole.core.directory import DirectoryKind
from kconsole.core.records import MailboxFate, Role
from kconsole.providers.base import Capabilities

AnyRole = Role | Literal["builtin_admin", "builtin_domain_admin"]
"""The role of a login. No account is given one of the last two."""

PAGE: Final = 500
"""Rows that are asked for at a time. A page is read in a few milliseconds, so a screen stays responsive."""

MOST_AT_ONCE: Final = 500
"""Accounts that one call may change."""

CAPABILITIES: Final = Capabilities(
    product="Kerio Connect",
    most_at_once=MOST_AT_ONCE,
    ranks={
        "user": 0, "auditor": 1, "account_admin": 2, "builtin_domain_admin": 2, "full_admin": 3, "builtin_admin": 4,
    },
    mailbox_fates=frozenset({"keep", "delete", "transfer"}),
    makes_aliases=True,
)  # fmt: skip
"""An administrator cannot disable or delete accounts of higher rights, nor their own account.

Source: Disabling and Deleting User Accounts, GFI support.
"""

# Servers of 7.0 and 7.1 write numbers where later ones write names. That they count in the order in which the names
# are documented is a guess; scripts of the time bear out UserRole = 0, UInternalAuth = 0 and MegaBytes = 2.
ROLES: Final[Mapping[str | int, AnyRole]] = {
    "UserRole": "user",
    "Auditor": "auditor",
    "AccountAdmin": "account_admin",
    "FullAdmin": "full_admin",
    "BuiltInAdmin": "builtin_admin",
    "BuiltInDomainAdmin": "builtin_domain_admin",
    0: "user",
    1: "auditor",
    2: "account_admin",
    3: "full_admin",
    4: "builtin_admin",
    5: "builtin_domain_admin",
}
MAPPED_SOURCES: Final[Mapping[str | int, bool]] = {"DSInternalSource": False, "DSLDAPSource": True, 0: False, 1: True}
UNITS: Final[Mapping[str | int, int]] = {
    name: 1024**power
    for power, names in enumerate(
        (("Bytes", 0), ("KiloBytes", 1), ("MegaBytes", 2), ("GigaBytes", 3), ("TeraBytes", 4), ("PetaBytes", 5))
    )
    for name in names
}
_DIRECTORIES: Final[Mapping[str, DirectoryKind]] = {
    "WindowsActiveDirectory": "active_directory",
    "AppleDirectoryKerberos": "apple",
    "AppleDirectoryPassword": "apple",
    "KerioDirectory": "kerio",
    "CustomLDAP": "custom",
}
DIRECTORY_KINDS: Final = dict[str | int, DirectoryKind](_DIRECTORIES) | dict(enumerate(_DIRECTORIES.values()))
REGISTRATIONS: Final[Mapping[str | int, Literal["trial", "registered", ""]]] = {
    "rsTrialRegistered": "trial",
    "rsTrialExpired": "trial",
    "rsProductRegistered": "registered",
    1: "trial",
    2: "trial",
    3: "registered",
}
EXPIRATIONS: Final[Mapping[str | int, str]] = {
    "License": "license", "Subscription": "maintenance", 0: "license", 1: "maintenance",
}  # fmt: skip


class Word(str):
    """A word of an enum in a request, with its number for servers that take numbers only."""

    number: int

    def __new__(cls, text: str, number: int) -> "Word":
        word = super().__new__(cls, text)
        word.number = number
        return word


EQUAL: Final = Word("Eq", 0)
AND: Final = Word("And", 1)
ASCENDING: Final = Word("Asc", 0)
TO_ADDRESS: Final = Word("TypeEmailAddress", 1)
DELETE: Final = Word("DSModeDelete", 1)
REMOVALS: Final[Mapping[MailboxFate, Word]] = {
    "keep": Word("UDeleteUser", 0),
    "delete": Word("UDeleteFolder", 1),
    "transfer": Word("UMoveFolder", 2),
}

# g. How a domain without a limit says so is not known. The server tells its own constants
# (Server.getNamedConstantList), but not under which name: any that has "unlimited" in it is taken. Besides, what is
# below zero is no limit, and neither is the largest number of 32 bits, which -1 may have become on its way.
NAME_OF_UNLIMITED: Final = "unlimited"
LARGEST_LIMIT: Final = 2**31 - 1
"""From here on a limit is none."""

# i. What a role may not read is refused with 1004 (documented). An Auditor once got 1000 when asking for
# domains without a query; a method that an older server does not have is -32601, parameters that it has otherwise are
# -32602. Any of them, and any answer that makes no sense, leaves a figure or a list unread; all users of all domains
# are unread only because of missing rights. An Account Admin may see their own domain only, and so may any login with
# `hasDomainRestriction`; so a domain that is not shown is not gone.
NO_RIGHTS: Final = frozenset({1004})
BUSY: Final = frozenset({"strange-http-429", "strange-http-503"})
SEE_ALL_DOMAINS: Final[frozenset[AnyRole]] = frozenset({"auditor", "full_admin", "builtin_admin"})

# c, d. Whether every server takes the names of these fields, and sorts by these columns, is not known. What it does
# not take it refuses with -32602, and is then asked for all fields, and at last for all in any order.
INVALID_PARAMETERS: Final = -32602
USER_FIELDS: Final = (
    "id", "loginName", "fullName", "description", "isEnabled", "itemSource", "role", "effectiveRole",
    "isWritableByMe", "lastLoginInfo", "consumedSize", "consumedItems", "hasDomainRestriction", "homeServer",
    "emailForwarding",
)  # fmt: skip
DOMAIN_FIELDS: Final = ("id", "name", "description", "isPrimary", "userMaxCount", "service", "isDistributed")
FORWARDS: Final[Mapping[str | int, bool]] = {
    "UForwardNone": False, "UForwardYes": True, "UForwardDeliver": True, 0: False, 1: True, 2: True,
}  # fmt: skip
MODERATES: Final[Mapping[str | int, bool]] = {"Member": False, "Moderator": True, 0: False, 1: True}
MOST_LISTS: Final = 100
"""Mailing lists of which the moderators are asked for, each in a call of its own."""
LIST_FIELDS: Final = ("id", "name", "description", "membersCount")
RESOURCE_FIELDS: Final = ("id", "name", "address", "description", "type", "isEnabled")
ALIAS_FIELDS: Final = ("id", "name", "deliverTo", "type", "description")

# e. What a last login looks like that never was: 0, an empty text, and the first days of the calendars in use count as
# never. One that is missing counts as unknown, because the login may lack the right to read it, or the server be older;
# so does a date before there were such servers, or in the future. Some clients of the same family give milliseconds.
NEVER: Final = (0, -11_644_473_600, -62_135_596_800)
"""The beginnings of 1970, 1601 and 0001 in seconds since 1970; give or take a day, because of zones."""
DAY: Final = 24 * 60 * 60
FIRST_LOGIN: Final = 631_152_000
"""The beginning of 1990."""
MILLISECONDS: Final = 10**11
"""Beyond the year 5000 in seconds, so it counts in smaller units."""

# h. Users.getMailboxCount "may take a long time if a directory service for mapped users is not available"
# (documented). That it is better to go on without it than to take nothing is a judgement.
MAY_TAKE_LONG: Final = frozenset({"Users.getMailboxCount"})

# b. Whether the token in the header, in the body, or the cookie alone would do is not known: all three are sent.
# a. With which code a wrong password is refused is not known: any error to a login is taken for a refusal.
# f. Whether a license that is full refuses a user with an error of the call or of the item: both are understood.
# The start of the server is in Server.getServerTime (documented, seen nowhere); where that is not known,
# by Statistics.get, whose start a reset of the statistics may change.
# Aliases.create, and that deleting a user with its references removes the aliases that deliver to it, are documented
# and seen in no script: an alias whose name is taken is assumed to be refused with 1001, as a user is.
