"""A store on a file system of another machine that is really mounted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kconsole.operations.samples import sample_session
from tests.clocks import noon
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


HANGING = """
mkfifo "$1/up" "$1/down"
"$3" < "$1/up" > "$1/down" &
server=$!
sshfs -f -o passive ":$1/disk" "$1/mounted" > "$1/up" < "$1/down" &
for try in $(seq 1000); do
    mountpoint -q "$1/mounted" && break
    sleep 0.02
done
kill -STOP $server
("$2" -m kconsole fleet --json > "$1/answer"; echo $? > "$1/ended") &
for try in $(seq 1000); do
    [ -s "$1/ended" ] && break
    sleep 0.02
done
cat "$1/ended"
kill -CONT $server
umount "$1/mounted"
wait
"""


def need_sshfs(folder: Path) -> None:
    """Skip the test where nothing can be mounted; make the folders for it."""
    if shutil.which("sshfs") is None or not SERVER.exists():
        pytest.skip("sshfs or openssh-sftp-server is not installed")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", folder], check=False).returncode:
        pytest.skip("this machine lets no one mount anything, not even in a namespace of their own")
    if not Path("/dev/fuse").exists():
        pytest.skip("the system has no fuse")
    for name in ("disk", "mounted"):
        (folder / name).mkdir()


@as_root
@pytest.mark.thorough
def test_a_store_whose_file_system_hangs_does_not_keep_fleet_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_sshfs(tmp_path)
    for folder in ("disk/s", "near"):
        sample_session("small", tmp_path / folder, "anna", noon()).close()
    config = tmp_path / "config.toml"
    stores = {"far": tmp_path / "mounted" / "s", "near": tmp_path / "near"}
    config.write_text("".join(f"[contexts.{name}]\nstore = '{store}'\n" for name, store in stores.items()))
    monkeypatch.setenv("KCONSOLE_CONFIG", str(config))
    command = ["unshare", "-m", "sh", "-c", HANGING, "sh", str(tmp_path), sys.executable, str(SERVER)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.stdout == "1\n", ended  # before the file system went on
    answer = json.loads((tmp_path / "answer").read_text())
    assert [(store["context"], store["state"]) for store in answer["stores"]] == [("far", "no-answer"), ("near", "ok")]


@as_root
@pytest.mark.thorough
def test_a_store_that_sshfs_mounts_is_read_and_not_changed_unless_that_is_allowed(tmp_path: Path) -> None:
    need_sshfs(tmp_path)
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
