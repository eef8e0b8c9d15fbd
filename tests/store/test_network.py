"""Which folders are on another machine."""

import ctypes
from pathlib import Path

import pytest

from kconsole.store.file_engine import network
from kconsole.store.file_engine.network import network_type

ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw"


@pytest.mark.parametrize(
    ("mounts", "path", "found"),
    [
        ("", "/srv/s", ""),
        ("9 1 0:1 / /srv rw - nfs nas:/v rw", "/srv/s", "nfs"),
        ("9 1 0:1 / /srv rw shared:1 master:2 - nfs4 nas:/v rw", "/srv/s", "nfs4"),
        ("9 1 0:1 / /srv/s rw - cifs //nas/v rw", "/srv/s", "cifs"),
        ("9 1 0:1 / /srv/s rw - smb3 //nas/v rw", "/srv/s2", ""),
        ("9 1 0:1 / /srv/ rw - 9p host rw", "/srv/s", "9p"),
        ("9 1 0:1 / /srv rw - fuse.sshfs nas:/v rw", "/srv/s", "fuse.sshfs"),
        ("9 1 0:1 / /srv rw - fuse.glusterfs nas:/v rw", "/srv/s", "fuse.glusterfs"),
        ("9 1 0:1 / /srv rw - fuse nas:/v rw", "/srv/s", "fuse"),
        ("9 1 0:1 / /srv rw - fuse.gocryptfs /home/x rw", "/srv/s", ""),
        ("9 1 0:1 / /srv rw - fuseblk /dev/sdb1 rw", "/srv/s", ""),
        ("9 1 0:1 / /srv rw - ceph mon:/ rw", "/srv/s", "ceph"),
        ("9 1 0:1 / /srv rw - lustre mds@tcp:/v rw", "/srv/s", "lustre"),
        ("9 1 0:1 / /srv rw - afs #root rw", "/srv/s", "afs"),
        ("9 1 0:1 / /srv rw - autofs auto rw\n10 9 0:2 / /srv/s rw - nfs nas:/v rw", "/srv/s", "nfs"),
        ("9 1 0:1 / /srv rw - nfs nas:/v rw\n10 9 8:1 / /srv/s rw - xfs /dev/sda1 rw", "/srv/s", ""),
        ("9 1 0:1 / /srv rw - nfs nas:/v rw\n10 9 8:1 / /srv rw - ext4 /dev/sda1 rw", "/srv/s", ""),
        ("9 1 0:1 / /srv/a\\040b\\134c rw - nfs nas:/v rw", "/srv/a b\\c/s", "nfs"),
        ("no line of a table at all", "/srv/s", ""),
    ],
)
def test_the_mount_that_a_folder_is_on_decides(
    mounts: str, path: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mountinfo").write_text(f"{ROOT}\n{mounts}\n")
    monkeypatch.setattr(network, "MOUNTS", tmp_path / "mountinfo")
    assert network_type(Path(path)) == found


@pytest.mark.parametrize(
    ("magic", "found"), [(0x6969, "nfs"), (0xFF534D42, "cifs"), (0x65735546, "fuse"), (0xEF53, "")]
)
def test_without_a_table_of_mounts_the_system_is_asked(
    magic: int, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    class Library:
        def __init__(self, _: object) -> None: ...

        def statfs(self, path: bytes, answer: "ctypes.Array[ctypes.c_long]") -> int:
            asked.append(path)
            answer[0] = ctypes.c_long(magic).value
            return 0

    monkeypatch.setattr(network, "MOUNTS", tmp_path / "none")
    assert network_type(tmp_path / "new" / "s") == ""
    monkeypatch.setattr(ctypes, "CDLL", Library)
    assert network_type(tmp_path / "new" / "s") == found
    assert asked == [bytes(tmp_path)]
