"""Makes the past of the office: half a year in which people joined and left, as the log tells it."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from kconsole.core.records import Entry, Inventory
from kconsole.operations.sample_past import Past, PastLine

DAYS: Final = 188
"""How long ago the log began."""

_RESTARTS: Final = (timedelta(days=132, hours=4), timedelta(days=70, hours=5))
"""How long ago the server was restarted, before the last time."""

_JOINS: Final = 21
_BACK: Final = ("t.petrov@retail.northwind.example", "o'brien@northwind.example", "n.haddad@northwind.example")
"""Who was disabled and came back."""

_IDLE: Final = (
    "i.jansen@labs.example",
    "k.ncube@xn--bcher-kva.example",
    "r.dahl@northwind.example",
    "b.kim@northwind.example",
)
"""Who was found to be idle, long ago."""

_NEW: Final = (
    ("s.ivanova@northwind.example", 9), ("l.takeda@retail.northwind.example", 16), ("f.zak@northwind.example", 24),
    ("c.lindstrom@labs.example", 31), ("j.brandt@retail.northwind.example", 44), ("m.nakata@northwind.example", 53),
)  # fmt: skip
"""Who joined so many days ago and has not logged in yet."""

_AWAY: Final = {
    "k.ueda@northwind.example": (62, "marta", "Parental leave"),
    "trainee.1@northwind.example": (121, "marta", "The summer's trainees are gone"),
    "p.lin@retail.northwind.example": (150, "wanda", "Left"),
    "old.admin@northwind.example": (171, "marta", "Left"),
    "m.visser@northwind.example": (88, "teo", "Left"),
    "r.schmidt@northwind.example": (139, "teo", "Left"),
    "l.brandt@northwind.example": (27, "teo", "Contract ended"),
    "i.kamara@northwind.example": (104, "marta", "Left"),
    "n.moreau@retail.northwind.example": (79, "wanda", "Left"),
    "g.kovacs@northwind.example": (52, "teo", "Left"),
    "a.laurent@retail.northwind.example": (13, "wanda", "The shop has closed"),
    "a.lefevre@retail.northwind.example": (41, "wanda", "Never came"),
}


def make_past(end: Inventory, as_of: datetime) -> Past:
    """The lines that lead to this sample; everything follows from a seed."""
    begun = as_of - timedelta(days=DAYS, hours=1)
    lines = sorted(_lines(end, as_of), key=lambda line: line.at)
    used = _used_at_first(lines)
    numbered, held = [], 0
    for line in lines:
        before = used
        if line.operation in ("add", "map", "enable"):
            used += len(line.of)
        elif line.operation in ("disable", "reclaim"):
            used -= len(line.of)
        elif line.operation == "delete":
            held += 1
        elif line.operation == "restarted":
            used, held = used - held, 0
        numbered.append(msgspec.structs.replace(line, seats=(before, used)))
    return Past(begun=begun, last_restart=begun - timedelta(days=12), lines=tuple(numbered))


_USED: Final = 113
"""At the end."""


def _used_at_first(lines: list[PastLine]) -> int:
    joins = sum(len(line.of) for line in lines if line.operation in ("add", "map", "enable"))
    left = sum(len(line.of) for line in lines if line.operation in ("disable", "reclaim"))
    last = max(line.at for line in lines if line.operation == "restarted")
    freed = sum(line.operation == "delete" and line.at < last for line in lines)
    return _USED - joins + left + freed


def _lines(end: Inventory, as_of: datetime) -> Iterator[PastLine]:
    random = Random(16).random
    assert end.last_restart is not None

    def at(days: float) -> datetime:
        """A moment in office hours so many days ago, to the second."""
        moment = as_of - timedelta(days=int(days))
        return moment + timedelta(minutes=int(random() * 400), seconds=int(random() * 60))

    def line(when: datetime, who: str, operation: str, *of: str, reason: str = "") -> PastLine:
        return PastLine(at=when, operator=who, operation=operation, seats=(0, 0), of=of, reason=reason)

    for address, days in _NEW:
        yield line(at(days), "teo", "add", address)
    mapped = {entry.address for entry in end.entries if entry.origin == "directory"}
    for days, address in _joiners(end, as_of, random):
        yield line(at(days), "teo", "map" if address in mapped else "add", address)
    for address, days in zip(_BACK, (97, 66, 19), strict=True):
        yield line(at(days), "marta", "enable", address, reason="Back from leave")
    for address, (days, who, reason) in _AWAY.items():
        yield line(at(days), who, "disable", address, reason=reason)
    yield line(at(113), "marta", "reclaim", *_IDLE, reason="Idle for years")
    for entry in end.entries:
        if entry.deleted_at is not None and entry.deleted_at > as_of - timedelta(days=DAYS):
            yield line(entry.deleted_at, "teo", "delete", entry.address, reason="Left")
    for ago in _RESTARTS:
        yield line(as_of - ago, "marta", "restarted")
    yield line(end.last_restart, "marta", "restarted")
    for table, operation, of in (
        ("protections", "protect", "pattern"),
        ("keeps", "keep", "address"),
        ("reservations", "reserve", "subject"),
        ("policies", "set policy", "name"),
        ("marks", "reclaim mark", "address"),
    ):
        for decision in getattr(end, table):
            reason = getattr(decision, "reason", "")
            when = getattr(decision, "at", as_of - timedelta(days=30))
            yield line(when, getattr(decision, "by", "marta"), operation, getattr(decision, of), reason=reason)
    yield line(as_of - timedelta(minutes=2), "marta", "import logins", reason="Of the night and the morning")


def _joiners(end: Inventory, as_of: datetime, random: Callable[[], float]) -> Iterator[tuple[int, str]]:
    """Who joined so many days ago: people whose last login was after that."""
    spared = {*_BACK, *(address for address, _ in _NEW)}
    people = [entry for entry in end.entries if _may_join(entry) and entry.address not in spared]
    waiting = deque(sorted(people, key=lambda entry: (int(random() * 1000), entry.address)))
    for place in range(_JOINS):
        days = 3 + int((DAYS - 6) * (place + random()) / _JOINS)
        for _ in range(len(waiting)):
            entry = waiting.popleft()
            if entry.last_login is not None and entry.last_login.at > as_of - timedelta(days=days - 1):
                yield days, entry.address
                break
            waiting.append(entry)


def _may_join(entry: Entry) -> bool:
    return (
        entry.is_account
        and entry.enabled
        and entry.deleted_at is None
        and entry.role == "user"
        and bool(entry.description)
    )
