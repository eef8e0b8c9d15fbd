"""The help: every key, the signs, and the seat rules. It is made from the commands and the rules themselves."""

from collections.abc import Sequence

from kconsole.licensing.policy import KERIO
from kconsole.text.details import reason_word, rule_sentence
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.keymap import Keymap
from kconsole.tui.widgets.labelled import Section

SIGNS = (
    ("▸", "the cursor"),
    ("●", "marked: the next deed is done to all that are"),
    ("!", "an account that would be refused at login, or a domain at its limit"),
    ("–", "takes no seat, or cannot log in"),
)
"""The signs in the lists, and what they mean."""


LOG_SIGNS = (
    ("▸", "the cursor"),
    ("!", "refused: nothing, or not all of it, was done"),
)
"""The signs in the log."""

LICENSE_SIGNS = (
    ("✓", "all is well"),
    ("▸", "there is something to do"),
    ("!", "it has ended or ends soon, is overdue, or is used beyond its seats"),
)
"""The signs in the License screen."""

COMPARISON_SIGNS = (
    ("▸", "the cursor"),
    ("!", "the server counts another number"),
    ("?", "the login may not read it, so nothing is known"),
)
"""The signs in the comparison with the server."""


def key_sections(commands: Sequence[AnyCommand], keys: Keymap) -> list[Section]:
    """The keys that the commands have in this console, group by group."""
    groups = dict.fromkeys(command.group for command in commands)
    return [
        (group, [(" ".join(keys.shown(c)), c.help_text()) for c in commands if c.group == group]) for group in groups
    ]


def help_sections(commands: Sequence[AnyCommand], keys: Keymap) -> list[Section]:
    """The help, section by section."""
    rules = [
        (f"{'1' if each.seat else '–'}  {reason_word(each)}", rule_sentence(each)) for each in KERIO.classifications
    ]
    return [*key_sections(commands, keys), ("Signs", SIGNS), ("What takes a seat (the first that fits)", rules)]
