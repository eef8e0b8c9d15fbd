"""The help: keys, signs and seat rules, made from the commands and the rules themselves."""

from collections.abc import Sequence

from kconsole.licensing.policy import KERIO
from kconsole.text.details import reason_word, rule_sentence
from kconsole.tui.commands.base import AnyCommand, Keys
from kconsole.tui.widgets.labelled import Section

SIGNS = (
    ("▸", "the cursor"),
    ("●", "marked: the next command acts on all marked accounts"),
    ("!", "an account that cannot log in, or a domain at its limit"),
    ("–", "takes no seat, or cannot log in"),
)
"""The signs in the lists, and what they mean."""


def key_sections(commands: Sequence[AnyCommand], keys: Keys) -> list[Section]:
    """The keys of the commands in this console, group by group."""
    groups = dict.fromkeys(command.group for command in commands)
    return [
        (group, [(" ".join(keys.shown(c)), c.help_text()) for c in commands if c.group == group]) for group in groups
    ]


def rules() -> Section:
    """The seat rules, in the order in which they are tried."""
    found = [
        (f"{'1' if each.seat else '–'}  {reason_word(each)}", rule_sentence(each)) for each in KERIO.classifications
    ]
    return "What takes a seat (the first that fits)", found
