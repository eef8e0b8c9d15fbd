"""The doors: text from outside becomes records here, validated by pydantic, or is refused with a reason.

Nothing else in kconsole imports pydantic, and this module imports it when a document is read, not before: it
costs as much time as a quarter of the first screen.
"""

from collections import Counter
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct, convert, structs
from msgspec.structs import replace

from kconsole.core.documents import DUMP_SCHEMA
from kconsole.core.errors import BadInput
from kconsole.core.license import ID_SHOWN, License
from kconsole.core.records import Domain, Entry, Inventory, fold
from kconsole.core.server import Server
from kconsole.core.times import in_utc

if TYPE_CHECKING:
    from pydantic import BaseModel, TypeAdapter, ValidationError

MOST_PROBLEMS = 5
"""How many problems of a document are told; one is enough to mend the next, fifty are noise."""

LARGEST_LIMIT = 10**12
"""Seats or accounts; far beyond any license, and still a number that every JSON reader takes for a whole one."""


@cache
def _model_of(struct: type[Struct]) -> "type[BaseModel]":
    """A pydantic model with the fields of a record, so that no record is written down twice."""
    from pydantic import create_model

    hints = get_type_hints(struct)
    fields: dict[str, Any] = {
        field.name: (
            _with_models(hints[field.name]),
            ... if field.required else None if isinstance(field.default, Struct) else field.default,
        )
        for field in structs.fields(struct)
    }
    return create_model(struct.__name__, __doc__=struct.__doc__, **fields)


def _with_models(hint: Any) -> Any:
    """A type hint with a model in place of every record in it."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _model_of(hint)
    inner = get_args(hint)
    if not inner or get_origin(hint) is Literal:
        return hint
    inner = tuple(map(_with_models, inner))
    return reduce(or_, inner) if isinstance(hint, UnionType) else get_origin(hint)[inner]


@cache
def _schema_numbers() -> "TypeAdapter[dict[str, object]]":
    from pydantic import TypeAdapter

    return TypeAdapter(dict[str, object])


def read_dump(document: bytes, name: str) -> Inventory:
    """The inventory that a dump (one JSON document) describes.

    Fields that are left out get their defaults, fields that are not known are passed over, and a domain that
    an address names but the list of domains does not is added to it.

    Args:
        document: the whole document.
        name: what to call it in an error, a path for example.

    Raises:
        BadInput: it is not JSON, not a dump, of a newer schema, or contradicts itself.
    """
    from pydantic import ValidationError

    try:
        schema = _schema_numbers().validate_json(document).get("schema", DUMP_SCHEMA)
        if type(schema) is not int or schema < 1:
            raise BadInput(
                f"{name} is not a dump of kconsole: its schema is not a number from 1 up.",
                "A dump is what 'kconsole dump' writes. Nothing was changed.",
            )
        if schema > DUMP_SCHEMA:
            raise BadInput(
                f"{name} was written by a newer kconsole (schema {schema}; this one reads {DUMP_SCHEMA}).",
                "Use the kconsole that wrote it, or a newer one.",
            )
        model = _model_of(Inventory).model_validate_json(document, strict=True)
    except ValidationError as error:
        raise BadInput(
            f"{name} is not a dump of kconsole:",
            "A dump is what 'kconsole dump' writes. Nothing was changed.",
            _told(error),
        ) from None
    return checked(convert(model.model_dump(exclude_unset=True), Inventory), name)


def _told(error: "ValidationError") -> list[str]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return _first_of([f"{_place(problem['loc'])}: {problem['msg']}" for problem in problems])


def _first_of(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], f"and {more} more"] if more > 0 else problems


def _place(location: tuple[int | str, ...]) -> str:
    """Where in the document: `entries[3].enabled`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return path.lstrip(".") or "the document"


def checked(inventory: Inventory, name: str) -> Inventory:
    """The same inventory with moments in UTC and every domain listed, if it does not contradict itself.

    Raises:
        BadInput: an address or domain is empty or twice there, a limit is below zero or too large, or a moment is
            out of the calendar.
    """
    problems: list[str] = []
    if (what := _odd_limit(inventory.license.seats)) is not None:
        problems.append(f"license.seats is {what}")
    problems += _license_problems(inventory.license)
    problems += _domain_problems(inventory.domains)
    problems += _entry_problems(inventory.entries)
    if problems:
        raise BadInput(f"{name} contradicts itself:", "Nothing was changed.", _first_of(problems))
    try:
        license_ = _license_in_utc(inventory.license)
        server = None if inventory.server is None else _server_in_utc(inventory.server)
        entries = tuple(_in_utc(entry) for entry in inventory.entries)
        restart = None if inventory.last_restart is None else in_utc(inventory.last_restart)
    except OverflowError:
        raise BadInput(f"{name} holds a moment before the year 1 or after 9999.", "Nothing was changed.") from None
    return replace(
        inventory,
        license=license_,
        server=server,
        last_restart=restart,
        domains=_with_missing_domains(inventory.domains, entries),
        entries=entries,
    )


def _license_problems(license_: License) -> list[str]:
    problems = []
    if len(license_.id_end) > ID_SHOWN:
        problems.append(f"license.id_end has more than {ID_SHOWN} characters: no more of an ID is ever kept")
    names = Counter(component.name for component in license_.components)
    problems += [f"license.components has {name} {times} times" for name, times in names.items() if times > 1]
    limits = [(f"the seats of {component.name}", component.seats) for component in license_.components]
    if license_.update is not None:
        limits.append(("license.update.seats", license_.update.seats))
    return problems + [f"{what} is {odd}" for what, number in limits if (odd := _odd_limit(number)) is not None]


def _license_in_utc(license_: License) -> License:
    registered, activated, update = license_.registered_at, license_.activated_at, license_.update
    return replace(
        license_,
        registered_at=None if registered is None else in_utc(registered),
        activated_at=None if activated is None else in_utc(activated),
        update=None if update is None else replace(update, bought_at=in_utc(update.bought_at)),
    )


def _server_in_utc(server: Server) -> Server:
    synced, started = server.synced_at, server.started_at
    return replace(
        server,
        synced_at=None if synced is None else in_utc(synced),
        started_at=None if started is None else in_utc(started),
    )


def _domain_problems(domains: tuple[Domain, ...]) -> list[str]:
    problems = [f"domains[{place}] has no name" for place, domain in enumerate(domains) if not domain.name]
    names = Counter(fold(domain.name) for domain in domains if domain.name)
    problems += [f"domain {name} is listed {times} times" for name, times in names.items() if times > 1]
    limits = [(domain.name, _odd_limit(domain.user_limit)) for domain in domains]
    problems += [f"the user limit of domain {name} is {what}" for name, what in limits if what is not None]
    return problems


def _odd_limit(number: int | None) -> str | None:
    """What is wrong with a limit; None if nothing is."""
    if number is None or 0 <= number <= LARGEST_LIMIT:
        return None
    return "below zero" if number < 0 else f"above {LARGEST_LIMIT:,}"


def _entry_problems(entries: tuple[Entry, ...]) -> list[str]:
    problems = [f"entries[{place}] has no address" for place, entry in enumerate(entries) if not entry.login]
    live = Counter(fold(entry.address) for entry in entries if entry.login and entry.deleted_at is None)
    problems += [f"address {address} is there {times} times" for address, times in live.items() if times > 1]
    return problems


def _in_utc(entry: Entry) -> Entry:
    if entry.last_login is None and entry.deleted_at is None and entry.directory_logon is None:
        return entry
    login, logon = entry.last_login, entry.directory_logon
    return replace(
        entry,
        last_login=None if login is None else replace(login, at=in_utc(login.at)),
        deleted_at=None if entry.deleted_at is None else in_utc(entry.deleted_at),
        directory_logon=None if logon is None else in_utc(logon),
    )


def _with_missing_domains(domains: tuple[Domain, ...], entries: tuple[Entry, ...]) -> tuple[Domain, ...]:
    listed = {fold(domain.name) for domain in domains}
    missing: dict[str, Domain] = {}
    for entry in entries:
        if entry.domain and fold(entry.domain) not in listed:
            missing.setdefault(fold(entry.domain), Domain(name=entry.domain))
    return (*domains, *missing.values())
