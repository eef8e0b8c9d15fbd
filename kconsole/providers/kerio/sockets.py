"""Sockets whose calls end in time: a server that sends one byte now and then does not hold anybody for ever.

httpx bounds each read and not all of them together, and cannot be told to stop. Its sockets come from the context
for TLS that it is given, so they are ours: they know until when the call of their thread may last, and whether
somebody has called it off.
"""

import contextlib
import math
import ssl
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from socket import socket
from typing import Any, Final, Protocol, TypeVar

from kconsole.net.tls import Trust, fingerprint_of

_LOOK: Final = 0.2
"""Seconds after which a call that waits looks whether it should."""

_T = TypeVar("_T")


class Flag(Protocol):
    """Something that is set when somebody calls off what is going on."""

    def is_set(self) -> bool:
        """Whether it is."""
        ...


class CalledOff(Exception):
    """Somebody does not want the answer any more."""


class _Watch:
    """Until when the call of this thread may last. Its time runs from the first byte on: until then it connects."""

    __slots__ = ("event", "seconds", "until")

    def __init__(self, seconds: float, event: Flag) -> None:
        self.seconds = seconds
        self.until = math.inf
        self.event = event

    def left(self) -> float:
        if self.event.is_set():
            raise CalledOff
        now = time.monotonic()
        if self.until == math.inf:
            self.until = now + self.seconds
        if self.until <= now:
            raise TimeoutError("timed out")
        return min(self.until - now, _LOOK)


_WATCH: ContextVar[_Watch | None] = ContextVar("_WATCH", default=None)


@contextlib.contextmanager
def watched(seconds: float, event: Flag) -> Iterator[None]:
    """Whatever this thread sends and receives meanwhile ends within so many seconds, or soon after an event."""
    token = _WATCH.set(_Watch(seconds, event))
    try:
        yield
    finally:
        _WATCH.reset(token)


class WatchedSocket(ssl.SSLSocket):
    """A socket that minds the watch of its thread."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Some bytes, in time."""
        return self._minding(lambda: super(WatchedSocket, self).recv(buflen, flags))

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some bytes, in time."""
        return self._minding(lambda: super(WatchedSocket, self).send(data, flags))

    def _minding(self, operation: Callable[[], _T]) -> _T:
        while (watch := _WATCH.get()) is not None:
            self.settimeout(watch.left())
            with contextlib.suppress(TimeoutError):
                return operation()
        return operation()


class TrustingContext(ssl.SSLContext):
    """A context for TLS, as httpx wants one, that lets in only who is trusted, before a byte of ours is sent."""

    trust: Trust
    fingerprint: str
    """SHA-256 of the certificate that was last let in; empty before that."""

    def __new__(cls, trust: Trust) -> "TrustingContext":
        """A context by this trust."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.trust, made.fingerprint = trust, ""
        trust.context.sslsocket_class = WatchedSocket
        return made

    def wrap_socket(  # type: ignore[override]
        self, sock: socket, *, server_hostname: str | None = None, **others: object
    ) -> ssl.SSLSocket:
        """A socket over which TLS is spoken with a server that is trusted.

        Raises:
            NotTrusted: it is not.
            OSError: TLS was not agreed on.
        """
        del others
        wrapped = self.trust.encrypted(sock, server_hostname or "")
        self.fingerprint = fingerprint_of(wrapped)
        return wrapped
