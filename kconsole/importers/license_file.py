"""The server's license file, `license.key`: text in blocks, of which the fields are read and the signatures are not.

Source: FACTS of the license file; no complete one was available, so an unknown field is skipped with a note. The
signature is not checked: only the server can do that, and the front ends say so.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from kconsole.core.codes import Message, first_of, message
from kconsole.core.errors import BadInput
from kconsole.core.identity import stripped
from kconsole.core.license import Component, ComponentName, component_named, end_of_id
from kconsole.core.times import is_no_day, says_never
from kconsole.importers import code_pages

LARGEST_FILE: Final = 256 * 1024  # bytes; a license file has a few thousand
LONGEST_TEXT: Final = 200  # characters that are kept of a company or an email address
MOST_SEATS: Final = 10**9
MOST_NOTES: Final = 20  # that are kept one by one; another program's file would cause one for each line
UNLIMITED: Final = (-1, -2)  # -2 in the server's interface, -1 in others of the vendor's

_HINT: Final = "license-file-place"

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9 -]{0,40}?)\s*:\s*(.*)")
_DAY: Final = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})(?!\d)|(\d{4})-(\d\d)-(\d\d)(?!\d)", re.ASCII)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ID: Final = re.compile(r"\b[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9](?=[a-z0-9]{4}\b)", re.ASCII | re.IGNORECASE)
"""A license ID without its last four characters, wherever it appears."""

_BEGINNINGS: Final = ("LICENSE", "PRODUCT-LICENSE")
_MARKERS: Final = (*_BEGINNINGS, "SIGNATURE", "PRODUCT-SIGNATURE", "END", "PRODUCT-END")
_FEATURE_END: Final = "feature-end"  # it has no colon in the file; one with a colon is accepted

_READ: Final = frozenset(
    {
        "base-id", "product", "license-expires", "subscription-expires", "users", "company", "e-mail", "features",
        "antivirus-expires", "license-type", "feature-begin", "feature-end",
    }
)  # fmt: skip
_KNOWN: Final = _READ | {"product-id", "os", "add-on-id", "license-version", "format-version"}


class LicenseFile(NamedTuple):
    """The fields of a license file. None or empty is an absent one."""

    product: str
    id_end: str
    """The end of the license ID. The whole ID is a secret and is not kept."""
    is_trial: bool
    company: str
    email: str
    says_users: bool
    seats: int | None
    """How many accounts may take a seat; None means without limit, if `says_users`."""
    expires: date | None
    maintenance_until: date | None
    components: tuple[Component, ...]
    notes: tuple[Message, ...]
    """Fields and features that are not known."""
    says_expires: bool = True
    """Whether it has a field for the last day, which may be "never"."""


def read_license_file(content: bytes, name: str, encoding: str | None = None) -> LicenseFile:
    """Read a license file, which errors call by this name; it is in UTF-8 unless an encoding is named.

    Raises:
        BadInput: it is not a license file, or a field makes no sense.
        EncodingUnconfirmed: a field is not in UTF-8, and no encoding was named.
    """
    if len(content) > LARGEST_FILE:
        raise BadInput("license-file-too-large", _HINT, file=name)
    text = _text_of(content, name, encoding)
    if "--LICENSE--" not in text and "--PRODUCT-LICENSE--" not in text:
        raise BadInput("license-file-without-block", _HINT, file=name)
    reader = _Reader(name)
    for field in _fields(text):
        reader.take(field)
    return reader.finish()


def _text_of(content: bytes, name: str, encoding: str | None) -> str:
    """The text of a file. Bytes that are no text in its encoding do no harm outside of the fields that are read."""
    if encoding is not None or code_pages.marked_encoding(content):
        return code_pages.utf8_text(content, name, encoding)
    if code_pages.is_mostly_utf8(content):
        text = code_pages.decode(content, "UTF-8")
        lines = _LINE_END.split(text)
        for field in _fields(text):
            if field.key in _READ and (wrong := code_pages.wrong_byte(lines[field.line - 1], "UTF-8")):
                raise BadInput("not-in-encoding-at", "name-the-encoding", file=name, line=field.line, **wrong)
        return text
    fields = _fields(content.decode("latin-1"))
    words = [each.value.encode("latin-1") for each in fields if each.key in _READ and not each.value.isascii()]
    return content.decode(code_pages.guessed(content, name, words, ()), "replace")


class _Field(NamedTuple):
    line: int
    key: str
    value: str


def _fields(text: str) -> Iterator[_Field]:
    """The fields of the blocks. Signatures are skipped unread."""
    is_inside = False
    for number, line in enumerate(_LINE_END.split(text), 1):
        line = stripped(line)
        if line.startswith("--") and line.endswith("--"):
            marker = line.strip("-").upper()
            if marker in _MARKERS:
                if is_inside:
                    yield _Field(number, _FEATURE_END, "")  # an open feature does not continue in the next block
                is_inside = marker in _BEGINNINGS
        elif is_inside and line.lower() == _FEATURE_END:
            yield _Field(number, _FEATURE_END, "")
        elif is_inside and (match := _FIELD.fullmatch(line)):
            key, value = (_ID.sub("*****-*****-*", text) for text in match.groups())
            yield _Field(number, key.lower().replace(" ", "-"), value.strip())


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._fields: dict[str, _Field] = {}
        self._components: dict[ComponentName, Component] = {}
        self._feature: ComponentName | None = None
        self._in_feature = False
        self._notes: list[Message] = []

    def take(self, field: _Field) -> None:
        """Collect a field. If it is there twice, the last one counts: the second block is the newer one."""
        key = field.key
        if key == "feature-begin":
            self._in_feature, self._feature = True, self._component(field.value, field.line)
        elif key == _FEATURE_END:
            self._in_feature, self._feature = False, None
        elif self._in_feature:
            if self._feature is not None:
                self._take_of_feature(field, self._components[self._feature])
        elif key == "features":
            for feature in filter(str.strip, re.split(r"[,;]", field.value)):
                self._component(feature, field.line)
        elif key in _READ:
            self._fields[key] = field._replace(value=end_of_id(field.value)) if key == "base-id" else field
        elif key not in _KNOWN:
            self._notes.append(message("license-field-unknown", line=field.line, field=key))

    def _component(self, feature: str, line: int) -> ComponentName | None:
        name = component_named(feature)
        if name is None:
            self._notes.append(message("license-feature-unknown", line=line, feature=feature.strip()[:60]))
        else:
            self._components.setdefault(name, Component(name=name))
        return name

    def _take_of_feature(self, field: _Field, component: Component) -> None:
        if field.key == "users":
            self._components[component.name] = replace(component, seats=self._seats(field))
        elif field.key in ("expires", "feature-expires"):
            self._components[component.name] = replace(component, expires=self._day(field))

    def finish(self) -> LicenseFile:
        """The license of all fields together."""
        if not self._fields.keys() & {"users", "license-expires", "base-id"}:
            raise BadInput("license-file-empty", _HINT, file=self._name)
        if (antivirus := self._fields.get("antivirus-expires")) is not None:
            component = self._components.get("antivirus", Component(name="antivirus"))
            self._components["antivirus"] = replace(component, expires=self._day(antivirus))
        users = self._fields.get("users")
        return LicenseFile(
            product=self._text("product"),
            id_end=self._text("base-id"),
            is_trial=self._text("license-type").strip().lower().startswith("trial"),
            company=self._text("company"),
            email=self._text("e-mail"),
            says_users=users is not None,
            seats=None if users is None else self._seats(users),
            expires=self._day(self._fields.get("license-expires")),
            maintenance_until=self._day(self._fields.get("subscription-expires")),
            components=tuple(sorted(self._components.values(), key=lambda component: component.name)),
            notes=tuple(first_of(self._notes, MOST_NOTES, "more-notes")),
            says_expires="license-expires" in self._fields,
        )

    def _text(self, key: str) -> str:
        return self._fields[key].value[:LONGEST_TEXT] if key in self._fields else ""

    def _day(self, field: _Field | None) -> date | None:
        if field is None or field.value.lower() == "unlimited" or says_never(field.value):
            return None
        match = _DAY.match(field.value)
        try:
            if match is None:
                raise ValueError
            if match[4]:
                day = date(int(match[4]), int(match[5]), int(match[6]))
            else:
                day = date(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
            return None if is_no_day(day) else day
        except ValueError:
            raise self._wrong("license-file-day", field) from None

    def _seats(self, field: _Field) -> int | None:
        if field.value.lower() == "unlimited":
            return None
        if not re.fullmatch(r"-?\d{1,10}", field.value, re.ASCII):
            raise self._wrong("license-file-users", field)
        number = int(field.value)
        if number not in UNLIMITED and not 0 <= number <= MOST_SEATS:
            raise self._wrong("license-file-seats", field, number=number)
        return None if number in UNLIMITED else number

    def _wrong(self, code: str, field: _Field, **params: Any) -> BadInput:
        return BadInput(code, _HINT, file=self._name, line=field.line, **params)
