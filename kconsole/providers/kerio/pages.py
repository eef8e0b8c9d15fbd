"""Reads long lists in pages, whole or not at all.

A list that changes while it is read may lack a row that was there all the time, and what is lacking would count as
gone. So the rows have to be as many as the server says, each once, from the first page to the last; otherwise the
list is read a second time, and then given up.
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

_TIMES: Final = 2
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
        for _ in range(_TIMES):
            found: list[_K] = []
            with contextlib.suppress(_Changed):
                for came in self._pages_of(listing, reader, domain_id):
                    found += came
                    progress(len(came))
                if len({record.server_id for record in found}) == len(found):
                    return tuple(found)
            progress(-len(found))
        changed = message("list-kept-changing", server=self._client.origin, method=listing.method, times=_TIMES)
        raise SourceAway(changed, "try-again-when-quiet")

    def _pages_of(self, listing: Listing, reader: Reader[_K], domain_id: str | None) -> Iterator[list[_K]]:
        first, found = None, 0
        plainness = self._plainness.get(listing.method, 0)  # other threads may read the same list of other domains
        while first is None or found < first:
            parameters = self._query(listing, plainness, domain_id, found)
            try:
                came, total = self._client.read(listing.method, parameters, partial(_page, reader, found))
            except CallRefused as refused:
                if refused.error.number != assumptions.INVALID_PARAMETERS or plainness == _PLAINEST or found:
                    raise
                plainness += 1
                continue
            self._plainness[listing.method] = plainness
            found += len(came)
            first = total if first is None else first
            if total != first or found > total or (not came and found < total):
                raise _Changed
            yield came

    def _query(self, listing: Listing, plainness: int, domain_id: str | None, start: int) -> dict[str, object]:
        query: dict[str, object] = {
            "fields": list(listing.fields) if plainness == 0 else [],
            "conditions": [],
            "combining": "And",
            "start": start,
            "limit": self._page if plainness < _PLAINEST else -1,
        }
        if plainness < _PLAINEST:
            query["orderBy"] = [{"columnName": listing.order, "direction": "Asc", "caseSensitive": False}]
        return {"query": query} if domain_id is None else {"query": query, "domainId": domain_id}


def _page(reader: Reader[_K], start: int, result: Row) -> tuple[list[_K], int]:
    """The rows of a page, and how many rows there are in all."""
    total, listed = result.number("totalItems"), result.listed_rows()
    if total is None:
        total = start + len(listed)
    if not 0 <= total <= MOST_ROWS:
        raise StrangeAnswer("strange-count", count=total)
    return [reader(row) for row in listed], total
