"""SIGKILL at any moment: every change that was reported as done is there, and none is half there."""

import os
import re
import subprocess
import sys
from pathlib import Path

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
