"""Everyone in the Active Directory of the tests: people of many kinds, and accounts that no person has."""

from collections.abc import Iterator
from typing import Final

from tests.directory_server.people import Attributes, to_ldif

DOMAIN: Final = "corp.northwind.example"
BASE: Final = "DC=corp,DC=northwind,DC=example"
ORGANISATION: Final = f"OU=Northwind,{BASE}"
STAFF: Final = f"OU=Staff,{ORGANISATION}"
ODD: Final = f"OU=Odd,{ORGANISATION}"
SERVICES: Final = f"OU=Service Accounts,{ORGANISATION}"
PASSWORD: Final = "Rd-Passw0rd!42"
NUMBER: Final = 520
"""People in the staff: more than kconsole asks for at a time."""

_ENABLED, _DISABLED = "544", "546"  # no password is required

_SITES: Final = ("Prague", "Zürich", "R&D [Lab/2]\\, East")

_FIRST: Final = ("Jana", "Tomáš", "花子", "Олег", "José", "محمد", "שרה", "Müşerref", "Αθηνά", "Zoë")
_LAST: Final = ("Novák", "O'Brien", "佐藤", "Иванов", "García-López", "الأحمد", "Strauß", "van der Berg")

_ODD_NAMES: Final = (
    "Hart, Jana", 'O"Neil "Bob"', "[/] Slash", "[red]Rote[/red] [bold", "a/b\\c", "#hash", "<angle> & co",
    "plus+equals=semi;", " leading", "trailing ", "\u202egnihtyna", "esc\x1b[31mred", "👩‍💻 Ada", "佐藤 花子 (営業部)",
    "Zoe\u0301 decomposed", "x" * 64, "tab\there", "مرحبا بالعالم", "user*star(paren)",
)  # fmt: skip

ODD_LOGINS: Final = {
    "müller": True, "佐藤花子": True, "o'brien": True, "r&d": True, ".hidden": True, "100%": True, "l" * 20: True,
    "MixedCase": True, "svc$": True, "-rf": True, "straße": True, "strasse": True,
    "jana hart": False, "n" * 70: False, "a@northwind.example": False, "zw\u200bx": False, "rtl\u202egod": False,
}  # fmt: skip
"""Logins, and whether an address can begin with them."""

_NOTHING: Final[dict[str, str | bytes]] = {}

BINDERS: Final[dict[str, tuple[str, dict[str, str | bytes]]]] = {
    "bindoff": ("login-disabled", {"userAccountControl": "514"}),
    "bindexpired": ("login-expired", {"accountExpires": "132000000000000000"}),
    "bindmust": ("password-must-change", {"pwdLastSet": "0"}),
    "bindhours": ("login-at-this-time", {"logonHours": b"\0" * 21}),
    "bindpwold": ("password-expired", {}),
    "bindlock": ("login-locked", {}),
}
"""Accounts that cannot log in: by login, the code for the reason and what they have of their own."""


def everyone() -> str:
    """All of them as LDIF, in an order in which they can be added."""
    return to_ldif(_entries())


def user(login: str, unit: str = ODD, *, cn: str = "", **values: str | bytes) -> str:
    """One more user as LDIF."""
    return to_ldif([_user(cn or login, login, unit, **values)])


def named(cn: str, unit: str = ODD) -> str:
    """The distinguished name of an entry."""
    safe = "".join(f"\\{ord(sign):02X}" if sign in ',+"\\<>;=#\t\x1b ' else sign for sign in cn)
    return f"CN={safe},{unit}"


def expired_password() -> tuple[str, str]:
    """The account whose password was set in 2020, and that change."""
    return named("bindpwold", SERVICES), "replace: pwdLastSet\npwdLastSet: 132223104000000000"


def _entries() -> Iterator[tuple[str, Attributes]]:
    sites = [f"OU={site},{STAFF}" for site in _SITES]
    for unit in (ORGANISATION, STAFF, *sites, ODD, SERVICES, f"OU=Others,{ORGANISATION}"):
        yield unit, {"objectClass": ["organizationalUnit"]}
    for place in range(NUMBER):
        first, last = _FIRST[place % len(_FIRST)], _LAST[place % len(_LAST)]
        more = {"displayName": f"{first} {last}", "mail": f"u{place:04}@northwind.example"}
        if place % 4 == 0:
            more["description"] = f"Desk {place}"
        control = _DISABLED if place % 25 == 3 else "66082" if place % 97 == 6 else _ENABLED
        login = f"u{place:04}"
        yield _user(f"{last} {place}", login, sites[place % len(sites)], userAccountControl=control, **more)
    for place, cn in enumerate(_ODD_NAMES):
        yield _user(cn, f"odd{place:02}", ODD)
    for place, login in enumerate(ODD_LOGINS):
        yield _user(f"login {place}", login, ODD)
    hostile = "\x1b]0;pwned\x07Jana\x1b[2J\u202e"
    yield _user("escapes", "escapes", ODD, displayName=hostile, description="line1\r\nline2")
    yield _user("markup", "markup", ODD, displayName="[@click=app.quit]Quit[/] [/]", description="[/]" * 300)
    yield _user("long", "long", ODD, displayName="D" * 256, description="e" * 1024)
    yield named("inet"), {"objectClass": ["inetOrgPerson"], "sAMAccountName": ["inet"], "userAccountControl": ["544"]}
    yield from _nobodies()
    for login, (_, own) in {"reader": ("", _NOTHING), **BINDERS}.items():
        values: dict[str, str | bytes] = {"userAccountControl": "512", **own}
        yield _user(login, login, SERVICES, unicodePwd=f'"{PASSWORD}"'.encode("utf-16-le"), **values)


def _nobodies() -> Iterator[tuple[str, Attributes]]:
    """Accounts and contacts that take no seat."""
    others = f"OU=Others,{ORGANISATION}"
    for place in range(8):
        yield named(f"Contact {place}", others), {"objectClass": ["contact"], "mail": [f"c{place}@partner.example"]}
        computer = {"objectClass": ["computer"], "sAMAccountName": [f"PC{place}$"], "userAccountControl": ["4096"]}
        yield named(f"PC{place}", others), {key: list[str | bytes](values) for key, values in computer.items()}
    for login, kind in (("msa$", "msDS-ManagedServiceAccount"), ("gmsa$", "msDS-GroupManagedServiceAccount")):
        managed: Attributes = {"objectClass": [kind], "sAMAccountName": [login], "userAccountControl": ["4096"]}
        if login == "gmsa$":
            managed["msDS-ManagedPasswordInterval"] = ["30"]
        yield named(login, others), managed


def _user(cn: str, login: str, unit: str, **values: str | bytes) -> tuple[str, Attributes]:
    attributes: Attributes = {"objectClass": ["user"], "sAMAccountName": [login]}
    if "userAccountControl" not in values:
        attributes["userAccountControl"] = [_ENABLED]
    return named(cn, unit), attributes | {key: [value] for key, value in values.items()}
