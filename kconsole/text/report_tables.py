"""The tables of reports in words: titles, and cells that are safe to show. CSV and JSON have the bare values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from kconsole.core.codes import Message
from kconsole.core.history import GAP
from kconsole.core.report_rows import (
    AccountRow,
    ChangeRow,
    CostRow,
    DomainRow,
    Report,
    ReportKind,
    ReservedRow,
    SeatRow,
)
from kconsole.core.times import to_iso
from kconsole.text import ages, words
from kconsole.text.messages import sentence, words_of
from kconsole.text.reclaim import REASONS
from kconsole.text.safe_text import safe_address, safe_text

TITLES: Final[Mapping[ReportKind, str]] = {
    "seats": "Who holds which seat",
    "review": "Review of all accounts",
    "changes": "What was changed",
}

HEADINGS: Final[Mapping[str, str]] = {
    "seats": "Seats",
    "accounts": "Accounts",
    "changes": "Changes",
    "outcomes": "What the policies say",
    "domains": "Domains",
    "costs": "What seats cost",
    "reservations": "Reservations",
    "keeps": "Kept from every policy until a day",
    "protections": "Protected from every policy",
}

NOTES: Final[Mapping[str, str]] = {
    "seats": "A seat is taken at least since a day where the log begins with that account, or a sync found it.",
    "costs": "These three figures overlap: no sum of them means anything.",
    "domains": (
        "Came and left: seats taken and given up since the beginning of the report, without imports. What belongs to no"
        " domain: seats that a restart of the server freed, or in domains that were not read."
    ),
}

FIGURES: Final[Mapping[str, str]] = {
    "all-seats": "All seats",
    "reclaimable-now": "Reclaimable now: for others; it costs the same until the renewal",
    "reducible-at-renewal": "Reducible at the renewal: beyond what is needed then",
}

_UNKNOWN: Final[Mapping[str, str]] = {
    "limit-unknown": "the limit of the license is not known",
    "data-says-too-little": "the data says too little",
    "own-domains-only": "not known within some domains",
    "no-date": "no day of the renewal is recorded",
    "unlimited": "the license is without limit",
    "in-part": "some accounts were not read",
    "too-little-known": "the log says too little of how accounts come and go",
}
"""Why seats are not known, by its code."""

_RULES: Final[Mapping[str, str]] = {
    "local": "created here",
    "directory-mapped": "mapped",
    "other-server": "on another server",
    "held": "deleted, held",
}
"""As what an account takes its seat, or why it takes none, where the code is no word for it."""

NOT_KNOWN: Final = "not known"
NOTHING: Final = "–"


class Column(NamedTuple):
    """A column of a table."""

    title: str
    cell: Callable[[Any], str]
    right: bool = False
    look: Literal["text", "short", "whole"] = "text"
    """Short cells stay in one line; addresses are whole as far as there is room."""


def moment(at: datetime | None) -> str:
    """A time for a cell; nothing for none."""
    return "" if at is None else ages.full_moment(at)


def _day(at: datetime) -> str:
    return ages.full_moment(at)[: len("2026-08-05")]


def number(value: int | None) -> str:
    """A number for a cell."""
    return NOT_KNOWN if value is None else f"{value:,}"


def money(cost: Decimal | None, currency: str) -> str:
    """An amount for a cell; nothing where no price is recorded."""
    return "" if cost is None else f"{words.amount(cost)} {safe_text(currency)}"


def _since(row: SeatRow | AccountRow) -> str:
    if not row.since_known:
        return NOTHING
    if row.since is None:
        return NOT_KNOWN
    return _day(row.since) if row.since_known == "since" else f"at least since {_day(row.since)}"


def _login(row: SeatRow | AccountRow) -> str:
    if row.last_login is None:
        return ages.NEVER if row.login_known == "never" else NOT_KNOWN
    return ages.full_moment(row.last_login)


def _left_alone(row: SeatRow | AccountRow) -> str:
    protected = f"protected as {safe_text(row.protected_as)}" if row.protected_as else ""
    kept = f"kept until {_day(row.kept_until)}" if row.kept_until else ""
    return ", ".join(filter(None, (protected, kept)))


def _outcome(row: AccountRow) -> str:
    others = f"; {row.other_policies.replace(' ', ', ')}" if row.other_policies else ""
    return f"{'not used' if row.outcome == 'do' else 'stays'}: {safe_text(words_of(row.why) + others)}"


def _subject(row: ChangeRow) -> str:
    if row.kind == "account":
        return safe_address(row.subject)
    return " ".join(filter(None, (row.kind, safe_address(row.subject))))


def _change(row: ChangeRow) -> str:
    fields = safe_text(row.fields.replace("_", " ").replace(" ", ", ") if row.fields else "")
    undone = f"; undone by line {row.undone_by:,}" if row.undone_by else ""
    return (f"{row.change}: {fields}" if fields else row.change) + undone


def _seats(row: ChangeRow) -> str:
    if row.seats_before is None or row.seats_after is None:
        return ""
    same = row.seats_before == row.seats_after
    return f"{row.seats_after:,}" if same else f"{row.seats_before:,} → {row.seats_after:,}"


def _figure(row: CostRow) -> str:
    why = f" ({_UNKNOWN.get(row.unknown, row.unknown)})" if row.unknown else ""
    return f"{FIGURES[row.figure]}{why}"


def _domain(row: DomainRow | ReservedRow) -> str:
    return safe_address(row.domain) if row.domain else NOTHING


_ADDRESS: Final = Column("Account", lambda row: safe_address(row.address), look="whole")
_NAME: Final = Column("Name", lambda row: safe_text(row.name))
_SINCE: Final = Column("Seat since", _since, look="short")
_LOGIN: Final = Column("Last login", _login, look="short")
_ALONE: Final = Column("Protected or kept", _left_alone)
_REASON: Final = Column("Reason", lambda row: safe_text(row.reason))
_BY: Final = Column("By", lambda row: safe_text(row.by))
_COST: Final = Column("Cost a year", lambda row: money(row.cost, row.currency), right=True)


def _count(title: str, field: str) -> Column:
    return Column(title, lambda row: number(getattr(row, field)), right=True)


def _date(title: str, field: str) -> Column:
    return Column(title, lambda row: _day(getattr(row, field)), look="short")


def _rule(title: str) -> Column:
    return Column(title, lambda row: _RULES.get(row.rule, row.rule), look="short")


COLUMNS: Final[Mapping[str, Sequence[Column]]] = {
    "seats": (
        _ADDRESS, _NAME, _rule("Takes it as"), _SINCE, _LOGIN,
        _COST, _ALONE,
    ),
    "accounts": (
        _ADDRESS, _NAME, _rule("State"),
        Column("Role", lambda row: words.ROLES.get(row.role, row.role), look="short"), _SINCE, _LOGIN,
        Column("Policy", _outcome), _ALONE,
    ),
    "changes": (
        Column("Line", lambda row: f"{row.line:,}", right=True),
        Column("When", lambda row: moment(row.at) or "lost to damage", look="short"),
        Column("Operator", lambda row: safe_text(row.operator)),
        Column("Operation", lambda row: "lost to damage" if row.operation == GAP else safe_text(row.operation)),
        Column("What", _subject, look="whole"), Column("Change", _change), Column("Seats", _seats, right=True), _REASON,
    ),
    "outcomes": (
        Column("Policy", lambda row: safe_text(row.policy)),
        Column("Outcome", lambda row: "not used" if row.outcome == "do" else REASONS.get(row.outcome, row.outcome)),
        _count("Accounts", "accounts"),
    ),
    "domains": (
        Column("Domain", _domain, look="whole"), _count("Accounts", "accounts"), _count("Seats", "seats"),
        _count("Held", "held"), _count("Disabled", "disabled"), _count("Reserved", "reserved"),
        Column("Limit", lambda row: NOTHING if row.limit is None else f"{row.limit:,}", right=True),
        _count("Came", "came"), _count("Left", "left"), _count("Reclaimable", "reclaimable"), _COST,
    ),
    "costs": (Column("Figure", _figure), _count("Seats", "seats"), _COST),
    "reservations": (
        Column("For", lambda row: safe_address(row.subject)), Column("Domain", _domain), _count("Seats", "seats"),
        _date("From", "start"), _date("Until", "until"), _BY, _REASON,
    ),
    "keeps": (_ADDRESS, _date("Until", "until"), _BY, _REASON),
    "protections": (
        Column("Accounts", lambda row: safe_text(row.pattern)), _date("Since", "at"), _BY, _REASON,
    ),
}  # fmt: skip


def total_of(table: str, rows: Sequence[Any]) -> list[str]:
    """The last row of a table, with its sums; empty if it has none."""
    if table == "domains" and len(rows) > 1:
        return ["Total", *(_sum(rows, field) for field in _SUMMED), _cost_of(rows)]
    if table == "seats" and rows:
        return [words.count(len(rows), "seat"), "", "", "", "", _cost_of(rows), ""]
    return []


_SUMMED: Final = ("accounts", "seats", "held", "disabled", "reserved", "", "came", "left", "reclaimable")


def _sum(rows: Sequence[DomainRow], field: str) -> str:
    if not field:
        return ""
    values = [getattr(row, field) for row in rows]
    return NOT_KNOWN if None in values else f"{sum(values):,}"


def _cost_of(rows: Sequence[SeatRow] | Sequence[DomainRow]) -> str:
    costs = [row.cost for row in rows if row.cost is not None]
    return money(sum(costs, Decimal(0)), rows[0].currency) if costs and len(costs) == len(rows) else ""


def shown_tables(report: Report) -> Iterator[tuple[str, Sequence[Any]]]:
    """The tables that people read: an empty one only if the report is about it."""
    for name, rows in report.tables.items():
        if rows or (name == report.main and report.part != "total"):
            yield name, rows


def title_of(report: Report) -> str:
    """The title: what it is about, of which domain, and when."""
    where = {"whole": "", "domain": f", {safe_address(report.domain)}", "total": ", total"}[report.part]
    return f"{TITLES[report.kind]}{where}"


IN_PART: Final = "In part: not everything is known."


def facts_of(report: Report) -> list[tuple[str, str]]:
    """What stands on every report: when it was made, who made it, and on what it rests. Safe to show."""
    facts = [
        ("Organization", safe_text(report.organization)),
        ("Domains", ", ".join(map(safe_address, report.scope)) if report.scope else ""),
        ("Made", f"{ages.full_moment(report.made_at)}, by {safe_text(report.made_by)}"),
        ("Since", ages.full_moment(report.since)),
        ("Data", "of an unknown day" if report.read_at is None else f"of {ages.full_moment(report.read_at)}"),
        ("Policy", safe_text(report.policy) if report.kind != "changes" else ""),
        ("Log", f"line {report.line:,}, hash {report.hash}"),
        ("Store", report.store),
    ]
    return [(label, text) for label, text in facts if text]


def gap_texts(report: Report) -> list[str]:
    """What is missing or old, in sentences."""
    return [safe_text(sentence(gap), None) for gap in report.gaps]


def bare(value: Any) -> Any:
    """A value of a row as CSV and JSON have it: times in UTC, amounts to the last decimal."""
    if isinstance(value, datetime):
        return to_iso(value)
    return words_of(value) if isinstance(value, Message) else value
