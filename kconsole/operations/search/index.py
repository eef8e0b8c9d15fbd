"""Searches and sorts the account list, for the command line and the screen.

An `AccountIndex` answers at each letter of a filter and at each change. So it keeps its sort keys, folded texts, orders
and last answer, and works in steps, between which the screen can paint.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from kconsole.core.history import Change
from kconsole.core.records import Entry
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.chunked import Chunks, finished, within
from kconsole.operations.search.filters import NONE_SAVED, Filter, FilterReader, Fits, searched_text
from kconsole.operations.search.queries import AccountQuery, conditions_of
from kconsole.operations.search.sorting import (
    LAST,
    NAMES,
    STEP,
    SortField,
    address_key,
    grouped_by,
    sort_key,
    sorted_by,
    turned_round,
)

_FEW_CHANGES: Final = 500
"""So many changes are put in their places one by one; after more, everything is sorted again."""

_SAME_MOMENT: Final = timedelta(seconds=2)
"""Selections within it count ages from the same moment: so one more letter looks among what was found before."""

_CHANGES_A_STEP: Final = 40

_Value = TypeVar("_Value")


class _Sorted(NamedTuple):
    """All live entries in an order, by their places; those with equal keys are in the order of their addresses."""

    sort: SortField
    keys: list[Any]
    """By place."""
    places: list[int]
    last: list[int]
    """The entries that come last in either direction, by address: in the order by last login, all but accounts."""


class _Found(NamedTuple):
    """The answer to a query, in the order that is not reversed."""

    query: AccountQuery
    asked: Filter
    now: datetime
    places: list[int]
    last: list[int]
    rising: Sequence[int] | None
    """All of them as they stand in memory: searched in that order, they take a quarter of the time. None for all."""


class AccountIndex:
    """Indexes the live entries, and the deleted ones whose seat is held, which only `is:held` lists.

    Sorting is stable with the address to break ties. By last login, accounts that never logged in come before all
    others, or with `reverse` after all; what is no user account (lists, resources, aliases) always comes last.

    Each entry has a place in parallel lists; lists of places are sorted and filtered.
    """

    def __init__(
        self,
        policy: LicensePolicy,
        entries: Iterable[Entry] = (),
        states: Callable[[datetime], Mapping[str, Fits]] = lambda _: {},
    ) -> None:
        """Start with these entries: live ones, and deleted ones whose seat is held.

        `states` gives what a filter can ask and depends on more than the entries, as it is at a moment.
        """
        self._policy = policy
        self._states = states
        self._version = 0
        """Counts the commits that changed something here."""
        self._entries: list[Entry | None] = []
        """By place; None for a removed one."""
        self._held: dict[int, Entry] = {}
        """By number, or by a negative one for an entry without a number."""
        for entry in entries:
            if entry.deleted_at is None:
                self._entries.append(entry)
            else:
                self._held[entry.id or ~len(self._held)] = entry
        self._live = len(self._entries)
        self._texts: list[str | None] = [None] * self._live
        """By place, the text to search; made when it is first searched."""
        self._addresses: list[str] = []
        """By place, the key that breaks ties in every order."""
        self._base: list[int] = []
        """All live places in the order of their addresses; empty until they are sorted."""
        self._places: dict[int, int] = {}
        """By number; empty before the first change."""
        self._pending: dict[int, Entry | None] = {}
        """Entries that changed since the last selection, by number; None for one that is no longer listed."""
        self._sorted: _Sorted | None = None
        """The last order; it follows changes."""
        self._ahead: dict[SortField, _Sorted] = {}
        """Earlier orders, and ones that were prepared; valid until something changes."""
        self._found: _Found | None = None
        self._with_held: tuple[int, AccountIndex] | None = None
        """An index of the deleted entries beside the others, and the version that it is of."""

    def __len__(self) -> int:
        """The number of live entries, as of the last selection."""
        return self._live

    def follow(self, changes: Iterable[Change], held: Callable[[], Iterable[Entry]]) -> None:
        """Take in the changes of a commit; `held` gives the deleted entries that hold a seat now.

        The work is done at the next selection.
        """
        look_again = False
        for change in changes:
            if change.table == "entries":
                is_live = change.after is None or change.after.deleted_at is None
                self._pending[change.number] = change.after if is_live else None
                look_again |= not is_live or change.number in self._held
                self._version += 1
            look_again |= change.table == "server"  # a restart frees held seats
        if self._pending:
            self._found = None
        if look_again:
            self._held = {entry.id: entry for entry in held()}
            self._version += 1

    # Asking

    def select(self, query: AccountQuery, now: datetime, saved: Mapping[str, str] = NONE_SAVED) -> list[Entry]:
        """The entries that a query selects, in its order; ages count from `now`."""
        return finished(self.selecting(query, now, saved))

    def selecting(
        self, query: AccountQuery, now: datetime, saved: Mapping[str, str] = NONE_SAVED
    ) -> Chunks[list[Entry]]:
        """The same in short steps; it may be stopped at any. When an entry changes meanwhile, it starts again."""
        if self._found is not None and timedelta(0) <= now - self._found.now < _SAME_MOMENT:
            now = self._found.now
        asked = FilterReader(now, self._policy, saved, self._states(now)).read(query.text)
        while (found := (yield from self._until_changed(self._selecting(query, asked, now)))) is None:
            pass
        return found

    def _until_changed(self, steps: Chunks[_Value]) -> Chunks[_Value | None]:
        """The same steps and value; None as soon as an entry changes."""
        version = self._version
        while self._version == version:
            try:
                share = next(steps)
            except StopIteration as end:
                value: _Value = end.value
                return value
            yield share
        return None

    def preparing(self) -> Chunks[None]:
        """Prepare in an idle moment what takes longest: the texts to search, and the order by name."""
        for begin in range(0, len(self._entries), STEP):
            self._make_texts(range(begin, min(begin + STEP, len(self._entries))))
            yield 0.5 * begin / len(self._entries)
        if self._base and not self._pending:
            by_name = yield from within(0.5, 1.0, self._until_changed(self._sorting("name")))
            if by_name is not None:
                self._ahead["name"] = by_name

    def _selecting(self, query: AccountQuery, asked: Filter, now: datetime) -> Chunks[list[Entry]]:
        if self._pending:
            yield from within(0.0, 0.2, self._take_changes())
        if asked.problems:
            return []
        if self._held and asked.asks_held_too:
            index = self._index_of_held() if asked.asks_held else self._index_with_held()
            return (yield from index._selecting(query, asked, now))
        order = yield from within(0.2, 0.6, self._in_order(query.sort))
        found = yield from within(0.6, 0.9, self._fitting(order, query, asked, now))
        self._found = found
        places = found.places
        if query.reverse:
            places = turned_round(places, order.keys)
            yield 0.95
        entries: list[Entry | None] = []
        for begin in range(0, len(places), STEP):
            entries += map(self._entries.__getitem__, places[begin : begin + STEP])
            yield 0.95 + 0.05 * begin / len(places)
        entries += map(self._entries.__getitem__, found.last)
        return entries  # type: ignore[return-value]  # none of these is removed

    def _index_of_held(self) -> "AccountIndex":
        """An index of the deleted entries alone, in which they count as any others."""
        held = AccountIndex(self._policy)
        held._list(self._held.values())
        return held

    def _index_with_held(self) -> "AccountIndex":
        """An index of all entries, in which the deleted ones count as any others."""
        if self._with_held is None or self._with_held[0] != self._version:
            both = AccountIndex(self._policy)
            both._list([*filter(None, self._entries), *self._held.values()])
            self._with_held = self._version, both
        return self._with_held[1]

    def _list(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        self._live = len(self._entries)
        self._texts = [None] * self._live

    # Order

    def _in_order(self, sort: SortField) -> Chunks[_Sorted]:
        if not self._base:
            self._sorted = None
            self._close_ranks()
            addresses = yield from within(0.0, 0.2, self._made(address_key))
            base = yield from within(0.2, 0.5, sorted_by(list(range(len(addresses))), addresses))
            self._addresses, self._base = addresses, base
        kept = self._sorted
        if kept is None or kept.sort != sort:
            if kept is not None:
                self._ahead[kept.sort] = kept
            made = self._ahead.get(sort)
            kept = self._sorted = made or (yield from within(0.5, 1.0, self._sorting(sort)))
        return kept

    def _sorting(self, sort: SortField) -> Chunks[_Sorted]:
        if sort == "address":
            return _Sorted(sort, self._addresses, self._base, [])
        step = NAMES if sort == "name" else STEP
        keys = yield from within(0.0, 0.4, self._made(sort_key(sort, self._policy), step))
        by = sorted_by if sort in ("address", "name", "last-login") else grouped_by  # the others have few keys
        places = yield from within(0.4, 1.0, by(self._base, keys))
        end = len(places) - keys.count(LAST)
        return _Sorted(sort, keys, places[:end], places[end:])

    def _made(self, key: Callable[[Entry], Any], step: int = STEP) -> Chunks[list[Any]]:
        """A key for each place."""
        keys: list[Any] = []
        for begin in range(0, len(self._entries), step):
            keys += [None if entry is None else key(entry) for entry in self._entries[begin : begin + step]]
            yield begin / len(self._entries)
        return keys

    # Filter

    def _fitting(self, order: _Sorted, query: AccountQuery, asked: Filter, now: datetime) -> Chunks[_Found]:
        """The places that fit; searched among the last answer if no other can fit."""
        before, among, left = self._found, (order.places, order.last), asked
        rising: Sequence[int] | None = None
        conditions = conditions_of(query, now, self._policy)
        if before is not None and _narrows(query, asked, now, before):
            among, conditions, left = (before.places, before.last), [], asked.without(before.asked)
            rising = before.rising
        if not (conditions or left.terms):
            return _Found(query, asked, now, *among, rising)
        if rising is None and self._live == len(self._entries):
            rising = range(self._live)
        elif rising is None:
            rising = [place for place, entry in enumerate(self._entries) if entry is not None]
        found: list[int] = []
        for begin in range(0, len(rising), STEP):
            found += self._fitting_of(list(rising[begin : begin + STEP]), left, conditions)
            yield 0.9 * begin / len(rising)
        if len(found) == len(rising):  # all of them
            return _Found(query, asked, now, *among, rising)
        fits = bytearray(len(self._entries))
        for place in found:
            fits[place] = True
        yield 0.92
        places = [place for place in among[0] if fits[place]]
        yield 0.95
        last = [place for place in among[1] if fits[place]]
        return _Found(query, asked, now, places, last, found)

    def _fitting_of(self, some: list[int], asked: Filter, conditions: list[Fits]) -> list[int]:
        if asked.has_words:
            self._make_texts(some)
        texts: list[str] = self._texts  # type: ignore[assignment]  # the ones needed are made
        entries: list[Entry] = self._entries  # type: ignore[assignment]  # none of these is removed
        some = asked.choose(some, texts, entries)
        for condition in conditions:
            some = [place for place in some if condition(entries[place])]
        return some

    def _make_texts(self, some: Iterable[int]) -> None:
        entries, texts = self._entries, self._texts
        for place in some:
            if texts[place] is None and (entry := entries[place]) is not None:
                texts[place] = searched_text(entry)

    # Changes

    def _take_changes(self) -> Chunks[None]:
        self._ahead = {}
        if not self._places:
            places: dict[int, int] = {}
            for begin in range(0, len(self._entries), STEP):
                some = self._entries[begin : begin + STEP]
                places |= {entry.id: begin + at for at, entry in enumerate(some) if entry is not None}
                yield 0.5 * begin / len(self._entries)
            self._places = places
        if len(self._pending) > _FEW_CHANGES:
            self._base, self._sorted = [], None
        numbers, step = list(self._pending), _CHANGES_A_STEP if self._base else STEP
        for begin in range(0, len(numbers), step):
            for number in numbers[begin : begin + step]:
                if number in self._pending:
                    self._put(number, self._pending.pop(number))
            yield 0.5 + 0.5 * begin / len(numbers)

    def _put(self, number: int, entry: Entry | None) -> None:
        place = self._places.pop(number, -1)
        if place >= 0:
            if self._base:
                self._take_out(place)
            self._live -= 1
        elif entry is not None:
            place = len(self._entries)
            self._entries.append(None)
            self._texts.append(None)
            for keys in self._all_keys():
                keys.append(None)
        if place >= 0:
            self._entries[place], self._texts[place] = entry, None
        if entry is not None:
            self._places[number] = place
            self._live += 1
            if self._base:
                self._take_in(place, entry)

    def _all_keys(self) -> list[list[Any]]:
        """The lists of keys, each once."""
        if not self._base:
            return []
        if self._sorted is None or self._sorted.keys is self._addresses:
            return [self._addresses]
        return [self._addresses, self._sorted.keys]

    def _take_out(self, place: int) -> None:
        address = self._addresses[place]
        del self._base[self._rank(address, place)]
        order = self._sorted
        if order is None or order.places is self._base:
            return
        key = order.keys[place]
        for places in (order.places, order.last):
            at = _rank_in(places, order.keys, self._addresses, (key, address, place))
            if at < len(places) and places[at] == place:
                del places[at]
                return

    def _take_in(self, place: int, entry: Entry) -> None:
        address = self._addresses[place] = address_key(entry)
        self._base.insert(self._rank(address, place), place)
        order = self._sorted
        if order is None or order.places is self._base:
            return
        key = order.keys[place] = sort_key(order.sort, self._policy)(entry)
        places = order.last if key == LAST else order.places
        places.insert(_rank_in(places, order.keys, self._addresses, (key, address, place)), place)

    def _rank(self, address: str, place: int) -> int:
        return bisect_left(self._base, (address, place), key=lambda other: (self._addresses[other], other))

    def _close_ranks(self) -> None:
        kept = [place for place, entry in enumerate(self._entries) if entry is not None]
        if len(kept) < len(self._entries):
            self._version += 1  # a selection in progress starts again
            self._texts = [self._texts[place] for place in kept]
            self._entries = [self._entries[place] for place in kept]
            self._places = {}


def _rank_in(places: list[int], keys: list[Any], addresses: list[str], wanted: tuple[Any, str, int]) -> int:
    return bisect_left(places, wanted, key=lambda place: (keys[place], addresses[place], place))


def _narrows(query: AccountQuery, asked: Filter, now: datetime, before: _Found) -> bool:
    """Whether all that fits a query is in the last answer, in its order."""
    same = replace(query, text="", reverse=False) == replace(before.query, text="", reverse=False)
    return same and (query.inactive is None or now == before.now) and asked.narrows(before.asked)
