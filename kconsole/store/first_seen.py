"""Since when the log knows accounts, and since when they are disabled. Nothing else keeps that.

The order is that of the log: a line that is dated before the one above it, or in the future, is no older than that one.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from kconsole.core.codes import OPERATION_FIELD
from kconsole.core.times import FIRST_LOGIN, in_utc, to_iso
from kconsole.store.journal_line import is_gap

LONG: Final = 1024 * 1024
"""Bytes of a line beyond which its beginning has to do: some two thousand changes."""

_BEGIN: Final = re.compile(
    rb'\{"sequence":\d+,(?:"store":"[0-9a-f]+",)?"at":"([^"]*)","operator":"[^"\\]*(?:\\.[^"\\]*)*","session":"[^"]*"'
    rb',"%b":"([^"]*)"' % OPERATION_FIELD.encode()
)
"""How a line begins: its time and its operation."""

_UNDOES: Final = re.compile(rb',"undoes":(\d+),')

_NEXT: Final = re.compile(rb',"next_number":(\d+),')
"""No text can look like this: its quotation marks have backslashes."""

REVIVED: Final = b'"deleted_at":'
"""In the lines that delete accounts, and in those that have deleted ones back."""

_SYNC: Final = b"sync"
_UNDO: Final = b"undo"
_CHANGED: Final = b'"before":{'
"""In the lines that change records. A sync may find another person under an address, who gets the same number."""

DISABLED: Final = b'"enabled":false'
"""In the lines that disable accounts, among others."""


class Seen(NamedTuple):
    """What a log says of accounts by their numbers, which are given in their order and never twice."""

    begins: datetime | None = None
    """Since when those are known that it does not show to be new; None if that is not known."""
    numbers: Sequence[int] = ()
    """The first number that each of some lines gave away."""
    times: Sequence[datetime] = ()
    """When they did."""
    revived: Mapping[int, datetime] = {}
    """When a deleted account was there again, under its number: it may be another person's."""
    disabled: Mapping[int, datetime] = {}
    """Since when accounts are disabled, if it shows that."""
    read_at: datetime | None = None
    """The last time when data was taken in, and that was not undone."""
    read_by: str = ""
    """The operation that did."""
    end: int = 0
    """The first number that was not given away yet."""

    def first_seen(self, number: int) -> datetime | None:
        """When the log first had an account; None if that is not known."""
        if number >= self.end:
            return None
        if (at := self.revived.get(number)) is not None:
            return at
        place = bisect_right(self.numbers, number)
        return self.times[place - 1] if place else self.begins

    def disabled_since(self, number: int) -> datetime | None:
        """When an account that is disabled now was disabled; None if that is not known."""
        return self.disabled.get(number, self.first_seen(number))


class _State(Struct):
    deleted_at: Any = None
    enabled: Any = True
    server_id: Any = ""


class _Changed(Struct):
    table: str
    number: int = 0
    before: _State | None = None
    after: _State | None = None


class _Line(Struct):
    changes: list[_Changed] = []


_decode: Final = msgspec.json.Decoder(_Line).decode
_decode_time: Final = msgspec.json.Decoder(datetime).decode


def seen_in(lines: Iterable[bytes], now: datetime, readings: Collection[str], with_disabled: bool) -> Seen:
    """Read what the lines of a log say, the first one first.

    Args:
        lines: all that there are; of those without `REVIVED`, and without `DISABLED` if that is asked for, the
            beginning is enough.
        now: a later time is wrong.
        readings: the operations that take data in.
        with_disabled: whether to find out since when accounts are disabled.
    """
    numbers: list[int] = []
    times: list[datetime] = []
    revived: dict[int, datetime] = {}
    disabled: dict[int, datetime] = {}
    latest = at = _text_of(now)  # times are compared as text: a fraction of a second is nothing here
    is_timed = is_lost = False
    begins: datetime | None = None
    next_number = 0
    imports: dict[int, tuple[bytes, bytes]] = {}
    """The time and the operation of the lines that took data in; of syncs, which no one undoes, the last one."""
    takes_in = {name.encode() for name in readings}
    for raw in lines:
        begin = _BEGIN.match(raw)
        if begin is None:
            is_lost = is_lost or is_gap(raw)
            continue
        said = begin[1] if begin[1].endswith(b"Z") else _text_of(_moment(begin[1]))
        if _EARLIEST <= said <= latest and (said > at or not is_timed):
            at = said
            if not is_timed:  # the clock of all lines before was wrong
                is_timed, moment = True, _moment(at)
                begins, times = begins and moment, [moment] * len(times)
                imports = {number: (at, name) for number, (_, name) in imports.items()}
                revived, disabled = dict.fromkeys(revived, moment), dict.fromkeys(disabled, moment)
        if begin[2] in takes_in:
            number = 0 if begin[2] == _SYNC else int(raw[len(b'{"sequence":') : raw.index(b",")])
            imports.pop(number, None)  # the last one stands last
            imports[number] = at, begin[2]
        elif begin[2] == _UNDO and (undone := _UNDOES.search(raw)) is not None:
            imports.pop(int(undone[1]), None)
        found = _NEXT.search(raw, begin.end())
        after = next_number if found is None else int(found[1])
        is_replacing = begin[2] == _SYNC and _CHANGED in raw
        if begins is None or is_lost or (is_replacing and not raw.endswith(b"\n")):
            # Who was there before is not known: of lost lines, and where the changes are too many to look at.
            begins, is_lost = _moment(at), False
            numbers, times, revived, disabled = [], [], {}, {}
        else:
            if after > next_number:
                numbers.append(next_number)
                times.append(_moment(at))
            if is_replacing or REVIVED in raw or (with_disabled and DISABLED in raw):
                _take(_decode(raw).changes, _moment(at), revived, disabled)
        next_number = after
    read_at, read_by = next(reversed(imports.values()), (b"", b""))
    read = _moment(read_at) if read_at and is_timed else None
    return Seen(begins, numbers, times, revived, disabled, read, read_by.decode(), next_number)


def _moment(text: bytes) -> datetime:
    return in_utc(_decode_time(b'"%b"' % text))


def _text_of(moment: datetime) -> bytes:
    return (to_iso(moment) or "").encode()


_EARLIEST: Final = _text_of(FIRST_LOGIN)


def _take(
    changes: Iterable[_Changed], at: datetime, revived: dict[int, datetime], disabled: dict[int, datetime]
) -> None:
    for change in changes:
        before, after = change.before, change.after
        if change.table != "entries" or after is None or after.deleted_at is not None:
            continue
        is_new = before is None or before.deleted_at is not None or _is_another(before, after)
        if is_new and before is not None:
            revived[change.number] = at
        if after.enabled is False and (is_new or before is None or before.enabled is not False):
            disabled[change.number] = at


def _is_another(before: _State, after: _State) -> bool:
    return bool(before.server_id and after.server_id and before.server_id != after.server_id)
