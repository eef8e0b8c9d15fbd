"""A database whose disk is really full, in a mount namespace of its own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.limits import PATIENCE
from tests.postgresql.server import programs
from tests.users import as_root

MOUNTED = """
mount -t tmpfs -o size=120m,mode=755 none "$1" && exec "$2" -m tests.postgresql.full_disk "$1"
"""


@as_root
@pytest.mark.thorough
def test_changes_are_refused_while_it_is_and_none_that_was_confirmed_is_lost() -> None:
    programs()
    with tempfile.TemporaryDirectory(prefix="kconsole-full-") as disk:
        Path(disk).chmod(0o755)  # the server runs as another user
        if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", disk], check=False).returncode:
            pytest.skip("this machine lets no one mount anything, not even in a namespace of their own")
        command = ["unshare", "-m", "sh", "-c", MOUNTED, "sh", disk, sys.executable]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")  # nothing is printed on a screen
    found = json.loads(ended.stdout)
    assert sum(found["errors"].values()) == 3, found
    assert set(found["errors"]) <= {"make-room-on-server", "database-away", "database-not-confirmed"}, found
    assert found["seen"] - found["before"] >= found["confirmed"]
    assert found["last"] == found["seen"] + 1, found
