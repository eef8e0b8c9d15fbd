"""Commits in words: for a line of the log, for the note about other users' changes, for a view of details."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from kconsole.core.decisions import (
    PASSED,
    Decision,
    Keep,
    Mark,
    OfAccount,
    Offboarding,
    Policy,
    Protection,
    Reservation,
    decided_on,
)
from kconsole.core.folding import search_fold
from kconsole.core.history import BROWSER_START, Change, Commit, Operator, Refusal
from kconsole.core.records import Domain, Entry, has_logged_in
from kconsole.core.server import PendingChange, Server
from kconsole.core.times import to_iso
from kconsole.text import ages, messages, words
from kconsole.text.details import Detail, offboarding_words
from kconsole.text.reclaim import policy_words
from kconsole.text.safe_text import safe_address, safe_text

PAST: Final = {
    "disable": "disabled",
    "enable": "enabled",
    "tag": "tagged",
    "keep": "kept",
    "end keep": "ended the keep of",
    "offboard": "offboarded",
    "schedule offboarding": "scheduled the offboarding of",
    "cancel offboarding": "cancelled the offboarding of",
    "protect": "protected",
    "unprotect": "removed the protection of",
    "add": "added",
    "delete": "deleted",
    "connect": "recorded a login of",
    "import": "imported",
    "import logins": "imported the last logins of",
    "import kerio": "imported from the server's files",
    "sync": "synced with the server",
    "ask server": "asked the server to change",
    "settle": "confirmed with the server",
    "add server": "configured the server",
    "remove server": "removed the server",
    "map": "mapped from the directory",
    "set directory": "set the directory of",
    "forget directory": "removed the directory of",
    "undo": "undid a change of",
    "set policy": "set the policy",
    "remove policy": "removed the policy",
    "reclaim": "reclaimed the seat of",
    "reclaim mark": "marked for reclaiming",
    "reserve": "reserved seats for",
    "cancel reservation": "cancelled the reservation for",
    "extend reservation": "extended the reservation for",
    "restarted": "recorded a restart",
    "add domain": "added the domain",
    "restore": "restored a dump of",
    "init": "created the store with",
    "migrate": "converted the store to a new format, with",
    "mend": "repaired the log:",
    "begin trial": "began a trial",
    "register license": "registered the license",
    "activate license": "activated the license",
    "buy": "recorded a purchase for the license",
    "update license": "recorded that a purchase arrived",
    "cancel update": "cancelled a purchase",
    "change license": "changed the license",
    "change component": "changed a component of the license",
    "install license": "installed a license file",
    "set price": "recorded what a seat costs",
}
"""What an operator did, by the name of the operation. An unknown operation is shown by its name."""

OTHERS: Final = "other domains"
"""What a commit changed that the reader may not see."""


def accounts_words(addresses: Sequence[str], most: int = 2) -> str:
    """Accounts: some by address, the rest by number."""
    return words.and_list([safe_address(address) for address in addresses], most) if addresses else ""


def refusal_words(refusal: Refusal) -> str:
    """What was refused, and why: "anna@north.example: not found in this store"."""
    text = messages.recorded_words(refusal.message)
    return f"{safe_address(refusal.address)}: {text}" if refusal.address else text


def subject(commit: Commit, most: int = 1) -> str:
    """What a commit changed: addresses, beyond `most` their number; or names of domains or of the server; or none."""
    entries = commit.changed_entries
    if commit.operation == "offboard":  # its aliases are no news
        entries = [entry for entry in entries if entry.is_account] or entries
    # the words of an operation on the license name it already; only those of an undo do not
    if commit.undoes is not None and [change.table for change in commit.changes] == ["license"]:
        return "the license"
    names = [entry.address for entry in entries] or commit.asked_addresses or commit.decided or commit.refused_addresses
    names = names or _domains(commit)
    if not names:
        return OTHERS if commit.is_partial else _named_server(commit)
    if len(names) <= most or not entries:
        return accounts_words(names, most)
    return words.count_entries(entries)


def operation_word(commit: Commit, is_undone: bool = False) -> str:
    """The name of the operation; of an undo with the line that it undid, of a refusal or what is undone, that word."""
    operation = "lost to damage" if commit.is_lost else safe_text(commit.operation, 40)
    if commit.undoes is not None:
        operation = f"{operation} of {commit.undoes}"
    return f"{operation} refused" if _is_refused(commit) else f"{operation}, undone" if is_undone else operation


def _is_refused(commit: Commit) -> bool:
    refused = any(each.code != PASSED for each in commit.refused)
    return refused and all(change.table == "intents" for change in commit.changes)


def seats_words(commit: Commit) -> str:
    """The seats used before and after: "113 → 112", or "113" if that is the same; empty if the line has no figures."""
    return " → ".join(f"{used:,}" for used in dict.fromkeys(commit.seats or ()))


def note(commits: Sequence[Commit]) -> str:
    """Other users' commits in one short line, if they changed something: "anna and berg: 12 changes"."""
    commits = [commit for commit in commits if commit.changes and not _is_refused(commit)]
    if len(commits) == 1:
        return sentence(commits[0])
    if not commits:
        return ""
    people = list(dict.fromkeys(safe_text(commit.operator.shown) for commit in commits))
    changes = sum(max(len(commit.changed_entries), 1) for commit in commits)
    return f"{words.and_list(people, 2)}: {words.count(changes, 'change')}"


def sentence(commit: Commit) -> str:
    """One commit: "anna disabled j.hart@x.example"."""
    did = PAST.get(commit.operation, safe_text(commit.operation, 40))
    return f"{safe_text(commit.operator.shown)} {did} {subject(commit)}".rstrip(" :")


def clock_time(at: datetime) -> str:
    """A time for a column, in the zone of this machine: "2026-08-05 12:03"."""
    return " ".join(ages.full_moment(at).split()[:2])


def short_time(at: datetime, now: datetime) -> str:
    """The same for a narrow one: "08-05 12:03", or of another year the date alone: "2025-08-05"."""
    date, _, time = clock_time(at).partition(" ")
    return f"{date[5:]} {time}" if date[:4] == clock_time(now)[:4] else date


def commit_text(commit: Commit) -> str:
    """The words of a line of the log that a search looks at: all that the log shows of it, and all its addresses."""
    names = [entry.address for entry in commit.changed_entries] or commit.decided or commit.refused_addresses
    names = names or _domains(commit)
    time = "" if commit.is_lost else ages.full_moment(commit.at)
    parts = (
        str(commit.sequence), time, *commit.operator.names, commit.operator.shown, commit.operation,
        operation_word(commit), *names, subject(commit), seats_words(commit), commit.reason,
        *map(refusal_words, commit.refused), _named_server(commit),
    )  # fmt: skip
    return " ".join(dict.fromkeys(filter(None, parts)))


def line_filter(text: str, known: dict[int, str] | None = None) -> Callable[[Commit], bool]:
    """Whether a line of the log holds all of these words, without regard to case and accents.

    `known` keeps the texts that were searched, by the number of the line, for the next filter.
    """
    words, texts = search_fold(text).split(), {} if known is None else known

    def fits(commit: Commit) -> bool:
        if not words:
            return True
        searched = texts.get(commit.sequence) or search_fold(commit_text(commit))
        if known is not None:
            known[commit.sequence] = searched
        return all(word in searched for word in words)

    return fits


def history_rows(commits: Sequence[Commit], now: datetime) -> list[tuple[str, str]]:
    """The changes of one account, each with its time, what was done, by which operator, and why."""
    rows = []
    for commit in commits:
        reason = f": {safe_text(commit.reason, 200)}" if commit.reason else ""
        rows.append(
            (short_time(commit.at, now), f"{operation_word(commit)}, {safe_text(commit.operator.shown)}{reason}")
        )
    return rows or [("", "no recent changes")]


def details_of(commit: Commit, now: datetime, most: int = 1_000) -> Iterator[Detail]:
    """All of a line of the log, the most important first, with at most so many changes."""
    yield Detail("Line", f"{commit.sequence:,}")
    if commit.is_lost:
        yield Detail("Operation", operation_word(commit))
        return
    yield Detail("Time", f"{ages.ago_and_moment(commit.at, now)}   {to_iso(commit.at)}")
    yield from _operator(commit.operator)
    yield Detail("Session", safe_text(commit.session))
    yield Detail("Operation", operation_word(commit))
    if commit.reason:
        yield Detail("Reason", safe_text(commit.reason))
    if commit.seats is not None:
        yield Detail("Seats used", seats_words(commit))
    for refusal in commit.refused:
        yield Detail("Passed" if refusal.code == PASSED else "Refused", safe_text(refusal_words(refusal)))
    if commit.plan:
        yield Detail("Plan", safe_text(commit.plan))
    logged_in = _logged_in(commit)
    for change in commit.changes[:most]:
        if change.table in _DECIDED:
            yield _changed_decision(change, change.number in logged_in)
        else:
            yield from _changed(change, commit.operation)
    if len(commit.changes) > most:
        yield Detail("", f"and {words.count(len(commit.changes) - most, 'more change')}")


def _operator(operator: Operator) -> Iterator[Detail]:
    """The operator: first what the system vouches for, then the roles file, then what is only claimed."""
    yield Detail("Operator", safe_text(operator.shown))
    if operator.uid is not None or operator.name or operator.claimed:
        uid = "" if operator.uid is None else f" (uid {operator.uid})"
        login = "" if operator.login_uid is None else f", logged in as uid {operator.login_uid}"
        yield Detail("System user", safe_text(operator.user) + uid + login)
    if operator.name:
        yield Detail("Roles file", safe_text(operator.name))
    is_browser = operator.connection.startswith(BROWSER_START)
    for before, claim in (
        ("--as", operator.claimed),
        ("sudo was called by", operator.sudo_user),
        ("", operator.connection) if is_browser else ("SSH from", operator.connection),
        ("SSH key", operator.key),
    ):
        if claim:
            yield Detail("Claimed", f"{before} {safe_text(claim)}".lstrip())


def _changed(change: Change, operation: str) -> Iterator[Detail]:
    before, after = change.before, change.after
    if change.table == "entries":
        yield _changed_entry(before, after)
    elif change.table == "domains":
        yield Detail("Domain", f"{safe_address((after or before).name)}   {_domain_words(before, after)}")
    elif change.table == "server":
        yield Detail("Restart", ages.full_moment(after.at) if after is not None else "undone")
    elif change.table == "connection":
        yield Detail("Server", f"{safe_text((after or before).name)}   {_server_words(before, after)}")
    elif change.table == "intents":
        yield _changed_intent(before, after, operation)
    elif before is None or after is None:
        seats = None if after is None else after.seats
        yield Detail("License", "unlimited seats" if seats is None else words.count(seats, "seat"))
    else:
        from kconsole.text.licenses import change_rows  # most views of a log never come to one

        yield from (Detail("License", f"{row.label}: {row.text}") for row in change_rows(before, after))


def _server_words(before: Server | None, after: Server | None) -> str:
    if after is None:
        return "removed from the store"
    if before is None or before.access != after.access:
        return f"at {safe_text(after.access.url)} as {safe_text(after.access.user)}{_loud(after.access.insecure)}"
    return "synced" if before.synced_at != after.synced_at else "changed"


def _changed_intent(before: PendingChange | None, after: PendingChange | None, operation: str) -> Detail:
    pending: Any = after or before
    addresses = accounts_words([target.address for target in pending.targets], 3)
    word = "Asked for" if before is None else ("Given up" if operation == "remove server" else "Confirmed")
    return Detail(word, f"{safe_text(pending.operation)}   {addresses}   on the server")


_DECIDED: Final = {
    "policies": "Policy", "keeps": "Keep", "protections": "Protection", "reservations": "Reservation", "marks": "Mark",
    "offboardings": "Offboarding",
}  # fmt: skip


def _logged_in(commit: Commit) -> set[int]:
    """The numbers of the accounts that logged in, where marks are among the changes: that ends a mark."""
    if not any(change.table == "marks" for change in commit.changes):
        return set()
    entries = (change for change in commit.changes if change.table == "entries" and change.after is not None)
    return {change.number for change in entries if has_logged_in(change.before, change.after)}


def withdrawn_words(commit: Commit | None) -> str:
    """The accounts whose marks were withdrawn because they logged in; empty if there are none."""
    if commit is None or not (logged_in := _logged_in(commit)):
        return ""
    ended = (each for each in commit.changes if each.table == "marks" and each.after is None)
    addresses = [each.before.address for each in ended if each.number in logged_in]
    return f"Marks withdrawn, because of a login: {accounts_words(addresses, 3)}." if addresses else ""


def _changed_decision(change: Change, is_login: bool) -> Detail:
    """A decision: what it is about, and until when it holds now and held before."""
    before, after = change.before, change.after
    ended = "withdrawn: logged in" if isinstance(before, Mark) and is_login else "ended"
    of = f"{safe_address(decided_on(after or before))}   " if isinstance(after or before, OfAccount) else ""
    about = f"{of}{decision_words(after or before)}"
    if before is None or after is None:
        return Detail(_DECIDED[change.table], f"{about}{'' if before is None else f'   {ended}'}")
    return Detail(_DECIDED[change.table], f"{about}   was: {decision_words(before)}")


def decision_words(decision: Decision) -> str:
    """A decision without the account that it is about: "until 2026-12-31: back in January"."""
    said = "" if isinstance(decision, Policy | Mark) else safe_text(decision.reason, 200)
    reason = said and f": {said}"
    if isinstance(decision, Keep):
        return f"until {words.day(decision.until)}{reason}"
    if isinstance(decision, Reservation):
        seats = words.count(decision.count, "seat")
        days = f"{words.day(decision.start)} until {words.day(decision.until)}"
        return f"{seats} for {safe_text(decision.subject)}   {days}{reason}"
    if isinstance(decision, Protection):
        return f"{safe_text(decision.pattern)}{reason}"
    if isinstance(decision, Offboarding):
        return f"{words.day(decision.due)}{offboarding_words(decision)}{reason}"
    if isinstance(decision, Mark):
        return f"{safe_text(decision.policy)}, due {words.day(decision.due)}"
    return f"{safe_text(decision.name)}   {policy_words(decision)}"


def _named_server(commit: Commit) -> str:
    """The server that was configured or removed; marked if its certificate is not checked."""
    for table, _, before, after in commit.changes:
        if table == "connection" and (before is None or after is None or before.access != after.access):
            return safe_text((after or before).name) + (" (INSECURE)" if after and after.access.insecure else "")
    return ""


def _loud(insecure: bool) -> str:
    return "   INSECURE: its certificate is not checked" if insecure else ""


def _domain_words(before: Domain | None, after: Domain | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    directory = after.directory
    if before.directory == directory:
        return "changed"
    if directory is None:
        return "no longer mapped from a directory"
    return f"mapped from {safe_text(directory.url)}   {safe_text(directory.base)}{_loud(directory.insecure)}"


def _changed_entry(before: Any, after: Any) -> Detail:
    was, is_now = ("not there" if entry is None else words.state_of(entry) for entry in (before, after))
    address = safe_address((after or before).address)
    if before is not None and after is not None:
        if (before.last_login, before.never_logged_in) != (after.last_login, after.never_logged_in):
            return Detail("Last login", f"{address}   {_login(after)}, was {_login(before)}")
        if before.tags != after.tags:
            return Detail("Tags", f"{address}   {_tags(after)}, was {_tags(before)}")
        if before.address != after.address:
            return Detail("renamed", f"{address}   was {safe_address(before.address)}")
    if was == is_now:
        return Detail("changed", f"{address}   {is_now}")
    return Detail(f"→ {is_now}", f"{address}   was {was}")


def _tags(entry: Entry) -> str:
    return safe_text(" ".join(entry.tags)) or "none"


def _login(entry: Entry) -> str:
    login = entry.last_login
    if login is None:
        return ages.NEVER if entry.never_logged_in else ages.UNKNOWN
    return ages.full_moment(login.at) + (f" by {safe_text(login.protocol)}" if login.protocol else "")


def _domains(commit: Commit) -> list[str]:
    return [(change.after or change.before).name for change in commit.changes if change.table == "domains"]
