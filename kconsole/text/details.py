"""Explains an entry: what it is, whether it takes a seat and by which rule, and whether it can log in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from kconsole.core.records import Entry
from kconsole.core.reports import Classification, SeatReport
from kconsole.licensing.counting import is_held
from kconsole.licensing.guards import may_connect
from kconsole.licensing.policy import KERIO, classify
from kconsole.text import ages, words
from kconsole.text.messages import decision_words
from kconsole.text.safe_text import escaped, safe_text
from kconsole.text.sentences.license import REASONS, RULES

LIMIT: Final = 1000
"""Characters of a text that are shown where not all of it was asked for."""


class Detail(NamedTuple):
    """One line of an explanation."""

    label: str
    text: str
    """Safe to show."""


def reason_word(classification: Classification) -> str:
    """Why an entry takes a seat or none, in a word or two for a column."""
    return REASONS[classification.reason]


def rule_sentence(classification: Classification) -> str:
    """The same as a sentence."""
    return RULES[classification.code]


def seat_words(entry: Entry, last_restart: datetime | None) -> str:
    """Whether an entry takes a seat, and why, in a few words."""
    classification = classify(entry)
    if entry.deleted_at is None:
        return f"takes {'a' if classification.seat else 'no'} seat: {reason_word(classification)}"
    if is_held(entry, last_restart):
        return "deleted; its seat is held until the server is restarted"
    return "deleted; takes no seat"


def last_login_word(entry: Entry, now: datetime) -> str:
    """When an entry last logged in, for a narrow column."""
    if not entry.is_account:
        return "–"
    return ages.NEVER if entry.last_login is None else ages.age(entry.last_login.at, now)


def login_words(entry: Entry, now: datetime, limit: int | None = LIMIT) -> str:
    """When and how an account last logged in."""
    if entry.last_login is None:
        return ages.NEVER
    via = f" by {safe_text(entry.last_login.protocol, limit)}" if entry.last_login.protocol else ""
    return ages.ago_and_moment(entry.last_login.at, now) + via


def access_words(entry: Entry, report: SeatReport, is_suspended: bool = False) -> str:
    """Whether an account can log in now; if not, why."""
    access = may_connect(report, entry, is_suspended)
    return "would be let in" if access.allowed else f"would be refused: {decision_words(access)}"


def details_of(
    entry: Entry,
    report: SeatReport,
    last_restart: datetime | None,
    now: datetime,
    limit: int | None = LIMIT,
    is_suspended: bool = False,
) -> list[Detail]:
    """Everything about an entry, the most important first.

    Args:
        entry: the entry.
        report: the seats as they are now.
        last_restart: when the server was last restarted.
        now: the moment that ages count from.
        limit: how many characters of each text are shown; None for all of them.
        is_suspended: whether all functions are suspended, see `LicenseStatus.is_suspended`.
    """
    classification = KERIO.listed(entry) if is_held(entry, last_restart) else classify(entry)
    name = f"   {safe_text(entry.full_name, limit)}" if entry.full_name else ""
    details = [
        Detail(words.kind_word(entry).capitalize(), safe_text(entry.address, limit) + name),
        Detail("Seat", seat_words(entry, last_restart)),
        Detail("Rule", rule_sentence(classification)),
    ]
    if entry.is_account:
        mailbox = "has a mailbox" if entry.mailbox else "no mailbox: never connected"
        details += [
            Detail("Last login", f"{login_words(entry, now, limit)}   {mailbox}"),
            Detail("Login now", access_words(entry, report, is_suspended)),
            Detail("Role", f"{words.role_word(entry)}, {words.origin_word(entry)}"),
        ]
    if entry.description:
        details.append(Detail("Description", safe_text(entry.description, limit)))
    if entry.directory_logon is not None:
        details.append(Detail("Directory", f"last logon to it {ages.ago_and_moment(entry.directory_logon, now)}"))
    if entry.delivers_to:
        details.append(Detail("Delivers to", safe_text(", ".join(entry.delivers_to), limit)))
    if entry.deleted_at is not None:
        details.append(Detail("Deleted", ages.ago_and_moment(entry.deleted_at, now)))
    details += [
        Detail(f"Raw {label}", shown)
        for label, raw in _raw_texts(entry)
        if (shown := escaped(raw[:limit])) != raw[:limit]
    ]
    details.append(Detail("Source", classification.source))
    return details


def _raw_texts(entry: Entry) -> Iterator[tuple[str, str]]:
    """The texts from outside, with their labels."""
    yield "address", entry.address
    yield "name", entry.full_name
    yield "text", entry.description
    if entry.last_login is not None:
        yield "protocol", entry.last_login.protocol
    for address in entry.delivers_to:
        yield "delivery", address
