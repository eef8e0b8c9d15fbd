"""Checks of a directory's settings that need no connection."""

import re
from typing import Final, get_args

from kconsole.core.codes import message, short
from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.errors import BadInput
from kconsole.directories.entries import FIELDS, naming_of
from kconsole.net.settings import Address, AddressForm, check_trust, parse_address

_FORM: Final = AddressForm({"ldaps": 636, "ldap": 389}, "address-form-ldap")
_MOST_DEPTH: Final = 50
_ATTRIBUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*")
"""Source: RFC 4512, section 2.5."""
_ITEM: Final = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9.;_-]*)?(?::dn)?(?::[A-Za-z0-9.-]+)?(?:[~<>:]?=)"
    r"(?:[^()\\\0]|\\[0-9A-Fa-f]{2})*+"
)
"""Source: RFC 4515, section 3."""


def server_address(url: str) -> Address:
    """Parse `ldaps://host[:port]` or `ldap://host[:port]`; raises BadInput for anything else."""
    return parse_address(url, _FORM)


def parse_attribute(text: str) -> tuple[str, str]:
    """Parse `FIELD=NAME`; raises BadInput for anything else."""
    field, equals, attribute = (piece.strip() for piece in text.partition("="))
    if not (field and equals and attribute):
        raise BadInput("attribute-form", text=short(text))
    return field, attribute


def check_form(directory: Directory) -> None:
    """Raise BadInput if one of the settings is malformed."""
    server_address(directory.url)
    if directory.kind not in (kinds := get_args(DirectoryKind)):
        hint = message("use-one-of", names=", ".join(kinds))
        raise BadInput("directory-kind-unknown", hint, kind=short(directory.kind))
    check_trust(directory)
    if "\0" in directory.bind_as:
        raise BadInput("bind-name-has-zero-byte")
    _check_attributes(directory)
    check_filter_form(directory.filter)


def filter_of(directory: Directory) -> str:
    """The filter to search with: the one of the directory's kind, combined with the administrator's."""
    naming = naming_of(directory)
    own = naming.filter or f"({naming.login.partition(';')[0]}=*)"
    further = directory.filter.strip()
    if not further:
        return own
    return f"(&{own}{further if further.startswith('(') else f'({further})'})"


def attributes_in(filter_: str) -> tuple[str, ...]:
    """The attributes that a filter names, without their options."""
    names = re.findall(r"(?:^|\()\s*([A-Za-z][A-Za-z0-9-]*)[^()=]*=", filter_.strip())
    return tuple(dict.fromkeys(names))


def check_filter_form(text: str) -> None:
    """Raise BadInput unless a filter is complete in itself: it must not break out of the one it is combined with."""
    text = text.strip()
    if not text:
        return
    whole = text if text.startswith("(") else f"({text})"
    try:
        end = _filter_end(whole, 0, 0)
        if end < len(whole):
            raise _Invalid(end, "filter-goes-on")
    except _Invalid as error:
        character = error.at + (1 if whole == text else 0)  # an added bracket does not count
        raise BadInput(
            "filter-invalid", "filter-example", filter=short(text), problem=error.problem, character=character
        ) from None


def _check_attributes(directory: Directory) -> None:
    named: set[str] = set()
    for field, name in directory.attributes:
        if field not in FIELDS:
            hint = message("use-one-of", names=", ".join(FIELDS))
            raise BadInput("attribute-field-unknown", hint, field=short(field))
        if field in named:
            raise BadInput("attribute-field-twice", field=field)
        if not _ATTRIBUTE.fullmatch(name):
            raise BadInput("attribute-name-invalid", "attribute-name-example", name=short(name))
        named.add(field)
    naming = naming_of(directory)
    lacking = [field for field in ("login", "id") if not getattr(naming, field)]
    if lacking:
        raise BadInput("custom-directory-incomplete", "id-must-last", fields=lacking)


class _Invalid(Exception):
    """A filter is not valid: at this place, and how."""

    def __init__(self, at: int, code: str, **params: object) -> None:
        super().__init__(code)
        self.at, self.problem = at, message(code, **params)


def _filter_end(text: str, at: int, depth: int) -> int:
    """Where a filter ends; raises `_Invalid` where it is wrong."""
    if depth > _MOST_DEPTH:
        raise _Invalid(at, "filter-too-deep", most=_MOST_DEPTH)
    if text[at : at + 1] != "(":
        raise _Invalid(at, "filter-bracket-missing" if at < len(text) else "filter-ends-early")
    at += 1
    sign = text[at : at + 1]
    if sign and sign in "&|!":
        at += 1
        parts = 0
        while text[at : at + 1] == "(":
            at = _filter_end(text, at, depth + 1)
            parts += 1
        if parts == 0 or (sign == "!" and parts > 1):
            raise _Invalid(at, "filter-conditions" if parts else "filter-no-condition", number=parts, sign=sign)
    elif (item := _ITEM.match(text, at)) is not None:
        at = item.end()
    else:
        raise _Invalid(at, "filter-compares-nothing" if sign else "filter-ends-early")
    if text[at : at + 1] != ")":
        raise _Invalid(at, "filter-sign-unescaped" if at < len(text) else "filter-ends-early")
    return at + 1
