"""Commands about the configuration file: what is wrong with it, and what is in effect."""

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import click

from kconsole.cli.context import CliContext, FilePath, at_store, on_screen, say
from kconsole.cli.output import put_json
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.screen import Appearance, KeyOfCommand, command_keys, keys_in_effect, look_of
from kconsole.cli.tables import put_table
from kconsole.core.errors import ConsoleError, NotFound
from kconsole.operations.contexts import CONTEXT_VARIABLE, contexts_in
from kconsole.operations.preferences import STATE_VARIABLE, preferences_path
from kconsole.operations.roles import ROLES_FILE
from kconsole.operations.settings import CONFIG_VARIABLE, read_settings, settings_path
from kconsole.operations.system import STORE_VARIABLE
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_text
from kconsole.text.terminals import ASCII_VARIABLE, PLAIN_VARIABLE, asks_for_ascii

INVALID: Final = 2
"""The exit code of a file that has a problem."""

MOST_PROBLEMS: Final = 1000

Origin = Literal["option", "environment", "file", "screen", "terminal", "default"]
"""Where a value comes from: `screen` is what was chosen there, `terminal` what the terminal can show."""

SCHEMA_LINE: Final = "#:schema ./config.schema.json"


@click.group("config", cls=RoleGroup)
def config() -> None:
    """Check and show the configuration."""


@config.command()
@click.argument("file", required=False, type=FilePath())
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@click.pass_context
def check(context: click.Context, file: Path | None, as_json: bool) -> None:
    """Check a configuration file: yours, or FILE.

    Names each problem with its line: the key, what was found, and what is allowed. Exits with 2 if there is one. The
    roles file is another one: 'kconsole roles check'.
    """
    path = file or settings_path() or Path("config.toml")  # of a user without a home
    is_there = os.path.lexists(path)
    if not is_there and (file or os.environ.get(CONFIG_VARIABLE, "").strip()):
        raise NotFound("no-configuration", "config-example", file=str(path))
    settings = read_settings(path, MOST_PROBLEMS)
    problems: list[dict[str, Any]] = [
        {
            "line": problem.params.get("line") or None,
            "key": problem.params.get("key"),
            "code": problem.code,
            "text": words_of(problem),
        }
        for problem in sorted(settings.problems, key=lambda problem: int(problem.params.get("line") or 0))
    ]
    _keys, faulty = keys_in_effect(settings)
    problems += [{"line": None, "key": "keys", "code": "keys", "text": text} for text in faulty]
    if as_json:
        put_json({"schema": "kconsole-config-check/1", "file": str(path), "problems": problems})
    else:
        for problem in problems:
            click.echo(safe_text(problem["text"], None))
    if not is_there:
        say(f"There is no {path}: everything is as it is without one.")
    elif not problems:
        say(f"{path} is valid.")
    context.exit(INVALID if problems else 0)


class InEffect(NamedTuple):
    """A setting as it is in effect."""

    name: str
    value: object
    origin: Origin
    source: str = ""
    """The option, the variable or the file that says it; empty for a default."""
    line: int | None = None
    """The line of the file, if it comes from there."""

    @property
    def shown(self) -> str:
        """The value in the table."""
        return str(self.value).lower() if isinstance(self.value, bool) else safe_text(str(self.value), None)

    @property
    def where(self) -> str:
        """The origin in the table."""
        line = f", line {self.line}" if self.line else ""
        return f"{self.origin} {safe_text(self.source, None)}{line}".rstrip()


@config.command()
@click.option("--origin", is_flag=True, help="Also where each value comes from.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@click.option("--example", is_flag=True, help="Print a file with all settings, explained, to begin with.")
@at_store
@on_screen
def show(place: CliContext, origin: bool, as_json: bool, example: bool) -> None:
    """Show each setting as it is in effect.

    Options go before the environment, that before what you chose on the screen, that before the configuration file,
    and that before what the terminal can show. Accepts the options of the console, to show their effect.
    """
    if example:
        if origin or as_json:
            raise click.UsageError("Use --example alone.")
        return click.echo("\n".join(example_lines(command_keys())))
    look = look_of(place)
    found = list(in_effect(place, look))
    if as_json:
        documents = [{**each._asdict(), "source": each.source or None} for each in found]
        put_json({"schema": "kconsole-settings/1", "settings": documents})
    else:
        rows = [[safe_text(each.name), each.shown, *([each.where] if origin else [])] for each in found]
        put_table(["SETTING", "VALUE", *(["ORIGIN"] if origin else [])], rows, whole={0, 1, 2})
    if look.settings.problems or keys_in_effect(look.settings)[1]:
        say("Note: The configuration file has problems: 'kconsole config check' lists them.")
    return None


def in_effect(place: CliContext, look: Appearance) -> Iterator[InEffect]:
    """All settings, and the files and folders that are used."""
    settings, profile = look.settings, look.profile
    usual: Origin
    file = str(settings_path() or "")

    def of(name: str, value: object, option: str, variable: str, usual: Origin, is_set: bool) -> InEffect:
        """A setting whose value comes from the first of these that is there."""
        if option:
            return InEffect(name, value, "option", option)
        if variable:
            return InEffect(name, value, "environment", variable)
        if is_set:
            return InEffect(name, value, "file", file, settings.lines.get(tuple(name.split(".", 1))))
        return InEffect(name, value, usual)

    def set_by(variable: str) -> str:
        return variable if os.environ.get(variable, "").strip() else ""

    yield of("configuration", file, "", set_by(CONFIG_VARIABLE), "default", False)
    yield of("state", str(preferences_path(place.operator_name) or ""), "", set_by(STATE_VARIABLE), "default", False)
    by_option = "--store" if place.location is not None else "--context" if place.context_name else ""
    by_variable = set_by(STORE_VARIABLE) or set_by(CONTEXT_VARIABLE)
    try:
        choice = place.choice
    except ConsoleError:  # one of several, and which is not said
        yield of("store", "", by_option, by_variable, "default", False)
    else:
        yield of("store", str(choice.store), by_option, by_variable, "default", choice.context is not None)
    by_option = "--roles" if place.roles_file is not None else ""
    yield of("roles", str(place.roles_file or ROLES_FILE), by_option, "", "default", False)
    if profile.colours != "none" and not place.theme and look.preferences.theme:
        yield InEffect("theme", look.theme, "screen", str(preferences_path(place.operator_name) or ""))
    elif profile.colours == "none":  # then there is no choice
        yield InEffect("theme", look.theme, "terminal")
    else:
        usual = "default" if look.theme == "kconsole" else "terminal"
        yield of("theme", look.theme, "--theme" if place.theme else "", "", usual, bool(settings.theme))
    by_option = "--colours" if place.colours else ""
    no_colour = "NO_COLOR" if os.environ.get("NO_COLOR") else ""
    yield of("colours", profile.colours, by_option, no_colour, "terminal", bool(settings.colours))
    asked = asks_for_ascii(os.environ)
    wanted = True if place.ascii_only else asked if asked is not None else settings.ascii_only
    if wanted is None or wanted != profile.ascii_only:  # the encoding may not let it be chosen
        yield InEffect("ascii", profile.ascii_only, "terminal")
    else:
        variable = ASCII_VARIABLE if asked is not None else ""
        yield of("ascii", profile.ascii_only, "--ascii" if place.ascii_only else "", variable, "terminal", True)
    yield of("mouse", look.mouse, "--mouse" if place.mouse else "", "", "default", ("mouse",) in settings.lines)
    usual = "default" if profile.is_drawable else "terminal"
    yield of("plain", bool(look.plain), "--plain" if place.plain else "", set_by(PLAIN_VARIABLE), usual, settings.plain)
    yield of("csv_style", settings.csv_style, "", "", "default", ("csv_style",) in settings.lines)
    for context in () if place.operator_name else contexts_in(settings).values():  # other stores are not theirs
        yield of(f"contexts.{context.name}", context.store, "", "", "default", True)
    for name, keys in keys_in_effect(settings)[0].items():
        yield of(f"keys.{name}", keys, "", "", "default", True)


def example_lines(keys: list[KeyOfCommand]) -> Iterator[str]:
    """A configuration file that changes nothing, with every setting in a comment, and what it is for."""
    from kconsole.cli.schemas import schema_of

    yield SCHEMA_LINE
    yield "# The configuration of kconsole. What has a # before it is not set: remove the # and the blank."
    yield "# For the line above: kconsole schema config > config.schema.json, beside this file."
    for name, setting in schema_of("config")["properties"].items():
        if name in ("contexts", "keys"):
            continue
        yield ""
        yield from textwrap.wrap(setting["description"], 100, initial_indent="# ", subsequent_indent="# ")
        values = [_toml(value) for value in setting.get("enum", (True, False))]
        yield f"# One of {', '.join(values)}."
        yield f"# {name} = {_toml(setting['default']) if 'default' in setting else values[0]}"
    yield ""
    yield "# Stores by name, for several mail servers: a table for each."
    yield "# [contexts.mail1]"
    for name, setting in schema_of("config")["$defs"]["Context"]["properties"].items():
        yield from textwrap.wrap(setting["description"], 100, initial_indent="# ", subsequent_indent="# ")
        yield f"# {name} = {_toml(setting.get('default', '/srv/kconsole/mail1'))}"
    yield ""
    yield "# Other keys for commands, separated by commas. Here are the usual ones."
    yield "[keys]"
    for key in keys:
        yield f"# {key.name} = {_toml(key.keys)}  # {key.help}"


def _toml(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
