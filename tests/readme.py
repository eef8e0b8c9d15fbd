"""Makes the tables of README and topics that the code knows better: `python -m tests.readme` writes them."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from kconsole.cli.main import kconsole
from kconsole.licensing.policy import KERIO
from kconsole.text import manual
from kconsole.text.details import rule_sentence
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.console import MOVEMENTS, Help, NextTheme, Palette, Redraw
from kconsole.tui.commands.decisions import DECISION_COMMANDS
from kconsole.tui.commands.fleet import FLEET_COMMANDS
from kconsole.tui.commands.history import HISTORY_COMMANDS
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
EVERYWHERE: Final = (Palette, NextTheme, Redraw, Help)
"""Commands that every screen has; they stand in the table of the main one."""


def key_table(commands: Sequence[AnyCommand]) -> str:
    """The keys, from the commands."""
    lines = ["| key | command | what it does |", "|---|---|---|"]
    for command in commands:
        keys = " ".join(f"`{key}`" for key in OWN_KEYS.shown(command))
        lines.append(f"| {keys} | `{command.name}` | {command.help_text()} |")
    return "\n".join(lines)


SCREENS: Final = (("", (*COMMANDS, *MOVEMENTS)), ("log", LOG_COMMANDS), ("license", LICENSE_COMMANDS),
    ("domains", MAPPING_COMMANDS), ("preview", PREVIEW_COMMANDS), ("import", IMPORT_COMMANDS),
    ("comparison", RECONCILE_COMMANDS), ("decisions", DECISION_COMMANDS), ("plan", RECLAIM_COMMANDS),
    ("all stores", FLEET_COMMANDS))  # fmt: skip
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
    "fleet-back": "back", "fleet-quit": "back", "fleet-open": "details", "fleet-filter": "filter", "fleet-sort": "sort",
    "fleet-read": "sync",
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


def commands_table() -> str:
    """The commands, by the first sentence of their help."""
    lines = ["| command | what it does |", "|---|---|"]
    for path, command in every_command(kconsole):
        if not isinstance(command, click.Group) or command.invoke_without_command:
            lines.append(f"| `kconsole {path}` | {command.get_short_help_str(100).rstrip('.')} |")
    return "\n".join(lines)


def every_command(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """All commands with the words that name them, those of a group after it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        if (command := group.get_command(context, name)) is not None:
            yield f"{path}{name}", command
            if isinstance(command, click.Group):
                yield from every_command(command, f"{path}{name} ")


def _keys_of(*commands: AnyCommand) -> Callable[[], str]:
    return lambda: key_table([command for command in commands if command not in EVERYWHERE])


TABLES: Final[dict[str, Callable[[], str]]] = {
    "keys": lambda: key_table((*COMMANDS, *MOVEMENTS)),
    "log keys": _keys_of(*LOG_COMMANDS),
    "license keys": _keys_of(*LICENSE_COMMANDS),
    "mapping keys": _keys_of(*MAPPING_COMMANDS),
    "decision keys": _keys_of(*DECISION_COMMANDS),
    "plan keys": _keys_of(*RECLAIM_COMMANDS),
    "fleet keys": _keys_of(*FLEET_COMMANDS),
    "history keys": _keys_of(*HISTORY_COMMANDS),
    "comparison keys": _keys_of(*RECONCILE_COMMANDS),
    "preview keys": _keys_of(*PREVIEW_COMMANDS),
    "import keys": _keys_of(*IMPORT_COMMANDS),
    "letters": letters_table,
    "rules": rules_table,
    "commands": commands_table,
}
"""The tables by the names that their markers have."""


def files() -> list[Path]:
    """The files that have such tables."""
    return [README, *sorted(manual.FOLDER.glob("*.md"))]


def with_tables(text: str) -> str:
    """A file with its tables as the code has them."""

    def made(found: re.Match[str]) -> str:
        return f"{found[1]}{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- ([\w ]+): made by [^\n]*-->\n).*?(<!-- end of \2 -->)", made, text, flags=re.DOTALL)


if __name__ == "__main__":
    for path in files():
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
