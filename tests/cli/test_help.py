"""The manual on the command line."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from kconsole.cli.context import CliContext
from kconsole.text import manual
from tests.cli.console import Console, in_process
from tests.limits import PATIENCE


def test_it_lists_the_topics_and_shows_one(console: Console) -> None:
    listed = console.done("help").out
    assert all(f"  {topic.name} " in listed and topic.title in listed for topic in manual.topics().values())
    shown = console.done("help", "exit-codes").out
    assert shown.splitlines()[0] == manual.topics()["exit-codes"].title
    assert "\x1b" not in listed + shown
    assert not console.folder.exists()


def test_it_shows_the_help_of_commands(console: Console) -> None:
    assert console.done("help", "log", "verify").out.startswith("Usage: kconsole log verify [OPTIONS]")
    assert console.done("help", "disable").out == console.done("disable", "--help").out
    license_topic = manual.topics().get("license")
    if license_topic is not None:
        assert "kconsole license --help" in console.done("help", "license").out


@pytest.mark.parametrize(("names", "meant"), [(["exitcodes"], "exit-codes"), (["log", "verfy"], "log verify"),
    (["disabel"], "disable"), (["log", "verify", "more"], "'kconsole help'"),
    (["zzzz"], "'kconsole help'")])  # fmt: skip
def test_a_wrong_name_is_wrong_usage_and_what_is_near_is_named(names: list[str], meant: str, console: Console) -> None:
    said = console("help", *names)
    assert (said.code, said.out) == (2, "")
    assert meant in said.err


def test_it_finds_words(console: Console) -> None:
    found = console.done("help", "--search", "busy STORE").out
    assert found.splitlines()[0].startswith("kconsole help ")
    assert any("exit-codes" in line for line in found.splitlines())
    assert console.done("help", "--search", "busy", "STORE").out == found, "no quotes are needed"
    assert [console("help", "--search", words).code for words in ("zzzzz", " ")] == [3, 3]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("operator", "pager"), [("", ""), ("anna", ""), ("", "'")], ids=["pager", "operator", "broken"]
)
def test_a_terminal_has_a_pager_for_what_does_not_fit_but_no_operator_has(
    operator: str, pager: str, tmp_path: Path
) -> None:
    """A pager may run a shell; under a forced command there must be none."""
    program = tmp_path / "pager"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/paged\n")
    program.chmod(0o700)
    code = (
        "from kconsole.cli.context import CliContext; from kconsole.cli.main import run;"
        f"run(['help', 'exit-codes'], CliContext(operator_name={operator!r}))"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PAGER": pager or str(program), "TERM": "xterm", "HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
        env=environment, timeout=PATIENCE, check=False)  # fmt: skip
    os.close(theirs)
    is_paged = not operator and not pager
    shown = (tmp_path / "paged").read_text() if is_paged else os.read(ours, 65536).decode()
    os.close(ours)
    assert (ended.stderr, (tmp_path / "paged").exists()) == (b"", is_paged)
    assert "\x1b[1m" in shown


def test_an_operator_reads_the_manual(tmp_path: Path) -> None:
    said = in_process(["help", "exit-codes"], CliContext(location=tmp_path / "store", operator_name="anna"))
    assert said.code == 0
