"""What there is on the server: the records of which the answers of the API are made."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from tests.kerio_server.unknowns import Role

OWN_SERVER: Final = "keriodb://server/primary"
"""By this id distributed domains know this server."""

RANK: Final[dict[str, int]] = {"UserRole": 0, "Auditor": 1, "AccountAdmin": 2, "FullAdmin": 3, "BuiltInAdmin": 4}
"""The higher, the mightier."""

Source = Literal["DSInternalSource", "DSLDAPSource"]


def digest(password: str) -> str:
    """What is kept of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


@dataclass(slots=True)
class License:
    """What the server is licensed for."""

    users: int | None = None
    """None is unlimited, -2 on the wire."""
    id: str = "10000-TEST0-SERVR"
    company: str = "Test server"
    registered_as: Literal["rsNoRegistration", "rsTrialRegistered", "rsTrialExpired", "rsProductRegistered"] = (
        "rsProductRegistered"
    )
    expires: datetime | None = None
    """None is never."""
    maintained_until: datetime | None = None
    extensions: tuple[str, ...] = ("Sophos", "ActiveSync", "Kerio Anti-spam")
    """m. Feature names of license files; what a real server says is unknown."""


@dataclass(slots=True)
class Domain:
    """A mail domain."""

    id: str
    name: str
    primary: bool = False
    description: str = ""
    user_limit: int | None = None
    aliases: tuple[str, ...] = ()
    directory: str = ""
    """The kind of directory service, such as `WindowsActiveDirectory`; empty if it has none."""
    directory_host: str = ""
    distributed: bool = False
    """Whether its users are on several servers."""
    directory_writable: bool = False
    """Whether users can be created and deleted in the directory from here."""
    waiting: dict[str, "User"] = field(default_factory=dict)
    """Users of the directory who are not activated."""


@dataclass(slots=True)
class User:
    """A user: `row` is what `Users.get` says of them, the rest is what it doesn't."""

    row: dict[str, Any]
    password: str = ""
    """Its digest, and only of those who may log in to the administration."""
    mailbox: bool = False
    connected: bool = False
    """Since the last restart."""
    logins: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By protocol: how often, and when last, in Unix seconds."""
    disabled_in_directory: bool = False

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def login(self) -> str:
        return str(self.row["loginName"])

    @property
    def enabled(self) -> bool:
        return bool(self.row["isEnabled"])

    @property
    def here(self) -> bool:
        """Whether the mailbox is on this server, and not on another one of a distributed domain."""
        return self.row["homeServer"]["id"] in ("", OWN_SERVER)

    @property
    def mapped(self) -> bool:
        return bool(self.row["itemSource"] == "DSLDAPSource")

    @property
    def role(self) -> Role:
        role: Role = self.row["effectiveRole"]["userRole"]
        return role
