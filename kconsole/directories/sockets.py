"""The sockets below ldap3: certificates, deadlines and sizes that ldap3 does not check, or not well enough.

ldap3 compares host names with a function that Python no longer has, keeps sockets open that it failed to connect,
waits for the rest of an answer as long as something comes, and accepts answers of any size.
"""

import socket
import ssl
import warnings
from typing import Any, Final

from kconsole.core.codes import message
from kconsole.directories.errors import StrangeAnswer
from kconsole.net.addresses import Address
from kconsole.net.deadlines import Deadline
from kconsole.net.tls import Trust

with warnings.catch_warnings():  # ldap3 uses old names of pyasn1
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPExceptionError, LDAPSessionTerminatedByServerError
    from ldap3.operation.search import parse_filter
    from ldap3.utils.dn import parse_dn

__all__ = [
    "GuardedSocket",
    "LDAPExceptionError",
    "LDAPSessionTerminatedByServerError",
    "OneAddress",
    "Tls",
    "ldap3",
    "parse_dn",
    "parse_filter",
]

LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of one answer that are read."""

_AT_ONCE: Final = 64 * 1024
_SEQUENCE: Final = 0x30
"""The first byte of every LDAP message."""


class OneAddress(ldap3.Server):  # type: ignore[misc]
    """One IP address of a server.

    ldap3 would look the host up itself, hide why that failed, and leave sockets open.
    """

    def __init__(self, address: Address, found: Any, tls: "Tls", connect_timeout: float) -> None:
        super().__init__(
            f"{address.scheme}://{address.bracketed}",
            port=address.port,
            tls=tls,
            get_info=ldap3.NONE,
            connect_timeout=connect_timeout,
        )
        self._found = [*found, None, None]

    def candidate_addresses(self) -> list[Any]:
        """Return the address without another lookup."""
        return [self._found]

    def update_availability(self, address: Any, available: bool) -> None:
        """Keep no record: the caller tries each address once."""


class Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS by Python's own means, with the trust that the settings ask for."""

    def __init__(self, trust: Trust, host: str, connect_timeout: float, answer_timeout: float) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self.error: Exception | None = None
        """Why TLS failed; ldap3 would keep its text only."""
        self._trust = trust
        self._host = host
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Start TLS on the socket of a connection, always with the handshake: it shows who the server is."""
        del do_handshake
        plain = connection.socket.inner if isinstance(connection.socket, GuardedSocket) else connection.socket
        plain.settimeout(self._connect_timeout)
        try:
            wrapped = self._trust.encrypted(plain, self._host)
        except Exception as error:
            self.error = error.with_traceback(None)
            raise OSError("there is no TLS") from None
        connection.socket = GuardedSocket(wrapped, self._answer_timeout)


class GuardedSocket:
    """A socket that limits time and size of an answer, and remembers its error, which ldap3 would lose."""

    def __init__(self, inner: socket.socket, timeout: float) -> None:
        self.inner = inner
        self.error: Exception | None = None
        self._timeout = timeout
        self._is_first = True
        self.begin()

    def begin(self) -> None:
        """Start the time of the next request."""
        self._deadline = Deadline(self._timeout)
        self._received = 0

    def recv(self, size: int) -> bytes:
        """Receive some bytes.

        Raises:
            OSError: they are late, too many or not LDAP, or the server closed the connection.
        """
        try:
            return self._recv(size)
        except Exception as error:
            self.error = error.with_traceback(None)
            raise

    def sendall(self, data: bytes) -> None:
        """Send bytes, in time."""
        try:
            self.inner.settimeout(self._deadline.left())
            self.inner.sendall(data)
        except Exception as error:
            self.error = error.with_traceback(None)
            raise

    def shutdown(self, how: int) -> None:
        self.inner.shutdown(how)

    def close(self) -> None:
        self.inner.close()

    def _recv(self, size: int) -> bytes:
        self.inner.settimeout(self._deadline.left())
        data = self.inner.recv(max(size, _AT_ONCE))  # ldap3 asks for little, and copies all it has each time
        if not data:
            raise ConnectionAbortedError("the server closed the connection")
        if self._is_first and data[0] != _SEQUENCE:
            raise StrangeAnswer(message("not-ldap"))
        self._is_first = False
        self._received += len(data)
        if self._received > LARGEST_ANSWER:
            raise StrangeAnswer(message("answer-too-large", megabytes=LARGEST_ANSWER // 1024**2))
        return data
