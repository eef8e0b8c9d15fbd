"""The stores of several contexts in words: one line each."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from kconsole.core.codes import Message
from kconsole.core.errors import ConsoleError
from kconsole.licensing.monitoring import Facts, Finding, State
from kconsole.text import words
from kconsole.text.ages import age
from kconsole.text.messages import sentences, words_of
from kconsole.text.safe_text import one_line
from kconsole.text.seat_history import percent

NONE: Final = "–"

STATE_WORDS: Final = {
    "reading": "reading ...",
    "missing": "no store there",
    "damaged": "damaged",
    "refused": "refused",
    "unusable": "error in the configuration",
    "no-answer": "does not answer",
    "failed": "cannot be read",
}
"""What became of reading a store, if it is not read."""

ALARMS: Final[dict[State, str]] = {"ok": "ok", "warning": "warning", "critical": "critical", "unknown": "unknown"}


def used_words(facts: Facts) -> str:
    """The used seats: "113 of 120", "98 or more of 120", "37, no limit"."""
    report = facts.report
    used = f"{report.used:,}{'' if facts.known.used is not None else ' or more'}"
    if report.limit is None:
        return f"{used}, {'limit not known' if report.hides_limit else 'no limit'}"
    return f"{used} of {report.limit:,}"


def free_words(facts: Facts) -> str:
    """The free seats, where that is known."""
    report = facts.report
    if report.free is None:
        return NONE
    return f"{report.free:,}" if facts.known.free is not None else "unknown"


def chance_words(chance: float | None, has_forecast: bool) -> str:
    """The chance that no seat is free in 90 days."""
    return "..." if not has_forecast else NONE if chance is None else percent(chance)


def day_words(day: date | None) -> str:
    """A day, as 2027-08-21."""
    return NONE if day is None else day.isoformat()


def age_words(read_at: datetime | None, facts: Facts) -> str:
    """The age of what was read of the server."""
    return "no server" if facts.server is None else age(read_at, facts.now)


def role_words(role: str | None, is_read_only: bool) -> str:
    """What the user may do there: the role, unless the context forbids all changes."""
    return NONE if role is None else "read-only" if is_read_only else role


def alarm_words(alarm: State, findings: Iterable[Finding]) -> str:
    """What is not as it should be: the worst, and how many others there are."""
    texts = [finding_text(finding.message) for finding in findings if finding.state != "ok"]
    if not texts:
        return ALARMS["ok"]
    more = f" (+{len(texts) - 1})" if len(texts) > 1 else ""
    return one_line(f"{ALARMS[alarm]}: {texts[0]}{more}")


def problem_words(state: str, error: ConsoleError | None) -> str:
    """Why there are no figures of a store. That nothing was changed need not be said: nothing was to be."""
    return one_line(sentences([error.happened])) if error is not None else STATE_WORDS[state]


def total_words(product: str, stores: int, used: int, limit: int | None, free: int | None, is_whole: bool) -> str:
    """The sum of a product: "Kerio Connect, 3 stores: 245 of 400 used, 155 free"."""
    least = "" if is_whole else "at least "
    of = "" if limit is None else f" of {limit:,}"
    rest = "" if free is None else f", {'' if is_whole else 'at most '}{free:,} free"
    return f"{product}, {words.count(stores, 'store')}: {least}{used:,}{of} used{rest}"


def unread_words(number: int) -> str:
    """How many stores are in no sum; empty for none."""
    return f"{words.count(number, 'store')} not read" if number else ""


def finding_text(found: Message) -> str:
    """What is not as it should be, for people rather than for a plugin."""
    if found.code == "check-free":
        return f"{words.count(found.params['free'], 'seat')} free"
    return one_line(words_of(found))
