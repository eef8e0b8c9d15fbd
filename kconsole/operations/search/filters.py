"""The filter language: words to look for, and conditions.

    anna -test              address, name or description holds "anna", and none of them "test"
    domain:retail is:never  of a domain whose name holds "retail", and never logged in
    seen:>180d              last login longer ago than 180 days; seen:<30d, within the last 30
    seen:<2025-01-01        last login before that day, in the zone that is shown; seen:>2025-01-01, on it or after
    role:auditor tag:vip    has the role; has the tag
    is:leaving              it is offboarded on a day
    is:kept is:protected    no policy touches it: until a day, or as long as its pattern is protected
    is:reserved             a seat is reserved for its address
    is:held                 deleted, its seat held until the server is restarted: nothing else lists these
    @unused                 the filter that was saved under this name
    -is:disabled            not disabled: a minus negates any term
    (seen:>1y or is:never) -(is:service or tag:vip)
                            either; terms without `or` between them bind tighter. A minus negates a group, too

An entry must fit all terms. `or` is a word where nothing stands before it, and a bracket is a part of the word unless
it begins or ends a term. A filter that has a term that cannot be read, perhaps because it is still being typed, lists
nothing: without that term it would list more than was asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import Final, get_args

from kconsole.core.codes import Message, message
from kconsole.core.folding import search_fold
from kconsole.core.identity import (
    DOTS,
    ascii_address,
    ascii_domain,
    canonical_login,
    shown_address,
    stripped,
)
from kconsole.core.records import Entry, Role, fold
from kconsole.core.times import age_of, moment_of
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.search.terms import (
    All,
    Condition,
    Either,
    Not,
    Places,
    Term,
    Word,
    all_of,
    conditions_in,
    has_words,
    mentions,
    narrows,
)

Fits = Callable[[Entry], bool]

LONGEST_FILTER: Final = 1000
"""Characters. A longer one is refused: each of its terms is looked for in every entry."""

MOST_NESTED: Final = 20
"""Groups inside each other."""

SAVED_SIGN: Final = "@"
"""Precedes the name of a saved filter."""

SERVICE: Final = "service"
"""The tag of accounts that no person logs in to."""

_HELD: Final = "is:held"
_TAG: Final = "tag:"
_ASCII_FORM: Final = "xn--"  # begins a part of a domain as DNS has it

OF_STORE: Final = ("locked", "kept", "protected", "reserved", "leaving")
"""The names behind `is:` whose conditions depend on more than the entry: on the license, or on decisions."""

_IS_OF_STORE: Final = frozenset(f"is:{state}" for state in OF_STORE)

_READINGS: Final = count(1)
_ANY: Final = All(())  # fits everything

NONE_SAVED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read."""

    terms: tuple[Term, ...] = ()
    """All of them must fit."""
    problems: tuple[Message, ...] = ()
    """Terms that cannot be read: nothing fits then. Each message has the term as its `part`."""

    @property
    def asks_held(self) -> bool:
        """Whether it selects deleted entries that hold their seat, and nothing else."""
        return any(isinstance(term, Condition) and term.text == _HELD for term in self.terms)

    @property
    def asks_held_too(self) -> bool:
        """Whether it may select them beside others."""
        return any(mentions(term, _HELD) for term in self.terms)

    @property
    def has_words(self) -> bool:
        """Whether it depends on the texts of entries."""
        return any(map(has_words, self.terms))

    def unused_tag(self, entries: Iterable[Entry]) -> Message | None:
        """The news that no entry has a tag that the filter names: it may be misspelled, and under a minus lists all."""
        texts = (condition.text for term in self.terms for condition in conditions_in(term))
        asked = {text.removeprefix(_TAG) for text in texts if text.startswith(_TAG)}
        unused = sorted(asked - {tag for entry in entries for tag in entry.tags}) if asked else ()
        return message("filter-tag-unused", tag=unused[0]) if unused else None

    def fits(self, entry: Entry) -> bool:
        return bool(self.choose([0], [searched_text(entry)], [entry]))

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places:
        """The places whose entries fit; see `terms`."""
        return [] if self.problems else All(self.terms).choose(places, texts, entries)

    def without(self, other: "Filter") -> "Filter":
        """What is left to ask of entries that fit another filter."""
        return Filter(tuple(term for term in self.terms if term not in set(other.terms)))

    def narrows(self, other: "Filter") -> bool:
        """Whether every entry that fits this filter fits the other one: mostly so after one more letter."""
        if self.problems or other.problems:
            return False
        same = set(self.terms)
        return all(before in same or any(narrows(term, before) for term in self.terms) for before in other.terms)


def searched_text(entry: Entry) -> str:
    """The text that words are looked for in."""
    return search_fold(f"{shown_address(entry.address)}\n{entry.full_name}\n{entry.description}")


FREES_A_SEAT: Final = "is:seat -is:admin -is:service"


@dataclass(frozen=True)
class FilterReader:
    """Reads filters as they were typed."""

    now: datetime
    """Ages count from it."""
    policy: LicensePolicy
    saved: Mapping[str, str] = field(default_factory=lambda: NONE_SAVED)
    """The saved filters by name."""
    states: Mapping[str, Fits] = field(default_factory=dict)
    """The conditions by the names of `OF_STORE`; nothing fits those that are missing."""

    def read(self, text: str) -> Filter:
        if len(text) > LONGEST_FILTER:
            return Filter(problems=(message("filter-too-long", part="", most=LONGEST_FILTER),))
        groups = [_Group()]
        problems: list[Message] = []
        for term in filter(None, map(stripped, text.split())):
            while term.startswith(("(", "-(")):
                groups.append(_Group(term[0] == "-"))
                term = term.partition("(")[2]
            if len(groups) > MOST_NESTED + 1:
                return Filter(problems=(message("filter-nested-deep", part="(", most=MOST_NESTED),))
            closed = 0
            while term.endswith(")") and closed < len(groups) - 1 and term.count(")") > term.count("("):
                term, closed = term[:-1], closed + 1
            if term.lower() == "or" and groups[-1].branches[-1]:
                groups[-1].branches.append([])
            elif term:
                found = self._terms_of(term)
                groups[-1].take([_ANY] if isinstance(found, Message) else found)
                problems += [found] if isinstance(found, Message) else []
            for _ in range(closed):
                group = groups.pop()
                problems += group.problems()
                groups[-1].take(group.terms())
        if len(groups) > 1:
            problems.append(message("filter-unclosed", part="-(" if groups[-1].is_negated else "("))
        problems += (problem for problem in groups[0].problems() if problem.code != "filter-empty-group")
        return Filter(problems=tuple(problems)) if problems else Filter(_words_first(groups[0].terms()))

    def _terms_of(self, term: str) -> list[Term] | Message:
        """What a term asks for, or what is wrong with it."""
        bare = term.removeprefix("-") or term
        found = self._saved(bare) if self._names_saved(bare) else self._term(bare)
        if isinstance(found, Message):
            return found
        if bare == term:
            return list(found)
        return [] if found == [_ANY] else [Not(all_of(found))]  # an empty saved filter asks for nothing

    def _term(self, bare: str) -> Sequence[Term] | Message:
        name, colon, value = bare.partition(":")
        fits = self._condition(bare, name.lower(), value) if colon else None
        if isinstance(fits, Message):
            return fits
        if fits is not None:
            moment = self.now if name.lower() == "seen" else next(_READINGS) if bare.lower() in _IS_OF_STORE else 0
            return [Condition(canonical_login(bare), fits, moment)]
        if _ASCII_FORM in (word := fold(bare)):
            return [Condition(word, lambda entry: word in ascii_address(entry.address).lower())]
        return [Word(search_fold(bare))]

    # Saved filters

    def _names_saved(self, bare: str) -> bool:
        """Whether a term names a saved filter, and is not the part of an address after its `@`."""
        return bare.startswith(SAVED_SIGN) and ("." not in bare or self._saved_text(bare) is not None)

    def _saved_text(self, bare: str) -> str | None:
        name = fold(bare.removeprefix(SAVED_SIGN))
        return next((text for known, text in self.saved.items() if fold(known) == name), None)

    def _saved(self, bare: str) -> Sequence[Term] | Message:
        text = self._saved_text(bare)
        if text is None:
            known = sorted(SAVED_SIGN + name for name in self.saved)
            return message("filter-not-saved", part=bare, known=known)
        if any(self._names_saved(term.lstrip("-(").rstrip(")")) for term in text.split()):
            return message("filter-names-another", part=bare)
        found = replace(self, saved=NONE_SAVED).read(text)
        if found.problems:
            return message("filter-has-problem", part=bare, problem=found.problems[0])
        return found.terms or [_ANY]

    # Conditions

    def _condition(self, term: str, name: str, value: str) -> Fits | Message | None:
        """The condition of a field and its value, or what is wrong with it; None for no such field: it is a word."""
        if name == "domain":
            domain = canonical_login(value.translate(DOTS))  # not folded: ß and ss are two domains
            if _ASCII_FORM in domain:
                return lambda entry: domain in f"{ascii_domain(entry.domain).lower()}."  # with the dot of the root
            return lambda entry: domain in f"{canonical_login(shown_address(entry.domain))}."
        if name == "is":
            states = {**states_by(self.policy), **dict.fromkeys(OF_STORE, lambda _: False), **self.states}
            return states.get(value.lower()) or message("filter-is", part=term, states=list(states))
        if name == "role":
            return _role(value.lower(), self.policy) or message("filter-role", part=term, roles=list(_ROLES))
        if name == "tag":
            tag = canonical_login(value)
            return (lambda entry: tag in entry.tags) if tag else message("filter-tag", part=term)
        if name == "seen":
            return _seen(value, self.now) or message("filter-seen", part=term)
        return None


@dataclass
class _Group:
    """What stands between two brackets, or in the whole filter."""

    is_negated: bool = False
    branches: list[list[Term]] = field(default_factory=lambda: [[]])
    """What stands between its `or`s."""
    has_terms: bool = False

    def take(self, terms: Iterable[Term]) -> None:
        self.branches[-1] += terms
        self.has_terms = True

    def terms(self) -> list[Term]:
        terms = self.branches[0]
        if len(self.branches) > 1:
            terms = [Either(tuple(all_of(_words_first(branch)) for branch in self.branches))]
        return [Not(all_of(_words_first(terms)))] if self.is_negated and terms else terms

    def problems(self) -> list[Message]:
        if len(self.branches) > 1 and not self.branches[-1]:
            return [message("filter-or-ends", part="or")]
        return [] if self.has_terms else [message("filter-empty-group", part="()")]


def _words_first(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The same terms, the fastest first."""
    return tuple(sorted(terms, key=lambda term: not isinstance(term, Word)))


def states_by(policy: LicensePolicy) -> dict[str, Fits]:
    """What can follow `is:`. The only deleted entries that are ever listed are those whose seat is held."""
    is_account, listed = policy.is_account, policy.listed
    return {
        "disabled": lambda entry: not entry.enabled and is_account(entry),
        "enabled": lambda entry: is_account(entry) and entry.enabled,
        "mapped": lambda entry: entry.origin == "directory" and is_account(entry),
        "imported": lambda entry: entry.origin == "imported" and is_account(entry),
        "local": lambda entry: is_account(entry) and entry.origin == "local",
        "never": lambda entry: entry.last_login is None and not entry.login_unknown and is_account(entry),
        "unknown": lambda entry: entry.last_login is None and entry.login_unknown and is_account(entry),
        "latent": lambda entry: not entry.mailbox and listed(entry).seat,
        "admin": _is_admin,
        "service": lambda entry: SERVICE in entry.tags,
        "seat": lambda entry: listed(entry).seat,
        "held": lambda entry: entry.deleted_at is not None,
        "list": lambda entry: entry.kind == "mailing_list",
        "alias": lambda entry: entry.kind == "alias",
        "resource": lambda entry: entry.kind == "resource",
    }


def _is_admin(entry: Entry) -> bool:
    return entry.role != "user" or entry.kind == "builtin_admin"


_ROLES: Final[tuple[str, ...]] = get_args(Role)


def _role(name: str, policy: LicensePolicy) -> Fits | None:
    """The condition of a role, which may be written with any of `_`, `-` or nothing between its words."""
    plain = name.replace("-", "").replace("_", "")
    role = next((role for role in _ROLES if role.replace("_", "") == plain), None)
    if role is None:
        return None
    if role == "user":
        return lambda entry: policy.is_account(entry) and not _is_admin(entry)
    return lambda entry: entry.role == role or (role == "full_admin" and entry.kind == "builtin_admin")


def _seen(value: str, now: datetime) -> Fits | None:
    """By the last login. An account that never logged in fits neither `<` nor `>`."""
    sign, rest = value[:1], value[1:]
    if sign not in ("<", ">"):
        return None
    after = sign == ">"
    try:
        moment = moment_of(rest)
    except ValueError:
        try:
            moment, after = now - age_of(rest), not after  # longer ago means before
        except ValueError:
            return None
    if after:
        return lambda entry: (login := entry.last_login) is not None and login.at >= moment
    return lambda entry: (login := entry.last_login) is not None and login.at < moment
