"""The command that shows what kconsole found out about the terminal and this installation."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from kconsole import __version__
from kconsole.cli.context import CliContext, at_store, on_screen
from kconsole.cli.output import put_json
from kconsole.cli.screen import Appearance, look_of
from kconsole.cli.streams import terminal_width
from kconsole.core.errors import ConsoleError
from kconsole.operations.preferences import preferences_path
from kconsole.operations.search.collation import locale_in_use
from kconsole.operations.settings import settings_path
from kconsole.text import columns
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_text

PACKAGES: Final = ("textual", "rich", "tinydb", "pydantic", "click")
"""The packages whose versions are shown, beside our own and Python's."""


class Finding(NamedTuple):
    """A property of the terminal, or a choice for it."""

    name: str
    value: Any
    reason: str
    absent: str = ""
    """What the table shows in place of an empty value."""

    @property
    def shown(self) -> str:
        """The value in the table."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return "x".join(map(str, self.value)) if isinstance(self.value, list) else self.value or self.absent


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
@on_screen
def diagnose(place: CliContext, as_json: bool) -> None:
    """Show what kconsole detected about the terminal, and how.

    Also prints the display settings in effect, the paths of the configuration, the preferences and the store, and
    program versions. Needs no store, and works on any terminal. Accepts the options of the console, to show their
    effect.
    """
    look = look_of(place)
    findings = _findings(look)
    paths = {"configuration": settings_path(), "state": preferences_path(), "store": _store(place)}
    versions = _versions()
    problems = [safe_text(words_of(problem)) for problem in look.settings.problems]
    files = [(name, *_state(path)) for name, path in paths.items()]
    if as_json:
        terminal = {finding.name: {"value": finding.value, "because": finding.reason} for finding in findings}
        places = {
            name: {"path": path or None, "there": None if state == DATABASE else state == "there"}
            for name, state, path in files
        }
        document = {"schema": 1, "terminal": terminal, "paths": places, "versions": versions, "problems": problems}
        put_json(document)
        return
    found = [[finding.name.replace("_", " "), finding.shown, finding.reason] for finding in findings]
    sections = [
        columns.table(["TERMINAL", "FOUND", "BECAUSE"], found, width=terminal_width()),
        columns.table(["FILE", "STATE", "PATH"], files),
        columns.table(["PROGRAM", "VERSION"], [[name, version] for name, version in versions.items()]),
        [f"! {problem}" for problem in problems],
    ]
    click.echo("\n\n".join("\n".join(lines) for lines in sections if lines))


def _findings(look: Appearance) -> list[Finding]:
    profile, reasons = look.profile, look.profile.reasons
    size = _size()
    return [
        Finding("drawable", profile.is_drawable, reasons["is_drawable"]),
        Finding("colours", profile.colours, reasons["colours"]),
        Finding("ascii_only", profile.ascii_only, reasons["ascii_only"]),
        Finding("theme", look.theme, look.theme_reason),
        Finding("mouse", look.mouse, "" if look.mouse else "the terminal selects text with it"),
        Finding("plain", bool(look.plain), look.plain),
        Finding("size", size, "" if size else "standard error is not a terminal", "unknown"),
        Finding("multiplexer", profile.multiplexer, reasons["multiplexer"], "none"),
        Finding("ssh", profile.over_ssh, reasons["over_ssh"]),
        Finding("background", profile.background, reasons["background"], "unknown"),
        Finding("encoding", safe_text(profile.encoding), reasons["encoding"]),
        Finding("locale", *_locale(), "none"),
        Finding("sorting", locale_in_use(), "how names are sorted: by a locale, or by letters", "letters"),
    ]


def _size() -> list[int] | None:
    """Columns and lines of the terminal; None if there is none."""
    try:
        return list(os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2))
    except (OSError, ValueError):
        return None


def _locale() -> tuple[str, str]:
    """The locale of characters, and the variable that sets it: the first one counts."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if os.environ.get(name):
            return safe_text(os.environ[name], 40), f"{name} is set"
    return "", "no variable is set"


DATABASE = "in a database"


def _store(place: CliContext) -> Path | str | None:
    with suppress(ConsoleError):
        return place.store
    return None


def _state(path: Path | str | None) -> tuple[str, str]:
    """Whether a file or folder exists, and its path; empty for a user without a home."""
    if path is None:
        return "no home folder", ""
    if isinstance(path, str):  # not contacted here
        return DATABASE, safe_text(path, None)
    state = "there"
    try:
        path.stat()
    except FileNotFoundError:
        state = "not there"
    except (OSError, ValueError) as error:
        state = safe_text(getattr(error, "strerror", "") or "unknown")
    return state, safe_text(str(path), None)


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version
    from platform import python_version

    versions = {"kconsole": __version__, "python": python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return versions
