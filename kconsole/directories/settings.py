"""What the settings of a directory must look like to make sense, told before anybody is asked anything."""

import re
from typing import Final, NamedTuple, get_args
from urllib.parse import urlsplit

from kconsole.core.codes import short
from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.errors import BadInput
from kconsole.directories.entries import FIELDS, naming_of
from kconsole.net.trust import fingerprint_digits

_PORTS: Final = {"ldap": 389, "ldaps": 636}
_MOST_DEPTH: Final = 50
_ATTRIBUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*")
"""Source: RFC 4512, section 2.5."""
_ITEM: Final = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9.;_-]*)?(?::dn)?(?::[A-Za-z0-9.-]+)?(?:[~<>:]?=)"
    r"(?:[^()\\\0]|\\[0-9A-Fa-f]{2})*+"
)
"""Source: RFC 4515, section 3."""


class ServerAddress(NamedTuple):
    """The parts of a URL that are asked for."""

    host: str
    port: int
    tls_at_once: bool
    """Whether encryption comes first (`ldaps`) or is asked for (`ldap`)."""


def server_address(url: str) -> ServerAddress:
    """Where a URL leads.

    Raises:
        BadInput: it is no `ldaps://host[:port]` or `ldap://host[:port]`.
    """
    hint = "Write it as ldaps://directory.example, or ldap://directory.example:389 for StartTLS."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadInput(f"{short(url)} is no URL of a directory: its host or port is none.", hint) from None
    if parts.scheme not in _PORTS:
        raise BadInput(f"{short(url)} is no URL of a directory: it begins with neither ldaps:// nor ldap://.", hint)
    if parts.username is not None or parts.password is not None:
        # Not told: what stands there may be a password.
        raise BadInput("The URL of the directory has a name or password in it.", "Give them apart from the URL.")
    if not host or re.search(r"[\s\x00-\x1f\\%]", host) or port == 0:
        raise BadInput(f"{short(url)} is no URL of a directory: its host or port is none.", hint)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadInput(f"{short(url)} says more than a host and a port.", "Give base and filter apart from the URL.")
    return ServerAddress(host, port or _PORTS[parts.scheme], parts.scheme == "ldaps")


def check_form(directory: Directory) -> None:
    """Look whether settings make sense by what they look like.

    Raises:
        BadInput: they do not.
    """
    server_address(directory.url)
    if directory.kind not in get_args(DirectoryKind):
        raise BadInput(
            f"{short(directory.kind)} is no kind of directory.", f"Use one of {', '.join(get_args(DirectoryKind))}."
        )
    if directory.fingerprint:
        fingerprint_digits(directory.fingerprint)
    if directory.insecure and (directory.ca_file or directory.fingerprint):
        asked = "a fingerprint" if directory.fingerprint else "a CA file"
        raise BadInput(
            f"The certificate cannot be checked by {asked} and not be checked at all.",
            f"Leave out either {asked} or what makes the connection insecure.",
        )
    if "\0" in directory.bind_as:
        raise BadInput("The name to bind as has a zero byte in it.", "Give the name as the directory has it.")
    _check_attributes(directory)
    check_filter_form(directory.filter)


def filter_of(directory: Directory) -> str:
    """The filter that the users of a directory pass: what its kind says users are, and the further one."""
    naming = naming_of(directory)
    own = naming.filter or f"({naming.login.partition(';')[0]}=*)"
    further = directory.filter.strip()
    if not further:
        return own
    return f"(&{own}{further if further.startswith('(') else f'({further})'})"


def check_filter_form(text: str) -> None:
    """Look whether a filter is one, so that it cannot say more than it is meant to when it is put into another.

    Raises:
        BadInput: it is not, with the place.
    """
    text = text.strip()
    if not text:
        return
    whole = text if text.startswith("(") else f"({text})"
    added = len(whole) - len(text) - 1 if whole != text else 0
    at, problem = _filter_end(whole, 0, 0)
    if problem is None and at < len(whole):
        problem = "goes on after its end"
    if problem is not None:
        raise BadInput(
            f"The filter {short(text)} {problem}, at character {at - added + 1}.",
            "Write it as in (&(mail=*)(!(employeeType=guest))).",
        )


def _check_attributes(directory: Directory) -> None:
    named: set[str] = set()
    for field, name in directory.attributes:
        if field not in FIELDS:
            raise BadInput(f"{short(field)} is nothing an attribute is read for.", f"Use one of {', '.join(FIELDS)}.")
        if field in named:
            raise BadInput(f"The attribute for {field} is named twice.", "Name each once.")
        if not _ATTRIBUTE.fullmatch(name):
            raise BadInput(
                f"{short(name)} is no name of an attribute.", "Names have letters, digits and hyphens, as mailNickname."
            )
        named.add(field)
    naming = naming_of(directory)
    lacking = [field for field in ("login", "id") if not getattr(naming, field)]
    if lacking:
        raise BadInput(
            f"A custom directory needs the attribute for {' and '.join(lacking)}.",
            "The id must be one that no renaming changes, as entryUUID.",
        )


def _filter_end(text: str, at: int, depth: int) -> tuple[int, str | None]:
    """Where the filter that begins here ends, and None; or the place of what is wrong with it, and what it is."""
    if depth > _MOST_DEPTH:
        return at, f"is nested deeper than {_MOST_DEPTH} times"
    if at >= len(text):
        return at, "ends too early"
    if text[at] != "(":
        return at, "has no bracket where one opens"
    at += 1
    sign = text[at : at + 1]
    if sign and sign in "&|!":
        at += 1
        parts = 0
        while text[at : at + 1] == "(":
            at, problem = _filter_end(text, at, depth + 1)
            if problem is not None:
                return at, problem
            parts += 1
        if parts == 0 or (sign == "!" and parts > 1):
            return at, f"has {parts} conditions after {sign}" if parts else f"has no condition after {sign}"
    else:
        item = _ITEM.match(text, at)
        if item is None:
            return at, "has a condition that compares nothing" if sign else "ends too early"
        at = item.end()
    if text[at : at + 1] != ")":
        return at, "ends too early" if at >= len(text) else "has a sign that must be written as \\ and two digits"
    return at + 1, None
