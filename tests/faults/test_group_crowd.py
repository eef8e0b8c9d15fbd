"""A shared store whose users are killed at any moment; see `group_crowd`."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.limits import PATIENCE
from tests.users import as_root

CHANGES = int(os.environ.get("KCONSOLE_CROWD", "60"))


@as_root
def test_users_of_a_shared_store_lose_nothing_and_lock_no_one_out() -> None:
    with TemporaryDirectory() as folder:
        module = [sys.executable, "-m", "tests.faults.group_crowd", str(Path(folder) / "s")]
        patience = PATIENCE + CHANGES
        ended = subprocess.run([*module, str(CHANGES), "0.2", "1"], capture_output=True, timeout=patience, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert int(ended.stdout.split()[0]) >= 3 * CHANGES
