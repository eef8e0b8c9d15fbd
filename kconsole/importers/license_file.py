"""The server's license file, `license.key`: text in blocks, of which the fields are read and the signatures are not.

Source: FACTS of the license file; a complete one was not at hand, so whatever is not known is passed over and told. The
signature is not checked: that is the server's business, and whoever shows this says so.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from kconsole.core.errors import BadInput
from kconsole.core.license import Component, ComponentName, component_named, end_of_id

LARGEST_FILE: Final = 256 * 1024
"""Bytes; a license file has a few thousand."""

LONGEST_TEXT: Final = 200
"""Characters that are taken of a company or an email address."""

MOST_SEATS: Final = 10**9
MOST_NOTES: Final = 20
"""Notes that are kept; a file of another program would have one for each of its lines."""

UNLIMITED: Final = (-1, -2)
"""Numbers of users that mean "without limit": -2 in the server's interface, -1 in others of the vendor's."""

_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9 -]{0,40}?)\s*:\s*(.*)")
_DAY: Final = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})(?!\d)|(\d{4})-(\d\d)-(\d\d)(?!\d)", re.ASCII)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ID: Final = re.compile(r"\b[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9](?=[a-z0-9]{4}\b)", re.ASCII | re.IGNORECASE)
"""A license ID but for its last four, wherever it stands."""

_BEGINNINGS: Final = ("LICENSE", "PRODUCT-LICENSE")
_SKIPPED: Final = ("SIGNATURE", "PRODUCT-SIGNATURE")
_ENDS: Final = ("END", "PRODUCT-END")
_FEATURE_END: Final = "feature-end"
"""It stands without a colon, and is taken with one too."""
_ALL: Final = _BEGINNINGS + _SKIPPED + _ENDS

_READ: Final = frozenset(
    {
        "base-id", "product", "license-expires", "subscription-expires", "users", "company", "e-mail", "features",
        "antivirus-expires", "license-type", "feature-begin", "feature-end",
    }
)  # fmt: skip
_KNOWN: Final = _READ | {"product-id", "os", "add-on-id", "license-version", "format-version"}


class LicenseFile(NamedTuple):
    """What a license file says. None or empty is what it does not say."""

    product: str
    id_end: str
    """The end of the license ID; the whole of it is not kept."""
    is_trial: bool
    company: str
    email: str
    says_users: bool
    """Whether it says how many users there may be."""
    seats: int | None
    """How many accounts may take a seat; None means without limit, if `says_users`."""
    expires: date | None
    maintenance_until: date | None
    components: tuple[Component, ...]
    notes: tuple[str, ...]
    """What was not understood, for a person. Text from outside may be in it."""
    says_expires: bool = True
    """Whether it says until when it is valid, or that it is so for ever."""


def read_license_file(content: bytes, name: str) -> LicenseFile:
    """Read a license file.

    Args:
        content: the whole file.
        name: what to call it in an error, a path for example.

    Raises:
        BadInput: it is no license file, or says something that makes no sense; nothing was taken.
    """
    if len(content) > LARGEST_FILE:
        raise BadInput(f"{name} is too large to be a license file.", _HINT)
    text = content.decode("utf-8-sig", errors="replace")
    if "--LICENSE--" not in text and "--PRODUCT-LICENSE--" not in text:
        raise BadInput(f"{name} is not a license file: it has no block of a license.", _HINT)
    reading = _Reading(name)
    for line, key, value in _fields(text):
        reading.take(line, key, value)
    return reading.finish()


def _fields(text: str) -> Iterator[tuple[int, str, str]]:
    """The fields of the blocks, with their lines. Signatures are passed over unread."""
    is_inside = False
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("--") and line.endswith("--"):
            marker = line.strip("-").upper()
            if is_inside and marker in _ALL:
                yield number, _FEATURE_END, ""  # one that was not closed does not reach into the next block
            if marker in _ALL:
                is_inside = marker in _BEGINNINGS
        elif is_inside and line.lower() == _FEATURE_END:
            yield number, _FEATURE_END, ""
        elif is_inside and (match := _FIELD.fullmatch(line)):
            yield number, _without_id(match[1]).lower().replace(" ", "-"), _without_id(match[2].strip())


def _without_id(text: str) -> str:
    """A text in which no license ID stands whole, as it may in a field that is not its own."""
    return _ID.sub("*****-*****-*", text)


class _Reading:
    """Takes the fields one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._components: dict[ComponentName, Component] = {}
        self._feature: ComponentName | None = None
        self._in_feature = False
        self._notes: list[str] = []

    def take(self, line: int, key: str, value: str) -> None:
        """Take a field; of one that is said twice the last holds, as in the second block."""
        if key == "feature-begin":
            self._in_feature, self._feature = True, self._component(value, line)
        elif key == _FEATURE_END:
            self._in_feature, self._feature = False, None
        elif self._in_feature:
            self._take_of_feature(line, key, value)
        elif key == "features":
            for feature in re.split(r"[,;]", value):
                if feature.strip():
                    self._component(feature, line)
        elif key in _READ:
            self._said[key], self._lines[key] = (end_of_id(value) if key == "base-id" else value), line
        elif key not in _KNOWN:
            self._notes.append(f"line {line}: the field {key} is not known, and was passed over")

    def _component(self, feature: str, line: int) -> ComponentName | None:
        name = component_named(feature)
        if name is None:
            self._notes.append(f"line {line}: the feature {feature.strip()[:60]} is not known, and was passed over")
        else:
            self._components.setdefault(name, Component(name=name))
        return name

    def _take_of_feature(self, line: int, key: str, value: str) -> None:
        if self._feature is None:
            return
        known = self._components[self._feature]
        if key == "users":
            seats = self._seats(value, line)
            self._components[self._feature] = Component(name=known.name, expires=known.expires, seats=seats)
        elif key in ("expires", "feature-expires"):
            self._components[self._feature] = Component(
                name=known.name, expires=self._day(value, line), seats=known.seats
            )

    def finish(self) -> LicenseFile:
        """What all fields say together."""
        said = self._said
        if "users" not in said and "license-expires" not in said and "base-id" not in said:
            raise BadInput(f"{self._name} names neither users, nor an ID, nor a day of expiry.", _HINT)
        if "antivirus-expires" in said:
            day = self._day(said["antivirus-expires"], self._lines["antivirus-expires"])
            known = self._components.get("antivirus", Component(name="antivirus"))
            self._components["antivirus"] = Component(name="antivirus", expires=day, seats=known.seats)
        return LicenseFile(
            product=said.get("product", "")[:LONGEST_TEXT],
            id_end=said.get("base-id", ""),
            is_trial=said.get("license-type", "").strip().lower().startswith("trial"),
            company=said.get("company", "")[:LONGEST_TEXT],
            email=said.get("e-mail", "")[:LONGEST_TEXT],
            says_users="users" in said,
            seats=self._seats(said["users"], self._lines["users"]) if "users" in said else None,
            expires=self._said_day("license-expires"),
            maintenance_until=self._said_day("subscription-expires"),
            components=tuple(sorted(self._components.values(), key=lambda component: component.name)),
            notes=tuple(self._told_notes()),
            says_expires="license-expires" in said,
        )

    def _told_notes(self) -> list[str]:
        more = len(self._notes) - MOST_NOTES
        return [*self._notes[:MOST_NOTES], f"and {more:,} more notes"] if more > 0 else self._notes

    def _said_day(self, key: str) -> date | None:
        return self._day(self._said[key], self._lines[key]) if key in self._said else None

    def _day(self, value: str, line: int) -> date | None:
        if not value or value.lower() in ("never", "unlimited", "none"):
            return None
        match = _DAY.match(value)
        try:
            if match is None:
                raise ValueError
            if match[4]:
                return date(int(match[4]), int(match[5]), int(match[6]))
            return date(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
        except ValueError:
            raise BadInput(f"{self._name}, line {line}: that is no day, as 04 May 2026 is.", _HINT) from None

    def _seats(self, value: str, line: int) -> int | None:
        if value.lower() == "unlimited":
            return None
        try:
            if not re.fullmatch(r"-?\d{1,10}", value, re.ASCII):
                raise ValueError
            number = int(value)
        except ValueError:
            raise BadInput(f"{self._name}, line {line}: that is no number of users.", _HINT) from None
        if number in UNLIMITED:
            return None
        if not 0 <= number <= MOST_SEATS:
            raise BadInput(f"{self._name}, line {line}: there cannot be {number:,} users.", _HINT)
        return number


_HINT: Final = "It is the license.key in the server's folder 'license'. Nothing was changed."
