"""What the main screen says: sentences made from reports and outcomes. All of them are safe to show."""

from collections.abc import Collection, Sequence
from typing import Final

from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.core.server import PendingChange, Server
from kconsole.licensing.lifecycle import LicenseStatus
from kconsole.operations.base import Done, Outcome
from kconsole.text import words
from kconsole.text.licenses import urgent, warning_words
from kconsole.text.messages import decision_lines, words_of
from kconsole.text.safe_text import safe_text
from kconsole.tui.widgets.lines import BannerLine

ACCOUNTS_ONLY: Final = "on the server, kconsole changes accounts only"
IN_ADMINISTRATION: Final = "Do it in the server's administration."

BANNER_WARNINGS = ("exceeded", "full")
"""The warnings that have a line of their own; the others stand in the gauge and in the list of domains."""

MOST_NAMED = 6
"""How many accounts a question names one by one."""

MOST_FAILED = 40
"""How many failures are told one by one: a server may refuse thousands, and nobody reads them."""


def some(lines: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are."""
    more = [f"and {len(lines) - MOST_NAMED:,} more"] if len(lines) > MOST_NAMED else []
    return [*lines[:MOST_NAMED], *more]


def named(entries: Sequence[Entry]) -> list[str]:
    """Entries by address and name, one a line, the address whole and first."""
    lines = [
        safe_text(entry.address) + (f"   {safe_text(entry.full_name)}" if entry.full_name else "")
        for entry in entries[:MOST_NAMED]
    ]
    if len(entries) > MOST_NAMED:
        lines.append(f"and {len(entries) - MOST_NAMED:,} more")
    return lines


def accounts_only_lines(entries: Sequence[Entry]) -> list[str]:
    """Why entries on a live server are not deleted: each is no account."""
    from kconsole.operations.accounts import what_it_is

    return some([f"{safe_text(entry.address)} is {what_it_is(entry)}: {ACCOUNTS_ONLY}." for entry in entries])


def accounts_only_note(entries: Sequence[Entry]) -> list[str]:
    """That these stay, beside others that are deleted; nothing if there are none."""
    if not entries:
        return []
    if len(entries) == 1:
        return [f"{safe_text(entries[0].address)} stays as it is: {ACCOUNTS_ONLY}."]
    return [f"{words.count(len(entries), 'marked entry')} stay as they are: {ACCOUNTS_ONLY}."]


def banner_lines(
    report: SeatReport, license_status: LicenseStatus, restarted_key: str, license_key: str
) -> list[BannerLine]:
    """What has to be said above the lists, the worst first.

    Args:
        report: the seats.
        license_status: how the license stands.
        restarted_key: the key that records a restart; empty where nothing can be changed.
        license_key: the key that shows more about the license.
    """
    of_license = [BannerLine(f"! {text}", style, f"{license_key} license") for text, style in urgent(license_status)]
    of_seats = [
        BannerLine(f"! {safe_text(warning_words(warning))}", "alarm")
        for warning in report.warnings
        if warning.code in BANNER_WARNINGS
    ]
    lines = of_license + of_seats if license_status.is_expired else of_seats + of_license
    if report.held:
        held = f"! {words.count(report.held, 'seat')} held until"
        hint = f"{restarted_key} when it was" if restarted_key else ""
        lines.append(BannerLine(f"{held} the server is restarted", "notice", hint, brief=f"{held} a restart"))
    return lines


def refusal_lines(decision: Decision) -> list[str]:
    """A refusal, for a person."""
    return [safe_text(line) for line in decision_lines(decision)]


def plan_words(marked: int, not_listed: int, now: SeatReport, planned: SeatReport) -> str:
    """What is marked, and what a deed on it would come to."""
    away = f", {not_listed:,} not listed" if not_listed else ""
    return f"{marked:,} marked{away}: {now.used:,} → {planned.used:,} used"


def synced_words(done: Done, unread: int) -> str:
    """What came of reading the live server, the figures first."""
    seats = "" if done.before.used == done.after.used else f"{done.before.used:,} → {done.after.used:,} used · "
    changed = len(done.changed)
    what = words.count(changed, "change") if changed else "nothing new"
    missing = f" · {unread:,} not read" if unread else ""
    return f"{seats}server read: {what}{missing}"


def asking_words(server: Server | None, operation: str, addresses: Sequence[str]) -> str:
    """What the live server is asked to do: "Asking mail to disable anna@north.example ..."."""
    return f"Asking {_name_of(server)} to {safe_text(operation, 40)} {_accounts(addresses)} ..."


def asking_to_take_back(server: Server | None, operation: str, commit: Commit, again: bool) -> str:
    """The same of taking a deed back, or doing it again."""
    from kconsole.text.commits import changed_entries

    addresses = [entry.address for entry in changed_entries(commit)]
    what = f"do '{safe_text(operation, 40)}' again" if again else f"take back '{safe_text(operation, 40)}'"
    return f"Asking {_name_of(server)} to {what}: {_accounts(addresses)} ..."


def _name_of(server: Server | None) -> str:
    return "the server" if server is None else safe_text(server.name, 40)


def _accounts(addresses: Sequence[str]) -> str:
    return safe_text(addresses[0]) if len(addresses) == 1 else words.count(len(addresses), "account")


def open_words(pending_changes: Collection[PendingChange]) -> str:
    """That of some changes it is not known whether the server did them; empty if there are none."""
    accounts = sum(len(pending.targets) for pending in pending_changes)
    return f"{words.count(accounts, 'change')} open" if accounts else ""


def open_lines(pending_changes: Collection[PendingChange]) -> list[str]:
    """What the live server was asked for, when, for whom; and nobody knows what came of it."""
    from kconsole.text.commits import accounts_words, clock_time

    lines = []
    for pending in list(pending_changes)[:MOST_NAMED]:
        addresses = [target.address for target in pending.targets]
        lines.append(f"{pending.operation} {accounts_words(addresses, MOST_NAMED)} · {clock_time(pending.at)}")
    if len(pending_changes) > MOST_NAMED:
        lines.append(f"and {len(pending_changes) - MOST_NAMED:,} more")
    return lines


def settled_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """What came of what was open."""
    return some([f"{safe_text(outcome.address)} {safe_text(words_of(outcome.message))}" for outcome in outcomes])


def half_done_lines(done: Done) -> list[str]:
    """What was done before something went wrong, and what was not."""
    did = [f"{safe_text(outcome.address)}: {safe_text(words_of(outcome.message))}" for outcome in done.changed]
    return [*some(did), *failure_lines(done)]


def done_words(done: Done, undone: str = "") -> str:
    """What came of a deed, the figures first: they are what must not be cut off.

    Args:
        done: what came of it.
        undone: with an undo, what it took back: "undone: disable".
    """
    seats = "" if done.before.used == done.after.used else f"{done.before.used:,} → {done.after.used:,} used · "
    changed = done.changed
    if len(done.outcomes) == 1 and not done.outcomes[0].address:
        return f"{seats}{undone or safe_text(words_of(done.outcomes[0].message))}"
    if not changed:
        return f"{safe_text(done.operation)}: nothing was changed"
    if len(changed) != 1:
        return f"{seats}{undone or done.operation}: {words.count(len(changed), 'account')}"
    outcome = changed[0]
    address, text = safe_text(outcome.address), safe_text(words_of(outcome.message)).partition(",")[0]
    if undone:
        return f"{seats}{undone} {address}".rstrip()
    return f"{seats}{address} {text}".replace("  ", " ")


def failure_lines(done: Done) -> list[str]:
    """What was not done, and why, a line for each."""
    failures = done.failures
    lines = [
        f"{safe_text(outcome.address)}: {safe_text(words_of(outcome.message))}" for outcome in failures[:MOST_FAILED]
    ]
    return lines if len(failures) <= MOST_FAILED else [*lines, f"and {len(failures) - MOST_FAILED:,} more"]


def meanwhile_lines(commits: Sequence[Commit]) -> list[str]:
    """What others did to accounts that somebody was just asked about."""
    if not commits:
        return ["It was changed by somebody else meanwhile. Nothing was done yet."]
    from kconsole.text.commits import clock_time, sentence

    told = [f"{sentence(commit)} at {clock_time(commit.at).split()[1]}." for commit in commits]
    return [*told, "Nothing was done yet: this is how it is now."]


def take_back_lines(commit: Commit, entries: Sequence[Entry], age: str) -> list[str]:
    """Which line of the log is to be taken back, and what it changed."""
    from kconsole.text.commits import operation_word, operator_words

    return [
        f"Line {commit.sequence:,} of the log: {operation_word(commit)}, by {operator_words(commit.operator)}, {age}",
        *named(entries),
    ]


def nothing_here(entry: Entry | None) -> str:
    """Why a command has nothing to act on where the cursor stands."""
    if entry is None or entry.deleted_at is None:
        return "There is no account here."
    return "It was deleted; its seat comes free when the server is restarted."


def empty_text(has_entries: bool, text: str, is_read_only: bool, add_key: str) -> str:
    """What stands in an empty list, and the key that adds an account."""
    if not has_entries:
        if is_read_only:
            return "There are no accounts in this store."
        return f"No accounts yet. Press {add_key} to add one, or run 'kconsole import csv FILE --domain NAME'."
    if text:
        return f"Nothing matches '{safe_text(text, 40)}'. Esc clears the filter."
    return "There are no accounts in this domain."


def changed_shape(commits: Sequence[Commit]) -> bool:
    """Whether entries came or went, or seats were freed by a restart, so that the list may have other rows."""
    return any(
        change.table == "server" or (change.table == "entries" and _deleted(change.before) != _deleted(change.after))
        for commit in commits
        for change in commit.changes
    )


def _deleted(entry: Entry | None) -> bool:
    return entry is None or entry.deleted_at is not None
