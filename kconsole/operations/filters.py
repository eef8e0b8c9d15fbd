"""The filter language: words that are looked for, and conditions that are asked.

    anna -test              address, name or description holds "anna", and none of them "test"
    domain:retail is:never  of a domain whose name holds "retail", and never logged in
    seen:>180d              last login longer ago than 180 days; seen:<30d, within the last 30
    seen:<2025-01-01        last login before that day; seen:>2025-01-01, on it or after
    -is:disabled            whatever a minus stands before must not be so

All terms of a filter must hold. What cannot be understood, or not yet while it is being typed, is passed over and told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from kconsole.licensing.verdicts import verdict_of
from kconsole.model.records import Entry, fold
from kconsole.model.times import age_of

Condition = Callable[[Entry], bool]

STATES: Final[dict[str, Condition]] = {
    "disabled": lambda entry: entry.is_account and not entry.enabled,
    "enabled": lambda entry: entry.is_account and entry.enabled,
    "mapped": lambda entry: entry.is_account and entry.origin == "directory",
    "imported": lambda entry: entry.is_account and entry.origin == "imported",
    "local": lambda entry: entry.is_account and entry.origin == "local",
    "never": lambda entry: entry.is_account and entry.last_login is None,
    "latent": lambda entry: verdict_of(entry).seat and not entry.mailbox,
    "admin": lambda entry: entry.role != "user" or entry.kind == "builtin_admin",
    "seat": lambda entry: verdict_of(entry).seat,
    "list": lambda entry: entry.kind == "mailing_list",
    "alias": lambda entry: entry.kind == "alias",
    "resource": lambda entry: entry.kind == "resource",
}
"""What `is:` can ask."""

_SEEN: Final = "seen: > or <, and an age or a day: seen:>180d, seen:<2025-01-01"


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read."""

    words: tuple[str, ...] = ()
    """Folded texts that address, name or description must hold, each of them."""
    not_words: tuple[str, ...] = ()
    """Folded texts that none of them may hold."""
    conditions: tuple[Condition, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be understood, for a person; the rest is asked all the same."""

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is asked for."""
        if self.words or self.not_words:
            text = fold(f"{entry.address}\n{entry.full_name}\n{entry.description}")
            if not all(word in text for word in self.words) or any(word in text for word in self.not_words):
                return False
        return all(condition(entry) for condition in self.conditions)


def read_filter(text: str, now: datetime) -> Filter:
    """Read a filter.

    Args:
        text: as typed.
        now: the moment that ages count from.
    """
    words: list[str] = []
    not_words: list[str] = []
    conditions: list[Condition] = []
    problems: list[str] = []
    for term in text.split():
        bare = term.removeprefix("-") or term
        negated = bare != term
        field, colon, value = bare.partition(":")
        try:
            condition = _condition(field.lower(), value, now) if colon else None
        except ValueError as error:
            problems.append(str(error))
            continue
        if condition is None:
            (not_words if negated else words).append(fold(bare))
        else:
            conditions.append(_not(condition) if negated else condition)
    return Filter(tuple(words), tuple(not_words), tuple(conditions), tuple(problems))


def _condition(field: str, value: str, now: datetime) -> Condition | None:
    """The condition that a field and its value ask; None if there is no such field, so that it is a word.

    Raises:
        ValueError: the field is one, and its value is none.
    """
    if field == "domain":
        name = fold(value)
        return lambda entry: name in fold(entry.domain)
    if field == "is":
        if value.lower() not in STATES:
            raise ValueError(f"is: one of {' '.join(STATES)}")
        return STATES[value.lower()]
    return _seen(value, now) if field == "seen" else None


def _seen(value: str, now: datetime) -> Condition:
    """By the last login. An account that never logged in was not seen at all: it fits neither way."""
    sign, rest = value[:1], value[1:]
    if sign not in ("<", ">"):
        raise ValueError(_SEEN)
    after = sign == ">"
    try:
        moment = datetime.combine(date.fromisoformat(rest), time(), UTC)
    except ValueError:
        try:
            moment, after = now - age_of(rest), not after  # longer ago means before
        except ValueError:
            raise ValueError(_SEEN) from None
    if after:
        return lambda entry: entry.last_login is not None and entry.last_login.at >= moment
    return lambda entry: entry.last_login is not None and entry.last_login.at < moment


def _not(condition: Condition) -> Condition:
    return lambda entry: not condition(entry)
