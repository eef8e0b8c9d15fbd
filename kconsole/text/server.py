"""The server in words: how it is reached, how old the last reading is, where its numbers differ from ours."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from kconsole.core.codes import Message
from kconsole.core.server import ASKED, PendingChange, Server
from kconsole.core.times import in_utc
from kconsole.licensing.comparison import Cause, Comparison
from kconsole.text import ages, words
from kconsole.text.details import Detail
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.trust import trust_words

NEVER_READ = "server never read"


class FigureCells(NamedTuple):
    """One figure in a table. All texts are safe to show."""

    title: str
    ours: str
    theirs: str
    difference: str
    """With its sign; in words where there is no number."""


def synced_words(server: Server) -> str:
    """The age of the last reading: "server as of 2026-08-05 12:03 CEST", "server never read"."""
    if server.synced_at is None:
        return NEVER_READ
    return f"server as of {ages.full_moment(server.synced_at)}"


def synced_briefly(server: Server, now: datetime, zone: tzinfo | None = None) -> str:
    """The same for a line that is always in sight: "server as of 12:03" of today, "yesterday 23:58", else the date.

    A `zone` of None is that of this machine.
    """
    if server.synced_at is None:
        return NEVER_READ
    read, today = (in_utc(moment).astimezone(zone) for moment in (server.synced_at, now))
    if read.date() == today.date():
        when = f"{read:%H:%M}"
    elif read.date() == today.date() - timedelta(days=1) and today - read < timedelta(days=1):
        when = f"yesterday {read:%H:%M}"
    else:
        when = read.date().isoformat()
    return f"server as of {when}{', in part' if server.is_partial else ''}"


def status_words(server: Server, now: datetime) -> str:
    """The same with the server's name, its age, and what is missing; safe to show."""
    name = safe_text(server.name)
    if server.synced_at is None:
        return f"{name}, never read: run 'kconsole sync'"
    read = f"{name}, {synced_words(server)}, {ages.age(server.synced_at, now)}"
    if server.is_partial:
        return f"{read}; {uncounted_words(server)}"
    missing = len(server.unread) + len(server.missing)
    return f"{read}; {words.count(missing, 'figure')} not read" if missing else read


def uncounted_words(server: Server) -> str:
    """The domains whose users were not read, and what that means for the seats; safe to show."""
    hidden = ["other domains"] if server.hides_domains else []
    domains = words.and_list([*map(safe_address, server.uncounted), *hidden], 3)
    counted = words.and_list([*map(safe_address, server.counted)], 3)
    read = f", only those of {counted}" if counted else ""
    seats = "as of an earlier reading, or not known" if server.unlisted is None else "those that the server counts"
    return f"the users of {domains} were not read{read}: their seats are {seats}"


def missing_texts(server: Server) -> list[str]:
    """What could not be read, and why; not made safe to show."""
    return [*server.unread, *map(words_of, server.missing)]


def remark_texts(server: Server) -> list[str]:
    """What is in the store otherwise than on the server; not made safe to show."""
    return [*server.notes, *map(words_of, server.remarks)]


def unconfirmed_words(pending: PendingChange) -> str:
    """An unconfirmed change: "Not confirmed: anna@... disabled on the server (sent at 2026-08-05 12:03 CEST)."."""
    accounts = words.and_list([safe_address(target.address) for target in pending.targets], 3)
    asked, sent = ASKED[pending.operation], ages.full_moment(pending.at)
    return f"Not confirmed: {accounts} {asked} on the server (sent at {sent})."


def server_rows(server: Server, now: datetime) -> Iterator[Detail]:
    """Everything about a server. All texts are safe to show."""
    access = server.access
    rows = [("Server", server.name), ("URL", access.url), ("Logs in as", access.user), ("Trusts", trust_words(access))]
    if server.synced_at is None:
        rows.append(("Read", "never"))
    else:
        rows += [("Read", ages.ago_and_moment(server.synced_at, now)), ("Version", server.version)]
        if server.started_at is not None:
            rows.append(("Started", ages.ago_and_moment(server.started_at, now)))
        rows.append(("Role", server.role.replace("_", " ")))
        rows += [("" if place else "Not read", text) for place, text in enumerate(missing_texts(server))]
        rows += [("" if place else "Notes", text) for place, text in enumerate(remark_texts(server))]
    return (Detail(label, safe_text(text)) for label, text in rows)


def comparison_rows(comparisons: Iterable[Comparison], most: int = 5) -> Iterator[Detail]:
    """Our figures beside the server's, with the likely causes of a difference. All texts are safe to show."""
    for each in comparisons:
        title, ours, theirs, difference = figure_cells(each)
        if each.agrees:
            yield Detail(title, f"{ours}   {'the same' if each.is_read else 'not read from the server'}")
            continue
        yield Detail(title, f"{ours}   ! server {theirs}   {difference}")
        yield from (Detail("", f"  {cause_words(cause, most)}") for cause in each.causes)


def figure_title(comparison: Comparison) -> str:
    """What a figure counts; safe to show."""
    code = f"figure-{'in-domain' if comparison.domain else comparison.figure}"
    return safe_text(words_of(Message(code, {"domain": comparison.domain})))


def cause_text(cause: Cause) -> str:
    """What may be behind a difference, without its accounts. Text from outside may be in it."""
    return words_of(Message(f"cause-{cause.code}", cause.params))


def figure_cells(comparison: Comparison) -> FigureCells:
    """A figure as a row of a table."""
    title, ours = figure_title(comparison), _number(comparison.ours)
    if not comparison.is_read:
        return FigureCells(title, ours, "–", "not read")
    difference = f"{comparison.difference:+,}" if comparison.difference else "differs"  # one has no limit
    return FigureCells(title, ours, _number(comparison.theirs), "the same" if comparison.agrees else difference)


def cause_words(cause: Cause, most: int) -> str:
    """A likely cause of a difference with its accounts, the first of them by name."""
    named = [safe_address(entry.address) for entry in cause.accounts[:most]]  # there may be thousands
    more = len(cause.accounts) - len(named)
    names = f"{', '.join(named)} and {more:,} more" if more else words.and_list(named, most)
    return f"{safe_text(cause_text(cause))}{f': {names}' if names else ''}"


def reading_words(domains_done: int, domains: int, users: int) -> str:
    """The progress of a reading: "12 of 50 domains, 12,000 users read"."""
    if not domains:
        return "reading the list of domains"
    return f"{domains_done:,} of {words.count(domains, 'domain')}, {words.count(users, 'user')} read"


def _number(number: int | None) -> str:
    return "unlimited" if number is None else f"{number:,}"
