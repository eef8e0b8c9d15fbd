"""What went wrong on the way to a server, as codes: what httpx and the system say about it."""

import socket
from typing import Final

import httpx

from kconsole.core.codes import message
from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.failures import failure_of
from kconsole.net.tls import NotTrusted, Trust, certificate_of, distrust
from kconsole.net.trust import Certificate
from kconsole.providers.kerio.errors import AnswerLate, AnswerLost
from kconsole.providers.kerio.settings import server_address

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def connection_failure(origin: str, method: str, error: Exception, changes: bool) -> SourceAway:
    """The error for a call that was not answered."""
    cause = _cause_of(error)
    details = [message("call-not-answered", method=method)]
    if isinstance(error, httpx.RemoteProtocolError) and not _is_cut(error):
        happened, hint = message("not-http", url=origin), "usual-kerio-port"
    else:
        if isinstance(error, httpx.TimeoutException):
            cause = TimeoutError()
        elif isinstance(error, httpx.RemoteProtocolError | httpx.ReadError) and not isinstance(cause, OSError):
            cause = ConnectionAbortedError()
        failure = failure_of(origin, server_address(origin), cause)
        if failure is None:
            happened, hint = message("answer-unreadable", url=origin), "usual-kerio-port"
            details.append(message("internal-error", name=type(error).__name__))
        else:
            happened, hint = failure
    if isinstance(error, _NOT_SENT):
        return SourceAway(happened, hint)
    if changes:
        return AnswerLost(happened, "read-server-again", details)
    if isinstance(cause, TimeoutError):
        return AnswerLate(happened, hint, method, details)
    return SourceAway(happened, hint, details)


def not_trusted(server: ServerAccess, error: NotTrusted, timeout: float) -> SourceAway:
    """The error for a server whose certificate is not trusted."""
    address = server_address(server.url)

    def look(trust: Trust) -> Certificate:
        with (
            socket.create_connection((address.host, address.port), timeout) as plain,
            trust.encrypted(plain, address.host) as wrapped,
        ):
            return certificate_of(wrapped)

    return distrust(server, address.origin, address.host, error, look)


def _cause_of(error: BaseException) -> BaseException:
    """The system's error below an error of httpx; or the error itself."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, OSError):
        below = below.__cause__ or below.__context__
    return below or error


def _is_cut(error: httpx.RemoteProtocolError) -> bool:
    """Whether the server closed the connection, rather than broke the protocol. httpx says so only in words."""
    return "disconnected" in str(error) or "peer closed" in str(error)
