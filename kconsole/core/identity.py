"""Which addresses and domain names are the same, how they are stored, and how they are shown.

A domain is what IDNA2008 makes of it (RFC 5891, after the mapping of UTS 46 without its transitional part): `ß` and
`ss` are two, `bücher` and `xn--bcher-kva` are one. New names are stored in Unicode; names that a store has already keep
their spelling, and are compared by the ASCII form. A login is compared by the rule of PRECIS, UsernameCaseMapped (RFC
8265): full-width letters become plain, then lower case, then composed. So `ß` and `ss` are two there as well.

The idna library is imported only for a name that is not plain ASCII: most stores have none.
"""

import unicodedata
from functools import lru_cache
from typing import Final

from kconsole.core.codes import Message, message
from kconsole.core.records import fold

_PREFIX: Final = "xn--"
DOTS: Final = str.maketrans("。．｡", "...")
"""What input methods write for the dot between the parts of a domain name."""

BLANKS: Final = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u2060"
)
"""Blanks of all sorts, and invisible marks at the ends of a text that was copied; no name begins or ends with one."""

_ENDS: Final = BLANKS + "."
"""What may follow a domain name, with the dot of the root."""

LONGEST_DOMAIN: Final = 253  # characters of the ASCII form; RFC 1035
LONGEST_LABEL: Final = 63
_FAR_TOO_LONG: Final = 1_000


class NoDomainName(ValueError):
    """A text that is no domain name; its message says which label is wrong, and why."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem.code)
        self.problem = problem


def stripped(text: str) -> str:
    """A text without the blanks, of any sort, and invisible marks around it."""
    return text.strip() if text.isascii() else text.strip(BLANKS)


def address_in(domain: str, name: str) -> str:
    """An address that a record of a domain names; a login alone is one in that domain."""
    return name if "@" in name else f"{name}@{domain}"


def canonical_address(address: str) -> str:
    """The form in which addresses are compared."""
    if address.isascii():
        key = address.strip().lower()
        return key.rstrip(_ENDS) if key.endswith(".") and "@" in key else key
    login, at, domain = stripped(address).rpartition("@")
    return f"{canonical_login(login)}@{canonical_domain(domain)}" if at else canonical_login(domain)


def canonical_login(login: str) -> str:
    """The form in which logins are compared."""
    if login.isascii():
        return login.lower()
    plain = "".join(_plain_width(letter) for letter in login)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", plain).lower())


@lru_cache(maxsize=4096)
def canonical_domain(name: str) -> str:
    """The form in which domain names are compared: ASCII, as far as IDNA allows it."""
    name = name.translate(DOTS).lstrip(BLANKS).rstrip(_ENDS)
    return ascii_domain(name).lower()


def ascii_address(address: str) -> str:
    """An address with its domain as DNS has it."""
    login, at, domain = address.rpartition("@")
    return f"{login}@{ascii_domain(domain)}" if at else address


def shown_address(address: str) -> str:
    """An address, or a domain name, with its domain in Unicode, for people."""
    if _PREFIX not in address.lower():
        return address
    login, at, domain = address.rpartition("@")
    return f"{login}{at}{_shown(domain)}"


def stored_domain(name: str) -> str:
    """The spelling in which a new domain is stored: plain names as they were written, others as IDNA maps them.

    Raises:
        NoDomainName: it is no domain name.
    """
    name = stripped(name).translate(DOTS).removesuffix(".")
    if not name:
        raise NoDomainName(message("domain-empty-name"))
    if len(name) > _FAR_TOO_LONG:
        raise NoDomainName(message("domain-too-long", longest=LONGEST_DOMAIN))
    labels = [_stored_label(label) for label in name.split(".")]
    if len(labels) < 2:
        raise NoDomainName(message("domain-one-label"))
    stored = ".".join(labels)
    if len(ascii_domain(stored)) > LONGEST_DOMAIN:
        raise NoDomainName(message("domain-too-long", longest=LONGEST_DOMAIN))
    return stored


def _stored_label(label: str) -> str:
    if label.isascii() and not label.lower().startswith(_PREFIX):
        if not label:
            raise NoDomainName(message("label-empty"))
        problem = ""
        if len(label) > LONGEST_LABEL:
            problem = "label-too-long"
        elif not label.replace("-", "").replace("_", "").isalnum():
            problem = "label-sign"
        elif not (label[0] + label[-1]).isalnum():
            problem = "label-hyphen"
        if problem:
            raise NoDomainName(message(problem, label=label, longest=LONGEST_LABEL))
        return label
    import idna

    try:
        return idna.decode(idna.encode(label, uts46=True))
    except UnicodeError as error:
        raise NoDomainName(message("label-not-idna", label=label, reason=str(error))) from None


@lru_cache(maxsize=4096)
def ascii_domain(name: str) -> str:
    """A domain name as DNS has it; a label that IDNA does not allow stays as it is."""
    if name.isascii():
        return name
    import idna

    labels = []
    for label in name.translate(DOTS).removesuffix(".").split("."):
        try:
            labels.append(label if label.isascii() else idna.encode(label, uts46=True).decode())
        except UnicodeError:
            labels.append(fold(label))
    return ".".join(labels)


@lru_cache(maxsize=1024)
def _shown(name: str) -> str:
    import idna

    labels = []
    for label in name.split("."):
        try:
            labels.append(idna.decode(label) if label.lower().startswith(_PREFIX) else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def _plain_width(letter: str) -> str:
    kind, _, plain = unicodedata.decomposition(letter).partition(" ")
    return chr(int(plain, 16)) if kind in ("<wide>", "<narrow>") else letter
