"""Makes `kconsole/cli/completion/tree.json`, what completion knows of the command line: `python -m tests.completion`.

What an option or argument takes is seen from its type, or stands here: by its command and name in TAKES, else by its
metavar in BY_METAVAR.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import click

from kconsole.cli.completion.answer import TREE
from kconsole.cli.context import CliContext, FilePath, at_store
from kconsole.cli.main import kconsole
from kconsole.cli.permitted import OPERATIONS
from kconsole.core.records import Role
from kconsole.core.roles import ROLES, Authority, Capability
from kconsole.directories.entries import FIELDS
from kconsole.licensing.policy import KERIO
from kconsole.operations.catalog import capability_of
from kconsole.operations.reclaim.policy_model import SETTINGS
from kconsole.operations.search.filters import OF_STORE, states_by

AGES: Final = ["30d", "90d", "180d", "1y"]

TAKES: Final[Mapping[str, str | list[str]]] = {
    "--policy": "policies",
    "--encoding": ["utf-8", "cp1250", "cp1251", "cp1252", "iso-8859-2", "iso-8859-15", "utf-16"],
    "accounts --verdict": [each.code for each in KERIO.classifications],
    "accounts --filter": "filter",
    "add address": "new-address",
    "add --use": "reservations",
    "connect address": "enabled",
    "connect --via": ["IMAP", "POP3", "HTTP", "ActiveSync", "SMTP"],
    "delete addresses": "accounts",
    "delete --mailbox": "fate",
    "disable addresses": "enabled",
    "domains map domain": "domains",
    "domains map --attribute": [f"{field}=" for field in FIELDS],
    "enable addresses": "disabled",
    "explain addresses": "entries",
    "help names": "topics",
    "init --group": "groups",
    "keep addresses": "accounts",
    "log --filter": "filter",
    "log --operator": "operators",
    "map domain": "domains",
    "offboard address": "accounts",
    "policy remove name": "policies",
    "policy set name": "policies",
    "policy set settings": [f"{setting}=" for setting in SETTINGS],
    "policy show name": "policies",
    "protect pattern": "protections",
    "reclaim explain address": "accounts",
    "reserve cancel number": "reservations",
    "reserve extend number": "reservations",
    "roles keys name": "operators",
    "service-user --operator": "operators",
    "share on --group": "groups",
    "shell --operator": "operators",
    "context show name": "contexts",
    "metrics --context": "contexts",
    "--context": "contexts",
    "store copy source": "folders",
    "store copy target": "folders",
    "sync --watch": ["1m", "5m", "15m", "1h"],
    "tag first": "accounts",
    "tag others": "tagged",
    "undo line": "lines",
}
"""What a parameter takes, by its command and its own name, or by its name alone: a kind of `completing.Names`, or a
list of words."""

BY_METAVAR: Final[Mapping[str, str | list[str]]] = {
    "ADDRESS": "accounts", "AGE": AGES, "D": "domains", "DATE": AGES, "DIR": "folders", "FILE": "files", "T": AGES,
    "ZONE": "zones",
}  # fmt: skip

_SENTENCE_END: Final = re.compile(r"(?<!\.)\.(?: |\Z)")
"""Three dots end none."""

NEEDS: Final[Mapping[str, Capability]] = {
    "due --apply": "offboard",
    "doctor --fix": "repair",
    "domains map": "map",
    "keep addresses": "keep",
    "keep --until": "keep",
    "keep --end": "keep",
    "offboard address": "offboard",
    "protect pattern": "protect",
    "protect --remove": "protect",
    "roles check": "roles",
    "roles keys": "roles",
}
"""The capability that a parameter needs where its command needs none, or a command that is no operation."""

WHOLE: Final = ("backup", "dump")
"""Commands that are refused to roles that see a part of the store only: `Session.insist_on_all`."""

OWNERS: Final = ("--roles",)
"""Options that are refused to everyone but root and the store's owner."""


def tree() -> dict[str, Any]:
    """What completion knows."""
    context = click.Context(kconsole, info_name="kconsole", obj=CliContext())
    commands = dict(_commands(kconsole, "", context))
    root = commands[""]["options"]
    shared = {name: root[name] for name in _shared()}
    for path, command in commands.items():
        command["store"] = bool(path) and shared.keys() <= command["options"].keys()
        if command["store"]:
            command["options"] = {name: each for name, each in command["options"].items() if name not in shared}
    states = [*states_by(KERIO), *OF_STORE]
    filters = [*(f"is:{state}" for state in states), *(f"role:{role}" for role in get_args(Role))]
    return {
        "roles": {
            f"{name}{end}": [each for each in get_args(Capability) if Authority(name, domains).may(each)]
            for name in ROLES
            for end, domains in (("", frozenset[str]()), ("/bound", frozenset({"a.example"})))
        },
        "filters": [*filters, "domain:", "tag:", "seen:>", "seen:<"],
        "options": shared,
        "commands": commands,
    }


def _shared() -> Iterator[str]:
    """The options of every command that works at a store."""
    for param in click.command(at_store(lambda: None)).params:
        yield from param.opts


def _commands(command: click.Command, path: str, context: click.Context) -> Iterator[tuple[str, dict[str, Any]]]:
    names = command.list_commands(context) if isinstance(command, click.Group) else []
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    options = {
        name: _option(param, path)
        for param in command.params
        if isinstance(param, click.Option) and not param.hidden
        for name in param.opts
    }
    capability = capability_of(OPERATIONS[path]) if path in OPERATIONS else NEEDS.get(path, "")
    yield (
        path,
        {
            "help": command.get_short_help_str(60),
            "needs": capability,
            "argument_needs": next((NEEDS[key] for each in arguments if (key := f"{path} {each.name}") in NEEDS), ""),
            **({"whole": True} if path in WHOLE else {}),
            "commands": names,
            "arguments": [taken(each, path) for each in arguments],
            "many": bool(arguments) and arguments[-1].nargs == -1,
            "options": {**options, "--help": {"help": "Show this message and exit."}},
        },
    )
    for name in names:
        assert isinstance(command, click.Group)
        child = command.get_command(context, name)
        assert child is not None
        inner = click.Context(child, parent=context, info_name=name)
        yield from _commands(child, f"{path} {name}".lstrip(), inner)


def _option(param: click.Option, path: str) -> dict[str, Any]:
    option: dict[str, Any] = {"help": _SENTENCE_END.split(param.help or "")[0]}
    if not param.is_flag:
        option["takes"] = taken(param, path)
    if param.multiple:
        option["many"] = True
    for name in param.opts:
        if (key := f"{path} {name}") in NEEDS:
            option["needs"] = NEEDS[key]
        if name in OWNERS:
            option["owner"] = True
    return option


def taken(param: click.Parameter, path: str) -> str | list[str]:
    """What a parameter takes: a kind of names, or a list of words; an empty kind for any text."""
    kind, name = param.type, param.opts[0]
    if (found := TAKES.get(f"{path} {name}", TAKES.get(name))) is not None:
        return found
    if isinstance(kind, click.Choice):
        return [str(choice) for choice in kind.choices]
    if isinstance(kind, click.Path):
        return "files" if kind.file_okay and not (isinstance(kind, FilePath) and kind.dir_okay) else "folders"
    return BY_METAVAR.get((param.metavar or "").strip("[].").removesuffix("..."), "")


def as_text(value: dict[str, Any]) -> str:
    """The tree as it stands in its file: a line for each command, so that changes of several people merge."""
    parts = [
        f'"{key}": '
        + (
            "{\n"
            + ",\n".join(f'"{name}": {json.dumps(each, ensure_ascii=False)}' for name, each in part.items())
            + "\n}"
            if isinstance(part, dict)
            else json.dumps(part, ensure_ascii=False)
        )
        for key, part in value.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    Path(TREE).write_text(as_text(tree()))
