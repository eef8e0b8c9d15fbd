"""Made up people for a directory, the same ones every time, and what kconsole has to make of each of them."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

SUFFIX: Final = "dc=planetexpress,dc=com"
STAFF: Final = f"ou=staff,{SUFFIX}"

_NAMES: Final = (
    ("Jo Hart", "Sales"),
    ("Łucja Żółć", "Księgowość"),
    ("王小明", "销售部"),
    ("Αλέξανδρος Παππάς", "Λογιστήριο"),
    ("Мария Иванова", "Бухгалтерия"),
    ("سارة خليل", "المبيعات"),
    ("दिव्या शर्मा", "लेखा"),
    ("Zoë O'Neil-Smith", "Front desk; 2nd floor"),
    ("[bold red]Not markup[/]", "$(not a command) {nor} %s"),
    ("Escape \x1b[31mRed\x1b[0m", "Line\nfeed and \u202eturned\x07"),
)
_LOGINS: Final = (
    "u{}",
    "o'neil+{}",
    "Ünsal.{}",
    "王{}",
    "CAPS{}",
    "with space {}",
    "-dash{}",
    "{}.a=b,c",
    'q"{}\\',
    "#{}",
)

Attributes = dict[str, list[str | bytes]]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in the directory; `login` is empty for whoever has none there."""

    name: str
    """His distinguished name."""
    login: str
    full_name: str
    description: str
    enabled: bool

    @property
    def attributes(self) -> Attributes:
        """What his entry has."""
        found: Attributes = {
            "objectClass": ["inetOrgPerson"],
            "cn": [f"Entry {self.name.partition(',')[0][3:]}", self.full_name],
            "sn": ["of the staff"],
            "displayName": [self.full_name],
            "description": [self.description],
        }
        if self.login:
            found["uid"] = [self.login]
        if not self.enabled:
            found["pwdAccountLockedTime"] = ["000001010000Z"]
        return found


def people(number: int) -> Iterator[Person]:
    """The staff. One in 97 has no login, one in 50 is disabled; names and logins are of many kinds."""
    for place in range(number):
        full_name, description = _NAMES[place % len(_NAMES)]
        login = _LOGINS[place // len(_NAMES) % len(_LOGINS)].format(f"{place:05}")
        yield Person(
            name=f"cn=Entry {place:05},{STAFF}",
            login="" if place % 97 == 96 else login,
            full_name=f"{full_name} {place}",
            description=description,
            enabled=place % 50 != 49,
        )


def to_ldif(entries: Iterable[tuple[str, Attributes]]) -> str:
    """Entries as LDIF; every value in base64, so that none has to be looked at."""
    lines: list[str] = []
    for name, attributes in entries:
        lines.append(f"dn:: {_encoded(name)}")
        lines += [f"{key}:: {_encoded(value)}" for key, values in attributes.items() for value in values]
        lines.append("")
    return "\n".join(lines) + "\n"


def from_ldif(text: str) -> Iterator[tuple[str, Attributes]]:
    """Entries of LDIF. Source: RFC 2849, but for changes and URLs."""
    for block in text.replace("\r\n", "\n").replace("\n ", "").split("\n\n"):
        attributes: Attributes = {}
        for line in block.splitlines():
            key, colon, value = line.partition(":")
            if colon and not line.startswith("#"):
                plain: str | bytes = base64.b64decode(value[1:]) if value.startswith(":") else value.strip()
                attributes.setdefault(key, []).append(plain)
        if attributes:
            (name,) = attributes.pop("dn")
            yield name.decode() if isinstance(name, bytes) else name, attributes


def _encoded(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
