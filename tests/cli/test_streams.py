"""Every command with every state of its streams: what it does and its exit code stay the same."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import pytest
from _pytest.mark.structures import ParameterSet

from kconsole.cli import streams
from kconsole.cli.main import kconsole
from kconsole.core.records import Domain, Inventory
from tests.cli.console import Console, account
from tests.cli.forked import Stream, run_forked
from tests.importers.kerio_writer import write_files
from tests.importers.license_writer import license_key
from tests.limits import PATIENCE

_TODAY: Final = datetime.now(UTC).date()  # the processes have the clock of the machine

COMMANDS: Final = {
    "status": "",
    "check": "",
    "metrics": "",
    "accounts": "--json",
    "explain": "anna@north.example",
    "domains": "",
    "domains add": "south.example",
    "domains map": "north.example --url ldaps://d.example --base dc=north",
    "disable": "anna@north.example",
    "tag": "anna@north.example service",
    "enable": "berg@north.example",
    "add": "new@north.example",
    "delete": "anna@north.example --yes",
    "restarted": "",
    "connect": "anna@north.example --json",
    "license": "",
    "license activate": "",
    "license component": "antivirus --seats 5 --json",
    "license install": "FILES/license.key --yes",
    "license price": "24.50 EUR --json",
    "license register": "",
    "license show": "--json",
    "license trial": "",
    "license update": "--buy 5 --json",
    "server": "--json",
    "server add": "mail --url https://mail.north.example --user anna@north.example",
    "server remove": "",
    "sync": "",
    "reconcile": "",
    "map": "north.example",
    "import": "",
    "import csv": "FILES/users.csv --domain north.example",
    "import kerio": "FILES",
    "import logins": "FILES/logins.csv",
    "init": "",
    "dump": "",
    "restore": "FILES/dump.json",
    "log": "",
    "journal": "",
    "journal archive": "",
    "log verify": "",
    "undo": "",
    "doctor": "--fix",
    "backup": "-",
    "demo": "",
    "diagnose": "",
    "schema": "status",
    "help": "exit-codes",
    "completion": "bash",
    "config": "",
    "context": "",
    "fleet": "--csv",
    "context list": "--json",
    "context show": "--json",
    "config check": "--json",
    "config show": "--json",
    "keep": "",
    "protect": "",
    "policy": "",
    "policy list": "",
    "policy show": "idle",
    "policy set": "idle inactive=90",
    "policy remove": "idle",
    "reclaim": "",
    "reclaim plan": "",
    "reclaim explain": "anna@north.example",
    "reclaim apply": "FILES/plan.json",
    "reclaim mark": "FILES/plan.json --notices FILES/notices",
    "reclaim due": "",
    "reserve": "",
    "reserve list": "",
    "offboard": "",
    "due": "--apply",
    "history": "",
    "forecast": "",
    "report": "seats --out FILES/reports --by domain",
    "suggest": "",
    "suggest shared": "--json",
    "license renewal": "--json",
    "log head": "--json",
    "reserve add": f"Anna --until {_TODAY + timedelta(days=30)}",
    "reserve cancel": "r1",
    "reserve extend": f"r1 {_TODAY + timedelta(days=60)}",
    "roles": "",
    "roles check": "",
    "roles keys": "anna",
    "roles whoami": "",
    "serve": "--listen here",
    "service-user": "--print",
    "share": "",
    "share off": "",
    "share on": "--group missing",
    "shell": "--operator anna",
    "store": "",
    "store bind": "anna --account anna@north.example",
    "store copy": "FILES/missing FILES/copy",
    "store init-postgresql": "--print",
}
"""Arguments with which each command does what it is for, or refuses it."""

QUICK: Final = ("disable", "dump", "import csv", "license register")
NEED_OUTPUT: Final = ("dump", "backup", "store init-postgresql")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    commits: int
    """How many lines its journal has more."""
    said: str


def every_command(group: click.Group, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{path}{name}"
        if isinstance(command, click.Group):
            yield from every_command(command, f"{path}{name} ")


def test_every_command_is_tried() -> None:
    assert set(every_command(kconsole)) == set(COMMANDS)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store and files, to be copied for each command."""
    folder = tmp_path_factory.mktemp("prepared")
    console = Console(folder / "store").fill(account("anna"), account("berg", enabled=False), seats=50)
    console.done("disable", "anna@north.example")
    console.done("enable", "anna@north.example")
    console("reclaim", "plan", "--out", str(folder / "plan.json"))
    rows = "".join(f"p{number};Person {number}\n" for number in range(300))
    (folder / "users.csv").write_text(f"Name;FullName\n{rows[:400]}")
    (folder / "logins.csv").write_text("address;time\nanna@north.example;2026-08-05T12:03:00Z\n")
    (folder / "license.key").write_bytes(license_key())
    (folder / "dump.json").write_text(console.done("dump").out)
    write_files(folder, Inventory(domains=(Domain(name="north.example"),), entries=(account("carla"),)))
    return folder


@contextmanager
def lost_pipe() -> Iterator[int]:
    """A pipe that no one reads."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@pytest.fixture
def run(prepared: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Ended]:
    count = 0

    def run(name: str, **streams: Any) -> Ended:
        """Run a command on a copy of the store, with these standard streams; one that is none is closed."""
        nonlocal count
        count += 1
        here = tmp_path / str(count)
        shutil.copytree(prepared, here)
        journal = here / "store" / "journal.jsonl"
        before = journal.read_bytes().count(b"\n")
        arguments = [*name.split(), *shlex.split(COMMANDS[name].replace("FILES", str(here)))]
        environment = {**os.environ, "KCONSOLE_STORE": str(here / "store"), "TERM": "xterm"}
        act = run_program if request.param == "program" else run_forked
        ended = act(arguments, environment, **streams)
        said = ended.stderr.decode()
        assert "Traceback" not in said
        assert "nexpected" not in said
        assert "not foreseen" not in said
        Console(here / "store").done("log", "verify")
        return Ended(ended.returncode, journal.read_bytes().count(b"\n") - before, said)

    return run


def run_program(
    arguments: Sequence[str],
    environment: dict[str, str],
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.PIPE,
    stderr: Stream = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command from the start of Python, in a shell that closes what is none."""
    streams = (stdin, stdout, stderr)
    closed = " ".join(f"{number}>&-" for number, stream in enumerate(streams) if stream is None)
    ended = subprocess.run(
        ["bash", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "kconsole", *arguments],
        stdin=stdin, stdout=stdout, stderr=stderr, env=environment, timeout=PATIENCE, check=False,
        start_new_session=True,
    )  # fmt: skip
    return subprocess.CompletedProcess(ended.args, ended.returncode, ended.stdout or b"", ended.stderr or b"")


def of_commands() -> Iterator[ParameterSet]:
    """Each command, forked from the loaded program; some from the start of Python, too."""
    for name in COMMANDS:
        if name in QUICK:
            yield pytest.param("program", name, id=name)
        yield pytest.param("forked", name, id=f"{name}, forked", marks=pytest.mark.thorough)


@pytest.mark.parametrize(("run", "name"), of_commands(), indirect=["run"])
def test_no_state_of_the_streams_decides(name: str, run: Callable[..., Ended]) -> None:
    code, commits, said = run(name)
    with lost_pipe() as lost, open("/dev/full", "wb") as full:  # noqa: PTH123
        assert run(name, stderr=lost)[:2] == (code, commits)
        assert run(name, stdout=lost, stderr=lost)[:2] in ((code, commits), (1, commits))
        ended = run(name, stdout=lost)
        assert ended[:2] == (1 if name in NEED_OUTPUT else code, commits)
        assert run(name, stdin=None)[:2] == (code, commits)
        ended = run(name, stdin=None, stdout=None, stderr=None)
        assert ended[:2] == (1 if name in NEED_OUTPUT else code, commits)
        assert run(name, stderr=full.fileno())[:2] == (code, commits)
        ended = run(name, stdout=full.fileno())
    if ended[:2] != (code, commits) or "cannot be written" in ended.said:
        assert ended[:2] == (code if commits else 3 if name == "check" else code or 1, commits)
        assert "cannot be written" in ended.said
    assert said or not code


def test_what_a_signal_interrupts_is_not_written_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(streams._Stream):
        def write(self, data: Any, /) -> int:
            super().write(data)
            raise KeyboardInterrupt

    monkeypatch.setattr(streams, "_Stream", Interrupted)
    reader, writer = os.pipe()
    output = streams._replaced(None, writer, is_original=True)
    output.write("a line\n")
    with pytest.raises(KeyboardInterrupt):
        output.flush()
    output.flush()
    os.close(writer)
    with os.fdopen(reader, "rb") as read:
        assert read.read() == b"a line\n"
