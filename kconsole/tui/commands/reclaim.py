"""Commands on the plan that frees seats of accounts that are not used."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _ReclaimCommand(Command):
    group = "Plan"
    prefix = "reclaim-"


class LeaveOut(_ReclaimCommand):
    """Leave the account out of this plan, and ask until when it is kept from every one; or take it in again."""

    name, keys, title, word = "reclaim-leave-out", "space", "Plan: leave an account out", "leave out"
    synonyms = "keep except skip"


class ApplyReclaim(_ReclaimCommand):
    """Apply the plan, after the number of its accounts was typed. Each is judged again, and can be enabled again."""

    name, keys, title, word = "reclaim-apply", "A,a", "Plan: apply it", "apply"
    synonyms = "disable free reclaim"
    operation = "reclaim"


class ExplainReclaim(_ReclaimCommand):
    """Explain what the policy says of the account; on a reason, list its accounts, or fold them again."""

    name, keys, title, word = "reclaim-explain", "enter", "Plan: explain the account, or list those of a reason", "why"


class PassBrake(_ReclaimCommand):
    """Take in the accounts beyond the limit of one run, too; or leave them for the next one."""

    name, keys, title, word = "reclaim-all", "asterisk", "Plan: all, beyond the limit of one run", "all"
    synonyms = "brake"


class NextPolicy(_ReclaimCommand):
    """Judge by the next policy."""

    name, keys, title, word = "reclaim-next-policy", "right_square_bracket", "Plan: next policy", "policy"


class PreviousPolicy(_ReclaimCommand):
    """Judge by the previous policy."""

    name, keys, title = "reclaim-previous-policy", "left_square_bracket", "Plan: previous policy"


class SyncReclaim(_ReclaimCommand):
    """Read the server now, and judge again."""

    name, keys, title, word = "reclaim-sync", "r,f5", "Plan: read the server now", "read server"
    needs = "sync"
    changes = True


class UndoReclaim(_ReclaimCommand):
    """Undo the last change of this session: a plan as a whole, as far as its accounts have not changed since."""

    name, keys, title, word = "reclaim-undo", "u", "Plan: undo the last change", "undo"
    needs = "undo"
    changes = True


class ReclaimBack(_ReclaimCommand):
    """Back to the accounts; nothing changes."""

    name, keys, title, word = "reclaim-back", "escape,q,P", "Plan: back", "back"


RECLAIM_COMMANDS: tuple[AnyCommand, ...] = (
    LeaveOut, ApplyReclaim, ExplainReclaim, PassBrake, NextPolicy, PreviousPolicy, SyncReclaim, UndoReclaim, Palette,
    NextTheme, Redraw, Help, ReclaimBack,
)  # fmt: skip
