"""What goes wrong with a Kerio Connect server: its error numbers and httpx's exceptions as neutral codes."""

import socket
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import httpx

from kconsole.core.codes import Message, message, short
from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.failures import failure_of
from kconsole.net.settings import Certificate
from kconsole.net.tls import NotTrusted, Trust, certificate_of, distrust
from kconsole.providers.base import AnswerLost, Reason, ServerRefused
from kconsole.providers.kerio.settings import server_address

EXPIRED: Final = -32001
TIMED_OUT: Final = -32002

_REASONS: Final[Mapping[int, Reason]] = {
    1000: "failed",
    1001: "exists",
    1002: "not-there",
    1003: "license-full",
    1004: "no-right",
    413: "too-large",
    EXPIRED: "session-ended",
    **dict.fromkeys((-32600, -32601, -32602, -32700), "not-understood"),
}
"""By the number of an error. 1003 rests on a single report, which says no more than that."""

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class ServerError(NamedTuple):
    """An error as the server gives it."""

    number: int
    said: str
    """In its own words, with its parameters filled in; text from outside."""

    @property
    def reason(self) -> Reason:
        return _REASONS.get(self.number, "other")


class CallRefused(ServerRefused):
    """The server refused a call, with an error as it gave it."""

    def __init__(self, origin: str, method: str, error: ServerError) -> None:
        super().__init__(error.reason, origin, [said_to(method, error)], error.number)
        self.error = error


class AnswerLate(SourceAway):
    """A question was not answered in time."""

    def __init__(self, what: Message, hint: str, method: str, details: Iterable[Message] = ()) -> None:
        super().__init__(what, hint, details)
        self.method = method


class AnswerStrange(SourceAway):
    """A question was answered with something that cannot be used."""

    def __init__(self, what: Message, hint: str, problem: str) -> None:
        super().__init__(what, hint)
        self.problem = problem
        """The code of what is wrong with it."""


class StrangeAnswer(Exception):
    """What came is not an answer that can be read."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.problem = Message(code, params)
        """A clause that goes on from "its answer"."""


def said_to(method: str, error: ServerError) -> Message:
    """The server's own words, which are text from outside."""
    return message("server-says", method=method, said=short(error.said), number=error.number)


def lost(origin: str, method: str, why: Message | str, *details: Message) -> AnswerLost:
    """The error for a change whose result is not known."""
    clause = Message(why) if isinstance(why, str) else why
    return AnswerLost("answer-lost", "sync-shows-state", details, server=origin, method=method, why=clause)


def connection_failure(origin: str, method: str, error: Exception, changes: bool) -> SourceAway:
    """The error for a call that was not answered, by what httpx and the system raised."""
    cause = _cause_of(error)
    details = [message("call-not-answered", method=method)]
    if isinstance(error, httpx.RemoteProtocolError) and not is_cut(error):
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
        return AnswerLost(happened, "sync-shows-state", details)
    if isinstance(cause, TimeoutError):
        return AnswerLate(happened, hint, method, details)
    return SourceAway(happened, hint, details)


def not_trusted(access: ServerAccess, error: NotTrusted, timeout: float) -> SourceAway:
    """The error for a server whose certificate is not trusted."""
    address = server_address(access.url)

    def look(trust: Trust) -> Certificate:
        with (
            socket.create_connection((address.host, address.port), timeout) as plain,
            trust.encrypted(plain, address.host) as wrapped,
        ):
            return certificate_of(wrapped)

    return distrust(access, address.origin, address.host, error, look)


def _cause_of(error: BaseException) -> BaseException:
    """The system's error below one of httpx; or the error itself."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, OSError):
        below = below.__cause__ or below.__context__
    return below or error


def is_cut(error: httpx.TransportError) -> bool:
    """Whether the server closed the connection, rather than broke the protocol. httpx says so only in words."""
    if isinstance(error, httpx.RemoteProtocolError):
        return "disconnected" in str(error) or "peer closed" in str(error)
    return isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError)
