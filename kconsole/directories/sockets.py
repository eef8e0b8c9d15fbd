"""The sockets below a directory's connection: what ldap3 does not look after, or not well enough.

It compares the names of hosts with a function that Python no longer has, keeps the sockets that it failed to open,
waits for the rest of an answer as long as something comes, and lets an answer be as large as it likes.
"""

import socket
import ssl
import time
import warnings
from typing import Any, Final

from kconsole.directories.errors import StrangeAnswer
from kconsole.directories.settings import ServerAddress
from kconsole.net.tls import Trust

with warnings.catch_warnings():  # ldap3 names parts of pyasn1 by their former names
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.operation.search import parse_filter
    from ldap3.utils.dn import parse_dn

__all__ = ["Guarded", "LDAPExceptionError", "OneAddress", "Tls", "ldap3", "parse_dn", "parse_filter"]

LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of one page, beyond which a server is not meant to be listened to."""

_AT_ONCE: Final = 64 * 1024
_SEQUENCE: Final = 0x30
"""The byte that every LDAP message begins with."""


class OneAddress(ldap3.Server):  # type: ignore[misc]
    """One address of a server. ldap3 would look it up by itself, tell nothing of why that failed, and leave sockets."""

    def __init__(self, address: ServerAddress, found: Any, tls: "Tls", connect_timeout: float) -> None:
        host = f"[{address.host}]" if ":" in address.host else address.host
        scheme = "ldaps" if address.tls_at_once else "ldap"
        super().__init__(
            f"{scheme}://{host}",
            port=address.port,
            tls=tls,
            get_info=ldap3.NONE,
            connect_timeout=connect_timeout,
        )
        self._found = [*found, None, None]

    def candidate_addresses(self) -> list[Any]:
        """The one."""
        return [self._found]

    def update_availability(self, address: Any, available: bool) -> None:
        """Whoever asks for the one address notices by himself."""


class Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS as Python does it, with the trust that was asked for."""

    def __init__(self, trust: Trust, host: str, connect_timeout: float, answer_timeout: float) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self.trouble: Exception | None = None
        """Why there is no TLS; ldap3 makes a text of it, in brackets within brackets."""
        self._trust = trust
        self._host = host
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Put TLS around a connection's socket."""
        del do_handshake  # it is always done: before it nobody knows who the server is
        plain = connection.socket.inner if isinstance(connection.socket, Guarded) else connection.socket
        plain.settimeout(self._connect_timeout)
        try:
            wrapped = self._trust.encrypted(plain, self._host)
        except Exception as error:
            self.trouble = error.with_traceback(None)
            raise OSError("there is no TLS") from None
        connection.socket = Guarded(wrapped, self._answer_timeout)


class Guarded:
    """A socket whose answers end in time and in size, and that knows what went wrong when ldap3 no longer does."""

    def __init__(self, inner: socket.socket, timeout: float) -> None:
        self.inner = inner
        self.trouble: Exception | None = None
        self._timeout = timeout
        self._is_first = True
        self.begin()

    def begin(self) -> None:
        """A question is about to be asked: its time runs from now on."""
        self._until = time.monotonic() + self._timeout
        self._received = 0

    def recv(self, size: int) -> bytes:
        """Some bytes.

        Raises:
            OSError: none come in time, too many do, the server has hung up, or what it speaks is no LDAP.
        """
        try:
            data = self._recv(size)
        except Exception as error:
            self.trouble = error.with_traceback(None)
            raise
        return data

    def sendall(self, data: bytes) -> None:
        """Send bytes, in time."""
        try:
            self.inner.settimeout(self._left())
            self.inner.sendall(data)
        except Exception as error:
            self.trouble = error.with_traceback(None)
            raise

    def shutdown(self, how: int) -> None:
        """As of a socket."""
        self.inner.shutdown(how)

    def close(self) -> None:
        """As of a socket."""
        self.inner.close()

    def _recv(self, size: int) -> bytes:
        self.inner.settimeout(self._left())
        data = self.inner.recv(max(size, _AT_ONCE))  # ldap3 asks for little, and copies all it has for each bit
        if not data:
            raise ConnectionAbortedError("hung up")
        if self._is_first and data[0] != _SEQUENCE:
            raise StrangeAnswer("what it answers is no LDAP")
        self._is_first = False
        self._received += len(data)
        if self._received > LARGEST_ANSWER:
            raise StrangeAnswer(f"its answer is larger than {LARGEST_ANSWER // 1024**2} MB")
        return data

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left
