"""Queries to the account list, and the filter language: words to look for, and conditions.

    anna -test              address, name or description holds "anna", and none of them "test"
    domain:retail is:never  of a domain whose name holds "retail", and never logged in
    seen:>180d              last login longer ago than 180 days; seen:<30d, within the last 30
    seen:<2025-01-01        last login before that day, in the zone that is shown; seen:>2025-01-01, on it or after
    is:held                 deleted, its seat held until the server is restarted: nothing else lists these
    @unused                 the filter that was saved under this name
    -is:disabled            not disabled: a minus negates any term

An entry must fit all terms. A term that cannot be read, perhaps because it is still being typed, is ignored and
reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from kconsole.core.codes import Message, message
from kconsole.core.identity import (
    ascii_address,
    ascii_domain,
    canonical_domain,
    canonical_login,
    shown_address,
    stripped,
)
from kconsole.core.records import Entry, fold
from kconsole.core.times import age_of, moment_of
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.search.sorting import SortField

Condition = Callable[[Entry], bool]


def states_by(policy: LicensePolicy) -> dict[str, Condition]:
    """What can follow `is:`. The only deleted entries that are ever listed are those whose seat is held."""
    is_account, listed = policy.is_account, policy.listed
    return {
        "disabled": lambda entry: is_account(entry) and not entry.enabled,
        "enabled": lambda entry: is_account(entry) and entry.enabled,
        "mapped": lambda entry: is_account(entry) and entry.origin == "directory",
        "imported": lambda entry: is_account(entry) and entry.origin == "imported",
        "local": lambda entry: is_account(entry) and entry.origin == "local",
        "never": lambda entry: is_account(entry) and entry.never_logged_in,
        "unknown": lambda entry: is_account(entry) and entry.last_login is None and entry.login_unknown,
        "latent": lambda entry: not entry.mailbox and listed(entry).seat,
        "admin": lambda entry: entry.role != "user" or entry.kind == "builtin_admin",
        "seat": lambda entry: listed(entry).seat,
        "held": lambda entry: entry.deleted_at is not None,
        "list": lambda entry: entry.kind == "mailing_list",
        "alias": lambda entry: entry.kind == "alias",
        "resource": lambda entry: entry.kind == "resource",
    }


LONGEST_FILTER: Final = 1000
"""Characters. A longer one is refused: each of its terms is looked for in every entry."""

SAVED_SIGN: Final = "@"
"""Precedes the name of a saved filter."""

_ASCII_FORM: Final = "xn--"  # begins a part of a domain as DNS has it

NONE_SAVED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read."""

    words: tuple[str, ...] = ()
    """Folded texts that address, name or description must hold, each of them."""
    not_words: tuple[str, ...] = ()
    """Folded texts that none of them may hold."""
    conditions: tuple[tuple[str, Condition], ...] = ()
    """Each with its text. Conditions of the same text are the same, unless `is_moving`."""
    problems: tuple[Message, ...] = ()
    """Terms that cannot be read; the others are in effect."""
    is_moving: bool = False
    """Whether a condition counts an age from now."""

    @property
    def asks_held(self) -> bool:
        """Whether it selects deleted entries that hold their seat, and nothing else."""
        return any(asked == "is:held" for asked, _ in self.conditions)

    def fits(self, entry: Entry) -> bool:
        if self.words or self.not_words:
            text = searched_text(entry)
            if not all(word in text for word in self.words) or any(word in text for word in self.not_words):
                return False
        return all(condition(entry) for _, condition in self.conditions)

    def narrows(self, other: "Filter") -> bool:
        """Whether every entry that fits this filter fits the other one: mostly so after one more letter."""
        if self.is_moving or other.is_moving:
            return False
        asked = {asked for asked, _ in self.conditions}
        return (
            all(before in asked for before, _ in other.conditions)
            and all(any(before in word for word in self.words) for before in other.words)
            and all(any(word in before for word in self.not_words) for before in other.not_words)
        )


def searched_text(entry: Entry) -> str:
    """The text that words are looked for in."""
    return fold(f"{shown_address(entry.address)}\n{entry.full_name}\n{entry.description}")


def read_filter(text: str, now: datetime, policy: LicensePolicy, saved: Mapping[str, str] = NONE_SAVED) -> Filter:
    """Read a filter as it was typed; ages count from `now`, and `saved` has the saved filters by name."""
    if len(text) > LONGEST_FILTER:
        return Filter(problems=(message("filter-too-long", most=LONGEST_FILTER),))
    words: list[str] = []
    not_words: list[str] = []
    conditions: list[tuple[str, Condition]] = []
    problems: list[Message] = []
    is_moving = False
    for term in filter(None, map(stripped, text.split())):
        bare = term.removeprefix("-") or term
        negated = bare != term
        part = _saved(bare, now, policy, saved) if _names_saved(bare, saved) else _term(bare, now, policy)
        problems += part.problems
        is_moving |= part.is_moving
        if not negated:
            words += part.words
            not_words += part.not_words
            conditions += part.conditions
        elif len(part.words) == 1 and not part.not_words and not part.conditions:
            not_words += part.words
        elif part.words or part.not_words or part.conditions:
            fits = part.conditions[0][1] if part == Filter(conditions=part.conditions[:1]) else part.fits
            conditions.append((f"-{_asked(bare, saved)}", _not(fits)))
    return Filter(tuple(words), tuple(not_words), tuple(conditions), tuple(problems), is_moving)


def _term(bare: str, now: datetime, policy: LicensePolicy) -> Filter:
    field, colon, value = bare.partition(":")
    field = field.lower()
    condition = _condition(field, value, now, policy) if colon else None
    if condition is None and _ASCII_FORM in (word := fold(bare)):
        return Filter(conditions=((word, lambda entry: word in ascii_address(entry.address).lower()),))
    if condition is None:
        return Filter(words=(fold(bare),))
    if isinstance(condition, Message):
        return Filter(problems=(condition,))
    is_moving = field == "seen" and "-" not in value
    return Filter(conditions=((_asked(bare), condition),), is_moving=is_moving)


def _asked(bare: str, saved: Mapping[str, str] = NONE_SAVED) -> str:
    """A text that is equal for equal terms only."""
    if _names_saved(bare, saved):
        return SAVED_SIGN + "\n" + (_saved_text(bare, saved) or "")
    return canonical_login(bare)


# Saved filters


def _names_saved(bare: str, saved: Mapping[str, str]) -> bool:
    """Whether a term names a saved filter, and is not the part of an address after its `@`."""
    return bare.startswith(SAVED_SIGN) and ("." not in bare or _saved_text(bare, saved) is not None)


def _saved_text(bare: str, saved: Mapping[str, str]) -> str | None:
    name = fold(bare.removeprefix(SAVED_SIGN))
    return next((text for known, text in saved.items() if fold(known) == name), None)


def _saved(bare: str, now: datetime, policy: LicensePolicy, saved: Mapping[str, str]) -> Filter:
    text = _saved_text(bare, saved)
    if text is None:
        known = sorted(SAVED_SIGN + name for name in saved)
        return Filter(problems=(message("filter-not-saved", name=bare, known=known),))
    if any(_names_saved(term.removeprefix("-"), saved) for term in text.split()):
        return Filter(problems=(message("filter-names-another", name=bare),))
    part = read_filter(text, now, policy)
    problems = tuple(message("filter-has-problem", name=bare, problem=problem) for problem in part.problems)
    return Filter(part.words, part.not_words, part.conditions, problems, part.is_moving)


# Conditions


def _condition(field: str, value: str, now: datetime, policy: LicensePolicy) -> Condition | Message | None:
    """The condition of a field and its value, or the problem with it; None for no such field: the term is a word."""
    if field == "domain":
        name = canonical_login(value)  # not folded: ß and ss are two domains
        if _ASCII_FORM in name:
            return lambda entry: name in ascii_domain(entry.domain).lower()
        return lambda entry: name in canonical_login(shown_address(entry.domain))
    if field == "is":
        states = states_by(policy)
        return states.get(value.lower()) or message("filter-is", states=" ".join(states))
    return _seen(value, now) if field == "seen" else None


def _seen(value: str, now: datetime) -> Condition | Message:
    """By the last login. An account that never logged in fits neither `<` nor `>`."""
    sign, rest = value[:1], value[1:]
    if sign not in ("<", ">"):
        return message("filter-seen")
    after = sign == ">"
    try:
        moment = moment_of(rest)
    except ValueError:
        try:
            moment, after = now - age_of(rest), not after  # longer ago means before
        except ValueError:
            return message("filter-seen")
    if after:
        return lambda entry: entry.last_login is not None and entry.last_login.at >= moment
    return lambda entry: entry.last_login is not None and entry.last_login.at < moment


def _not(condition: Condition) -> Condition:
    return lambda entry: not condition(entry)


# Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuery:
    """Selects entries, and sorts them. The default is all accounts: never logged in first, then by oldest login."""

    domain: str = ""
    """Only this domain; empty for all."""
    classification: str = ""
    """Only entries whose classification has this code."""
    inactive: timedelta | None = None
    """Only accounts whose last login is longer ago; with `never`, either."""
    never: bool = False
    """Only accounts that never logged in; with `inactive`, either."""
    text: str = ""
    """Only entries that this filter selects; see `filters`."""
    sort: SortField = "last-login"
    reverse: bool = False


def conditions_of(query: AccountQuery, now: datetime, policy: LicensePolicy) -> list[Condition]:
    """The conditions of a query besides its text."""
    conditions: list[Condition] = []
    if query.domain:
        domain = canonical_domain(query.domain)
        conditions.append(lambda entry: canonical_domain(entry.domain) == domain)
    if query.classification:
        conditions.append(lambda entry: policy.listed(entry).code == query.classification)
    if query.never or query.inactive is not None:
        conditions.append(lambda entry: policy.is_account(entry) and _is_idle(entry, query, now))
    return conditions


def _is_idle(entry: Entry, query: AccountQuery, now: datetime) -> bool:
    if entry.last_login is None:
        return query.never and entry.never_logged_in
    return query.inactive is not None and now - entry.last_login.at > query.inactive
