"""The hash of all records of a store, kept up to date from changes alone; each line of the journal says it.

It is the sum of a number for each record, so that a change costs the same in a store of any size. The numbers have 2048
bits: a sum of shorter ones could be forged with chosen records (Wagner's generalized birthday attack). Fields that have
their defaults do not count, so that a later version with more fields finds the same.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256, shake_128
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from kconsole.core.codes import Message
from kconsole.core.encoding import as_json, compact_entry

_BYTES: Final = 256
_MODULUS: Final = 1 << (8 * _BYTES)

_encode = msgspec.json.Encoder().encode
_fields = cache(fields)  # it reads the annotations again at each call

Tables = Mapping[str, Mapping[int, Any]]


def number_of(table: str, number: int, record: Any) -> int:
    """What a record adds to the sum; 0 for none."""
    if record is None:
        return 0
    content = compact_entry(record) if table == "entries" else _encode(_said(record))
    return int.from_bytes(shake_128(b"%b %d %b" % (table.encode(), number, content)).digest(_BYTES))


def sum_of(tables: Tables) -> int:
    """The sum over all records."""
    return reduced(sum(number_of(table, *each) for table, records in tables.items() for each in records.items()))


def reduced(numbers: int) -> int:
    """A sum in as many bits as it may have."""
    return numbers % _MODULUS


def hash_of_sum(state_sum: int) -> str:
    """What a line of the journal says of the records after it: 32 hexadecimal digits."""
    return sha256(state_sum.to_bytes(_BYTES)).hexdigest()[:32]


def _said(value: Any) -> Any:
    """A record as JSON, without what has its default."""
    if isinstance(value, Struct):
        found = {field.encode_name: (getattr(value, field.name), field.default) for field in _fields(type(value))}
        return {name: _said(each) for name, (each, default) in found.items() if each != default}
    is_list = isinstance(value, tuple | list) and not isinstance(value, Message)
    return [_said(each) for each in value] if is_list else as_json(value)
