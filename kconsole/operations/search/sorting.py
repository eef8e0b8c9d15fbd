"""Sorts many entries in short steps: by plain keys, in runs that are merged."""

from collections import defaultdict
from collections.abc import Callable
from math import inf
from typing import Any, Final, Literal

from kconsole.core.records import Entry, fold
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.chunked import Chunks
from kconsole.operations.search.collation import collation_key

SortField = Literal["address", "name", "seat", "because", "last-login", "protocol", "domain", "kind", "origin", "role"]

STEP: Final = 8192
"""The most entries of a step, except where sorted ones are merged, which is fast."""

NAMES: Final = STEP // 4
"""The most names whose keys are made in a step: each takes 2 µs."""

RUN: Final = 8 * STEP
"""Places that are sorted in one step, which takes up to 8 ms: shorter runs mean more merging."""

_ROLE_RANK: Final = {"user": 0, "auditor": 1, "account_admin": 2, "full_admin": 3}


def sorted_by(places: list[int], keys: list[Any]) -> Chunks[list[int]]:
    """Places in the order of their keys; places with equal keys keep their order.

    One call to `sort` would do the same, but block the screen. So it sorts runs, and merges them in pairs: `sort`
    detects the two runs in its input, and only merges.
    """
    key = keys.__getitem__
    runs = []
    for begin in range(0, len(places), RUN):
        runs.append(sorted(places[begin : begin + RUN], key=key))
        yield 0.5 * begin / len(places)
    width = len(runs)
    while len(runs) > 1:
        merged = []
        for first, second in zip(runs[::2], runs[1::2], strict=False):
            if keys[second[0]] >= keys[first[-1]]:  # they are in order already
                merged.append(first + second)
            else:
                merged.append(sorted(first + second, key=key))
            yield 1 - 0.5 * len(runs) / width
        runs = merged + runs[len(merged) * 2 :]
    return runs[0] if runs else []


def grouped_by(places: list[int], keys: list[Any]) -> Chunks[list[int]]:
    """The same for few different keys: only these are compared."""
    groups: defaultdict[Any, list[int]] = defaultdict(list)
    for begin in range(0, len(places), STEP):
        for place in places[begin : begin + STEP]:
            groups[keys[place]].append(place)
        yield begin / len(places)
    return [place for key in sorted(groups) for place in groups[key]]


def turned_round(places: list[int], keys: list[Any]) -> list[int]:
    """Sorted places with the greatest key first; places with equal keys keep their order."""
    return sorted(places, key=keys.__getitem__, reverse=True)


def address_key(entry: Entry) -> str:
    """Breaks ties in every order. An address that is folded already is its own key, to save memory."""
    address = entry.address
    folded = fold(address)
    return address if folded == address else folded


LAST: Final = inf
"""The key of what comes last in either direction: in the order by last login, all but accounts."""


def sort_key(sort: SortField, policy: LicensePolicy) -> Callable[[Entry], Any]:
    """The key function of an order: plain texts and numbers."""
    if sort == "seat":
        return lambda entry: not policy.listed(entry).seat
    if sort == "because":
        return lambda entry: policy.listed(entry).reason
    if sort == "last-login":
        return lambda entry: _last_login_key(entry) if policy.is_account(entry) else LAST
    return _KEYS[sort]


def _last_login_key(account: Entry) -> float:
    """Never first, then unknown, then the oldest login."""
    if account.last_login is not None:
        return account.last_login.at.timestamp()
    return -inf if account.never_logged_in else -1e18


_KEYS: Final[dict[SortField, Callable[[Entry], Any]]] = {
    "address": address_key,
    "name": lambda entry: collation_key(entry.full_name),
    "protocol": lambda entry: "" if entry.last_login is None else fold(entry.last_login.protocol),
    "domain": lambda entry: fold(entry.domain),
    "kind": lambda entry: entry.kind,
    "origin": lambda entry: entry.origin,
    "role": lambda entry: _ROLE_RANK[entry.role],
}
