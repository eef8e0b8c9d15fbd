"""The filter language: words that are looked for, and conditions that are asked.

    anna -test              address, name or description holds "anna", and none of them "test"
    domain:retail is:never  of a domain whose name holds "retail", and never logged in
    seen:>180d              last login longer ago than 180 days; seen:<30d, within the last 30
    seen:<2025-01-01        last login before that day; seen:>2025-01-01, on it or after
    is:held                 deleted, its seat held until the server is restarted: nothing else lists these
    @unused                 the filter that was saved under this name
    -is:disabled            whatever a minus stands before must not be so

All terms of a filter must hold. What cannot be understood, or not yet while it is being typed, is passed over and told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final

from kconsole.core.records import Entry, fold
from kconsole.core.times import age_of
from kconsole.licensing.policy import listed_classification

Condition = Callable[[Entry], bool]

STATES: Final[dict[str, Condition]] = {
    "disabled": lambda entry: entry.is_account and not entry.enabled,
    "enabled": lambda entry: entry.is_account and entry.enabled,
    "mapped": lambda entry: entry.is_account and entry.origin == "directory",
    "imported": lambda entry: entry.is_account and entry.origin == "imported",
    "local": lambda entry: entry.is_account and entry.origin == "local",
    "never": lambda entry: entry.is_account and entry.last_login is None,
    "latent": lambda entry: not entry.mailbox and listed_classification(entry).seat,
    "admin": lambda entry: entry.role != "user" or entry.kind == "builtin_admin",
    "seat": lambda entry: listed_classification(entry).seat,
    "held": lambda entry: entry.deleted_at is not None,
    "list": lambda entry: entry.kind == "mailing_list",
    "alias": lambda entry: entry.kind == "alias",
    "resource": lambda entry: entry.kind == "resource",
}
"""What `is:` can ask. Of deleted entries only those are ever asked whose seat is held."""

_SEEN: Final = "seen: > or <, and an age or a day: seen:>180d, seen:<2025-01-01"

SAVED_SIGN: Final = "@"
"""What stands before the name of a saved filter."""

NONE_SAVED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read."""

    words: tuple[str, ...] = ()
    """Folded texts that address, name or description must hold, each of them."""
    not_words: tuple[str, ...] = ()
    """Folded texts that none of them may hold."""
    conditions: tuple[tuple[str, Condition], ...] = ()
    """Each as it was asked, and what it asks. Two that were asked alike ask the same, but see `is_moving`."""
    problems: tuple[str, ...] = ()
    """What could not be understood, for a person; the rest is asked all the same."""
    is_moving: bool = False
    """Whether some condition counts an age from the moment of now."""

    @property
    def asks_held(self) -> bool:
        """Whether deleted entries that hold their seat are asked for, and nothing else then."""
        return any(asked == "is:held" for asked, _ in self.conditions)

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is asked for."""
        if self.words or self.not_words:
            text = searched_text(entry)
            if not all(word in text for word in self.words) or any(word in text for word in self.not_words):
                return False
        return all(condition(entry) for _, condition in self.conditions)

    def narrows(self, other: "Filter") -> bool:
        """Whether whatever fits this one fits the other for certain: as it mostly is after one more letter."""
        if self.is_moving or other.is_moving:
            return False
        asked = {asked for asked, _ in self.conditions}
        return (
            all(before in asked for before, _ in other.conditions)
            and all(any(before in word for word in self.words) for before in other.words)
            and all(any(word in before for word in self.not_words) for before in other.not_words)
        )


def searched_text(entry: Entry) -> str:
    """The text in which words are looked for."""
    return fold(f"{entry.address}\n{entry.full_name}\n{entry.description}")


def read_filter(text: str, now: datetime, saved: Mapping[str, str] = NONE_SAVED) -> Filter:
    """Read a filter.

    Args:
        text: as typed.
        now: the moment that ages count from.
        saved: filters by the names that they were saved under.
    """
    words: list[str] = []
    not_words: list[str] = []
    conditions: list[tuple[str, Condition]] = []
    problems: list[str] = []
    is_moving = False
    for term in text.split():
        bare = term.removeprefix("-") or term
        negated = bare != term
        try:
            part = _saved(bare, now, saved) if _names_saved(bare, saved) else _term(bare, now)
        except ValueError as error:
            problems.append(str(error))
            continue
        problems += part.problems
        is_moving |= part.is_moving
        if not negated:
            words += part.words
            not_words += part.not_words
            conditions += part.conditions
        elif len(part.words) == 1 and not part.not_words and not part.conditions:
            not_words += part.words
        elif part.words or part.not_words or part.conditions:
            only = part.conditions[0][1] if part == Filter(conditions=part.conditions[:1]) else part.fits
            conditions.append((f"-{_asked(bare, saved)}", _not(only)))
    return Filter(tuple(words), tuple(not_words), tuple(conditions), tuple(problems), is_moving)


def _term(bare: str, now: datetime) -> Filter:
    """One term, without its minus.

    Raises:
        ValueError: it asks a condition by a name that is one, with a value that is none; for a person.
    """
    field, colon, value = bare.partition(":")
    field = field.lower()
    condition = _condition(field, value, now) if colon else None
    if condition is None:
        return Filter(words=(fold(bare),))
    is_moving = field == "seen" and "-" not in value
    return Filter(conditions=((_asked(bare), condition),), is_moving=is_moving)


def _asked(bare: str, saved: Mapping[str, str] = NONE_SAVED) -> str:
    """The same for terms that ask the same, and for no others."""
    if _names_saved(bare, saved):
        return SAVED_SIGN + "\n" + (_saved_text(bare, saved) or "")
    return fold(bare)


# Saved filters


def _names_saved(bare: str, saved: Mapping[str, str]) -> bool:
    """Whether a term means a saved filter, rather than what stands after the `@` of an address."""
    return bare.startswith(SAVED_SIGN) and ("." not in bare or _saved_text(bare, saved) is not None)


def _saved_text(bare: str, saved: Mapping[str, str]) -> str | None:
    name = fold(bare.removeprefix(SAVED_SIGN))
    return next((text for known, text in saved.items() if fold(known) == name), None)


def _saved(bare: str, now: datetime, saved: Mapping[str, str]) -> Filter:
    """The saved filter that a term names.

    Raises:
        ValueError: there is none, or it asks for another; for a person.
    """
    text = _saved_text(bare, saved)
    if text is None:
        known = ", ".join(sorted(SAVED_SIGN + name for name in saved))
        raise ValueError(f"{bare}: no saved filter; there is {known or 'none yet'}")
    if any(_names_saved(term.removeprefix("-"), saved) for term in text.split()):
        raise ValueError(f"{bare}: a saved filter cannot name another")
    part = read_filter(text, now)
    told = tuple(f"{bare}: {problem}" for problem in part.problems)
    return Filter(part.words, part.not_words, part.conditions, told, part.is_moving)


# Conditions


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
