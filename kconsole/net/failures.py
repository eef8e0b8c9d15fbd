"""What an error of the system means for a server that was asked: host unknown, refused, late, no TLS, cut off."""

import socket
import ssl
from typing import NamedTuple

from kconsole.core.codes import Message, message, short
from kconsole.net.settings import Address


class Failure(NamedTuple):
    """What happened, and what to do next."""

    happened: Message
    hint: str


def failure_of(url: str, address: Address, cause: BaseException) -> Failure | None:
    """Explain why a server did not answer; None if the cause is not an error of the network."""
    if isinstance(cause, socket.gaierror):
        return Failure(message("host-unknown", url=url, host=address.host), "check-host-name")
    if isinstance(cause, ConnectionRefusedError):
        return Failure(message("connection-refused", url=url, port=address.port), "check-port-and-service")
    if isinstance(cause, TimeoutError):
        return Failure(message("answer-late", url=url), "try-again-check-network")
    if isinstance(cause, ssl.SSLError):
        return Failure(message("tls-failed", url=url, reason=reason_of(cause)), "check-tls")
    if isinstance(cause, ConnectionError):
        return Failure(message("connection-cut", url=url), "try-again-check-network")
    if isinstance(cause, OSError) and (cause.errno is not None or "rrno " in str(cause)):  # ldap3 keeps only the text
        return Failure(message("host-unreachable", url=url, reason=reason_of(cause)), "check-address-and-network")
    return None


def reason_of(error: Exception) -> str:
    """The cause in the system's words, without "[SSL: WRONG_VERSION_NUMBER]" before and "(_ssl.c:1006)" behind them."""
    text = getattr(error, "strerror", None) or str(error)
    return short(text.rpartition("] ")[2].partition("',)")[0].partition(" (_ssl")[0].rstrip("."))
