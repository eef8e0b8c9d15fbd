"""What was done, in words for a line of the log."""

from collections.abc import Sequence

from kconsole.display import words
from kconsole.display.safe_text import safe_text
from kconsole.model.history import Commit, Operator


def operator_words(operator: Operator) -> str:
    """Who did it; a claimed name stands before the user, who is in brackets."""
    return safe_text(operator.shown)


def accounts_words(addresses: Sequence[str], most: int = 2) -> str:
    """The accounts it was done to: some by address, the rest by number."""
    return words.and_list([safe_text(address) for address in addresses], most) if addresses else ""


def seats_words(commit: Commit) -> str:
    """Seats used before and after, or the one number if it stayed."""
    if commit.seats is None:
        return ""
    before, after = commit.seats
    return f"{before:,}" if before == after else f"{before:,} → {after:,}"
