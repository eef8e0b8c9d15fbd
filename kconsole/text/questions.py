"""Questions before a change, and why there is none, for both consoles. All of it is safe to show."""

from collections.abc import Collection, Sequence
from typing import Final

from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.text import words
from kconsole.text.safe_text import safe_text
from kconsole.text.screen import named

NOTHING_TO_UNDO: Final = "Nothing to undo: the log has no change of yours that can be undone."
NOTHING_HELD: Final = "No seat is held: nothing waits for a restart."
NOTHING_PLANNED: Final = "Nothing to do: no account would be changed."
NOTHING_TAKEN: Final = "Cancelled. Nothing was taken from the server."
OPEN_READ_ONLY: Final = "The store is open read-only."

WAS_RESTARTED: Final = "Was the server restarted?"
ONLY_RECORDED: Final = "kconsole does not restart it: it records that you did."


def restart_lines(held: Sequence[Entry]) -> list[str]:
    """The seats that a restart of the server frees."""
    return [f"{words.count(len(held), 'seat')} of deleted accounts would come free:", *named(held)]


def change_question(verb: str, entries: Collection[Entry], policy: str = "") -> str:
    """Whether to change these: "Disable 2 accounts?", "Disable 2 accounts by the policy idle?"."""
    by = f" by the policy {safe_text(policy)}" if policy else ""
    return f"{verb.capitalize()} {words.count_entries(entries)}{by}?"


def undo_question(operation: str, commit: Commit, redo: bool = False) -> str:
    """Whether to undo a change: "Undo 'disable' of 2 accounts?"."""
    entries = commit.changed_entries
    of = f" of {words.count_entries(entries)}" if entries else ""
    return f"{'Redo' if redo else 'Undo'} '{safe_text(operation, 40)}'{of}?"


def undo_deletes(deleted: Collection[Entry], seats: int) -> list[str]:
    """That an undo deletes accounts, which take so many seats; nothing for none."""
    if not deleted:
        return []
    freed = f" {words.count(seats, 'seat')} will be free after the next restart of the server." if seats else ""
    return [f"{words.count_entries(deleted)} would be deleted.{freed}"]


def deleted_noun(deleted: Collection[Entry]) -> str:
    """What is counted where the number of those is typed that an undo deletes."""
    return f"{words.entries_noun(deleted)} that would be deleted"


def role_words(role: str) -> str:
    """That an operator has another role now."""
    return f"Your role is {role} now."
