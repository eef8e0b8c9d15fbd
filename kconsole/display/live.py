"""The live server in words: how it is reached, how old what is known of it is, where its numbers differ from ours."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from kconsole.display import ages, words
from kconsole.display.details import Detail
from kconsole.display.safe_text import safe_text
from kconsole.licensing.reconciling import Comparison
from kconsole.model.server import Server


def synced_words(server: Server) -> str:
    """How old what is known is: "server as of 12:03", "server as of 2026-08-05 12:03", "server never read"."""
    if server.synced_at is None:
        return "server never read"
    return f"server as of {ages.full_moment(server.synced_at)}"


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


def comparison_rows(comparisons: Iterable[Comparison], most: int = 5) -> Iterator[Detail]:
    """Our figures beside the server's, and what is likely behind a difference. All texts are safe to show."""
    for each in comparisons:
        title = safe_text(each.title)
        if not each.is_read:
            yield Detail(title, f"{_number(each.ours)}   the server's was not read")
            continue
        if each.agrees:
            yield Detail(title, f"{_number(each.ours)}   the same")
            continue
        yield Detail(title, f"{_number(each.ours)}   ! server {_number(each.theirs)}   {each.difference:+,}")
        for cause in each.causes:
            names = words.and_list([safe_text(entry.address) for entry in cause.accounts], most)
            yield Detail("", f"  {cause.text}{f': {names}' if names else ''}")


def _number(number: int | None) -> str:
    return "without limit" if number is None else f"{number:,}"
