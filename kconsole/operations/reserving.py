"""How operations that take seats respect reservations, and use those that are theirs."""

from collections import Counter
from collections.abc import Iterable

from kconsole.core.decisions import PASSED
from kconsole.core.errors import BadInput, NotFound, Refused
from kconsole.core.history import Refusal
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing.reservations import is_in, may_pass, taken_by
from kconsole.operations.base import OperationContext, refused_by, take_reserved
from kconsole.store.records import Records


def number_of(text: str) -> int:
    """The number of a reservation as users write it: r7; BadInput if it is none."""
    number = text.strip().lower().removeprefix("r")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BadInput("not-a-reservation", "write-like-r7", text=text)
    return int(number)


def use(context: OperationContext, text: str, account: Entry) -> int:
    """Use a seat of the reservation that a text names, for an account; its number.

    Raises:
        NotFound: there is none, or it holds no seat now.
        Refused: it is for another domain.
    """
    number = number_of(text)
    held = context.seats.reservations()
    if number not in held or number not in context.visible.reservations:
        raise NotFound("no-such-reservation", "see-reservations", number=number)
    if not is_in(held[number], account.domain):
        raise Refused("reserved-elsewhere", "see-reservations", number=number, domain=held[number].domain)
    take_reserved(context, Counter({number: 1}))
    return number


def check(
    context: OperationContext,
    report: SeatReport,
    needed: Counter[str],
    entries: Iterable[Entry],
    is_over: bool,
    address: str = "",
) -> None:
    """Refuse seats that are reserved for others, or log that they were taken if the operator may and wants that.

    Raises:
        Refused: they are reserved.
        NotPermitted: the operator may not take them.
    """
    held = context.seats.reservations()
    decision = may_pass(report, needed, taken_by(entries, held), held)
    if decision.allowed:
        return
    if not is_over:
        raise refused_by(as_seen(decision, context.visible))
    context.authority.insist("reserve")
    context.passed.append(Refusal(address, PASSED, as_seen(decision, context.visible).params))


def as_seen(decision: Decision, visible: Records) -> Decision:
    """A refusal without the name of a reservation that the operator may not see."""
    if decision.code != "seats-reserved" or decision.params["number"] in visible.reservations:
        return decision
    params = {name: each for name, each in decision.params.items() if name not in ("number", "subject", "until")}
    return decision._replace(code="seats-reserved-elsewhere", params=params, hints=())
