"""Whether a folder is on another machine: there a lock that one machine has may be unknown to the next."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")

_TYPES: Final = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs"),
        *("afs", "coda", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "pvfs2", "davfs", "sshfs", "fhgfs"),
        *("ceph-fuse", "curlftpfs", "rclone", "s3fs", "s3fs-fuse", "gcsfuse", "goofys", "blobfuse", "blobfuse2"),
        *("vmhgfs-fuse", "smbnetfs", "davfs2", "juicefs", "JuiceFS", "moosefs", "mfs", "lizardfs", "seaweedfs"),
    )
)
"""Types of file systems, with and without the `fuse.` before them."""

_MAGIC: Final = {
    0x6969: "nfs", 0xFF534D42: "cifs", 0xFE534D42: "smb2", 0x517B: "smbfs", 0x564C: "ncpfs", 0x01021997: "9p",
    0x6A656A63: "virtiofs", 0x786F4256: "vboxsf", 0xBACBACBC: "vmhgfs", 0x5346414F: "afs", 0x6B414653: "afs",
    0x73757245: "coda", 0x00C36400: "ceph", 0x0BD00BD0: "lustre", 0x19830326: "beegfs", 0x47504653: "gpfs",
    0x20030528: "pvfs2", 0x65735546: "fuse",
}  # fmt: skip
"""What the system calls them where there is no list of mounts, which says more of fuse."""

_ESCAPED: Final = re.compile(rb"\\([0-7]{3})")


def network_type(folder: Path) -> str:
    """The type of the network file system that a folder, which need not exist, is on; empty if it is on none."""
    real = os.path.realpath(folder)
    try:
        listed = _type_in_list(os.fsencode(real), MOUNTS.read_bytes())
    except OSError:
        listed = None
    return _type_by_statfs(real) if listed is None else listed


def _type_in_list(path: bytes, mounts: bytes) -> str | None:
    """The type by a list of mounts; None if it has none for this path. Of two at one place, the later one counts."""
    longest, kind = b"", None
    for line in mounts.splitlines():
        mount, _, file_system = line.partition(b" - ")
        mount_fields, type_and_source = mount.split(b" ", 5), file_system.split(b" ", 2)
        if len(mount_fields) < 6 or len(type_and_source) < 2:
            continue
        place = _ESCAPED.sub(lambda found: bytes((int(found[1], 8),)), mount_fields[4])
        if len(place) >= len(longest) and (path + b"/").startswith(place.rstrip(b"/") + b"/"):
            longest, kind = place, os.fsdecode(type_and_source[0])
            is_remote = kind.removeprefix("fuse.") in _TYPES or (kind == "fuse" and b":" in type_and_source[1])
            kind = kind if is_remote else ""
    return kind


def _type_by_statfs(path: str) -> str:
    import ctypes  # which a machine with a list of mounts does without

    while not os.path.lexists(path) and path != os.path.dirname(path):  # noqa: PTH120
        path = os.path.dirname(path)  # noqa: PTH120
    with suppress(OSError, AttributeError, ValueError):
        answer = (ctypes.c_long * 64)()
        if ctypes.CDLL(None).statfs(os.fsencode(path), answer) == 0:
            return _MAGIC.get(answer[0] & 0xFFFFFFFF, "")
    return ""
