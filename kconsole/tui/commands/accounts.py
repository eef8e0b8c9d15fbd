"""Commands on accounts: the marked ones, or the one under the cursor.

Deeds and dialogs are imported when a command runs, so that the first screen does not wait for them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from kconsole.core.records import Entry
from kconsole.licensing import guards
from kconsole.licensing.policy import classify
from kconsole.operations.what_if import if_toggled
from kconsole.text import words
from kconsole.text.details import reason_word
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.messages import IN_ADMINISTRATION, accounts_only_lines, accounts_only_note, named, nothing_here

if TYPE_CHECKING:
    from kconsole.operations.base import Operation
    from kconsole.tui.screens.delete import Choice
    from kconsole.tui.screens.main import MainScreen

"""Source: Backups and Data Recovery, and Managing User Accounts in Kerio Connect, GFI support."""


class _OnAccounts(Command["MainScreen"]):
    group = "Accounts"


class _Toggle(_OnAccounts):
    """Asks about the chosen accounts that are in one state, and brings them into the other."""

    changes = True
    enabling: ClassVar[bool]

    @classmethod
    def operation_on(cls, accounts: Sequence[Entry]) -> "Operation":
        """The deed on these accounts, as they were when the user was asked."""
        raise NotImplementedError

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask, then do it."""
        cls.ask(target, target.targets)

    @classmethod
    def ask(cls, target: "MainScreen", entries: Sequence[Entry], news: Sequence[str] = ()) -> None:
        """Ask, then do it; if somebody changed one of them meanwhile, ask again with what he did as news."""
        state = f"{cls.name}d"
        accounts = [entry for entry in entries if entry.is_account and entry.enabled is not cls.enabling]
        if not accounts:
            target.tell_nothing_to_do(_nothing_to_do(target, entries, state), news)
            return
        if cls.enabling and not (decision := target.may_enable(accounts)).allowed:
            target.tell_refusal(decision, news)
            return
        target.confirm(
            f"{cls.name.capitalize()} {words.count(len(accounts), 'account')}?",
            named(accounts),
            cls.name.capitalize(),
            [
                *_not_listed(target, accounts),
                *_passed_over(len(entries) - len(accounts), state),
                *_seats_after(target, accounts),
                *(() if cls.enabling else (words.BACKUP_NOTE,)),
                *target.where_it_is_done(cls.operation),
            ],
            lambda: target.change(
                cls.operation_on(accounts), lambda told: cls.ask(target, target.as_now(entries), told)
            ),
            news,
        )


class Disable(_Toggle):
    """Disable the account, or all marked ones: mail is kept, the seat comes free at once."""

    name, keys, title, word = "disable", "d", "Accounts: disable", "disable"
    operation = "disable"
    enabling = False

    @classmethod
    def operation_on(cls, accounts: Sequence[Entry]) -> "Operation":
        """Disable them."""
        from kconsole.operations.accounts import DisableAccounts

        return DisableAccounts(_addresses(accounts), expected=tuple(accounts))


class Enable(_Toggle):
    """Enable the account, or all marked ones, if there are seats for them."""

    name, keys, title, word = "enable", "e", "Accounts: enable", "enable"
    operation = "enable"
    enabling = True

    @classmethod
    def operation_on(cls, accounts: Sequence[Entry]) -> "Operation":
        """Enable them."""
        from kconsole.operations.accounts import EnableAccounts

        return EnableAccounts(_addresses(accounts), expected=tuple(accounts))


class Add(_OnAccounts):
    """Add an account, if there is a seat for it."""

    name, keys, title, word = "add", "a", "Accounts: add", "add"
    operation = "add"
    changes = True

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask for the address and the name, then add."""
        from kconsole.tui.screens.add import AddDialog

        report, held = target.session.seats.report(), target.session.seats.held()
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
        server = target.session.state.server
        where = "" if server is None else safe_text(server.name, 40)
        target.app.push_screen(AddDialog(target.domain_for_new_accounts, seats, target.add, where))


class Delete(_OnAccounts):
    """Delete the account, or all marked ones; the seat comes free with the next restart of the server."""

    name, keys, title, word = "delete", "x", "Accounts: delete", "delete"
    operation = "delete"
    changes = True

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask what becomes of the mailboxes, then delete."""
        cls.ask(target, target.targets)

    @classmethod
    def ask(cls, target: "MainScreen", entries: Sequence[Entry], news: Sequence[str] = ()) -> None:
        """Ask, then delete; if somebody changed one of them meanwhile, ask again with what he did as news."""
        from kconsole.operations.accounts import DeleteAccounts, only_disabled
        from kconsole.tui.screens.delete import DeleteDialog
        from kconsole.tui.screens.dialog import Question

        may_be = [entry for entry in entries if guards.may_delete(entry).allowed]
        deletable, not_here = _apart(may_be, lambda entry: _is_for_administration(target, entry))
        if not deletable:
            if may_be:
                target.tell_news("Refused", [*news, *accounts_only_lines(may_be)], IN_ADMINISTRATION)
            elif entries:
                target.tell_refusal(guards.may_delete(entries[0]), news)
            else:
                target.tell_nothing_to_do(_nothing_to_do(target, entries, "deleted"), news)
            return

        def delete(choice: "Choice | None") -> None:
            if choice is not None:
                operation = DeleteAccounts(
                    _addresses(deletable), choice.fate, choice.transfer_to, expected=tuple(deletable)
                )
                target.change(operation, lambda told: cls.ask(target, target.as_now(entries), told))

        gone = [entry for entry in deletable if not only_disabled(entry)]
        what = "account" if all(entry.is_account for entry in deletable) else "entry"
        question = Question(
            f"{'Delete' if gone else 'Deactivate'} {words.count(len(deletable), what)}?",
            named(deletable),
            "Delete" if gone else "Deactivate",
            [
                *_not_listed(target, deletable),
                *_passed_over(len(entries) - len(may_be), "deleted"),
                *accounts_only_note(not_here),
                *_what_deleting_means(deletable),
                *(target.where_it_is_done(cls.operation, for_good=bool(gone)) if _some_there(deletable) else ()),
            ],
            news,
        )
        has_mailbox = any(entry.is_account and entry.mailbox for entry in gone)
        target.app.push_screen(DeleteDialog(question, has_mailbox), delete)


class Undo(_OnAccounts):
    """Take back the last deed of this session at once; if there is none, ask about your last one in the log."""

    name, keys, title, word = "undo", "u", "Accounts: undo the last deed", "undo"
    changes = True

    @classmethod
    def is_of_use(cls, target: "MainScreen") -> bool:
        """Whether there is a deed of this session to take back."""
        return target.workspace.undoing.last is not None

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Take it back."""
        target.undo_last()


class Redo(_OnAccounts):
    """Do again what was undone last in this session."""

    name, keys, title = "redo", "ctrl+r", "Accounts: do again what was undone"
    changes = True

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Do it again."""
        target.redo_last()


class Details(_OnAccounts):
    """Show everything about the account, and why it takes a seat or not."""

    name, keys, title, word = "details", "enter", "Accounts: details", "details"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show it."""
        if (entry := target.accounts.highlighted) is not None:
            target.show_details(entry)


class Copy(_OnAccounts):
    """Copy the address, or all marked ones, to the clipboard of your terminal, over SSH and in tmux too."""

    name, keys, title = "copy", "y", "Accounts: copy addresses"

    @classmethod
    async def run(cls, target: "MainScreen") -> None:
        """Copy, and say how: no terminal answers whether it took it."""
        from kconsole.tui.clipboard import copy

        if entries := target.targets:
            how = await copy(target.app, "\n".join(safe_text(entry.address) for entry in entries))
            key = target.key_of(ShowText.name)
            shows = "shows it" if len(entries) == 1 else "shows them"
            target.tell(f"{words.count(len(entries), 'address', 'addresses')} {how} · {key} {shows}")
        else:
            target.tell(nothing_here(target.accounts.highlighted))


class ShowText(_OnAccounts):
    """Show the address, or all marked ones, as plain text: to select with the mouse, or to save in a file."""

    name, keys, title = "text", "Y", "Accounts: addresses as text, to a file"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show them."""
        from kconsole.tui.screens.text import TextScreen

        if entries := target.targets:
            target.app.push_screen(TextScreen(target.session, entries, target.accounts.as_text))
        else:
            target.tell(nothing_here(target.accounts.highlighted))


class Connect(_OnAccounts):
    """Record that the user logs in now: a first login makes the mailbox. Who would be refused is told why."""

    name, keys, title = "connect", "c", "Accounts: record that the user logs in now"
    operation = "connect"
    changes = True

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Say whether he would be let in, ask, then record it."""
        from kconsole.operations.logins import Connect as RecordLogin

        entry = target.accounts.highlighted
        if entry is None:
            target.tell(nothing_here(entry))
            return
        report = target.session.seats.report()
        decision = guards.may_connect(report, entry, target.session.license_status.is_suspended)
        if not decision.allowed:
            target.tell_refusal(decision, [f"{safe_text(entry.address)} would be refused at login."])
            return
        target.confirm(
            "Record a login?",
            named([entry]),
            "Record it",
            [
                "It would be let in now: " + _why_let_in(entry, report.connected, report.limit),
                "kconsole logs nobody in: record here that somebody did.",
            ],
            lambda: target.change(RecordLogin(entry.address)),
        )


class MapDomains(_OnAccounts):
    """Map the accounts of a domain from its directory: say which, test the connection, preview, apply."""

    name, keys, title, word = "map", "M", "Accounts: map a domain from its directory", "map"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show the domains and their directories."""
        target.open_mapping()


class ServerRestarted(_OnAccounts):
    """Record that the server was restarted: the seats of deleted accounts come free."""

    name, keys, title = "restarted", "R", "Server: it was restarted"
    changes = True

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask, naming the accounts whose seats are held, then record it."""
        from kconsole.operations.server import RecordRestart

        held = target.session.seats.held()
        if not held:
            target.tell("No seat is held: nothing waits for a restart.")
            return
        target.confirm(
            "Was the server restarted?",
            [f"{words.count(len(held), 'seat')} of deleted accounts would come free:", *named(held)],
            "It was restarted",
            ["kconsole does not restart it: record here that somebody did."],
            lambda: target.change(RecordRestart()),
        )


def _why_let_in(entry: Entry, connected: int, limit: int | None) -> str:
    """Why an account that may log in may do so, as far as the license goes."""
    if entry.mailbox:
        return "it has a mailbox, and is let in whatever the seats."
    if limit is None:
        return "seats are not limited. Its mailbox is made."
    users = f"{words.count(connected, 'user')} {'has' if connected == 1 else 'have'} connected"
    return f"{users}, and the license has {words.count(limit, 'seat')}. Its mailbox is made."


def _not_listed(target: "MainScreen", chosen: Iterable[Entry]) -> list[str]:
    """A warning that some of them are marked, but not to be seen."""
    chosen = list(chosen)
    away = target.accounts.not_listed(entry.id for entry in chosen)
    if not away:
        return []
    which = "It is" if len(chosen) == 1 else f"{away:,} of them {'is' if away == 1 else 'are'}"
    return [f"{which} not in the list now: marked before it was filtered."]


def _addresses(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(entry.address for entry in entries)


def _nothing_to_do(target: "MainScreen", entries: Sequence[Entry], state: str) -> str:
    if not entries:
        return nothing_here(target.accounts.highlighted)
    if len(entries) > 1:
        return f"None of the {len(entries):,} marked entries can be {state}."
    entry = entries[0]
    address = safe_text(entry.address)
    if not entry.is_account:
        return f"{address} is no user account ({reason_word(classify(entry))}): it takes no seat."
    return f"{address} is {state} already."


def _passed_over(rest: int, state: str) -> list[str]:
    if not rest:
        return []
    stays = "stays as it is" if rest == 1 else "stay as they are"
    return [f"{words.count(rest, 'marked entry')} {stays}: not to be {state}."]


def _apart(entries: Iterable[Entry], is_other: Callable[[Entry], bool]) -> tuple[list[Entry], list[Entry]]:
    """Those that are not so, and the others."""
    both: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        both[is_other(entry)].append(entry)
    return both


def _is_for_administration(target: "MainScreen", entry: Entry) -> bool:
    """Whether only the administration of the server that is followed can delete an entry."""
    session = target.session
    is_there = session.state.server is not None and session.is_done_there(Delete.operation) and bool(entry.server_id)
    return is_there and not entry.is_account


def _some_there(entries: Sequence[Entry]) -> bool:
    """Whether the server that is followed has any of these; what is in this store only is deleted here alone."""
    return any(entry.server_id for entry in entries)


def _seats_after(target: "MainScreen", accounts: Sequence[Entry]) -> list[str]:
    before, after = target.session.seats.report(), if_toggled(target.session.seats, accounts)
    limit = "" if after.limit is None else f" of {after.limit:,}"
    return [f"Seats used: {before.used:,} → {after.used:,}{limit}."]


def _what_deleting_means(entries: Sequence[Entry]) -> list[str]:
    from kconsole.operations.accounts import only_disabled

    notes = []
    mapped = sum(only_disabled(entry) for entry in entries)
    holding = sum(classify(entry).seat and not only_disabled(entry) for entry in entries)
    if mapped:
        which = "Mapped" if mapped == len(entries) else f"{mapped:,} mapped"
        notes.append(f"{which}: only deactivated, since it stays in the directory. The seat comes free at once.")
    if holding:
        notes.append("The seat stays taken until the server is restarted. To free it at once, disable instead.")
    return notes


ACCOUNT_COMMANDS: tuple[AnyCommand, ...] = (
    Disable,
    Enable,
    Add,
    Delete,
    Undo,
    Redo,
    Details,
    Copy,
    ShowText,
    Connect,
    MapDomains,
    ServerRestarted,
)
