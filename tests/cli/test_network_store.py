"""A store on a file system of another machine that is really mounted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import PATIENCE
from tests.users import as_root

SERVER = Path("/usr/lib/openssh/sftp-server")

MOUNTED = """
mkfifo "$1/up"
"$3" < "$1/up" | sshfs -f -o passive ":$1/disk" "$1/mounted" > "$1/up" &
for try in $(seq 1000); do
    mountpoint -q "$1/mounted" && break
    sleep 0.02
done
PYTHON=$2 STORE=$1/mounted/s
run() { echo "-- $*"; "$PYTHON" -m kconsole --store "$STORE" "$@" 2>&1; echo "= $?"; }
run init
run init --allow-network-fs
run domains add north.example
run status
run --allow-network-fs domains add north.example
run doctor
umount "$1/mounted"
wait
"""


@as_root
@pytest.mark.thorough
def test_a_store_that_sshfs_mounts_is_read_and_not_changed_unless_that_is_allowed(tmp_path: Path) -> None:
    if shutil.which("sshfs") is None or not SERVER.exists():
        pytest.skip("sshfs or openssh-sftp-server is not installed")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", tmp_path], check=False).returncode:
        pytest.skip("this machine lets no one mount anything, not even in a namespace of their own")
    if not Path("/dev/fuse").exists():
        pytest.skip("the system has no fuse")
    for name in ("disk", "mounted"):
        (tmp_path / name).mkdir()
    command = ["unshare", "-m", "sh", "-c", MOUNTED, "sh", str(tmp_path), sys.executable, str(SERVER)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    codes = {part.partition("\n")[0]: int(part.rpartition("= ")[2]) for part in f"\n{ended.stdout}".split("\n-- ")[1:]}
    assert codes == {
        "init": 4,
        "init --allow-network-fs": 0,
        "domains add north.example": 4,
        "status": 0,
        "--allow-network-fs domains add north.example": 0,
        "doctor": 0,
    }, ended
    assert (tmp_path / "disk" / "s" / "journal.jsonl").read_bytes().count(b"\n") == 2
