"""The test server as a process beside `kconsole demo --server`.

`kconsole.cli.screen` loads this file by its path, so it imports nothing else of the tests.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.errors import SourceAway
from kconsole.core.server import Server, ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart

SOURCE: Final = Path(__file__).parents[2]
"""The checkout."""

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
def demo_server(sample: str) -> Iterator[DemoServer]:
    """The test server with a sample's domains and people on it, until this is left.

    Raises:
        SourceAway: it did not start.
    """
    words = [sys.executable, "-m", "tests.kerio_server", "--sample", sample, "--port", "0", "--until-input-ends"]
    with subprocess.Popen(
        words,
        cwd=SOURCE,
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
    """What the server prints when it is ready: labels, and their texts."""
    printed: dict[str, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        label, _, text = line.rstrip("\n").partition(" ")
        if label == "ready":
            user = printed["users"].partition(" (")[0]
            access = ServerAccess(url=printed["url"], user=user, fingerprint=printed["SHA-256"])
            return DemoServer(Server(name=NAME, access=access), Secret(printed["password"]))
        printed[label] = text.strip()
    raise SourceAway("demo-server-failed", "run-demo-server", effect="")
