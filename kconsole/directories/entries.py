"""What the entries of a directory mean: each kind names attributes and writes ids and times its way."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from kconsole.core.codes import Message, message, short
from kconsole.core.directory import Directory, DirectoryKind, DirectoryUser

LONGEST_VALUE: Final = 1024
"""Characters of a full name or description that are kept. A longer login or id is refused."""

FIELDS: Final = ("login", "id", "full_name", "description", "disabled", "last_logon")
"""The fields for which a directory's settings can name an attribute."""

_PERMANENTLY: Final = "000001010000Z"
"""In pwdAccountLockedTime: locked until an administrator unlocks it. Any other time is a lock that ends by itself.

Source: Password Policy for LDAP Directories, draft-behera-ldap-password-policy, section 5.3.3.
"""

_ACCOUNT_DISABLED: Final = 0x2
"""In userAccountControl. Source: ADS_USER_FLAG_ENUM, Microsoft."""

_FILETIME_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_FILETIME_NEVER: Final = frozenset({0, 0x7FFF_FFFF_FFFF_FFFF})

_GENERALIZED_TIME: Final = re.compile(
    r"(?P<date>\d{8})(?P<hour>\d{2})(?P<minute>\d{2})?(?P<second>\d{2})?"
    r"(?:[.,]\d+)?(?:Z|(?P<sign>[+-])(?P<off_hour>\d{2})(?P<off_minute>\d{2})?)"
)
"""Source: RFC 4517, section 3.3.13."""

_FAULTS: Final = {
    ("login", False): "entry-without-login",
    ("login", True): "entry-login-unusable",
    ("id", False): "entry-without-id",
    ("id", True): "entry-id-unusable",
}
"""Codes by the field that cannot be read, and by whether the entry has a value for it."""

_BINARY_IDS: Final = frozenset({"guid", "objectsid"})
"""Ids that are written in hexadecimal digits, even where their bytes happen to be text."""


class Entry(NamedTuple):
    """An entry as the server sent it."""

    name: str
    """Its distinguished name."""
    values: Mapping[str, list[bytes]]
    """By the name of the attribute, in lower case and without options."""


class EntryFault(Exception):
    """An entry that cannot be taken as a user.

    Attributes:
        reason: why, with its distinguished name.
        id: its id, if that can be read.
        login: its login, if that can be read.
    """

    def __init__(self, reason: Message, id_: str = "", login: str = "") -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.id = id_
        self.login = login


@dataclass(frozen=True, slots=True)
class Naming:
    """The attributes of one kind of directory. Of several names the first with a value counts."""

    login: str
    id: str
    full_name: tuple[str, ...] = ()
    description: str = ""
    disabled: str = ""
    last_logon: tuple[str, ...] = ()
    """Here the latest time counts."""
    filter: str = ""
    """Passes users only; empty if every entry with a login is a user."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """All attributes to ask the server for, each once."""
        names = (self.login, self.id, *self.full_name, self.description, self.disabled, *self.last_logon)
        return tuple(dict.fromkeys(name for name in names if name))

    def user(self, entry: Entry) -> tuple[DirectoryUser, bool]:
        """Read an entry as a user; also says whether the time of the last logon could be read.

        Raises:
            EntryFault: it has no login or no id.
        """
        id_ = _id(self.id, entry.values)
        login = _text(self.login, entry.values, errors="strict")
        if not login or not id_ or len(login) > LONGEST_VALUE or len(id_) > LONGEST_VALUE:
            field = "login" if not login or len(login) > LONGEST_VALUE else "id"
            attribute = getattr(self, field)
            has_value = any(value.strip() for value in _values(attribute, entry.values))
            code = _FAULTS[field, has_value]
            reason = message(code, name=short(entry.name), attribute=attribute)
            raise EntryFault(reason, id_[:LONGEST_VALUE], login[:LONGEST_VALUE])
        full_names = (_text(name, entry.values) for name in self.full_name)
        last_logon, time_is_read = _latest(self.last_logon, entry.values)
        user = DirectoryUser(
            id=id_,
            login=login,
            full_name=next((name for name in full_names if name), "")[:LONGEST_VALUE],
            description=_text(self.description, entry.values)[:LONGEST_VALUE],
            enabled=not _is_disabled(self.disabled, entry.values),
            last_logon=last_logon,
            name=entry.name,
        )
        return user, time_is_read


_NAMINGS: Final[Mapping[DirectoryKind, Naming]] = {
    # Source: Active Directory schema, Microsoft. lastLogonTimestamp is replicated, unlike lastLogon, but up to 14 days
    # late. A contact is a person but not a user.
    "active_directory": Naming(
        login="sAMAccountName",
        id="objectGUID",
        full_name=("displayName", "cn"),
        description="description",
        disabled="userAccountControl",
        last_logon=("lastLogonTimestamp",),
        filter="(&(objectCategory=person)(objectClass=user)(!(objectClass=computer)))",
    ),
    # Source: RFC 2798, RFC 4530; slapo-ppolicy(5) and slapo-lastbind(5) for logins.
    "openldap": Naming(
        login="uid",
        id="entryUUID",
        full_name=("displayName", "cn"),
        description="description",
        disabled="pwdAccountLockedTime",
        last_logon=("pwdLastSuccess", "authTimestamp"),
        filter="(objectClass=inetOrgPerson)",
    ),
    # Source: apple.schema of Mac OS X Server.
    "apple": Naming(
        login="uid",
        id="apple-generateduid",
        full_name=("cn",),
        description="description",
        disabled="authAuthority",
        filter="(|(objectClass=apple-user)(objectClass=posixAccount))",
    ),
    # An assumption: the vendor publishes no schema of Kerio Directory; directories like it have this in common. Where
    # it is wrong, an administrator can name the attributes one by one.
    "kerio": Naming(
        login="uid",
        id="entryUUID",
        full_name=("displayName", "cn"),
        description="description",
        filter="(|(objectClass=inetOrgPerson)(objectClass=posixAccount))",
    ),
    "custom": Naming(login="", id=""),
}


def naming_of(directory: Directory) -> Naming:
    """The naming of a directory: that of its kind, with the attributes that its settings name in place."""
    own, named = _NAMINGS[directory.kind], dict(directory.attributes)
    return replace(
        own,
        login=named.get("login", own.login),
        id=named.get("id", own.id),
        full_name=(named["full_name"],) if "full_name" in named else own.full_name,
        description=named.get("description", own.description),
        disabled=named.get("disabled", own.disabled),
        last_logon=(named["last_logon"],) if "last_logon" in named else own.last_logon,
    )


def _values(name: str, values: Mapping[str, list[bytes]]) -> Iterable[bytes]:
    return values.get(name.partition(";")[0].lower(), ())


def _text(name: str, values: Mapping[str, list[bytes]], errors: str = "replace") -> str:
    """The first value that is not blank, stripped; empty if there is none, or if it is not text."""
    for value in _values(name, values):
        try:
            text = value.decode(errors=errors).strip()
        except UnicodeDecodeError:
            return ""
        if text:
            return text
    return ""


def _id(name: str, values: Mapping[str, list[bytes]]) -> str:
    """An id as text: bytes that are not text in hexadecimal digits, a Windows GUID in its usual notation."""
    value = next(iter(_values(name, values)), b"")
    attribute = name.partition(";")[0].lower()
    if attribute == "objectguid" and len(value) == 16:
        return str(uuid.UUID(bytes_le=value))
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return value.hex()
    return text if attribute not in _BINARY_IDS and text.isprintable() else value.hex()


def _is_disabled(name: str, values: Mapping[str, list[bytes]]) -> bool:
    """Whether a user is disabled until an administrator enables the account; each attribute has its own notation."""
    texts = [value.decode(errors="replace").strip() for value in _values(name, values)]
    attribute = name.partition(";")[0].lower()
    if attribute == "useraccountcontrol":
        # A signed number of 32 bits, so -2147483646 has the bit as well.
        return any(bool(int(text) & _ACCOUNT_DISABLED) for text in texts if re.fullmatch(r"-?\d{1,10}", text, re.ASCII))
    if attribute == "pwdaccountlockedtime":
        return _PERMANENTLY in texts
    if attribute == "authauthority":
        return any(";disableduser;" in text.lower() for text in texts)
    return any(text.lower() in {"true", "1", "yes"} for text in texts)  # nsAccountLock, loginDisabled


def _latest(names: Iterable[str], values: Mapping[str, list[bytes]]) -> tuple[datetime | None, bool]:
    """The latest time of several attributes, and whether all of them could be read."""
    latest, all_read = None, True
    for name in names:
        text = _text(name, values)
        if text:
            try:
                moment = _moment(text)
            except (ValueError, OverflowError):
                all_read = False
            else:
                latest = max(latest or moment, moment) if moment else latest
    return latest, all_read


def _moment(text: str) -> datetime | None:
    """Parse a time; None if it means never.

    Digits only are a FILETIME of Windows, tenths of a microsecond since 1601; a GeneralizedTime has a zone.

    Raises:
        ValueError: it is neither.
        OverflowError: it is beyond the year 9999.
    """
    if re.fullmatch(r"-?\d{1,19}", text, re.ASCII):
        ticks = int(text)
        return None if ticks in _FILETIME_NEVER else _FILETIME_EPOCH + timedelta(microseconds=ticks // 10)
    match = _GENERALIZED_TIME.fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError("not a time of a directory")
    date = match["date"]
    moment = datetime(int(date[:4]), int(date[4:6]), int(date[6:]), tzinfo=UTC)
    # A leap second is the first of the next minute.
    moment += timedelta(hours=_below(match["hour"], 24), minutes=_below(match["minute"], 60))
    moment += timedelta(seconds=_below(match["second"], 61))
    if match["sign"] is None:
        return moment
    offset = timedelta(hours=_below(match["off_hour"], 24), minutes=_below(match["off_minute"], 60))
    return moment.replace(tzinfo=timezone(offset if match["sign"] == "+" else -offset)).astimezone(UTC)


def _below(digits: str | None, bound: int) -> int:
    number = int(digits or "0")
    if number >= bound:
        raise ValueError("not a time of day")
    return number
