"""The sockets below httpx: each call ends at its deadline, and the user can cancel it.

httpx limits each read and not the whole call, and cannot be cancelled. It takes its sockets from the TLS context
that it is given, so kconsole passes its own context: its sockets know the deadline of the call in their thread.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from socket import socket
from typing import Any, TypeVar

from kconsole.net.deadlines import Deadline
from kconsole.net.tls import Trust, fingerprint_of

_T = TypeVar("_T")

_DEADLINE: ContextVar[Deadline | None] = ContextVar("_DEADLINE", default=None)


@contextlib.contextmanager
def watched(deadline: Deadline) -> Iterator[None]:
    """Apply a deadline to everything that this thread sends and receives in the block."""
    token = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


class WatchedSocket(ssl.SSLSocket):
    """A socket that keeps the deadline of its thread."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive some bytes, in time."""
        return self._in_time(lambda: super(WatchedSocket, self).recv(buflen, flags))

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some bytes, in time."""
        return self._in_time(lambda: super(WatchedSocket, self).send(data, flags))

    def _in_time(self, operation: Callable[[], _T]) -> _T:
        while (deadline := _DEADLINE.get()) is not None:
            self.settimeout(deadline.left())
            with contextlib.suppress(TimeoutError):
                return operation()
        return operation()


class TrustingContext(ssl.SSLContext):
    """A TLS context for httpx that checks the server's certificate before anything is sent."""

    trust: Trust
    fingerprint: str
    """SHA-256 of the certificate that was last accepted; empty before that."""

    def __new__(cls, trust: Trust) -> "TrustingContext":
        """Build a context with this trust."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.trust, made.fingerprint = trust, ""
        trust.context.sslsocket_class = WatchedSocket
        return made

    def wrap_socket(  # type: ignore[override]
        self, sock: socket, *, server_hostname: str | None = None, **others: object
    ) -> ssl.SSLSocket:
        """Start TLS on a connected socket.

        Raises:
            NotTrusted: the server's certificate is not trusted.
            OSError: the server did not agree on TLS.
        """
        del others
        wrapped = self.trust.encrypted(sock, server_hostname or "")
        self.fingerprint = fingerprint_of(wrapped)
        return wrapped
