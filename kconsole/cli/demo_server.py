"""The test server beside `kconsole demo --server`: a process of its own, from the source of kconsole only."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import kconsole
from kconsole.core.errors import NotFound, SourceAway
from kconsole.core.server import Server, ServerAccess
from kconsole.operations.secrets import Secret
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.sync.servers import AddServer

SOURCE: Final = Path(kconsole.__file__).parent.parent
"""The checkout, where this runs from one."""

NAME: Final = "test server"

PATIENCE: Final = 10.0
"""Seconds that it is given to end by itself."""


class DemoServer(NamedTuple):
    """A test server that runs."""

    server: Server
    secret: Secret

    def fill(self, session: Session) -> None:
        """Let a session follow it, and read it once."""
        session.do(AddServer(self.server))
        access = self.server.access
        session.do(Sync(read_server(access, self.secret), SyncStart(access)))


@contextmanager
def demo_server(sample: str, source: Path = SOURCE) -> Iterator[DemoServer]:
    """The test server with a sample's domains and people on it, until this is left.

    It is not part of what is installed: it is made for tests, and behaves as a Kerio Connect is known to.

    Args:
        sample: what it holds.
        source: the checkout that it is part of.

    Raises:
        NotFound: this was not started from the source.
        SourceAway: it did not start.
    """
    if not (source / "tests" / "kerio_server" / "__main__.py").is_file():
        raise NotFound(
            "The test server is part of kconsole's source, and this kconsole was installed without it.",
            "Run it from a checkout of the source, or leave out --server.",
        )
    words = [sys.executable, "-m", "tests.kerio_server", "--sample", sample, "--port", "0", "--until-input-ends"]
    with subprocess.Popen(  # noqa: S603  # no word of it comes from outside
        words,
        cwd=source,
        stdin=subprocess.PIPE,  # which ends with this process, however that ends
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,  # ctrl+c is for the console
    ) as process:
        try:
            yield _read_beginning(process)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _read_beginning(process: "subprocess.Popen[str]") -> DemoServer:
    """What the server tells of itself when it is ready: labels, and their texts."""
    told: dict[str, str] = {}
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    for line in process.stdout:
        label, _, text = line.rstrip("\n").partition(" ")
        if label == "ready":
            user = told["users"].partition(" (")[0]
            access = ServerAccess(url=told["url"], user=user, fingerprint=told["SHA-256"])
            return DemoServer(Server(name=NAME, access=access), Secret(told["password"]))
        told[label] = text.strip()
    raise SourceAway(
        "The test server did not start.",
        "See why with 'python -m tests.kerio_server' in the checkout; it needs openssl.",
        effect="",
    )
