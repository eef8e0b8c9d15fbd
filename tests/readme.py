"""Makes the tables of the README that the code knows better: `python -m tests.readme` writes them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kconsole.licensing.policy import KERIO
from kconsole.text.details import rule_sentence
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.console import MOVEMENTS
from kconsole.tui.commands.decisions import DECISION_COMMANDS
from kconsole.tui.commands.imports import IMPORT_COMMANDS
from kconsole.tui.commands.license import LICENSE_COMMANDS
from kconsole.tui.commands.log import LOG_COMMANDS
from kconsole.tui.commands.mapping import MAPPING_COMMANDS, PREVIEW_COMMANDS
from kconsole.tui.commands.reclaim import RECLAIM_COMMANDS
from kconsole.tui.commands.server import RECONCILE_COMMANDS
from kconsole.tui.keymap import Keymap
from kconsole.tui.screens.main import COMMANDS

OWN_KEYS = Keymap({})
README = Path(__file__).parent.parent / "README.md"


def key_table(commands: Sequence[AnyCommand]) -> str:
    """The keys, from the commands."""
    lines = ["| key | command | what it does |", "|---|---|---|"]
    for command in commands:
        keys = " ".join(f"`{key}`" for key in OWN_KEYS.shown(command))
        lines.append(f"| {keys} | `{command.name}` | {command.help_text()} |")
    return "\n".join(lines)


SCREENS: Final = (("", (*COMMANDS, *MOVEMENTS)), ("log", LOG_COMMANDS), ("license", LICENSE_COMMANDS),
    ("domains", MAPPING_COMMANDS), ("preview", PREVIEW_COMMANDS), ("import", IMPORT_COMMANDS),
    ("comparison", RECONCILE_COMMANDS), ("decisions", DECISION_COMMANDS), ("plan", RECLAIM_COMMANDS))  # fmt: skip
"""The commands of each screen, the main one first."""

SAME: Final = {
    "license-back": "back", "map-back": "back", "log-back": "back", "reconcile-back": "back", "plan-back": "back",
    "import-back": "back", "quit": "back",
    "log-line": "details", "map-preview": "details", "plan-row": "details", "import-row": "details",
    "figure-details": "details",
    "log-filter": "filter", "reconcile-sync": "sync", "plan-gone": "disable", "plan-apply": "license-activate",
    "import-apply": "license-activate",
    "decision-back": "back", "decisions": "back", "decision-details": "details", "decision-add": "add",
    "decision-until": "keep", "decision-end": "delete", "decision-undo": "undo",
    "reclaim-back": "back", "reclaim": "back", "reclaim-sync": "sync", "reclaim-undo": "undo",
    "reclaim-apply": "license-activate",
    "log-undo": "undo", "license-undo": "undo", "map-undo": "undo",
    "log": "back", "import": "back", "license": "back", "map": "back", "reconcile": "back",
}  # fmt: skip
"""Commands that mean the same on another screen: the key that opens a screen leaves it, `A` makes effective."""


def meanings() -> dict[str, list[tuple[str, AnyCommand]]]:
    """The commands of each letter with their screens, those of the main screen first.

    A plan is applied by `A`, as all that is previewed; that `a` does it there too is for those who look for it.
    """
    letters: dict[str, list[tuple[str, AnyCommand]]] = {}
    for screen, commands in SCREENS:
        for command in commands:
            for key in OWN_KEYS.shown(command):
                if len(key) == 1 and key.isalpha() and (key, command.name) != ("a", "reclaim-apply"):
                    letters.setdefault(key, []).append((screen, command))
    return letters


def letters_table() -> str:
    """One line for each letter."""
    lines = ["| letter | means | where |", "|---|---|---|"]
    for letter, commands in sorted(meanings().items(), key=lambda item: (item[0].lower(), item[0])):
        first = commands[0][1]
        where = ", ".join(dict.fromkeys(screen or "main" for screen, _ in commands))
        lines.append(f"| `{letter}` | {first.title} | {where} |")
    return "\n".join(lines)


def rules_table() -> str:
    """The seat rules, from the verdicts."""
    lines = ["| verdict | seat | |", "|---|---|---|"]
    lines += [
        f"| `{classification.code}` | {'yes' if classification.seat else 'no'} | {rule_sentence(classification)} |"
        for classification in KERIO.classifications
    ]
    return "\n".join(lines)


def with_tables(text: str) -> str:
    """The README with its tables as the code has them."""
    tables = {
        "keys": key_table((*COMMANDS, *MOVEMENTS)),
        "log keys": key_table(LOG_COMMANDS),
        "license keys": key_table(LICENSE_COMMANDS),
        "mapping keys": key_table(MAPPING_COMMANDS),
        "decision keys": key_table(DECISION_COMMANDS),
        "plan keys": key_table(RECLAIM_COMMANDS),
        "comparison keys": key_table(RECONCILE_COMMANDS),
        "preview keys": key_table(PREVIEW_COMMANDS),
        "import keys": key_table(IMPORT_COMMANDS),
        "letters": letters_table(),
        "rules": rules_table(),
    }
    for name, table in tables.items():
        begin = re.search(rf"<!-- {name}: [^\n]*-->\n", text)
        end = re.search(rf"<!-- end of {name} -->", text)
        assert begin is not None
        assert end is not None
        text = f"{text[: begin.end()]}{table}\n{text[end.start() :]}"
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
