"""A real sshd on loopback, whose users have keys with forced commands."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.cli.console import Said
from tests.limits import PATIENCE

SSHD: Final = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")

CONFIG: Final = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin forced-commands-only
ExposeAuthInfo yes
AcceptEnv LANG LC_* [A-KM-Z]*
Subsystem sftp internal-sftp
"""
"""It takes nearly every variable from a client. A preloaded library would run in the shell that sshd starts, before
kconsole: only sshd itself can refuse that, as it does with what systems ship."""


def need_sshd() -> None:
    """Pass over a test where OpenSSH is missing; fail where everything has to be there."""
    for name, found in (("sshd", SSHD), ("ssh", shutil.which("ssh")), ("ssh-keygen", shutil.which("ssh-keygen"))):
        if found is None:
            pytest.fail(f"{name} is missing") if os.environ.get("CI") else pytest.skip(f"{name} is not installed")


@dataclass(frozen=True)
class SshServer:
    """A running sshd, and what logs in to it."""

    folder: Path
    port: int

    def key(self, name: str) -> Path:
        """The private key of a user, made when it is first asked for; the public one is beside it."""
        key = self.folder / name
        if not key.exists():
            _keygen(key)
        return key

    def ssh(self, name: str, *options: str, program: str = "ssh") -> list[str]:
        """The words that log in with a user's key."""
        port = ("-p" if program == "ssh" else "-P", str(self.port))
        quiet = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes")
        return [
            program, "-F", "none", "-i", str(self.key(name)), *port, *(f"-o{each}" for each in quiet),
            "-oLogLevel=ERROR", *options,
        ]  # fmt: skip

    @property
    def place(self) -> str:
        """User and host."""
        import pwd

        return f"{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1"

    def run(self, name: str, *words: str, options: Sequence[str] = (), text: str = "") -> Said:
        """Run a command there, without a terminal."""
        return self.said([*self.ssh(name, *options), self.place, *words], text)

    def said(self, words: Sequence[str], text: str = "") -> Said:
        """What a client ended with and said."""
        ended = subprocess.run(words, input=text.encode(), capture_output=True, timeout=PATIENCE, check=False)
        return Said(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Run sshd until the block is left, as the user of the tests. Its authorized_keys is yet to be written."""
    need_sshd()
    assert SSHD is not None
    folder.mkdir(mode=0o700, exist_ok=True)
    _keygen(folder / "host")
    (folder / "authorized_keys").touch(0o600)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd of root separates its privileges
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder))
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_until_it_listens(server, port, folder / "log")
        yield SshServer(folder, port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE)
        log.close()


def _wait_until_it_listens(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            if connection.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    pytest.fail(f"sshd does not listen: {log.read_text()}")


def _keygen(key: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key.name, "-f", str(key)], check=True)
