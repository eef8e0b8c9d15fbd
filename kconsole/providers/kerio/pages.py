"""Reads long lists in pages, whole or not at all.

A list that changes while it is read may lack a row that was there all the time, and what is lacking would count as
gone. So each page begins with the last row of the one before, the rows have to be as many as the server says, and each
comes once; otherwise the list is read again in larger pages, and at last given up. A server that does not say how many
there are, or says it of each page alone, is read on until it has nothing more.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple, TypeVar

from kconsole.core.codes import message
from kconsole.core.errors import SourceAway
from kconsole.core.records import Entry
from kconsole.providers.kerio import assumptions
from kconsole.providers.kerio.client import KerioClient
from kconsole.providers.kerio.errors import CallRefused, StrangeAnswer
from kconsole.providers.kerio.reading import ReadDomain
from kconsole.providers.kerio.values import Reader, Row

MOST_ROWS: Final = 1_000_000
"""Rows beyond which a list is not believed."""

_TIMES: Final = 3
_GROWTH: Final = 4
"""By how much pages grow with each further reading: fewer pages leave fewer gaps for changes."""

_PLAINEST: Final = 2


_K = TypeVar("_K", Entry, ReadDomain)


class Listing(NamedTuple):
    """A list that can be asked for."""

    method: str
    fields: tuple[str, ...]
    order: str
    """The column that the pages are in the order of."""


DOMAINS: Final = Listing("Domains.get", assumptions.DOMAIN_FIELDS, "name")
USERS: Final = Listing("Users.get", assumptions.USER_FIELDS, "loginName")
MAILING_LISTS: Final = Listing("MailingLists.get", assumptions.LIST_FIELDS, "name")
RESOURCES: Final = Listing("Resources.get", assumptions.RESOURCE_FIELDS, "name")
ALIASES: Final = Listing("Aliases.get", assumptions.ALIAS_FIELDS, "name")


class _Changed(Exception):
    """The list is not what it was a page ago."""


class Pages:
    """Reads lists in one session, and remembers which queries the server refuses."""

    def __init__(self, client: KerioClient, page: int = assumptions.PAGE) -> None:
        self._client = client
        self._page = page
        self._plainness: dict[str, int] = {}
        """By method: 0 asks for fields in order, 1 for all fields in order, 2 for all fields in any order."""
        self.uncounted: set[tuple[Listing, str | None]] = set()
        """The lists of which the server did not say how many rows they have."""

    def all_of(
        self,
        listing: Listing,
        reader: Reader[_K],
        domain_id: str | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> tuple[_K, ...]:
        """All rows of a list.

        Args:
            listing: which.
            reader: makes a record of a row.
            domain_id: the domain that it belongs to; None for a list of the server.
            progress: receives the number of rows of each page, and a negative number when they are read again.

        Raises:
            CallRefused: the server refuses it.
            SourceAway: it changed each time that it was read, or as `KerioClient.call`.
        """
        for attempt in range(_TIMES):
            found: list[_K] = []
            with contextlib.suppress(_Changed):
                for came in self._pages_of(listing, reader, domain_id, self._page * _GROWTH**attempt):
                    found += came
                    progress(len(came))
                if len({record.server_id for record in found}) == len(found):
                    return tuple(found)
            progress(-len(found))
        changed = message("list-kept-changing", server=self._client.origin, method=listing.method, times=_TIMES)
        raise SourceAway(changed, "try-again-when-quiet")

    def _pages_of(self, listing: Listing, reader: Reader[_K], domain_id: str | None, limit: int) -> Iterator[list[_K]]:
        total: int | None = None
        page: list[_K] = []
        found, is_over = 0, False
        plainness = self._plainness.get(listing.method, 0)  # other threads may read the same list of other domains
        while not is_over:
            shared = 1 if len(page) > 1 else 0  # rows that the next page has in common with this one
            start = found - shared
            parameters = self._query(listing, plainness, domain_id, start, limit)
            try:
                came, stated = self._client.read(listing.method, parameters, partial(_page, reader))
            except CallRefused as refused:
                if refused.error.number != assumptions.INVALID_PARAMETERS or plainness == _PLAINEST or found:
                    raise
                plainness += 1
                continue
            self._plainness[listing.method] = plainness
            if start and stated == len(came):
                stated = None  # it counts each page alone
            elif stated is not None and (stated < start + len(came) or (found and total not in (None, stated))):
                raise _Changed
            total, new = stated, came[shared:]
            if found and came and _ids(came) == _ids(page):  # the server takes no notice of where a page begins
                new = []
            elif shared and _ids(came[:1]) != _ids(page[-1:]):
                raise _Changed
            page, found = came, found + len(new)
            if found > MOST_ROWS:
                raise self._client.strange(listing.method, message("strange-count", count=found))
            is_over = not new or (total is not None and found >= total and len(came) < limit)
            if is_over and ((total is not None and found < total) or (not new and len(came) >= limit > shared + 1)):
                raise _Changed
            if is_over and total is None:
                self.uncounted.add((listing, domain_id))
            yield new

    def _query(
        self, listing: Listing, plainness: int, domain_id: str | None, start: int, limit: int
    ) -> dict[str, object]:
        query: dict[str, object] = {
            "fields": list(listing.fields) if plainness == 0 else [],
            "conditions": [],
            "combining": assumptions.AND,
            "start": start,
            "limit": limit if plainness < _PLAINEST else -1,
        }
        if plainness < _PLAINEST:
            query["orderBy"] = [
                {"columnName": listing.order, "direction": assumptions.ASCENDING, "caseSensitive": False}
            ]
        return {"query": query} if domain_id is None else {"query": query, "domainId": domain_id}


def _page(reader: Reader[_K], result: Row) -> tuple[list[_K], int | None]:
    """The rows of a page, and how many rows there are in all, if the server says so."""
    total, listed = result.number("totalItems"), result.listed_rows()
    if total is not None and total > MOST_ROWS:
        raise StrangeAnswer("strange-count", count=total)
    return [reader(row) for row in listed], total if total is None or total >= 0 else None


def _ids(rows: list[_K]) -> list[str]:
    return [row.server_id for row in rows]
