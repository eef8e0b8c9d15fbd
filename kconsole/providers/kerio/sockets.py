"""TLS sockets for httpx whose calls end in time, and which check the server's certificate first.

httpx bounds each read but not the answer as a whole, and cannot be cancelled. It takes its sockets from the TLS
context that it is given, so these follow the deadline of the call that their thread makes.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from socket import socket
from typing import Any, TypeVar

from kconsole.net.deadlines import Deadline, Flag
from kconsole.net.tls import Trust

_T = TypeVar("_T")
_DEADLINE: ContextVar[Deadline | None] = ContextVar("_DEADLINE", default=None)


@contextlib.contextmanager
def bounded(seconds: float, cancel: Flag) -> Iterator[None]:
    """Bound everything that this thread sends and receives inside, by time and by the user's cancelling."""
    token = _DEADLINE.set(Deadline(seconds, cancel))
    try:
        yield
    finally:
        _DEADLINE.reset(token)


class BoundedSocket(ssl.SSLSocket):
    """A socket that follows the deadline of its thread."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        return self._in_time(lambda: super(BoundedSocket, self).recv(buflen, flags))

    def send(self, data: Any, flags: int = 0) -> int:
        return self._in_time(lambda: super(BoundedSocket, self).send(data, flags))

    def _in_time(self, transfer: Callable[[], _T]) -> _T:
        while (deadline := _DEADLINE.get()) is not None:
            self.settimeout(deadline.left())
            with contextlib.suppress(TimeoutError):
                return transfer()
        return transfer()


class TrustingContext(ssl.SSLContext):
    """A TLS context for httpx that connects only to trusted servers."""

    trust: Trust

    def __new__(cls, trust: Trust) -> "TrustingContext":
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.trust = trust
        trust.context.sslsocket_class = BoundedSocket
        return made

    def wrap_socket(  # type: ignore[override]
        self, sock: socket, *, server_hostname: str | None = None, **others: object
    ) -> ssl.SSLSocket:
        """Start TLS with a trusted server; raises NotTrusted for another one."""
        del others
        return self.trust.encrypted(sock, server_hostname or "")
