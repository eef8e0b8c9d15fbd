"""Finds the entries that a person means on the command line: by address, by a login alone, or by nearly the address."""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import islice
from typing import Final

from kconsole.core.codes import Message, message
from kconsole.core.errors import NotFound, Refused
from kconsole.core.identity import address_in, canonical_address, canonical_login
from kconsole.core.records import Entry
from kconsole.store.records import Records

MOST_NAMED: Final = 5
"""Addresses that a message names, of a login that several have."""

_MOST_ALIASES: Final = 5  # that deliver to one another
_MOST_NEAR: Final = 3
_MOST_COMPARED: Final = 10_000
_NEAR: Final = 0.7
"""How alike two logins are, of 1, that one can be meant by the other."""

_LONGEST: Final = 64  # characters of a login


def addresses_of(names: Iterable[str], state: Records) -> tuple[str, ...]:
    """The addresses that these names mean: a login alone is completed where one entry has it; others stay as they are.

    Raises:
        Refused: several entries have a login.
    """
    return tuple(_address_of(name, state) for name in names)


def find_entry(name: str, state: Records) -> Entry:
    """The entry that a name means, or the last deleted one that had its address.

    Raises:
        NotFound: there is none; the hints name the nearest.
        Refused: several entries have the login.
    """
    try:
        return state.find(_address_of(name, state))
    except NotFound as error:
        raise NotFound("address-not-in-store", hints_for(name, state), address=name) from error


def hints_for(name: str, state: Records) -> list[Message]:
    """What to do about a name that means no entry."""
    near = nearest(name, state)
    return [*([message("did-you-mean", addresses=near)] if near else []), message("look-it-up")]


def owner_of(alias: Entry, state: Records) -> Entry | None:
    """The only account that an alias delivers to, perhaps by way of other aliases; None if there is none, or more."""
    entry: Entry | None = alias
    for _ in range(_MOST_ALIASES):
        if entry is None or entry.kind != "alias" or len(entry.delivers_to) != 1:
            break
        (target,) = entry.delivers_to
        entry = state.entry_at(address_in(entry.domain, target))
    return entry if entry is not None and entry.is_account else None


def _address_of(name: str, state: Records) -> str:
    if not name or "@" in name or state.has_had(canonical_address(name)):
        return name
    found = _with_login(name, state.live_entries()) or _with_login(name, state.entries.values())
    if len(found) > 1:
        addresses = found[:MOST_NAMED]
        raise Refused("login-ambiguous", "give-the-address", login=name, number=len(found), addresses=addresses)
    return found[0] if found else name


def _with_login(name: str, entries: Iterable[Entry]) -> list[str]:
    beginning = f"{canonical_login(name)}@"
    folded = ((entry.address, canonical_login(entry.address)) for entry in entries)
    return list(dict.fromkeys(address for address, key in folded if key.startswith(beginning)))


def nearest(name: str, state: Records) -> list[str]:
    """The addresses of the live entries that a name may be a misspelling of, the nearest first."""
    key = canonical_address(name)
    login = key.rpartition("@")[0] or key
    if not login or len(login) > _LONGEST:
        return []
    matcher, near = SequenceMatcher(autojunk=False), []
    matcher.set_seq2(login)
    for other, address in islice(_alike(login, state.live_entries()), _MOST_COMPARED):
        matcher.set_seq1(other)
        if matcher.quick_ratio() >= _NEAR and (ratio := matcher.ratio()) >= _NEAR:
            in_domain = SequenceMatcher(None, address.lower(), key, autojunk=False).ratio() if "@" in key else 0
            near.append((-ratio, -in_domain, address))
    return [address for *_, address in sorted(near)[:_MOST_NEAR]]


def _alike(login: str, entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """The logins that have nearly the same letters, each with its address: far fewer than there are."""
    letters, length = set(login), len(login)
    least = len(letters) - (1 if length < 6 else 2)
    for entry in entries:
        address = entry.address
        end = address.rfind("@")
        if abs((end if end >= 0 else len(address)) - length) <= 2:
            other = canonical_login(address[:end] if end >= 0 else address)
            if len(letters.intersection(other)) >= least:
                yield other, address
