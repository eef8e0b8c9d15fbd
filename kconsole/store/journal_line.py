"""The byte format of a journal line: a commit as JSON, in a chain of hashes.

A line is a JSON object that ends with the hash of the line before it and its own:

    {"sequence":7, ... ,"previous":"<64 hex digits>","hash":"<64 hex digits>"}

Its own hash is the SHA-256 of the line's bytes up to and including the previous hash. So a line that is changed,
removed or inserted breaks the chain from there on. The chain cannot show that its end was cut off, or that everything
was rewritten from an early line on: for that, keep the last hash elsewhere (`log verify`).

A lost line is a gap: the doctor puts a line in its place that has its hash, so that all others keep their bytes:

    {"sequence":7,"gap":true,"previous":"<64 hex digits>","hash":"<64 hex digits>"}

Every byte of it but its hash follows from the line before, and the line after names the hash. A later line of the
doctor says `"gaps":[[7,7]]`, with what the lost lines changed as far as that is known. Without one, a gap is damage.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct, field

from kconsole.core.codes import OPERATION_FIELD, message
from kconsole.core.encoding import NONSENSE, as_json, param_of, writable
from kconsole.core.history import GAP, OLD_REFUSAL, Change, Commit, Operator, Refusal, Trace
from kconsole.core.records import Entry
from kconsole.core.times import in_utc
from kconsole.store.engine import BrokenJournal, Head, nonsense
from kconsole.store.login_refreshes import LoginRefreshes, Refresh, changes_of, split
from kconsole.store.tables import decoded, encoded

_HASH_START: Final = b',"hash":"'
_LINE_END: Final = b'"}\n'
_TAIL: Final = len(_HASH_START) + 64 + len(_LINE_END)
_SEQUENCE: Final = re.compile(rb'\{"sequence":(\d{1,18}),')
_HEX: Final = re.compile(rb"[0-9a-f]{64}")
_GAP: Final = re.compile(
    rb'\{"sequence":\d{1,18}(,"store":"[0-9a-f]{32}")?,"gap":true,"previous":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}\n'
)
_LONGEST_GAP: Final = 300

_encode = msgspec.json.Encoder().encode


def linked(body: bytes, previous: str) -> tuple[bytes, str]:
    """A line with its line feed, and its hash, from a JSON object and the hash of the line before."""
    hashed = b"".join((body[:-1], b',"previous":"', previous.encode(), b'"'))
    own = sha256(hashed).hexdigest()
    return hashed + linked_tail(own), own


def linked_tail(own: str) -> bytes:
    """How a line with this hash ends."""
    return b"".join((_HASH_START, own.encode(), _LINE_END))


def head_after(raw: bytes, before: Head) -> Head:
    """The head after a line; BrokenJournal if it does not follow the head before. What it says is not looked at."""
    number, own = before.sequence + 1, sha256(raw[:-_TAIL]).hexdigest()
    if raw.endswith(f',"previous":"{before.hash}","hash":"{own}"}}\n'.encode()):  # one comparison for all: it is fast
        return Head(number, own)
    if is_gap(raw) and raw.startswith(line_numbered(number)) and named_before(raw, number) == before:
        return Head(number, hash_of(raw))
    if not (found := hash_of(raw)):
        raise BrokenJournal(number, "line-without-hash", before)
    raise BrokenJournal(number, "line-does-not-follow" if found == own else "line-not-its-hash", before)


def head_before(raw: bytes, head: Head) -> Head:
    """The head before the line of a head; BrokenJournal if it is another line."""
    before = named_before(raw, head.sequence)
    if head_after(raw, before) != head:
        raise BrokenJournal(head.sequence, "line-not-the-hash-kept-after-it", before)
    return before


def named_before(raw: bytes, sequence: int) -> Head:
    """The head before a line with a number, as the line names it."""
    return Head(sequence - 1, raw[-_TAIL - 65 : -_TAIL - 1].decode("ascii", "replace"))


def hash_of(end: bytes) -> str:
    """The hash with which a line ends, also of its last bytes alone; empty if it ends otherwise."""
    tail = end[-_TAIL:]
    own = tail[len(_HASH_START) : -len(_LINE_END)]
    right = tail.startswith(_HASH_START) and tail.endswith(_LINE_END) and _HEX.fullmatch(own)
    return own.decode() if right else ""


def head_of(raw: bytes) -> Head:
    """The head at a line that is looked at alone; BrokenJournal if it is not its hash."""
    number = _SEQUENCE.match(raw)
    sequence = int(number[1]) if number else 0
    if not number or (sha256(memoryview(raw)[:-_TAIL]).hexdigest() != hash_of(raw) and not is_gap(raw)):
        raise BrokenJournal(sequence, "line-not-its-hash", Head(max(sequence - 1, 0)))
    return Head(sequence, hash_of(raw))


def gap_line(head: Head, previous: str, store: str = "") -> bytes:
    """The line in the place of a lost one that had a head; the first one says the id of the store."""
    said = b',"store":"%b"' % store.encode() if store and head.sequence == 1 else b""
    begin = b'{"sequence":%d%b,"gap":true,"previous":"%b"' % (head.sequence, said, previous.encode())
    return begin + linked_tail(head.hash or sha256(begin).hexdigest())


def is_gap(raw: bytes) -> bool:
    """Whether a line stands in the place of a lost one."""
    return len(raw) < _LONGEST_GAP and _GAP.fullmatch(raw) is not None


STORE_ID_LENGTH: Final = 32

_STORE_ID: Final = re.compile(rb'\{"sequence":1,"store":"([0-9a-f]{32})"')


def store_id_in(begin: bytes) -> str:
    """The id of a store, from the first bytes of its first line; empty if that does not say it."""
    found = _STORE_ID.match(begin)
    return found[1].decode() if found else ""


def store_id_of(first: bytes) -> str:
    """The id of a store, from its whole first line: of an older one, the first digits of that line's hash."""
    return store_id_in(first) or hash_of(first)[:STORE_ID_LENGTH]


HASH_LENGTH: Final = _TAIL
"""How many last bytes of a line `hash_of` needs."""


# What a line says


class _Claims(Struct, frozen=True, omit_defaults=True):
    claimed: str = field(default="", name="as")
    sudo_user: str = ""
    ssh: str = ""
    key: str = ""


_NO_CLAIMS: Final = _Claims()


class _ChangeLine(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One change; of login refreshes several, see `login_refreshes`. A kconsole without those refuses the line."""

    table: str
    number: int = 0
    before: Raw = Raw(b"")
    after: Raw = Raw(b"")
    domain: str = ""
    protocols: list[str] = []
    logins: list[Refresh] = []

    @property
    def refreshes(self) -> LoginRefreshes | None:
        return LoginRefreshes(self.table, self.domain, self.protocols, self.logins) if self.logins else None


class _RefusalLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    address: str = ""
    code: str
    params: dict[str, Any] = {}


_UserId = Annotated[int, Meta(ge=0, lt=2**32)]


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line as it stands in the journal, its fields in this order; what is empty is left out."""

    sequence: int
    store: str = ""
    at: datetime
    operator: str
    session: str
    operation: str = field(name=OPERATION_FIELD)
    claims: _Claims | None = None
    operator_name: str = ""
    uid: _UserId | None = None
    login_uid: _UserId | None = None
    reason: str = ""
    seats: tuple[int, int] | None = None
    refused: tuple[str, ...] = ()
    """Refusals as sentences, in lines from before refusals had codes."""
    refusals: tuple[_RefusalLine, ...] = ()
    undoes: int | None = None
    plan: str = ""
    next_number: int
    state: str = ""
    snapshot: str = ""
    gaps: tuple[tuple[int, int], ...] = ()
    changes: list[_ChangeLine]


decode_line = msgspec.json.Decoder(Line).decode


class Checks(Struct, frozen=True):
    """What a line says so that other parts of the store can be checked against it; empty in lines of before that."""

    store: str = ""
    """The id of the store, in its first line."""
    state: str = ""
    """The hash of all records after the line; see `state_sum`."""
    snapshot: str = ""
    """The checksum of the snapshot of the line before, which the writer has checked or made."""
    gaps: tuple[tuple[int, int], ...] = ()
    """The first and the last number of lost lines before it, which the doctor has found."""


NO_CHECKS: Final = Checks()

checks_of = msgspec.json.Decoder(Checks).decode


def body_of(commit: Commit, next_number: int, checks: Checks = NO_CHECKS, compact: bool = False) -> bytes:
    """What a commit's line says, as JSON; `next_number` is that of the next new record after it.

    Compact, it does not hold whole records where only the last login is another one. So it cannot be undone.
    """
    whole, logins = split(commit.changes) if compact else (commit.changes, [])
    operator = commit.operator
    claims = _Claims(*map(writable, (operator.claimed, operator.sudo_user, operator.connection, operator.key)))
    return _encode(
        Line(
            sequence=commit.sequence,
            store=checks.store,
            at=commit.at,
            operator=writable(operator.user),
            session=commit.session,
            operation=writable(commit.operation),
            claims=None if claims == _NO_CLAIMS else claims,
            operator_name=writable(operator.name),
            uid=operator.uid,
            login_uid=operator.login_uid,
            reason=writable(commit.reason),
            seats=commit.seats,
            refusals=tuple(
                _RefusalLine(address=writable(address), code=writable(code), params=as_json(params))
                for address, code, params in commit.refused
            ),
            undoes=commit.undoes,
            plan=commit.plan,
            next_number=next_number,
            state=checks.state,
            snapshot=checks.snapshot,
            gaps=checks.gaps,
            changes=[
                *(
                    _ChangeLine(table, number, _content(table, before), _content(table, after))
                    for table, number, before, after in whole
                ),
                *(
                    _ChangeLine(each.table, domain=each.domain, protocols=each.protocols, logins=each.logins)
                    for each in logins
                ),
            ],
        )
    )


# Lines that are searched for. No text that a line quotes can look like these: its quotation marks have backslashes.

REASON_LINES: Final = b',"reason":"'
"""In the lines with a reason."""

UNDO_LINES: Final = b',"undoes":'
"""In the lines of undos."""


def line_numbered(sequence: int) -> bytes:
    """The beginning of the line with a number."""
    return b'{"sequence":%d,' % sequence


def lines_changing(table: str, number: int) -> tuple[bytes, ...]:
    """In the lines that change a record: one of these."""
    return b'{"table":"%b","number":%d,' % (table.encode(), number), b'[%d,"' % number


def lines_by(user: str) -> bytes:
    """In the lines of a system user."""
    return b',"operator":%b,' % _encode(writable(user))


class _TouchedRecord(Struct, frozen=True):
    table: str
    number: int = 0
    logins: list[Refresh] = []


class _TraceLine(Struct, frozen=True):
    sequence: int
    undoes: int | None = None
    changes: list[_TouchedRecord] = []


_decode_trace = msgspec.json.Decoder(_TraceLine).decode


def trace_in(raw: bytes) -> Trace:
    """The trace of the commit in a line; BrokenJournal if kconsole did not write it."""
    head = head_of(raw)
    try:
        line = _decode_trace(raw)
    except NONSENSE as error:
        raise BrokenJournal(head.sequence, nonsense(error), Head(head.sequence - 1)) from None
    touched = ((each.table, number) for each in line.changes for number in _numbers(each))
    return Trace(line.sequence, line.undoes, frozenset(touched))


def _numbers(touched: _TouchedRecord) -> list[int]:
    return [number for number, *_ in touched.logins] or [touched.number]


def _content(table: str, record: Any) -> Raw:
    return Raw(b"null" if record is None else encoded(table, record))


def commit_of(raw: bytes, head: Head, entries: Mapping[int, Entry] | None = None) -> tuple[Commit, int]:
    """The commit in the line of a head, as one of another process, and the number of the next new record after it.

    Given the entries before it, its records are whole; else, of login refreshes, only what these say.

    Raises:
        BrokenJournal: kconsole did not write it, although its hash is right.
    """
    before = Head(head.sequence - 1, "")
    if is_gap(raw) and raw.startswith(line_numbered(head.sequence)):
        return Commit(head.sequence, _UNKNOWN_TIME, Operator(""), "", GAP, "", ()), 1
    try:
        line = decode_line(raw)
        commit = _commit(line, entries)
    except NONSENSE as error:
        is_json = isinstance(error, msgspec.ValidationError) or not isinstance(error, msgspec.DecodeError)
        why = nonsense(error) if is_json else message("line-not-json", error=str(error))
        raise BrokenJournal(head.sequence, why, before) from None
    if line.sequence != head.sequence:
        raise BrokenJournal(head.sequence, "line-out-of-sequence", before)
    return commit, line.next_number


_UNKNOWN_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)


def _commit(line: Line, entries: Mapping[int, Entry] | None) -> Commit:
    claims = line.claims or _NO_CLAIMS
    return Commit(
        sequence=line.sequence,
        at=in_utc(line.at),
        operator=Operator(
            line.operator,
            claims.claimed,
            claims.sudo_user,
            claims.ssh,
            line.operator_name,
            line.uid,
            line.login_uid,
            claims.key,
        ),
        session=line.session,
        operation=line.operation,
        reason=line.reason,
        changes=tuple(change for each in line.changes for change in _changes(each, entries)),
        seats=line.seats,
        refused=(*map(_old_refusal, line.refused), *map(_refusal, line.refusals)),
        undoes=line.undoes,
        plan=line.plan,
    )


def _changes(line: _ChangeLine, entries: Mapping[int, Entry] | None) -> Iterable[Change]:
    if line.refreshes is not None:
        return changes_of(line.refreshes, entries)
    return (Change(line.table, line.number, _record(line, line.before), _record(line, line.after)),)


def _record(line: _ChangeLine, content: Raw) -> Any:
    found = bytes(content)
    return None if found == b"null" else decoded(line.table, found, line.number)


def _refusal(line: _RefusalLine) -> Refusal:
    return Refusal(line.address, line.code, {name: param_of(value) for name, value in line.params.items()})


def _old_refusal(text: str) -> Refusal:
    """A refusal as it was written before refusals had codes: "address: words", or words alone."""
    address, colon, words = text.partition(": ")
    if colon and len(address.split()) == 1:  # "line 3" of an import, or the beginning of a sentence, is no address
        return Refusal(address, OLD_REFUSAL, {"text": words})
    return Refusal("", OLD_REFUSAL, {"text": text})
