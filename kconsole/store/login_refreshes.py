"""Last logins in a compact form: a sync reads hundreds every few minutes, and a whole record has ten times the bytes.

In a line, those of one domain are one change:

    {"table":"entries","domain":"north.example","protocols":["IMAP","POP3"],"logins":[[7,"anna",1780000300,300,1,0]]}

Each has the entry's number and login, the time in seconds since 1970, how many seconds before that the one before was
(null for none), and which of the protocols each of both used: here POP3 after IMAP.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from kconsole.core.history import Change
from kconsole.core.records import Entry, LastLogin

Refresh = tuple[int, str, int, int | None, int, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class LoginRefreshes(Struct, frozen=True):
    """Some last logins of one domain."""

    table: str
    domain: str
    protocols: list[str]
    logins: list[Refresh]

    def after(self, refresh: Refresh) -> LastLogin:
        return LastLogin(_EPOCH + _SECOND * refresh[2], self.protocols[refresh[4]])

    def before(self, refresh: Refresh) -> LastLogin | None:
        seconds = refresh[3]
        if seconds is None:
            return None
        return LastLogin(_EPOCH + _SECOND * (refresh[2] - seconds), self.protocols[refresh[5]])


def split(changes: Iterable[Change]) -> tuple[list[Change], list[LoginRefreshes]]:
    """The changes that are no refreshes, and the others in the compact form."""
    others: list[Change] = []
    domains: dict[str, LoginRefreshes] = {}
    for change in changes:
        if not _is_refresh(change):
            others.append(change)
            continue
        login, _, domain = change.after.address.rpartition("@")
        group = domains.setdefault(domain, LoginRefreshes("entries", domain, [], []))
        new, old = change.after.last_login, change.before.last_login or change.after.last_login
        ago = None if change.before.last_login is None else (new.at - old.at) // _SECOND
        protocols = (_place_of(each.protocol, group.protocols) for each in (new, old))
        group.logins.append((change.number, login, (new.at - _EPOCH) // _SECOND, ago, *protocols))
    return others, list(domains.values())


def _is_refresh(change: Change) -> bool:
    before, after = change.before, change.after
    if change.table != "entries" or before is None or after is None or after.last_login is None:
        return False
    logins: list[LastLogin] = [login for login in (before.last_login, after.last_login) if login is not None]
    is_exact = all(not login.at.microsecond and login.at.utcoffset() == timedelta() for login in logins)
    return is_exact and bool(replace(before, last_login=after.last_login) == after)


def _place_of(text: str, texts: list[str]) -> int:
    if text not in texts:
        texts.append(text)
    return texts.index(text)


def changes_of(refreshes: LoginRefreshes, entries: Mapping[int, Entry] | None) -> Iterator[Change]:
    """The changes of a compact form, from the entries before them.

    Without those, the records have nothing but their numbers, addresses and logins, which says as much of the change.
    """
    for refresh in refreshes.logins:
        number, login = refresh[:2]
        if entries is None:
            address = f"{login}@{refreshes.domain}"
            known: Entry | None = Entry(id=number, address=address, last_login=refreshes.before(refresh))
        else:
            known = entries.get(number)
        if known is not None:  # else its own line was lost
            yield Change("entries", number, known, replace(known, last_login=refreshes.after(refresh)))


def logins_of(refreshes: LoginRefreshes) -> dict[int, LastLogin]:
    """The last logins by the numbers of the entries."""
    return {refresh[0]: refreshes.after(refresh) for refresh in refreshes.logins}
