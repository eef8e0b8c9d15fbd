"""Commands on accounts: the marked ones, or the one under the cursor.

Deeds and dialogs are imported when a command runs, so that the first screen does not wait for them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kconsole.display import words
from kconsole.display.safe_text import safe_text
from kconsole.licensing import guards
from kconsole.licensing.verdicts import verdict_of
from kconsole.model.records import Entry
from kconsole.model.reports import Decision
from kconsole.tui.commands.base import AnyCommand, Command

if TYPE_CHECKING:
    from kconsole.tui.screens.delete import Choice
    from kconsole.tui.screens.main import MainScreen

MOST_NAMED = 6
"""How many accounts a question names one by one."""

BACKUP_NOTE = "Mail is kept. Disabled accounts are left out of the server's backups, and do not forward."
"""Source: Backups and Data Recovery, and Managing User Accounts in Kerio Connect, GFI support."""


class _OnAccounts(Command["MainScreen"]):
    group = "Accounts"


class Disable(_OnAccounts):
    """Disable the account, or all marked ones: mail is kept, the seat comes free at once."""

    name, keys, title, word = "disable", "d", "Accounts: disable", "disable"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask, then disable."""
        from kconsole.operations.accounts import DisableAccounts

        entries = target.targets
        accounts = [entry for entry in entries if entry.is_account and entry.enabled]
        if not accounts:
            target.tell(_nothing_to_do(entries, "disabled"))
            return
        target.confirm(
            f"Disable {words.count(len(accounts), 'account')}?",
            named(accounts),
            "Disable",
            [*_passed_over(entries, accounts, "disabled"), *_seats_after(target, accounts), BACKUP_NOTE],
            lambda: target.perform(DisableAccounts(_addresses(accounts))),
        )


class Enable(_OnAccounts):
    """Enable the account, or all marked ones, if there are seats for them."""

    name, keys, title, word = "enable", "e", "Accounts: enable", "enable"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask whether the license allows it, ask the user, then enable."""
        from kconsole.operations.accounts import EnableAccounts

        entries = target.targets
        accounts = [entry for entry in entries if entry.is_account and not entry.enabled]
        if not accounts:
            target.tell(_nothing_to_do(entries, "enabled"))
            return
        decision = target.may_enable(accounts)
        if not decision.allowed:
            target.tell_refusal(decision)
            return
        target.confirm(
            f"Enable {words.count(len(accounts), 'account')}?",
            named(accounts),
            "Enable",
            [*_passed_over(entries, accounts, "enabled"), *_seats_after(target, accounts)],
            lambda: target.perform(EnableAccounts(_addresses(accounts))),
        )


class Add(_OnAccounts):
    """Add an account, if there is a seat for it."""

    name, keys, title, word = "add", "a", "Accounts: add", "add"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask for the address and the name, then add."""
        from kconsole.tui.screens.add import AddDialog

        report, held = target.session.report, target.session.held
        if report.free is None:
            seats = "It takes a seat; seats are not limited."
        elif report.free:
            seats = f"It takes a seat; {words.count(report.free, 'seat')} free."
        elif held:
            addresses = words.and_list([safe_text(entry.address) for entry in held])
            seats = f"No seat is free. Only what was deleted and still holds its seat can be added again: {addresses}."
        else:
            target.tell_refusal(guards.may_create(report, Entry(address="")))
            return
        target.app.push_screen(AddDialog(target.domain_for_new_accounts, seats, target.add))


class Delete(_OnAccounts):
    """Delete the account, or all marked ones; the seat comes free with the next restart of the server."""

    name, keys, title, word = "delete", "x", "Accounts: delete", "delete"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask what becomes of the mailboxes, then delete."""
        from kconsole.operations.accounts import DeleteAccounts, only_deactivated
        from kconsole.tui.screens.delete import DeleteDialog

        entries = target.targets
        deletable = [entry for entry in entries if guards.may_delete(entry).allowed]
        if not deletable:
            target.tell_refusal(guards.may_delete(entries[0])) if entries else target.tell("There is no account here.")
            return

        def delete(choice: "Choice | None") -> None:
            if choice is not None:
                target.perform(DeleteAccounts(_addresses(deletable), choice.fate, choice.transfer_to))

        gone = [entry for entry in deletable if not only_deactivated(entry)]
        what = "account" if all(entry.is_account for entry in deletable) else "entry"
        target.app.push_screen(
            DeleteDialog(
                f"{'Delete' if gone else 'Deactivate'} {words.count(len(deletable), what)}?",
                named(deletable),
                [*_passed_over(entries, deletable, "deleted"), *_what_deleting_means(deletable)],
                any(entry.is_account and entry.mailbox for entry in gone),
            ),
            delete,
        )


class Undo(_OnAccounts):
    """Take back the last deed of this session."""

    name, keys, title, word = "undo", "u", "Accounts: undo the last deed", "undo"

    @classmethod
    def is_available(cls, target: "MainScreen") -> bool:
        """Whether there is a deed to take back."""
        return target.session.undoable is not None

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Take it back; what would delete accounts is asked first."""
        undoable = target.session.undoable
        assert undoable is not None  # noqa: S101  # is_available
        created = [
            change.after
            for change in undoable.changes
            if change.table == "entries" and change.after.deleted_at is None
            if change.before is None or change.before.deleted_at is not None
        ]
        if undoable.deed in ("add", "import") and created:
            target.confirm(
                f"Undo: delete {words.count(len(created), 'new entry', 'new entries')}?",
                named(created),
                "Delete",
                ["A seat comes free with the next restart of the server."],
                target.undo,
            )
        else:
            target.undo()


class Details(_OnAccounts):
    """Show everything about the account, and why it takes a seat or not."""

    name, keys, title, word = "details", "enter", "Accounts: details", "details"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show it."""
        if (entry := target.accounts.highlighted) is not None:
            target.show_details(entry)


class Copy(_OnAccounts):
    """Copy the address, or all marked ones, to the clipboard of your terminal."""

    name, keys, title = "copy", "y", "Accounts: copy addresses"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Copy, by the terminal's own means (OSC 52), so that it works over SSH."""
        entries = target.targets
        if entries:
            target.app.copy_to_clipboard("\n".join(safe_text(entry.address) for entry in entries))
            target.tell(f"Copied {words.count(len(entries), 'address', 'addresses')}.")


class ServerRestarted(_OnAccounts):
    """Record that the server was restarted: the seats of deleted accounts come free."""

    name, keys, title = "restarted", "R", "Server: it was restarted"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask, naming the accounts whose seats are held, then record it."""
        from kconsole.operations.server import RecordRestart

        held = target.session.held
        if not held:
            target.tell("No seat is held: nothing waits for a restart.")
            return
        target.confirm(
            "Was the server restarted?",
            [f"{words.count(len(held), 'seat')} of deleted accounts would come free:", *named(held)],
            "It was restarted",
            ["kconsole does not restart it: record here that somebody did."],
            lambda: target.perform(RecordRestart()),
        )


def named(entries: Sequence[Entry]) -> list[str]:
    """Entries by address and name, one a line, the address whole and first."""
    lines = [
        safe_text(entry.address) + (f"   {safe_text(entry.full_name)}" if entry.full_name else "")
        for entry in entries[:MOST_NAMED]
    ]
    if len(entries) > MOST_NAMED:
        lines.append(f"and {len(entries) - MOST_NAMED:,} more")
    return lines


def _addresses(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(entry.address for entry in entries)


def _nothing_to_do(entries: Sequence[Entry], state: str) -> str:
    if not entries:
        return "There is no account here."
    if len(entries) > 1:
        return f"None of the {len(entries):,} marked entries can be {state}."
    entry = entries[0]
    address = safe_text(entry.address)
    if not entry.is_account:
        return f"{address} is no user account ({verdict_of(entry).because}): it takes no seat."
    return f"{address} is {state} already."


def _passed_over(entries: Sequence[Entry], chosen: Sequence[Entry], state: str) -> list[str]:
    rest = len(entries) - len(chosen)
    verb = "stays" if rest == 1 else "stay"
    return [f"{words.count(rest, 'marked entry')} {verb} as they are: not to be {state}."] if rest else []


def _seats_after(target: "MainScreen", accounts: Sequence[Entry]) -> list[str]:
    before, after = target.session.report, target.session.if_toggled(accounts)
    limit = "" if after.limit is None else f" of {after.limit:,}"
    return [f"Seats used: {before.used:,} → {after.used:,}{limit}."]


def _what_deleting_means(entries: Sequence[Entry]) -> list[str]:
    from kconsole.operations.accounts import only_deactivated

    notes = []
    mapped = sum(only_deactivated(entry) for entry in entries)
    holding = sum(verdict_of(entry).seat and not only_deactivated(entry) for entry in entries)
    if mapped:
        which = "Mapped" if mapped == len(entries) else f"{mapped:,} mapped"
        notes.append(f"{which}: only deactivated, since it stays in the directory. The seat comes free at once.")
    if holding:
        notes.append("The seat stays taken until the server is restarted. To free it at once, disable instead.")
    return notes


def refusal_lines(decision: Decision) -> list[str]:
    """A refusal, for a person."""
    return [safe_text(line) for line in (decision.text, decision.detail) if line]


ACCOUNT_COMMANDS: tuple[AnyCommand, ...] = (Disable, Enable, Add, Delete, Undo, Details, Copy, ServerRestarted)
