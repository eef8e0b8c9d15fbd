"""Lines that are written by hand, as whoever has psql and a login can."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from kconsole.store.file_names import FORMAT
from kconsole.store.journal_line import Line, linked
from kconsole.store.seatstore import SeatStore
from tests.postgresql.server import Database

Said = dict[str, Any]


def number_of(store: SeatStore, login: str) -> int:
    return next(number for number, entry in store.state.entries.items() if entry.address.startswith(f"{login}@"))


def head_of(database: Database) -> tuple[int, str, int]:
    ((sequence, hash_, next_number),) = database.execute("SELECT sequence, hash, next_number FROM kconsole.head")
    return sequence, hash_, next_number


def said_by(login: str, database: Database, deed: str = "disable", **more: Any) -> Said:
    """What a line of a login says that changes nothing."""
    sequence, _, next_number = head_of(database)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = {"sequence": sequence + 1, "at": at, "operator": login, "session": "s", "deed": deed}
    line |= {"next_number": next_number, "changes": []}
    known = line | more
    fields = msgspec.structs.fields(Line)
    order = [field.encode_name for field in fields]
    return {name: known[name] for name in [*order, *(set(known) - set(order))] if name in known}


def append(database: Database, login: str, line: bytes, *, at: tuple[int, str] | None = None) -> None:
    """Append by hand, as whoever has psql can."""
    sequence, hash_ = at or head_of(database)[:2]
    database.execute("SELECT kconsole.append('kconsole', %s, %s, %s, %s)", sequence, hash_, [line], FORMAT, login=login)


def line_of(database: Database, said: Said | bytes) -> bytes:
    body = said if isinstance(said, bytes) else orjson.dumps(said)
    return linked(body, head_of(database)[1])[0]


def entry(database: Database, number: int) -> Any:
    ((document,),) = database.execute(
        "SELECT document FROM kconsole.record WHERE kind = 'entries' AND number = %s", number
    )
    return orjson.loads(document)


def off(document: Said) -> Said:
    """An entry that is switched off, its fields as kconsole orders them."""
    address = {"address": document["address"]}
    return {**address, "enabled": False, **{name: each for name, each in document.items() if name != "address"}}


def disabling(database: Database, number: int, **more: Any) -> Said:
    before = entry(database, number)
    return {"table": "entries", "number": number, "before": before, "after": off(before) | more}
