"""Which accounts are kept or protected: what no policy touches."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from kconsole.core.decisions import Keep, Protection
from kconsole.core.identity import canonical_address, canonical_login
from kconsole.core.records import Entry

ENDING: Final = timedelta(days=14)
"""How long before its end a keep is announced."""


def kept_until(keeps: Mapping[int, Keep], entry: Entry, now: datetime) -> datetime | None:
    """When the keep of an account ends; None if it is not kept now."""
    keep = keeps.get(entry.id)
    return keep.until if keep is not None and now < keep.until else None


def ending(keeps: Mapping[int, Keep], now: datetime) -> list[Keep]:
    """The keeps that end soon, and those that ended not long ago; the next end first."""
    near = (keep for keep in keeps.values() if abs(keep.until - now) <= ENDING)
    return sorted(near, key=lambda keep: keep.until)


def protecting(protections: Iterable[Protection]) -> Callable[[Entry], Iterator[Protection]]:
    """What gives the protections of an account. A pattern without an @ is one of logins."""
    patterns = [(re.compile(_regex(each.pattern)), "@" in each.pattern, each) for each in protections]

    def found(entry: Entry) -> Iterator[Protection]:
        address, login = canonical_address(entry.address), canonical_login(entry.login)
        return (each for regex, whole, each in patterns if regex.fullmatch(address if whole else login))

    return found


def protects_in(pattern: str, domain: str) -> bool:
    """Whether a pattern may fit accounts of a domain, which is in canonical form."""
    _, at, of_domain = _canonical(pattern).partition("@")
    return not at or re.fullmatch(_glob(of_domain), domain) is not None


def _regex(pattern: str) -> str:
    return _glob(_canonical(pattern))


def _canonical(pattern: str) -> str:
    login, at, domain = pattern.partition("@")
    return canonical_address(pattern) if "*" not in domain else f"{canonical_login(login)}{at}{domain.lower()}"


def _glob(pattern: str) -> str:
    """A pattern as a regular expression whose time grows with the text only, however many stars it has.

    Each star takes as little as it can and never more: what follows the last one stands at the end anyway.
    """
    first, *others = map(re.escape, pattern.split("*"))
    if not others:
        return first
    return "".join([first, *(f"(?>.*?{each})" for each in others[:-1] if each), ".*", others[-1]])
