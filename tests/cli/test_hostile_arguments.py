"""Every parameter of every command with values that mean harm: words and a documented exit code, whatever it is."""

import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from kconsole.cli.main import COMMANDS, kconsole
from kconsole.core.records import Domain
from tests.cli.console import Console, account
from tests.limits import share, thorough_but

CODES: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
"""Those in the README."""

VALUES: Final = {
    "control": "\x1b]0;t\x07\x1b[2J\x9b31m\r\n\tkconsole: all is well\x7f",
    "direction": "abc\u202egnp.exe\u2066\u200b\ufeff",
    "long": "x" * 100_000,
    "surrogate": "a\udcff\udcfeb@north.example",
    "bytes": bytes(range(1, 256)).decode("utf-8", "surrogateescape"),
    "dash": "-",
    "empty": "",
    "blank": " \u00a0\u3000",
    "huge": "9" * 400,
    "negative": "-1",
    "nan": "nan",
    "infinite": "inf",
    "exponent": "1e999",
    "marks": "e" + "\u0301" * 500,
    "at": "@",
    "domain": f"a@{'x.' * 200}example",
    "idna": "a@xn--\u00e9\u0301.example",
    "time": "9999-12-31T23:59:59.999999999+99:99",
    "age": "99999999999y",
    "folder": "FOLDER",
    "device": "DEVICE",
    "link": "LINK",
    "home": "~no-such-user/x",
    "beyond": "FOLDER/x/y/z",
    "root": "/proc/self/mem",
    "filter": 'is:(((( -"seen:>" @a @b [\\',
    "format": "{0}%s$HOME`id`{x.__class__}",
    "url": "https://[::1%25\x1b]:99999/../?#@",
}
"""Text by what is wrong with it; capitals stand for a path. A pipe is none: reading one waits, as for a shell's."""

PLAIN: Final = {
    "addresses": "anna@north.example",
    "address": "anna@north.example",
    "first": "anna@north.example",
    "domain": "north.example",
    "name": "north.example",
    "url": "https://mail.example",
    "user": "eye",
    "file": "FOLDER/none",
    "folder": "FOLDER/none",
    "others": "x",
    "keep": "1",
}
"""Values of required parameters, beside the hostile one."""


def commands(
    group: click.Group = kconsole, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands, with their names."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


BY_PATH: Final = {" ".join(path): command for path, command in commands()}


def places() -> Iterator[tuple[str, str]]:
    """Each parameter that takes a text: the command and the parameter."""
    for path, command in BY_PATH.items():
        for param in command.params:
            if not (isinstance(param, click.Option) and (param.is_flag or param.count)):
                yield path, param.name or ""


ALL: Final = sorted(set(places()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what is no file in it, where a program that takes everything for a file does no harm."""
    folder = tmp_path / "odd"
    folder.mkdir()
    if os.geteuid() == 0:
        os.mknod(folder / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # as /dev/zero, without an end
    (folder / "link").symlink_to(folder / "link")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00junk")))
    monkeypatch.setenv("KCONSOLE_DEBUG", "1")  # what is unexpected is raised
    return folder


def value_of(name: str, folder: Path) -> str:
    """A value of `VALUES` or `PLAIN`, with the path that it stands for."""
    named = {"FOLDER": folder, "DEVICE": folder / "device", "LINK": folder / "link"}
    first, slash, rest = name.partition("/")
    return f"{named[first]}{slash}{rest}" if first in named else name


def arguments(path: str, hostile: str, value: str, folder: Path) -> list[str]:
    """A command line with this value for one parameter, and plain ones for those that it needs beside it."""
    options, rest = [], []
    if path == "serve":  # which would go on until it is stopped
        options.append("--listen=192.0.2.1:1" if hostile == "origins" else "--origin=no address")
    for param in BY_PATH[path].params:
        if param.name != hostile and not param.required:
            continue
        plain = value_of(PLAIN.get(param.name or "", "x"), folder)
        text = value if param.name == hostile else plain
        if isinstance(param, click.Option):
            options.append(f"{param.opts[-1]}={text}")
        else:
            rest.append(text)
    return [*path.split(), *options, "--", *rest] if rest else [*path.split(), *options]


@pytest.mark.parametrize("name", thorough_but(("control", "surrogate"), VALUES))
def test_no_value_of_a_parameter_does_harm(console: Console, folder: Path, name: str) -> None:
    value = value_of(VALUES[name], folder)
    domain = Domain(name="north.example", primary=True)
    console.fill(account("anna"), account("berg", enabled=False), seats=3, domains=(domain,))
    for path, hostile in share(ALL, list(VALUES).index(name)):
        given = arguments(path, hostile, value, folder)
        said = console(*given)
        assert said.code in CODES, (given, said)
        assert said.is_harmless() or given[0] == "backup", (given, said)  # a backup may go to standard output
        assert not {"Traceback", "Unexpected"} & set(said.err.split()), (given, said)
        assert not any(line.startswith("kconsole: all is well") for line in (*said.out.splitlines(), *said.talk))


def test_a_text_is_bounded(console: Console) -> None:
    console.fill(account("anna"))
    for option in ("--reason", "--as"):
        assert console("disable", "anna@north.example", option, "x" * 4_001).code == 2
    console.done("disable", "anna@north.example", "--reason", "x" * 4_000)


@pytest.mark.parametrize("value", [b"\xff\xfe", bytes(range(1, 256)), b"\xed\xb3\xbf", b"\x9b31m"])
def test_bytes_that_are_no_text_come_in_as_a_shell_passes_them(console: Console, value: bytes) -> None:
    console.fill(account("anna"))
    for given in (
        [b"explain", value],
        [b"disable", b"anna@north.example", b"--reason", value],
        [b"--as", value, b"log"],
    ):
        said = console.process(*given)
        assert said.code in (2, 3), (given, said)
        assert said.is_harmless(), (given, said)


def test_every_parameter_is_covered() -> None:
    """The walk finds all commands: new ones by themselves."""
    assert {path.split()[0] for path, _ in ALL} >= {
        name for name in COMMANDS if name not in ("completion", "reconcile", "schema")
    }
    assert len(ALL) > 100
