"""What people decided about seats and accounts, in words for a list: reservations, keeps, protections, leavers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from kconsole.core.decisions import Decision, Keep, Offboarding, Protection, Reservation, decided_on
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.safe_text import safe_address, safe_text


class Decided(NamedTuple):
    """A decision, and where it is kept."""

    table: str
    number: int
    decision: Decision

    @property
    def name(self) -> str:
        """What it is about, safe to show."""
        return safe_address(decided_on(self.decision))

    @property
    def seats(self) -> int:
        """How many seats it holds, or will hold; 0 if it is no reservation."""
        return self.decision.count if isinstance(self.decision, Reservation) else 0


TABLES: Final = ("reservations", "keeps", "protections", "offboardings")
"""The tables whose decisions are listed, in this order."""


def all_decided(tables: Mapping[str, Mapping[int, Decision]], now: datetime) -> list[Decided]:
    """All of them by kind: those that begin or end first at first, and what is over at last."""
    found = [Decided(table, number, each) for table in TABLES for number, each in tables[table].items()]
    return sorted(found, key=lambda each: (TABLES.index(each.table), is_over(each, now), _first(each), each.name))


def _first(decided: Decided) -> datetime:
    each = decided.decision
    if isinstance(each, Reservation):
        return each.start
    return until_of(decided) or each.at  # type: ignore[union-attr]  # a policy is not listed


def until_of(decided: Decided) -> datetime | None:
    """When it ends; None if never."""
    each = decided.decision
    if isinstance(each, Offboarding):
        return each.due
    return each.until if isinstance(each, Keep | Reservation) else None


def is_over(decided: Decided, now: datetime) -> bool:
    """Whether it holds no longer."""
    until = until_of(decided)
    return decided.table != "offboardings" and until is not None and until <= now


def what_words(decided: Decided, _: Any = None) -> str:
    """What was decided: "r7 · 3 seats", "kept", "protected", "leaves"."""
    if decided.seats:
        return f"r{decided.number} · {words.count(decided.seats, 'seat')}"
    return {"keeps": "kept", "protections": "protected"}.get(decided.table, "leaves")


def name_words(decided: Decided, _: Any = None) -> str:
    """What it is about, with the domain of a reservation that is not for an address."""
    each = decided.decision
    if isinstance(each, Reservation) and each.domain and "@" not in each.subject:
        return f"{decided.name} in {safe_address(each.domain)}"
    return decided.name


def from_words(decided: Decided, now: datetime) -> str:
    """When a reservation begins, unless it did."""
    each = decided.decision
    return _day(each.start) if isinstance(each, Reservation) and now < each.start else ""


def until_words(decided: Decided, now: datetime) -> str:
    """When it ends, or ended."""
    until = until_of(decided)
    if until is None:
        return "for good"
    return f"over {_day(until)}" if is_over(decided, now) else _day(until)


def reason_words(decided: Decided, _: Any = None) -> str:
    """Why it was decided."""
    return safe_text(getattr(decided.decision, "reason", ""))


def details_of(decided: Decided, now: datetime, fits: int | None) -> Iterable[Detail]:
    """Everything about one; `fits` is the number of accounts that a protection protects, if that is known."""
    each = decided.decision
    yield Detail("Decision", f"{what_words(decided)} · {decided.name}")
    if isinstance(each, Reservation):
        yield Detail("Domain", safe_address(each.domain) or "any")
        state = "over" if is_over(decided, now) else "holds its seats now" if each.is_active(now) else "is yet to come"
        yield Detail("When", f"{words.day(each.start)} to {words.day(each.until)} · {state}")
    elif isinstance(each, Offboarding):
        yield Detail("When", words.day(each.due))
        takes = [("mailbox to", each.to), ("address to", each.alias_to)]
        yield Detail("Then", ", ".join(f"{what} {safe_address(to)}" for what, to in takes if to) or "disabled")
    else:
        yield Detail("When", until_words(decided, now))
    if isinstance(each, Protection) and fits is not None:
        yield Detail("Fits", words.count(fits, "account"))
    yield Detail("Reason", reason_words(decided))
    yield Detail("By", f"{safe_text(getattr(each, 'by', ''))}, {words.day(each.at)}")  # type: ignore[union-attr]


def _day(moment: datetime) -> str:
    return words.day(moment).partition(" ")[0]


def end_question(decided: Decided) -> tuple[str, str]:
    """The question whether one ends now, and the verb of a yes."""
    each = decided.decision
    if isinstance(each, Reservation):
        return f"End the reservation r{decided.number} now?", "End it"
    if isinstance(each, Keep):
        return "Keep the account no longer?", "End it"
    if isinstance(each, Protection):
        return "Protect these accounts no longer?", "Remove"
    return f"Drop what is planned for {words.day(each.due)}?", "Drop it"  # type: ignore[union-attr]
