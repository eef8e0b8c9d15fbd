"""Commands on reservations, keeps and protections."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _DecisionCommand(Command):
    group = "Decisions"
    prefix = "decision-"


class Reserve(_DecisionCommand):
    """Reserve seats for someone who will come, from a day until another."""

    name, keys, title, word = "decision-add", "a", "Decisions: reserve seats", "reserve"
    synonyms = "new hire joiner reservation"
    operation = "reserve"


class ProtectAccounts(_DecisionCommand):
    """Protect all accounts that fit a pattern from every policy, for good."""

    name, keys, title, word = "decision-protect", "W", "Decisions: protect accounts", "protect"
    operation = "protect"


class MoveEnd(_DecisionCommand):
    """Move the day until which the seats are reserved or the account is kept."""

    name, keys, title, word = "decision-until", "K", "Decisions: move the end", "until"
    synonyms = "extend longer"
    changes = True


class End(_DecisionCommand):
    """Cancel the reservation or what is planned, end the keep, or remove the protection, after a confirmation."""

    name, keys, title, word = "decision-end", "x", "Decisions: end it now", "end"
    synonyms = "cancel remove unprotect"
    changes = True


class WholeDecision(_DecisionCommand):
    """Show everything about it, with its whole reason."""

    name, keys, title, word = "decision-details", "enter", "Decisions: details", "details"


class UndoDecision(_DecisionCommand):
    """Undo the last change of this session."""

    name, keys, title, word = "decision-undo", "u", "Decisions: undo the last change", "undo"
    needs = "undo"
    changes = True


class DecisionsBack(_DecisionCommand):
    """Back to the accounts."""

    name, keys, title, word = "decision-back", "escape,q,V", "Decisions: back", "back"


DECISION_COMMANDS: tuple[AnyCommand, ...] = (
    Reserve, ProtectAccounts, MoveEnd, End, WholeDecision, UndoDecision, Palette, NextTheme, Redraw, Help,
    DecisionsBack,
)  # fmt: skip
