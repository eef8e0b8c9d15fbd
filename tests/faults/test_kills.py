"""SIGKILL at any moment: every change that was reported as done is there, and none is half there."""

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from kconsole.core.records import Entry, LastLogin
from kconsole.core.times import SystemClock
from kconsole.operations.maintenance import verify
from tests.cli.console import Console
from tests.limits import PATIENCE

KILLS = int(os.environ.get("KCONSOLE_KILLS", "200"))
SEED = int(os.environ.get("KCONSOLE_SEED", "3"))


def test_no_kill_loses_a_change_or_halves_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.kill_loop", str(tmp_path / "s"), str(KILLS), str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE + KILLS, check=False)
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"(\d+) kills, (\d+) changes, \d+ torn lines\n", done.stdout)
    assert found is not None
    assert int(found[1]) == KILLS
    assert int(found[2]) > 1  # some were in time, however busy the machine is


DYING = """
import os, signal, sys
real_write = os.write
def write(descriptor, content):
    if b'"deed":"reclaim"' not in bytes(content):
        return real_write(descriptor, content)
    real_write(descriptor, content[: int(len(content) * {share})])
    os.kill(os.getpid(), signal.SIGKILL)
os.write = write
from kconsole.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.thorough
@pytest.mark.parametrize("share", [0, 0.001, 0.5, 1])
def test_a_plan_of_many_accounts_is_applied_whole_or_not_at_all(tmp_path: Path, share: float) -> None:
    console = Console(tmp_path / "store", None)
    long_ago = LastLogin(SystemClock().now() - timedelta(days=400), "IMAP")
    people = (Entry(address=f"p{number}@north.example", last_login=long_ago) for number in range(300))
    console.fill(*people, seats=None)
    console.done("policy", "set", "idle", "brake_percent=100", "brake_accounts=300")
    file = str(tmp_path / "plan.json")
    assert console("reclaim", "plan", "--out", file).code == 5
    command = [
        sys.executable,
        "-c",
        DYING.format(share=share),
        "--store",
        str(console.folder),
        "reclaim",
        "apply",
        file,
    ]
    died = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    enabled = {each["enabled"] for each in console.accounts()}
    assert enabled == {share < 1}
    assert console("reclaim", "apply", file).code == (0 if share < 1 else 4)
    assert {each["enabled"] for each in console.accounts()} == {False}
    console.done("undo")
    assert {each["enabled"] for each in console.accounts()} == {True}
    assert verify(console.folder).sequence == len(console.done("log", "--json").json)
