"""A fresh Debian in a folder, for the test of the package: in memory, and gone with the process that holds it.

The first run makes an archive of it with mmdebstrap, with what a server usually has and the packages that kconsole
depends on still to be installed. It stays in the user's folder for caches, so that later runs need no network.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, NoReturn, TypeVar

import pytest

Made = TypeVar("Made")

USUAL: Final = ("bash-completion", "ca-certificates", "fish", "man-db", "systemd", "zsh")
NEEDED: Final = ("python3.11", "libgcc-s1", "libpq5")
MAKE: Final = (
    *("mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt", f"--include={','.join(USUAL)}"),
    # A mirror may lag behind; this one is only for a test.
    "--aptopt=Acquire::Check-Valid-Until false",
    *("--aptopt=Acquire::Languages none", "--dpkgopt=path-exclude=/usr/share/locale/*"),
    f'--customize-hook=chroot "$1" apt-get install -qq --download-only {" ".join(NEEDED)}',
    "bookworm",
)
HOLD: Final = """
set -eu
mount -t tmpfs none "$1"
tar -xf "$2" -C "$1"
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
echo ready
read -r _ || true
"""
KEPT_BY_DEBIAN: Final = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/", "/var/log/", "/run/", "/tmp/", "/root/")
"""Where Debian's own tools and shells write what they did."""


KEPT: Final = 30 * 86400
"""Seconds after which an archive goes that another checkout may have made."""


class CleanRoot(NamedTuple):
    """A Debian that stands while it is held."""

    folder: Path
    holder: int

    def command(self, *words: str, user: str = "root") -> list[str]:
        """The command that runs another inside."""
        home = "/root" if user == "root" else "/var/lib/kconsole"
        as_user = () if user == "root" else ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups")
        return [
            *(
                "nsenter",
                "--target",
                str(self.holder),
                "--mount",
                "/usr/sbin/chroot",
                str(self.folder),
                "env",
                "-i",
                "-C",
                "/",
            ),
            *(f"HOME={home}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"),
            *("TERM=xterm-256color", *as_user, *words),
        ]

    def run(self, *words: str, user: str = "root", code: int = 0) -> str:
        """What a command inside prints."""
        said = subprocess.run(self.command(*words, user=user), capture_output=True, text=True, check=False)
        assert said.returncode == code, (words, said.returncode, said.stdout[-2000:], said.stderr[-2000:])
        return said.stdout

    def apt(self, *words: str) -> None:
        """Have apt install or remove something."""
        self.run("apt-get", "--yes", "--quiet", *words)

    def put(self, file: Path, place: str) -> None:
        """Copy a file to a place inside."""
        with file.open("rb") as content:
            subprocess.run(self.command("tee", place), stdin=content, stdout=subprocess.DEVNULL, check=True)

    def files(self) -> set[str]:
        """All that is there, but for what Debian's own tools note."""
        return {
            path
            for path in self.run("find", "/", "-xdev", "-printf", "%p\\n").splitlines()
            if not path.startswith(KEPT_BY_DEBIAN)
        }

    def of_packages(self) -> set[str]:
        """What belongs to the packages that are installed now."""
        return set(self.run("sh", "-c", "cat /var/lib/dpkg/info/*.list").splitlines())


def lacking(what: str) -> NoReturn:
    """Pass over a test for which this machine lacks something; in CI nothing may be lacking."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def need(*modules: str) -> None:
    """Look for modules of the extra `packaging`, which `make check` installs."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            lacking(f"{module} is not installed")


def need_all() -> None:
    """Look for what the test of the package needs, before anything is built."""
    need("cyclonedx", "hatchling", "license_expression", "shiv")
    for program in ("dpkg-deb", "lintian", "mmdebstrap", "nsenter", "unshare"):
        if shutil.which(program) is None:
            lacking(f"{program} is not installed")
    if os.geteuid() != 0:
        lacking("only root may set up a fresh Debian")


def fetched(make: Callable[[], Made]) -> Made:
    """What is made of things from the network, which may be away."""
    try:
        return make()
    except subprocess.CalledProcessError as error:
        lacking(f"{error.cmd[0]} failed, as it does without a network: {(error.stderr or b'')[-300:]!r}")


@contextmanager
def clean_root(scratch: Path) -> Iterator[CleanRoot]:
    """Hold a fresh Debian 12."""
    archive = fetched(_archive)
    holder = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", HOLD, "sh", scratch, archive],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != "ready\n":
                lacking("this machine lets a process have no file systems of its own")
            yield CleanRoot(scratch, holder.pid)
        finally:
            holder.kill()


def _archive() -> Path:
    """The archive of the fresh Debian, made if there is none."""
    made_by = hashlib.sha256("\n".join(MAKE).encode()).hexdigest()[:12]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    archive = base / "kconsole-tests" / f"bookworm-{made_by}.tar"
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        for old in archive.parent.glob("bookworm-*"):
            if time.time() - old.stat().st_mtime > KEPT:
                old.unlink()
        part = archive.with_suffix(f".{os.getpid()}.tar")  # another checkout may be at it too
        subprocess.run([*MAKE, part], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        part.rename(archive)
    return archive
