"""Checks of a directory's settings that need no connection."""

import re
from typing import Final, NamedTuple, get_args

from kconsole.core.codes import Message, message, short
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
    kinds = get_args(DirectoryKind)
    if directory.kind not in kinds:
        raise BadInput(
            "directory-kind-unknown", message("use-one-of", names=", ".join(kinds)), kind=short(directory.kind)
        )
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


def check_filter_form(text: str) -> None:
    """Raise BadInput unless a filter is complete in itself: it must not break out of the one it is combined with."""
    text = text.strip()
    if not text:
        return
    whole = text if text.startswith("(") else f"({text})"
    added = len(whole) - len(text) - 1 if whole != text else 0
    end = _filter_end(whole, 0, 0)
    problem = end.problem or (message("filter-goes-on") if end.at < len(whole) else None)
    if problem is not None:
        raise BadInput(
            "filter-invalid", "filter-example", filter=short(text), problem=problem, character=end.at - added + 1
        )


def _check_attributes(directory: Directory) -> None:
    named: set[str] = set()
    for field, name in directory.attributes:
        if field not in FIELDS:
            raise BadInput(
                "attribute-field-unknown", message("use-one-of", names=", ".join(FIELDS)), field=short(field)
            )
        if field in named:
            raise BadInput("attribute-field-twice", field=field)
        if not _ATTRIBUTE.fullmatch(name):
            raise BadInput("attribute-name-invalid", "attribute-name-example", name=short(name))
        named.add(field)
    naming = naming_of(directory)
    lacking = [field for field in ("login", "id") if not getattr(naming, field)]
    if lacking:
        raise BadInput("custom-directory-incomplete", "id-must-last", fields=lacking)


class _End(NamedTuple):
    """Where a filter ends, or where it is wrong and how."""

    at: int
    problem: Message | None = None


def _filter_end(text: str, at: int, depth: int) -> _End:
    if depth > _MOST_DEPTH:
        return _End(at, message("filter-too-deep", most=_MOST_DEPTH))
    if at >= len(text):
        return _End(at, message("filter-ends-early"))
    if text[at] != "(":
        return _End(at, message("filter-bracket-missing"))
    at += 1
    sign = text[at : at + 1]
    if sign and sign in "&|!":
        at += 1
        parts = 0
        while text[at : at + 1] == "(":
            end = _filter_end(text, at, depth + 1)
            if end.problem is not None:
                return end
            at = end.at
            parts += 1
        if parts == 0 or (sign == "!" and parts > 1):
            return _End(at, message("filter-conditions" if parts else "filter-no-condition", number=parts, sign=sign))
    else:
        item = _ITEM.match(text, at)
        if item is None:
            return _End(at, message("filter-compares-nothing" if sign else "filter-ends-early"))
        at = item.end()
    if text[at : at + 1] != ")":
        return _End(at, message("filter-ends-early" if at >= len(text) else "filter-sign-unescaped"))
    return _End(at + 1)
