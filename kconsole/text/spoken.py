"""Texts for the plain console, where a screen reader speaks them: signs as words, one thing a line, no drawing."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.core.reports import DomainReport, SeatReport
from kconsole.core.server import Server
from kconsole.licensing.lifecycle import LicenseStatus
from kconsole.licensing.policy import LicensePolicy
from kconsole.licensing.seat_history import SeatDay
from kconsole.text import ages, gauge, words
from kconsole.text.commits import clock_time, operation_word, seats_words, subject
from kconsole.text.details import Detail, reason_word
from kconsole.text.licenses import license_words, warning_words
from kconsole.text.plain import LIKENESS, UNLIKE
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.screen import nothing_to_do_line
from kconsole.text.seat_history import note_words
from kconsole.text.server import synced_words, uncounted_words

HELP: Final = (
    "At a list or a question, type one of the numbers or letters that it names, then enter.",
    "Several accounts are written 1,3-5 or 1 3 5.",
    "b goes back, q quits, ? says what you can type here.",
    "ctrl+c and ctrl+d quit at once. Every change was saved when you confirmed it.",
)
"""What can be typed everywhere."""

_NUMBERS: Final = re.compile(r"\d+(?:\s*-\s*\d+)?(?:[\s,;]+\d+(?:\s*-\s*\d+)?)*")
_SPOKEN: Final = ((" → ", " to "), ("→ ", "to "), (" · ", ", "), ("…", "..."), ("   ", ", "))
_DRAWN: Final = re.compile("[\u2190-\u21ff\u2500-\u28ff]")
"""Arrows, lines, blocks, bullets, and the dots of braille. Whatever is left of them becomes a plain sign."""

_BLANKS: Final = re.compile(r" {2,}")


def spoken(text: str) -> str:
    """A line without the signs that are drawn: "113 to 112 of 120", "Warning: ..."."""
    for sign, word in _SPOKEN:
        text = text.replace(sign, word)
    if text.startswith("! "):
        text = f"Warning: {text[2:]}"
    text = text.replace(": ! ", ": ").replace(", ! ", ", ")
    return _BLANKS.sub(" ", _DRAWN.sub(lambda sign: LIKENESS.get(sign[0], UNLIKE), text)).rstrip()


def numbers_in(text: str, most: int) -> list[int] | str:
    """The numbers of "1,3-5", each once and in order; or what is wrong with them, as a sentence."""
    if not _NUMBERS.fullmatch(text):
        return "Type numbers such as 3, or 1,3-5."
    found: set[int] = set()
    for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", text):
        if len(first) > 9 or len(last) > 9 or not 1 <= int(first) <= int(last or first) <= most:
            return f"The numbers go from 1 to {most:,}; a range begins with the smaller one."
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def said(detail: Detail, before: str = "") -> str:
    """A labelled line; one without a label continues the one `before`."""
    return f"{detail.label or before}: {detail.text}" if detail.label or before else detail.text


def said_all(details: Iterable[Detail]) -> Iterator[str]:
    """Labelled lines. Each names its label, as a screen reader has no column to look up at."""
    label = ""
    for detail in details:
        yield said(detail, label)
        label = detail.label or label


def account_line(entry: Entry, policy: LicensePolicy, now: datetime) -> str:
    """An account, the address first: "anna@x.example, Anna Hart, takes a seat, local, last login 14 months ago"."""
    classification = policy.listed(entry)
    name = [safe_text(entry.full_name, 200)] if entry.full_name else []
    if entry.deleted_at is not None:
        return ", ".join([safe_address(entry.address), *name, reason_word(classification)])
    seat = f"takes {'a' if classification.seat else 'no'} seat, {reason_word(classification)}"
    return ", ".join([safe_address(entry.address), *name, seat, *_login(entry, policy, now)])


def _login(entry: Entry, policy: LicensePolicy, now: datetime) -> list[str]:
    if not policy.is_account(entry):
        return []
    if entry.last_login is None:
        return ["never logged in" if entry.never_logged_in else "last login unknown"]
    via = f" by {safe_text(entry.last_login.protocol, 40)}" if entry.last_login.protocol else ""
    return [f"last login {ages.age(entry.last_login.at, now)}{via}"]


def status_lines(
    report: SeatReport, status: LicenseStatus, server: Server | None, now: datetime, is_bound: bool = False
) -> Iterator[str]:
    """Seats, license, age of the data and warnings."""
    whole = "the whole license, " if is_bound else ""
    yield f"Seats: {whole}{gauge.used_words(report, beside_state=True)}, state {report.state}."
    yield f"{', '.join(gauge.figures(report))}."
    yield f"License: {license_words(status)}."
    if server is not None:
        age = "" if server.synced_at is None else f", {ages.age(server.synced_at, now)}"
        partial = f"; {uncounted_words(server)}" if server.is_partial else ""
        yield f"Server {safe_text(server.name, 40)}: {synced_words(server).removeprefix('server ')}{age}{partial}."
    for warning in (*report.warnings, *status.warnings):
        yield f"Warning: {safe_text(warning_words(warning))}."


def domain_line(domain: DomainReport) -> str:
    """A domain with its seats."""
    used = gauge.domain_used(domain)
    return f"{safe_address(domain.name)}, {used} seats used, {words.count(domain.disabled, 'account')} disabled"


def commit_line(commit: Commit, is_undone: bool) -> str:
    """A line of the log, in the order in which it is asked about: what, which account, when, by which operator, why."""
    if commit.is_lost:
        return f"Line {commit.sequence}: {operation_word(commit)}"
    what = " ".join(filter(None, (operation_word(commit, is_undone), subject(commit))))
    seats = f"; seats {seats_words(commit)}" if commit.seats and len(set(commit.seats)) > 1 else ""
    reason = f"; reason: {safe_text(commit.reason, 200)}" if commit.reason else ""
    who = safe_text(commit.operator.shown, 80)
    return f"Line {commit.sequence}: {what}; {clock_time(commit.at)}, {who}{seats}{reason}"


def day_line(day: SeatDay) -> str:
    """The seats of a day."""
    limit = "" if day.limit is None else f" of {day.limit:,}"
    moves = ((day.held, "held"), (day.joins, "joined"), (day.leaves, "left"), (day.reclaimed, "reclaimed"))
    parts = [f"{number:,} {word}" for number, word in moves if number] + ([note] if (note := note_words(day)) else [])
    return ", ".join([f"{day.day.isoformat()}: {day.used:,}{limit} used", f"peak {day.peak:,}", *parts])


def page_line(what: str, first: int, last: int, total: int, order: str = "") -> str:
    """What a page of a list shows: "Accounts 1 to 10 of 171, oldest login first."."""
    return f"{what} {first:,} to {last:,} of {total:,}{f', {order}' if order else ''}."


def nothing_listed(text: str, domain: str) -> str:
    """Why a list is empty."""
    where = f" in {safe_address(domain)}" if domain else ""
    return f"Nothing matches '{safe_text(text, 40)}'{where}." if text else f"There are no accounts{where}."


def nothing_chosen(entries: Sequence[Entry], state: str, policy: LicensePolicy) -> str:
    """Why nothing is done with what was chosen."""
    return nothing_to_do_line(entries, state, policy, "") if entries else "None of them is there any more."
