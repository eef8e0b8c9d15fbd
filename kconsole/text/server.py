"""The live server in words: how it is reached, how old what is known of it is, where its numbers differ from ours."""

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
from kconsole.text.safe_text import safe_text

NEVER_READ = "server never read"


class FigureCells(NamedTuple):
    """One figure in a table. All texts are safe to show."""

    title: str
    ours: str
    theirs: str
    difference: str
    """With its sign; in words where there is no number."""


def synced_words(server: Server) -> str:
    """How old what is known is: "server as of 2026-08-05 12:03 CEST", "server never read"."""
    if server.synced_at is None:
        return NEVER_READ
    return f"server as of {ages.full_moment(server.synced_at)}"


def synced_briefly(server: Server, now: datetime, zone: tzinfo | None = None) -> str:
    """The same for a line that is always in sight: "server as of 12:03" of today, "yesterday 23:58", else the date.

    Args:
        server: which.
        now: the moment it is told.
        zone: the zone to tell it in; None for the zone of this machine.
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
    return f"server as of {when}{', in part' if server.uncounted else ''}"


def status_words(server: Server, now: datetime) -> str:
    """The same in one line with the server's name, how old that is, and what is missing; safe to show."""
    name = safe_text(server.name)
    if server.synced_at is None:
        return f"{name}, never read: 'kconsole sync' reads it"
    read = f"{name}, {synced_words(server)}, {ages.age(server.synced_at, now)}"
    if server.uncounted:
        return f"{read}; {uncounted_words(server)}"
    return f"{read}; {words.count(len(server.unread), 'figure')} not read" if server.unread else read


def uncounted_words(server: Server) -> str:
    """That the users of some domains were not read, and what that means for the seats; safe to show."""
    domains = words.and_list([safe_text(name) for name in server.uncounted], 3)
    return f"the users of {domains} were not read: who takes a seat there is not known as of now"


def open_words(pending: PendingChange) -> str:
    """That nobody knows whether the server did something: "it is not known whether anna@... was disabled on it"."""
    accounts = words.and_list([safe_text(target.address) for target in pending.targets], 3)
    was = "was" if len(pending.targets) == 1 else "were"
    asked = f"{was} {ASKED[pending.operation]} on the server, which was asked for it at {ages.full_moment(pending.at)}"
    return f"It is not known whether {accounts} {asked}."


def server_rows(server: Server, now: datetime) -> Iterator[Detail]:
    """Everything about a server. All texts are safe to show."""
    access = server.access
    yield Detail("Server", safe_text(server.name))
    yield Detail("URL", safe_text(access.url))
    yield Detail("Logs in as", safe_text(access.user))
    if access.insecure:
        yield Detail("Trusts", "! INSECURE: nobody checks which server that is")
    elif access.fingerprint:
        yield Detail("Trusts", f"the certificate {safe_text(access.fingerprint)}")
    else:
        yield Detail(
            "Trusts", f"who is signed by {safe_text(access.ca_file)}" if access.ca_file else "whom this system trusts"
        )
    if server.synced_at is None:
        yield Detail("Read", "never")
        return
    yield Detail("Read", ages.ago_and_moment(server.synced_at, now))
    yield Detail("Version", safe_text(server.version))
    if server.started_at is not None:
        yield Detail("Started", ages.ago_and_moment(server.started_at, now))
    yield Detail("Role", safe_text(server.role).replace("_", " "))
    for place, text in enumerate(server.unread):
        yield Detail("" if place else "Not read", safe_text(text))
    for place, text in enumerate(server.notes):
        yield Detail("" if place else "Notes", safe_text(text))


def comparison_rows(comparisons: Iterable[Comparison], most: int = 5) -> Iterator[Detail]:
    """Our figures beside the server's, and what is likely behind a difference. All texts are safe to show."""
    for each in comparisons:
        title, ours, theirs, difference = figure_cells(each)
        if not each.is_read:
            yield Detail(title, f"{ours}   the server's was not read")
            continue
        if each.agrees:
            yield Detail(title, f"{ours}   the same")
            continue
        yield Detail(title, f"{ours}   ! server {theirs}   {difference}")
        for cause in each.causes:
            yield Detail("", f"  {cause_words(cause, most)}")


def figure_title(comparison: Comparison) -> str:
    """What a figure counts; safe to show."""
    code = f"figure-{'in-domain' if comparison.domain else comparison.figure}"
    return safe_text(words_of(Message(code, {"domain": comparison.domain})))


def cause_text(cause: Cause) -> str:
    """What may be behind a difference, without its accounts. Text from outside may be in it."""
    return words_of(Message(f"cause-{cause.code}", cause.params))


def figure_cells(comparison: Comparison) -> FigureCells:
    """A figure as a row of a table has it."""
    title, ours = figure_title(comparison), _number(comparison.ours)
    if not comparison.is_read:
        return FigureCells(title, ours, "–", "not read")
    theirs = _number(comparison.theirs)
    if comparison.agrees:
        return FigureCells(title, ours, theirs, "the same")
    is_number = comparison.ours is not None and comparison.theirs is not None
    return FigureCells(title, ours, theirs, f"{comparison.difference:+,}" if is_number else "differs")


def cause_words(cause: Cause, most: int) -> str:
    """What may be behind a difference, and the accounts that it would be, so many of them by name."""
    named = [safe_text(entry.address) for entry in cause.accounts[:most]]  # there may be thousands
    more = len(cause.accounts) - len(named)
    names = f"{', '.join(named)} and {more:,} more" if more else words.and_list(named, most)
    return f"{safe_text(cause_text(cause))}{f': {names}' if names else ''}"


def reading_words(domains_done: int, domains: int, users: int) -> str:
    """How far the reading of a server is: "12 of 50 domains, 12,000 users read"."""
    if not domains:
        return "asking which domains there are"
    return f"{domains_done:,} of {words.count(domains, 'domain')}, {words.count(users, 'user')} read"


def _number(number: int | None) -> str:
    return "without limit" if number is None else f"{number:,}"
