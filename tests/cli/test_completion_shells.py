"""Completion in the real shells: keys pressed in bash, zsh and fish, and what the shell then runs."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from kconsole.cli.completion.command import SHELLS
from kconsole.cli.context import CliContext
from kconsole.core.history import Operator
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.session import Session
from tests.cli.console import in_process
from tests.clocks import noon
from tests.limits import wait_until
from tests.wire.terminal import Terminal, terminal

pytestmark = pytest.mark.thorough

HOSTILE: Final = {
    "b": "b$(touch CANARY)x",
    "c": "c`touch CANARY`",
    "d": "d e'f\"g",
    "h": "h;touch CANARY",
    "i": "i!j*k?[l]{m,n}~",
    "o": "o\\p&|<q>#r^",
    "s": "s=t:u%v",
    "é": "éw",
}
"""Logins by what is typed of them."""

PROGRAM: Final = """#!/bin/sh
[ "$1" = __complete ] || [ "$1" = completion ] && exec PYTHON -m kconsole "$@"
printf '%s\\0' "$@" > RUN.new && mv RUN.new RUN
"""
"""A kconsole that completes, and writes down what else it is to do."""

START: Final = {
    "bash": ("bash", "--noprofile", "--rcfile", "SETUP", "-i"),
    "zsh": ("zsh", "-d", "-i"),
    "fish": ("fish", "--init-command", "source SETUP"),
}

SETUP: Final = {
    "bash": "source /usr/share/bash-completion/bash_completion\nPS1='ready> '\nbind 'set bell-style none'\n",
    "zsh": "fpath=(HOME/functions $fpath)\nautoload -U compinit\ncompinit -u -d HOME/dump\nPS1='ready> '\n",
    "fish": "function fish_prompt; printf 'ready> '; end\nset -g fish_greeting\n",
}

INSTALLED: Final = {
    "bash": "data/bash-completion/completions/kconsole",
    "zsh": "functions/_kconsole",
    "fish": "config/fish/completions/kconsole.fish",
}
"""Where each shell finds the script when it needs it, below the home of `terminal`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with hostile names, a program, and each shell's files."""
    folder = tmp_path_factory.mktemp("shells")
    entries = [Entry(address=f"{login}@n.example", full_name="$(x)\n\x1b[31m") for login in HOSTILE.values()]
    entries += [Entry(address="x\ny@n.example"), Entry(address="anna@n.example"), Entry(address="anton@n.example")]
    inventory = Inventory(domains=(Domain(name="n.example"),), entries=tuple(entries))
    Session.create(folder / "store", inventory, Operator("x"), noon()).close()
    other = Inventory(domains=(Domain(name="n.example"),), entries=(Entry(address="other@n.example", enabled=False),))
    Session.create(folder / "other", other, Operator("x"), noon()).close()
    for each in ("bin", "work", "damaged"):
        (folder / each).mkdir()
    (folder / "damaged" / "store.json").write_text("damaged")
    (folder / "work" / "a-file").touch()
    program = folder / "bin" / "kconsole"
    program.write_text(PROGRAM.replace("PYTHON", shlex.quote(sys.executable)).replace("RUN", str(folder / "run")))
    program.chmod(0o755)
    return folder


@contextmanager
def shell(name: str, folder: Path) -> Iterator[Terminal]:
    """A shell that completes kconsole, at its prompt."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    if name == "bash" and not Path("/usr/share/bash-completion/bash_completion").exists():
        pytest.skip("bash-completion is not installed")
    home = folder / name
    home.mkdir(exist_ok=True)
    setup = home / (".zshrc" if name == "zsh" else "setup")
    setup.write_text(SETUP[name].replace("HOME", str(home)))
    script = home / INSTALLED[name]
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(in_process(["completion", name], CliContext()).out)
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "KCONSOLE_STORE": str(folder / "store"), "ZDOTDIR": str(home),
        "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "vt100", "COLORTERM": "", "SHELL": f"/bin/{name}",
    }  # fmt: skip
    words = [word.replace("SETUP", str(setup)) for word in START[name]]
    with terminal(program=words, environment=environment, home=home, columns=120, lines=30) as screen:
        screen.wait_for("ready> ")
        yield screen


def run_by(screen: Terminal, folder: Path, keys: str) -> list[str]:
    """What the shell runs after these keys."""
    run = folder / "run"
    run.unlink(missing_ok=True)
    screen.wait_until(lambda text: _line(text).strip() == "ready>", "an empty prompt")
    screen.send(keys + "\r")
    wait_until(run.exists, f"what {keys!r} runs")
    return run.read_text().split("\0")[:-1]


def _line(text: str) -> str:
    """The last line that is not empty."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


@pytest.mark.parametrize("name", SHELLS)
def test_what_is_completed_runs_as_it_is_in_the_store(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    other, damaged = folder / "other", folder / "damaged"
    with shell(name, folder) as screen:

        def ran(keys: str) -> list[str]:
            return run_by(screen, folder, keys)

        assert ran("kconsole disa\tann\t") == ["disable", "anna@n.example"]
        for begun, login in HOSTILE.items():
            assert ran(f"kconsole disable {begun}\t") == ["disable", f"{login}@n.example"], login
        for begun in ("d", "i", "o", "é"):
            assert ran(f"kconsole disable '{begun}\t") == ["disable", f"{HOSTILE[begun]}@n.example"]
        assert ran('kconsole disable "b\t') == ["disable", f"{HOSTILE['b']}@n.example"]
        assert ran("kconsole disable anna@n\t") == ["disable", "anna@n.example"]
        assert ran("kconsole accounts --sort=dom\t") == ["accounts", "--sort=domain"]
        assert ran(f"kconsole --store {other} enable o\t") == ["--store", str(other), "enable", "other@n.example"]
        assert ran("kconsole accounts --filter is:nev\t") == ["accounts", "--filter", "is:never"]
        assert ran("kconsole dump work/a-f\t")[1:] == ["work/a-file"]
        if name != "bash":  # which does not pass on what stands before the command
            assert ran(f"KCONSOLE_STORE={other} kconsole enable o\t") == ["enable", "other@n.example"]
        assert ran(f"kconsole --store {damaged} disable an\t") == ["--store", str(damaged), "disable", "an"]
        assert "rror" not in screen.text
    assert not (folder / "CANARY").exists()
