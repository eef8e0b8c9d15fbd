"""What the screen says about records: lines for questions, the status line, the banner. All of it is safe to show.

Words of commits are imported when they are needed: the first picture does not wait for them.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from kconsole.core.codes import message
from kconsole.core.history import Commit
from kconsole.core.outcomes import Done, Outcome
from kconsole.core.records import Entry, MailboxFate
from kconsole.core.reports import SeatReport
from kconsole.core.server import PendingChange, Server
from kconsole.licensing.lifecycle import LicenseStatus
from kconsole.licensing.policy import LicensePolicy
from kconsole.text import words
from kconsole.text.details import reason_word
from kconsole.text.licenses import urgent, warning_words
from kconsole.text.messages import Voice, words_of
from kconsole.text.safe_text import safe_address, safe_text

ACCOUNTS_ONLY: Final = "on the server, kconsole changes accounts only"
NOT_ASKED: Final = "Cancelled. The server was not contacted."
READ_ONLY: Final = "Nothing can be changed: the store is open read-only."

BANNER_WARNINGS: Final = ("exceeded", "full")
"""The warnings that have a line of their own; the others stand in the gauge and in the list of domains."""

FILTER_HELP: Final = (
    ("anna -test", "entries that hold the one word and not the other, in address, name or description"),
    ("is:never", "never logged in; or disabled, enabled, unknown, locked, seat, admin, service, list, alias, resource"),
    ("is:latent", "takes a seat, and has no mailbox yet"),
    ("is:local", "created here; is:imported from a file, is:mapped from a directory"),
    ("is:held", "deleted, and the seat is held until the server is restarted"),
    ("seen:>180d", "last login longer ago; seen:<30d within that time; seen:<2025-01-01 before that day"),
    ("domain:x", "the domain's name holds it; role:auditor, tag:vip: has that role, that tag"),
    ("a or b", "either; (a or b) -(c or d): brackets for groups, and a minus negates one"),
    ("@name", "the filter that was saved under this name"),
)
"""The filter language in short."""

MOST_NAMED: Final = 6
"""How many accounts a question names one by one."""

MOST_FAILED: Final = 40
"""How many failures are listed one by one: a server may refuse thousands."""

_SCREEN: Final = Voice(keys={})


class BannerText(NamedTuple):
    """A line above the lists."""

    text: str
    style: str
    """What it is painted as: "alarm" or "notice"."""
    hint: str = ""
    """What to do about it: the key. It is never cut."""
    brief: str = ""
    """The text for a narrow terminal; empty for the same text, cut."""


def context_words(name: str, is_careful: bool, room: int) -> str:
    """The name of a context, cut to so many cells, after its sign: ▲ for one that wants its name typed."""
    return f"{'▲' if is_careful else '■'} {name if len(name) <= room else name[: room - 1] + '…'}"


def some(lines: Sequence[str], most: int = MOST_NAMED) -> list[str]:
    """The first lines, and how many more there are."""
    more = [f"and {len(lines) - most:,} more"] if len(lines) > most else []
    return [*lines[:most], *more]


# Accounts that a question is about


def named(entries: Sequence[Entry]) -> list[str]:
    """Entries by address and name, one a line, the address whole and first."""
    first = entries[: MOST_NAMED + 1]
    lines = [f"{safe_address(each.address)}   {safe_text(each.full_name)}".rstrip() for each in first]
    return some([*lines, *[""] * (len(entries) - len(first))])


def nothing_here(entry: Entry | None) -> str:
    """Why a command has nothing to act on where the cursor stands."""
    if entry is None or entry.deleted_at is None:
        return "There is no account here."
    return "It was deleted; its seat comes free when the server is restarted."


def added_again_line(held: Sequence[Entry]) -> str:
    """Which accounts can be added although no seat is free."""
    addresses = words.and_list([safe_address(entry.address) for entry in held])
    return f"Only a deleted account that still holds its seat can be added again: {addresses}."


def delivery_line(alias: Entry) -> str:
    """Where an alias delivers."""
    targets = words.and_list([safe_address(each) for each in alias.delivers_to], 3)
    return f"{safe_address(alias.address)} is an alias: it delivers to {targets}."


def accounts_only_lines(entries: Sequence[Entry]) -> list[str]:
    """Why entries on a server are not deleted: none is an account."""
    reasons = (words_of(message("accounts-only-there", kind=entry.kind)) for entry in entries)
    return some([f"{safe_address(entry.address)} {reason}." for entry, reason in zip(entries, reasons, strict=True)])


def accounts_only_note(entries: Sequence[Entry]) -> list[str]:
    """That these do not change while others are deleted; nothing for none."""
    if not entries:
        return []
    one = len(entries) == 1
    which = f"{safe_address(entries[0].address)} does" if one else f"{words.count(len(entries), 'marked entry')} do"
    return [f"{which} not change: {ACCOUNTS_ONLY}."]


def where_done_lines(server: Server | None, for_good: bool = False) -> list[str]:
    """That an answer takes effect on the server, and whether that is for good; nothing without a server."""
    if server is None:
        return []
    and_for_good = ", and cannot be undone there" if for_good else ""
    return [f"It takes effect on the server {_name_of(server).removeprefix('the server ')} at once{and_for_good}."]


def passed_over_lines(
    entries: Sequence[Entry], chosen: Sequence[Entry], state: str, marked: str = "marked "
) -> list[str]:
    """What is said of chosen entries that do not change."""
    taken = {entry.id for entry in chosen}
    rest = [entry for entry in entries if entry.id not in taken]
    if not rest:
        return []
    which = f"{len(rest):,} {marked}{words.entries_noun(rest)}"
    if state != "deleted" and all(entry.is_account for entry in rest):
        return [f"{which} {words.are(len(rest))} {state} already."]
    return [f"{which} cannot be {state} and {'does' if len(rest) == 1 else 'do'} not change."]


def nothing_to_do_line(entries: Sequence[Entry], state: str, policy: LicensePolicy, marked: str = "marked ") -> str:
    """Why none of these, of which there is one at least, can be disabled, enabled or deleted."""
    if len(entries) > 1:
        return f"None of the {len(entries):,} {marked}{words.entries_noun(entries)} can be {state}."
    (entry,) = entries
    address = safe_address(entry.address)
    if entry.delivers_to:
        return delivery_line(entry)
    if not policy.is_account(entry):
        return f"{address} is not a user account ({reason_word(policy.classify(entry))}): it takes no seat."
    return f"{address} is {state} already."


_GONE: Final = "All mail is removed, for good."

FATES: Final[tuple[tuple[MailboxFate, str, str, str, str], ...]] = (
    (
        "keep", "l", "leave it, for a new account of the same name",
        "The mailbox stays on the server.", "The mailboxes stay on the server.",
    ),
    (
        "transfer", "t", "transfer it to another account",
        "The mailbox goes to another account.", "The mailboxes go to another account.",
    ),
    ("delete", "r", "remove it with all its mail", _GONE, _GONE),
)  # fmt: skip
"""What can happen to a mailbox, the key that chooses it, what it means, and what it comes to, of one and of several."""


def pause_lines(entries: Sequence[Entry], own: Collection[str]) -> list[str]:
    """That administrators or the operator's own account are among these."""
    admins = sum(entry.role != "user" for entry in entries)
    who = [words.count(admins, "administrator") if len(entries) > 1 else "an administrator"] if admins else []
    who += ["your own account"] if own else []
    return [f"! {'Among them:' if len(entries) > 1 else 'This is'} {words.and_list(who)}."] if who else []


def deletion_notes(mapped: int, entries: int, later: int) -> list[str]:
    """What deleting means, if so many of the entries are mapped, and so many of those that go take a seat."""
    notes = []
    if mapped:
        which = "Mapped" if mapped == entries else words.count(mapped, "mapped account")
        it, seat = ("it stays", "Its seat is") if mapped == 1 else ("they stay", "Their seats are")
        notes.append(f"{which}: only disabled, since {it} in the directory. {seat} free at once.")
    if later:
        seat, it = ("The seat stays", "it") if later == 1 else (f"{words.count(later, 'seat')} stay", "them")
        notes.append(f"{seat} taken until the server is restarted. To free {it} at once, disable instead.")
    return notes


def why_let_in(entry: Entry, report: SeatReport) -> str:
    """Why an account that may log in may do so, as far as the license goes."""
    if entry.mailbox:
        return "it has a mailbox, so no seat limit applies."
    if report.limit is None:
        return f"{'no seat limit is known' if report.hides_limit else 'seats are unlimited'}. Its mailbox is created."
    users = f"{words.count(report.connected, 'user')} {'has' if report.connected == 1 else 'have'} connected"
    return f"{users}, and the license has {words.count(report.limit, 'seat')}. Its mailbox is created."


def meanwhile_lines(commits: Sequence[Commit]) -> list[str]:
    """What other consoles did to accounts while a question about them was open."""
    if not commits:
        return ["It was changed by another console meanwhile. Nothing was done yet."]
    from kconsole.text.commits import clock_time, sentence

    lines = [f"{sentence(commit)} at {clock_time(commit.at).split()[1]}." for commit in commits]
    return [*lines, "Nothing was done yet: this is the current state."]


def undo_lines(commit: Commit, entries: Sequence[Entry], age: str) -> list[str]:
    """Which line of the log is to be undone, and what it changed."""
    from kconsole.text.commits import operation_word

    line = (
        f"Line {commit.sequence:,} of the log: {operation_word(commit)}, by {safe_text(commit.operator.shown)}, {age}"
    )
    return [line, *named(entries)]


# The status line


def plan_words(marked: Sequence[Entry], not_listed: int, folded: int, now: SeatReport, planned: SeatReport) -> str:
    """What is marked, and what changing it would come to; so many are folded away and not marked, beside all others."""
    away = f", {not_listed:,} of them not listed" if not_listed else ""
    away += f", not the {folded:,} folded" if folded else ""
    return f"{words.count_entries(marked)} marked{away}: {now.used:,} → {words.count(planned.used, 'seat')} used"


def synced_words(done: Done, unread: int) -> str:
    """The result of reading the server, the figures first."""
    changed = len(done.changed)
    what = words.count(changed, "change") if changed else "nothing new"
    missing = f" · {words.count(unread, 'figure')} not read" if unread else ""
    return f"{_seats(done)}server read: {what}{missing}"


_FOLLOWS_NUMBER: Final = frozenset({"disable", "enable", "tag", "add", "delete", "import", "map"})
"""Operations whose past stands behind the number of entries: "10 accounts disabled"."""


def done_words(done: Done, undone: str = "") -> str:
    """The result of an operation, the figures first: they must not be cut off. `undone` is as "undone: disable"."""
    changed = done.changed
    if len(done.outcomes) == 1 and not done.outcomes[0].address:
        return f"{_seats(done)}{undone or _words(done.outcomes[0])}"
    if not changed:
        return f"{safe_text(done.operation)}: nothing was changed"
    if len(changed) != 1 and done.operation != "offboard":
        counted = _counted(done, bool(undone))
        if done.operation == "reclaim" and not undone:
            what = "deleted" if changed[:1] and changed[0].code.startswith("deleted") else "disabled"
            return f"{_seats(done)}{counted} {what} by the plan"
        if undone or done.operation not in _FOLLOWS_NUMBER:
            return f"{_seats(done)}{undone or f'{done.operation}:'} {counted}"
        from kconsole.text.commits import PAST

        return f"{_seats(done)}{counted} {PAST[done.operation]}"
    address = safe_address(changed[0].address)
    return f"{_seats(done)}{undone} {address}".rstrip() if undone else f"{_seats(done)}{address} {_words(changed[0])}"


def _counted(done: Done, is_undo: bool) -> str:
    """How many entries an operation changed, by the same noun as in the question and in the log.

    What was decided about them, as until when they are kept, comes back with an undo and counts no account.
    """
    entries = [] if done.commit is None else done.commit.changed_entries
    number = len(done.changed)
    is_same = len(entries) == number or (is_undo and entries)
    return words.count_entries(entries) if is_same else words.count(number, "account")


def _seats(done: Done) -> str:
    before, after = done.before.used, done.after.used
    return "" if before == after else f"{before:,} → {words.count(after, 'seat')} used · "


def _words(outcome: Outcome) -> str:
    return safe_text(words_of(outcome.message, _SCREEN))


def asking_words(server: Server | None, operation: str, addresses: Sequence[str]) -> str:
    """What the server is asked to do: "Asking mail to disable anna@north.example ..."."""
    return f"Asking {_name_of(server)} to {safe_text(operation, 40)} {_accounts(addresses)} ..."


def asking_to_undo(server: Server | None, operation: str, commit: Commit, redo: bool) -> str:
    """The same for an undo or a redo."""
    addresses = [entry.address for entry in commit.changed_entries]
    what = f"{'redo' if redo else 'undo'} '{safe_text(operation, 40)}'"
    return f"Asking {_name_of(server)} to {what}: {_accounts(addresses)} ..."


def _name_of(server: Server | None) -> str:
    return "the server" if server is None else f"the server {safe_text(server.name, 40)}"


def _accounts(addresses: Sequence[str]) -> str:
    return safe_address(addresses[0]) if len(addresses) == 1 else words.count(len(addresses), "account")


# Outcomes one by one


def outcome_lines(outcomes: Sequence[Outcome], most: int = MOST_NAMED, sign: str = ":") -> list[str]:
    """The results of an operation, a line for each address."""
    return some([f"{safe_address(outcome.address)}{sign} {_words(outcome)}" for outcome in outcomes], most)


def unconfirmed_words(pending_changes: Collection[PendingChange]) -> str:
    """How many changes at the server are unconfirmed; empty for none."""
    accounts = sum(len(pending.targets) for pending in pending_changes)
    return f"{words.count(accounts, 'change')} unconfirmed" if accounts else ""


def unconfirmed_lines(pending_changes: Collection[PendingChange]) -> list[str]:
    """What the server was asked to do, for which accounts, and when."""
    from kconsole.text.commits import accounts_words, clock_time

    lines = []
    for pending in pending_changes:
        addresses = accounts_words([target.address for target in pending.targets], MOST_NAMED)
        lines.append(f"{pending.operation} {addresses} · {clock_time(pending.at)}")
    return some(lines)


# Above and in the lists


def banner_lines(
    report: SeatReport, license_status: LicenseStatus, restarted_key: str, license_key: str, unchanged: str = ""
) -> list[BannerText]:
    """What has to be said above the lists, the worst first: `unchanged` says why nothing can be changed now.

    A key that is empty is not advised.
    """
    of_license = [BannerText(f"! {text}", style, f"{license_key} license") for text, style in urgent(license_status)]
    of_seats = [
        BannerText(f"! {safe_text(warning_words(warning))}", "alarm" if warning.code == "exceeded" else "notice")
        for warning in report.warnings
        if warning.code in BANNER_WARNINGS
    ]
    lines = of_license + of_seats if license_status.is_expired else of_seats + of_license
    if report.held:
        held = f"! {words.count(report.held, 'seat')} held until"
        hint = f"press {restarted_key} after the restart" if restarted_key else ""
        lines.append(BannerText(f"{held} the server is restarted", "notice", hint, brief=f"{held} a restart"))
    if unchanged:
        lines.insert(0, BannerText(f"! nothing can be changed: {unchanged[0].lower()}{unchanged[1:]}", "alarm"))
    return lines


def empty_text(
    has_entries: bool, text: str, keys: Sequence[tuple[str, str]], problem: str = "", is_bound: bool = False
) -> str:
    """What stands in an empty list, and the keys that add accounts with what they do; without a key, it is not said."""
    if not has_entries:
        ways = [f"{key} {what}" for key, what in keys if key]
        if is_bound or not ways:
            return f"There are no accounts in {'your domains' if is_bound else 'this store'}."
        return f"No accounts yet. Press {', or '.join(ways)}."
    if problem:
        return f"{safe_text(problem)}. Until it is, nothing is listed. Esc clears the filter."
    if text:
        return f"Nothing matches '{safe_text(text, 40)}'. Esc clears the filter."
    return "There are no accounts in this domain."
