"""Makes the tables of the README that the code knows better: `python -m tests.readme` writes them."""

import re
from collections.abc import Sequence
from pathlib import Path

from kconsole.licensing.policy import KERIO
from kconsole.text.details import rule_sentence
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.console import MOVEMENTS
from kconsole.tui.commands.license import LICENSE_COMMANDS
from kconsole.tui.commands.log import LOG_COMMANDS
from kconsole.tui.commands.mapping import MAPPING_COMMANDS, PREVIEW_COMMANDS
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
        "comparison keys": key_table(RECONCILE_COMMANDS),
        "preview keys": key_table(PREVIEW_COMMANDS),
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
