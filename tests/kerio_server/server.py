"""Starting and stopping the server, and what a test holds of it in its hand."""

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

from tests.directory_server.certificates import HOST, Certificate, make_certificate
from tests.kerio_server.certificates import self_signed
from tests.kerio_server.faults import Faults
from tests.kerio_server.records import digest
from tests.kerio_server.rpc import LOG_IN, Rpc, Seen
from tests.kerio_server.sessions import Sessions
from tests.kerio_server.unknowns import Unknowns
from tests.kerio_server.web import Web
from tests.kerio_server.world import World, system_clock
from tests.limits import PATIENCE
from tests.ports import kept_port, number_of

ADMIN = "Admin"
PASSWORD = "admin's pass phrase, ünique 9d2b"
"""Of the built-in administrator."""


class KerioServer:
    """A server with a certificate of its own and a built-in administrator, in threads of this process.

    `world` is what is on it, `faults` what goes wrong, `unknowns` what it does where no one knows what a real one does.
    """

    def __init__(
        self,
        folder: Path,
        world: World | None = None,
        *,
        now: Callable[[], datetime] = system_clock,
        unknowns: Unknowns | None = None,
        signed_by_ca: bool = False,
    ) -> None:
        self.certificate: Certificate = (make_certificate if signed_by_ca else self_signed)(folder)
        self.world = world or World(now=now, unknowns=unknowns)
        self.unknowns = self.world.unknowns
        self.faults = Faults()
        self.sessions = Sessions(self.world)
        self.user, self.password = self.world.admin_name, PASSWORD
        self.world.admin_password = self.world.admin_password or digest(PASSWORD)
        self.port = 0
        self._kept: socket.socket | None = None
        self._stopping = threading.Event()
        self._rpc = Rpc(self.world, self.sessions, self.faults, self._stopping)
        self._web: Web | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self if self._web else self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it is: https://localhost:<port>."""
        return f"https://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        """Where calls go."""
        return f"{self.url}/admin/api/jsonrpc/"

    @property
    def ca_file(self) -> str:
        """Who signed its certificate: usually that certificate itself."""
        return str(self.certificate.ca)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate."""
        return self.certificate.fingerprint

    @property
    def calls(self) -> tuple[Seen, ...]:
        """Every call since the start, in the order in which they were answered, without passwords."""
        return tuple(self._rpc.seen)

    def called(self, method: str) -> int:
        """How often a method was called."""
        return sum(1 for seen in self.calls if seen.method == method)

    @property
    def logins(self) -> int:
        """How often someone tried to log in through the API."""
        return self.called(LOG_IN)

    def forget_calls(self) -> None:
        """Count calls again."""
        self._rpc.seen.clear()

    def start(self, port: int | None = None, host: str = "127.0.0.1") -> Self:
        """Listen: on that port, on the one it had before, or on any that is free."""
        assert self._web is None, "the server runs already"
        if self._kept is None or port not in (None, self.port):
            self._give_port_up()
            self._kept = kept_port(self.port if port is None else port, host)
            self.port = number_of(self._kept)
        self._stopping.clear()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.file, self.certificate.key)
        self._web = Web((host, self.port), context, self._rpc)
        self._thread = threading.Thread(target=self._web.serve_forever, args=(0.02,), name="kerio-server", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Cut all connections and listen no more: whoever connects is refused.

        What is on the server stays, and it can be started again. So does its port, which no one else is given until
        the server is closed.
        """
        if self._web is None:
            return
        self._stopping.set()
        self._web.shutdown()
        self._web.cut_all()
        self._web.server_close()
        assert self._thread is not None
        self._thread.join()
        self._web = self._thread = None

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._give_port_up()

    def wait_until_left(self) -> None:
        """Wait until no one is connected: then nothing is under way any more, not even for who has given up waiting."""
        assert self._web is None or self._web.wait_until_left(PATIENCE), "a client is still connected"

    def restart(self) -> None:
        """The engine is restarted: sessions are over, connections are cut, held seats are free."""
        self.sessions.end_all()
        self.world.restart()
        if self._web is not None:
            self._web.cut_all()

    def reset(self, world: World) -> None:
        """Let another world be on it; logins, faults and calls are forgotten."""
        world.admin_password = world.admin_password or digest(PASSWORD)
        self.world = self._rpc.world = world
        self.unknowns = world.unknowns
        self.sessions = self._rpc.sessions = Sessions(world)
        self.faults.clear()
        self.forget_calls()

    def expire_sessions(self) -> None:
        """Every session is over; whoever calls next gets -32001."""
        self.sessions.end_all()

    def _give_port_up(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
