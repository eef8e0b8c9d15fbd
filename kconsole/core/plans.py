"""A plan that frees seats, as a file: what would be done, why, and for which state of which store.

Its hash is that of its content, however that is laid out: a file that was edited, or is of another version, is refused.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from kconsole.core.decisions import Policy, Step
from kconsole.core.encoding import document_of
from kconsole.core.errors import BadInput, Refused

PLAN_SCHEMA: Final = "kconsole-plan/1"

LIFETIME: Final = timedelta(hours=24)
"""How long a plan may be applied."""

Moment = Annotated[datetime, Meta(tz=True)]


class PlanRow(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """One account, and what is to be done with it."""

    number: int
    address: str
    step: Step
    facts: dict[str, Any] = {}
    """See `licensing.outcomes`."""


class PlanSkip(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """One account that stays as it is, and why."""

    number: int
    address: str
    code: str
    facts: dict[str, Any] = {}


class PlanHead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line of the log of which the plan knew."""

    sequence: int
    hash: str


class PlanTotals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The seats before and after the plan is applied."""

    used: int
    used_after: int
    limit: int | None


class ReclaimPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a policy would do with which accounts."""

    schema: str = PLAN_SCHEMA
    id: str
    store: str
    """The id of the store."""
    head: PlanHead
    policy: Policy
    policy_sha256: str
    made_at: Moment
    made_by: str
    expires_at: Moment
    rows: tuple[PlanRow, ...]
    skips: tuple[PlanSkip, ...]
    totals: PlanTotals
    unknown: tuple[str, ...] = ()
    """The codes of which nothing was known, so that no account has them."""
    sha256: str = ""

    @property
    def braked(self) -> tuple[PlanRow, ...]:
        """What is done beyond the rows if the brake is passed."""
        step = self.policy.step
        return tuple(
            PlanRow(number=each.number, address=each.address, step=step, facts=each.facts)
            for each in self.skips
            if each.code == "brake"
        )


class _Schema(Struct):
    schema: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ReclaimPlan).decode
_decode_schema = msgspec.json.Decoder(_Schema).decode


_LISTS: Final = b'"rows":[],"skips":[]'
_NO_HASH: Final = b',"sha256":""}'
_PIECE: Final = 1000
"""Accounts of one piece of a file."""


def policy_hash(policy: Policy) -> str:
    """The hash of what a policy says, its defaults too: those of a later kconsole may be others."""
    return sha256(_encode(document_of(policy))).hexdigest()


def sealed(plan: ReclaimPlan) -> ReclaimPlan:
    """A plan with its own hash."""
    return replace(plan, sha256=_hash_of(plan))


def encode(plan: ReclaimPlan) -> bytes:
    """A plan as a file."""
    return b"".join(pieces(plan, plan.skips))


def pieces(plan: ReclaimPlan, skips: Iterable[PlanSkip]) -> Iterator[bytes]:
    """A plan as a file, in pieces: with these skips, which may be many, in place of its own.

    Each account has a line. The hash is that of the same without line feeds, and with a policy that is written shortly.
    """
    begin, _, end = _encode(replace(plan, rows=(), skips=(), sha256="")).partition(_LISTS)
    short, whole = (b'"policy":%b' % _encode(each) for each in (plan.policy, document_of(plan.policy)))
    found = sha256(begin)
    yield begin.replace(short, whole, 1)
    for name, items in ((b'"rows":[', plan.rows), (b'],"skips":[', skips)):
        found.update(name)
        yield name
        comma, left = b"", iter(items)
        while some := [_encode(each) for each in islice(left, _PIECE)]:
            found.update(comma + b",".join(some))
            yield comma + b"\n" + b",\n".join(some)
            comma = b","
    found.update(b"]" + end)
    yield b"]" + end[: -len(_NO_HASH)] + b',"sha256":"%b"}\n' % found.hexdigest().encode()


def decode(content: bytes) -> ReclaimPlan:
    """The plan in a file.

    Raises:
        BadInput: it is none, or of another version.
        Refused: it was edited.
    """
    try:
        schema = _decode_schema(content).schema
        if schema != PLAN_SCHEMA:
            raise BadInput("plan-of-another-version", "plan-again", schema=schema[:40], known=PLAN_SCHEMA)
        plan = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("not-a-plan", "plan-again", error=str(error)) from None
    if plan.sha256 != _hash_of(plan) or plan.policy_sha256 != policy_hash(plan.policy):
        raise Refused("plan-was-edited", "plan-again")
    return plan


def _hash_of(plan: ReclaimPlan) -> str:
    return sha256(_encode(replace(plan, sha256=""))).hexdigest()
