"""The terms that a filter is made of. Each chooses among many entries at once, which is faster than one by one.

Entries and their texts stand in parallel lists; what is chosen are places in them, in the order they came in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from kconsole.core.records import Entry

Places = list[int]


class Term(Protocol):
    """A term of a filter. Equal terms choose the same."""

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places: ...


@dataclass(frozen=True, slots=True)
class Word:
    """The text of the entry holds a word, folded as `search_fold` does."""

    word: str

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places:
        del entries
        word = self.word
        return [place for place in places if word in texts[place]]


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of the entry. Conditions with the same text and moment are equal."""

    text: str
    fits: Callable[[Entry], bool] = field(compare=False)
    moment: datetime | int = 0
    """When it was read, if it may choose other entries later, though none of them changes; or a number of its own."""

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places:
        del texts
        fits = self.fits
        return [place for place in places if fits(entries[place])]


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not fit."""

    term: Term

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places:
        match self.term:  # the same without a set, which takes longer
            case Word(word):
                return [place for place in places if word not in texts[place]]
            case Condition(_, fits):
                return [place for place in places if not fits(entries[place])]
        fitting = set(self.term.choose(places, texts, entries))
        return [place for place in places if place not in fitting]


@dataclass(frozen=True, slots=True)
class All:
    """All of the terms fit."""

    terms: tuple[Term, ...]

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places:
        for term in self.terms:
            places = term.choose(places, texts, entries)
        return places


@dataclass(frozen=True, slots=True)
class Either:
    """One of the terms fits, or several."""

    terms: tuple[Term, ...]

    def choose(self, places: Places, texts: Sequence[str], entries: Sequence[Entry]) -> Places:
        fitting: set[int] = set()
        for term in self.terms:
            left = [place for place in places if place not in fitting] if fitting else places
            fitting.update(term.choose(left, texts, entries))
        return [place for place in places if place in fitting]


def all_of(terms: Sequence[Term]) -> Term:
    """One term that fits where all of these do."""
    return terms[0] if len(terms) == 1 else All(tuple(terms))


def narrows(term: Term, other: Term) -> bool:
    """Whether what fits a term fits the other one, as far as that is plain: mostly so after one more letter."""
    match term, other:
        case Word(word), Word(before):
            return before in word
        case Not(Word(word)), Not(Word(before)):
            return word in before
    return term == other


def has_words(term: Term) -> bool:
    """Whether it depends on the texts of entries that a term fits."""
    match term:
        case All(terms) | Either(terms):
            return any(map(has_words, terms))
        case Not(inner):
            return has_words(inner)
    return isinstance(term, Word)


def conditions_in(term: Term) -> Iterator[Condition]:
    """All conditions of a term, also those under a minus."""
    match term:
        case Condition():
            yield term
        case Not(inner):
            yield from conditions_in(inner)
        case All(terms) | Either(terms):
            for each in terms:
                yield from conditions_in(each)


def mentions(term: Term, condition: str) -> bool:
    """Whether a term has this condition in it, and not under a minus."""
    match term:
        case Condition(text):
            return text == condition
        case All(terms) | Either(terms):
            return any(mentions(each, condition) for each in terms)
    return False
