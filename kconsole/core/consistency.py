"""Whether an inventory makes sense in itself: what no type can express."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from kconsole.core.codes import Message, first_of, message
from kconsole.core.decisions import DECISIONS, OfAccount
from kconsole.core.errors import BadInput
from kconsole.core.identity import canonical_address, canonical_domain, stripped
from kconsole.core.license import ID_SHOWN, License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.core.times import in_utc, is_no_day, is_no_time

MOST_PROBLEMS: Final = 5  # of a document that are shown: one is enough to correct the next, fifty are noise
LARGEST_LIMIT: Final = 10**12  # seats or accounts: beyond any license, and a whole number for every JSON reader

_MAY_BE_NONE: Final = (
    "last_login", "deleted_at", "directory_logon", "trial_until", "registered_at", "activated_at", "maintenance_until",
    "expires",
)  # fmt: skip
_Record = TypeVar("_Record", bound=Struct)


def checked(inventory: Inventory, name: str) -> Inventory:
    """The same inventory with times in UTC and every domain listed.

    Args:
        inventory: any inventory.
        name: what an error calls it.

    Raises:
        BadInput: an address or domain is empty or there twice, a limit is negative or too large, or a time is out of
            the calendar.
    """
    license_ = inventory.license
    try:
        problems = [*_license_problems(inventory.license), *_domain_problems(inventory.domains)]
        problems += _entry_problems(inventory.entries)
        problems += _decision_problems(inventory)
        if problems:
            raise BadInput("contradicts-itself", "nothing-changed", first_of(problems, MOST_PROBLEMS), file=name)
        entries = tuple(  # most of many have no time at all
            _timed(entry) if entry.last_login or entry.deleted_at or entry.directory_logon else entry
            for entry in map(_without_blanks, inventory.entries)
        )
        restart = _in_utc(inventory.last_restart)
        return replace(
            inventory,
            license=_timed(replace(license_, components=tuple(map(_timed, license_.components)))),
            server=_in_utc(inventory.server),
            last_restart=None if _is_none(restart) else restart,
            domains=_with_missing_domains(tuple(map(_without_blanks, inventory.domains)), entries),
            entries=entries,
            **{name: tuple(map(_in_utc, getattr(inventory, name))) for name in DECISIONS},
        )
    except OverflowError:
        raise BadInput("time-beyond-calendar", "nothing-changed", file=name) from None


def _license_problems(license_: License) -> Iterator[Message]:
    limits = [("license.seats", license_.seats)]
    limits += [(f"license.components.{component.name}.seats", component.seats) for component in license_.components]
    if license_.update is not None:
        limits.append(("license.update.seats", license_.update.seats))
    yield from _odd_limits(limits)
    if len(license_.id_end) > ID_SHOWN:
        yield message("id-end-too-long", longest=ID_SHOWN)
    if license_.price is not None and not license_.price.is_sound:
        yield message("not-a-price", place="license.price")
    yield from _listed_twice("component", (component.name for component in license_.components))


def _domain_problems(domains: Sequence[Domain]) -> Iterator[Message]:
    yield from (message("has-no-name", place=f"domains[{at}]") for at, domain in enumerate(domains) if not domain.name)
    yield from _listed_twice("domain", (domain.name for domain in domains), canonical_domain)
    yield from _odd_limits((f"user_limit of domain {domain.name}", domain.user_limit) for domain in domains)


def _entry_problems(entries: Sequence[Entry]) -> Iterator[Message]:
    nameless = (at for at, entry in enumerate(entries) if not entry.login)
    yield from (message("has-no-address", place=f"entries[{at}]") for at in nameless)
    live = (each.address for each in entries if each.login and each.deleted_at is None)
    yield from _listed_twice("address", live, canonical_address)


def _decision_problems(inventory: Inventory) -> Iterator[Message]:
    of_accounts: tuple[tuple[str, Sequence[OfAccount]], ...] = (
        ("keeps", inventory.keeps),
        ("marks", inventory.marks),
        ("offboardings", inventory.offboardings),
    )
    if any(decisions for _, decisions in of_accounts):
        live = {canonical_address(each.address) for each in inventory.entries if each.deleted_at is None}
        for name, decisions in of_accounts:
            gone = (at for at, each in enumerate(decisions) if canonical_address(each.address) not in live)
            yield from (message("has-no-account", place=f"{name}[{at}]") for at in gone)
        for name, decisions in of_accounts:
            yield from _listed_twice(name[:-1], (each.address for each in decisions), canonical_address)
    yield from _listed_twice("policy", (each.name for each in inventory.policies))
    for at, each in enumerate(inventory.reservations):
        yield from _odd_limits(((f"reservations[{at}].count", each.count),))
        if in_utc(each.start) >= in_utc(each.until):
            yield message("ends-before-start", place=f"reservations[{at}]")


def _listed_twice(what: str, names: Iterable[str], canonical: Callable[[str], str] = str) -> Iterator[Message]:
    for name, times in Counter(canonical(name) for name in names if name).items():
        if times > 1:
            yield message("listed-twice", name=f"{what} {name}", times=times)


def _odd_limits(limits: Iterable[tuple[str, int | None]]) -> Iterator[Message]:
    for place, number in limits:
        if number is not None and number < 0:
            yield message("limit-negative", place=place)
        elif number is not None and number > LARGEST_LIMIT:
            yield message("limit-too-large", place=place, largest=LARGEST_LIMIT)


def with_times(value: Any, change: Callable[[Any], date]) -> Any:
    """A record, or a value in one, with all its times and days changed."""
    if isinstance(value, date):
        return change(value)
    if isinstance(value, Struct):
        old = ((name, getattr(value, name)) for name in value.__struct_fields__)
        timed = [(name, each) for name, each in old if each and type(each) not in _TIMELESS]
        new = {name: after for name, before in timed if (after := with_times(before, change)) is not before}
        return replace(value, **new) if new else value
    return tuple(with_times(each, change) for each in value) if type(value) is tuple else value


_TIMELESS: Final = (str, bool, int)
"""Most of all values: they are passed by."""


def _in_utc(value: Any) -> Any:
    return with_times(value, lambda time: in_utc(time) if isinstance(time, datetime) else time)


def _timed(record: _Record) -> _Record:
    """A record with its times in UTC. The beginning or end of a calendar is how others write that there is none."""
    timed: _Record = _in_utc(record)
    none = {name: None for name in _MAY_BE_NONE if _is_none(getattr(timed, name, None))}
    return replace(timed, **none) if none else timed


def _without_blanks(record: _Record) -> _Record:
    """A record without blanks and invisible marks around its address or name, which no other door lets in."""
    name = "address" if isinstance(record, Entry) else "name"
    text = getattr(record, name)
    bare = stripped(text)
    return record if bare == text else replace(record, **{name: bare})


def _is_none(time: LastLogin | date | None) -> bool:
    time = time.at if isinstance(time, LastLogin) else time
    return time is not None and (is_no_time(time) if isinstance(time, datetime) else is_no_day(time))


def _with_missing_domains(domains: tuple[Domain, ...], entries: tuple[Entry, ...]) -> tuple[Domain, ...]:
    """The domains, with those that only an address names."""
    listed = {canonical_domain(domain.name) for domain in domains}
    missing: dict[str, Domain] = {}
    for entry in entries:
        if entry.domain and (key := canonical_domain(entry.domain)) not in listed:
            missing.setdefault(key, Domain(name=entry.domain))
    return (*domains, *missing.values())
