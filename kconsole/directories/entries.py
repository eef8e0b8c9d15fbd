"""What the entries of a directory mean: each kind names attributes and writes ids and times its way."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from kconsole.core.codes import Message, message, short
from kconsole.core.directory import Directory, DirectoryKind, DirectoryUser
from kconsole.core.identity import stripped
from kconsole.core.times import is_no_time

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

_GENERALIZED_TIME: Final = re.compile(r"(\d{8})(\d\d)(\d\d)?(\d\d)?(?:[.,]\d+)?(Z|[+-]\d\d(?:\d\d)?)")
"""Source: RFC 4517, section 3.3.13."""

_NO_USER: Final = 0x800 | 0x1000 | 0x2000
"""In userAccountControl: trusts, computers and domain controllers. Source: ADS_USER_FLAG_ENUM, Microsoft."""

_USER_TYPE: Final = "805306368"
"""The sAMAccountType of users; trusts and computers have others. Source: SAM-Account-Type, Microsoft."""

_BUILT_IN: Final = frozenset({501, 502, 503, 504})
"""The last parts of SIDs that no person has: Guest, krbtgt, DefaultAccount, WDAGUtilityAccount.

Source: Well-known SIDs, Microsoft.
"""

_BUILT_IN_LOGIN: Final = re.compile(r"guest|krbtgt(?:_\d+)?", re.IGNORECASE)
"""Their logins, where the SID is not readable; read-only domain controllers have a krbtgt_NUMBER."""

_ALWAYS_THERE: Final = frozenset({"samaccountname", "objectguid", "useraccountcontrol", "entryuuid"})


_FAULTS: Final = {
    "login": ("entry-without-login", "entry-login-unusable"),
    "id": ("entry-without-id", "entry-id-unusable"),
}
"""Codes by the field that cannot be read: the entry has no value for it, or an unusable one."""

_BINARY_IDS: Final = frozenset({"guid", "objectsid"})
"""Ids that are written in hexadecimal digits, even where their bytes happen to be text."""


class Entry(NamedTuple):
    """An entry as the server sent it."""

    name: str
    """Its distinguished name."""
    values: Mapping[str, list[bytes]]
    """By the name of the attribute, in lower case and without options."""


class EntryFault(Exception):
    """An entry that cannot be taken as a user, with its id and login as far as they can be read."""

    def __init__(self, reason: Message, id_: str = "", login: str = "") -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.id = id_
        self.login = login


@dataclass(frozen=True, slots=True)
class Naming:
    """The attributes of one kind of directory: those of inetOrgPerson, where nothing else is said.

    Of several names the first with a value counts. Source: RFC 2798, RFC 4530.
    """

    login: str = "uid"
    id: str = "entryUUID"
    full_name: tuple[str, ...] = ("displayName", "cn")
    description: str = "description"
    disabled: tuple[str, ...] = ()
    """Here any of them may disable a user."""
    last_logon: tuple[str, ...] = ()
    """Here the latest time counts."""
    filter: str = ""
    """Passes users only; empty if every entry with a login is a user."""
    kinds: tuple[str, ...] = ()
    """Attributes that tell people from other entries."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """All attributes to ask the server for, each once."""
        names = (self.login, self.id, *self.full_name, self.description, *self.disabled, *self.last_logon, *self.kinds)
        return tuple(dict.fromkeys(name for name in names if name))

    @property
    def deciding(self) -> tuple[str, ...]:
        """The attributes without which a user cannot be counted."""
        return (self.login, self.id, *self.disabled)

    def lacking(self, entry: Entry) -> set[str]:
        """The attributes that the server did not send, of those that decide or are copied."""
        wanted = {*self.deciding, self.description, *self.full_name[:1]} - {""}
        return {name for name in wanted if not any(each.strip() for each in _values(name, entry.values))}

    def is_person(self, entry: Entry) -> bool:
        """Whether an entry may be a person: not a contact, a computer, a trust or a built-in account."""
        return not self.kinds or _is_person(entry.values)

    def user(self, entry: Entry) -> tuple[DirectoryUser, bool]:
        """Read an entry as a user, or raise `EntryFault`; also says whether the last logon could be read."""
        id_ = _id(self.id, entry.values)
        login = _text(self.login, entry.values, errors="strict")
        for field, attribute, value in (("login", self.login, login), ("id", self.id, id_)):
            if not value or len(value) > LONGEST_VALUE:
                has_value = any(each.strip() for each in _values(attribute, entry.values))
                reason = message(_FAULTS[field][has_value], name=short(entry.name), attribute=attribute)
                raise EntryFault(reason, id_[:LONGEST_VALUE], login[:LONGEST_VALUE])
        states = [_is_disabled(name, entry.values) for name in self.disabled]
        if None in states:
            attribute = self.disabled[states.index(None)]
            raise EntryFault(message("entry-state-unreadable", name=short(entry.name), attribute=attribute), id_, login)
        full_names = (_text(name, entry.values) for name in self.full_name)
        described = {"full_name": self.full_name, "description": (self.description,)}
        last_logon, time_is_read = _latest(self.last_logon, entry.values)
        user = DirectoryUser(
            id=id_,
            login=login,
            full_name=next((name for name in full_names if name), "")[:LONGEST_VALUE],
            description=_text(self.description, entry.values)[:LONGEST_VALUE],
            enabled=not any(states),
            last_logon=last_logon,
            unknown=tuple(name for name, attributes in described.items() if _is_garbled(attributes, entry.values)),
            name=entry.name,
        )
        return user, time_is_read


_NAMINGS: Final[Mapping[DirectoryKind, Naming]] = {
    # Source: Active Directory schema, Microsoft. lastLogonTimestamp is replicated, unlike lastLogon, but up to 14 days
    # late. A contact is a person but not a user.
    "active_directory": Naming(
        login="sAMAccountName",
        id="objectGUID",
        disabled=("userAccountControl",),
        last_logon=("lastLogonTimestamp",),
        # A condition on an attribute that is not readable is not met, and neither is its opposite: one readable
        # attribute is enough here. `is_person` decides.
        filter="(|(&(objectCategory=person)(!(objectClass=contact)))(sAMAccountType=805306368)"
        "(&(objectClass=user)(!(objectClass=computer))))",
        kinds=("objectClass", "objectCategory", "sAMAccountType", "objectSid"),
    ),
    # Source: slapo-ppolicy(5), slapo-lastbind(5); 389 Directory Server and FreeIPA have nsAccountLock.
    "openldap": Naming(
        disabled=("pwdAccountLockedTime", "nsAccountLock"),
        last_logon=("pwdLastSuccess", "authTimestamp"),
        filter="(objectClass=inetOrgPerson)",
    ),
    # Source: apple.schema of Mac OS X Server.
    "apple": Naming(
        id="apple-generateduid",
        full_name=("cn",),
        disabled=("authAuthority",),
        filter="(|(objectClass=apple-user)(objectClass=posixAccount))",
    ),
    # An assumption: the vendor publishes no schema of Kerio Directory; directories like it have this in common. Where
    # it is wrong, an administrator can name the attributes one by one.
    "kerio": Naming(filter="(|(objectClass=inetOrgPerson)(objectClass=posixAccount))"),
    "custom": Naming(login="", id="", full_name=(), description=""),
}


def naming_of(directory: Directory) -> Naming:
    """The naming of a directory: that of its kind, with the attributes that its settings name in place."""
    own = _NAMINGS[directory.kind]
    named: dict[str, Any] = dict(directory.attributes)
    several = ("full_name", "disabled", "last_logon")
    return replace(own, **named | {field: (named[field],) for field in several if field in named})


def is_always_there(name: str) -> bool:
    """Whether the server itself gives every user this attribute: if it is absent, it cannot be read."""
    return _plain(name) in _ALWAYS_THERE


def container_of(name: str) -> str:
    """The distinguished name of what an entry stands in: an organizational unit, mostly."""
    return re.sub(r"^(?:\\.|[^,\\])*,", "", name, flags=re.DOTALL).lower()


def some_value(name: str) -> str:
    """A value that can be compared with those of an attribute."""
    return _PERMANENTLY if _plain(name) == "pwdaccountlockedtime" else "TRUE"


def _plain(name: str) -> str:
    """The name of an attribute in lower case, without options."""
    return name.partition(";")[0].lower()


def _values(name: str, values: Mapping[str, list[bytes]]) -> Iterable[bytes]:
    return values.get(_plain(name), ())


def _text(name: str, values: Mapping[str, list[bytes]], errors: str = "replace") -> str:
    """The first value that is not blank, stripped; empty if there is none, or if it is not text."""
    for value in _values(name, values):
        try:
            text = stripped(value.decode(errors=errors))
        except UnicodeDecodeError:
            return ""
        if text:
            return text
    return ""


def _is_garbled(names: Iterable[str], values: Mapping[str, list[bytes]]) -> bool:
    """Whether the value that counts is not text, so that some of its characters are lost."""
    return "\ufffd" in next((text for name in names if (text := _text(name, values))), "")


def _id(name: str, values: Mapping[str, list[bytes]]) -> str:
    """An id as text: bytes that are not text in hexadecimal digits, a Windows GUID in its usual notation."""
    value = next(iter(_values(name, values)), b"")
    attribute = _plain(name)
    if attribute == "objectguid" and len(value) == 16:
        return str(uuid.UUID(bytes_le=value))
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return value.hex()
    return text if attribute not in _BINARY_IDS and text.isprintable() else value.hex()


def _is_person(values: Mapping[str, list[bytes]]) -> bool:
    """Whether an entry of Active Directory may be a person, as far as it can be read."""
    classes = {value.decode(errors="replace").lower() for value in _values("objectClass", values)}
    category = _text("objectCategory", values).lower().removeprefix("cn=").partition(",")[0]
    if (classes and ("user" not in classes or "computer" in classes)) or category not in ("", "person"):
        return False
    control = _text("userAccountControl", values)
    if _text("sAMAccountType", values) not in ("", _USER_TYPE) or (_is_integer(control) and int(control) & _NO_USER):
        return False
    if sid := next(iter(_values("objectSid", values)), b""):
        return int.from_bytes(sid[-4:], "little") not in _BUILT_IN
    return not _BUILT_IN_LOGIN.fullmatch(_text("sAMAccountName", values))


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,10}", text, re.ASCII) is not None


def _is_disabled(name: str, values: Mapping[str, list[bytes]]) -> bool | None:
    """Whether a user is disabled until an administrator enables the account; None if the value does not say it.

    Each attribute has its own notation.
    """
    texts = [value.decode(errors="replace").strip() for value in _values(name, values)]
    attribute = _plain(name)
    if attribute == "pwdaccountlockedtime":
        return _PERMANENTLY in texts
    if attribute == "authauthority":
        return any(";disableduser;" in text.lower() for text in texts)
    if attribute == "useraccountcontrol":
        # A signed number of 32 bits, so -2147483646 has the bit as well.
        known = all(map(_is_integer, texts))
        return any(int(text) & _ACCOUNT_DISABLED for text in texts) if known else None
    truths = {_TRUTHS.get(text.lower()) for text in texts}  # nsAccountLock, loginDisabled
    return None if None in truths else True in truths


_TRUTHS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


def _latest(names: Iterable[str], values: Mapping[str, list[bytes]]) -> tuple[datetime | None, bool]:
    """The latest time of several attributes, and whether all of them could be read."""
    moments, all_read = [], True
    for text in filter(None, (_text(name, values) for name in names)):
        try:
            moments.append(_moment(text))
        except (ValueError, OverflowError):
            all_read = False
    return max((each for each in moments if each is not None and not is_no_time(each)), default=None), all_read


def _moment(text: str) -> datetime | None:
    """Parse a time; None if it means never. Raises ValueError, or OverflowError beyond the year 9999.

    Digits only are a FILETIME of Windows, tenths of a microsecond since 1601; a GeneralizedTime has a zone.
    """
    if re.fullmatch(r"-?\d{1,19}", text, re.ASCII):
        ticks = int(text)
        return None if ticks in _FILETIME_NEVER else _FILETIME_EPOCH + timedelta(microseconds=ticks // 10)
    match = _GENERALIZED_TIME.fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError("not a time of a directory")
    date, hour, minute, second, zone = match.groups("00")
    is_leap_second = second == "60"  # it is the first of the next minute
    moment = datetime.fromisoformat(f"{date}T{hour}{minute}{'59' if is_leap_second else second}{zone}")
    return (moment + timedelta(seconds=is_leap_second)).astimezone(UTC)
