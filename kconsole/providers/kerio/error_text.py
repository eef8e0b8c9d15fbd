"""What went wrong on the way to a server, in words: what happened, and what to do next."""

import socket
import ssl
from typing import Final

import httpx

from kconsole.core.codes import short
from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.tls import Anyone, BySignature, NotTrusted, Trust, fingerprint_of, subject_of
from kconsole.providers.kerio.errors import AnswerLate, AnswerLost
from kconsole.providers.kerio.settings import server_address

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def told_trouble(origin: str, method: str, error: Exception, changes: bool) -> SourceAway:
    """That a server does not answer, by what httpx and the system said of it."""
    cause = _cause_of(error)
    if not isinstance(error, _NOT_SENT) and changes:
        what = "did not answer in time" if _is_late(error, cause) else "ended the connection in the middle"
        if isinstance(error, httpx.RemoteProtocolError) and not _is_cut(error):
            what = "answered what is no HTTP"
        return AnswerLost(
            f"{origin} {what} when {method} was sent.",
            "Read the server again to see what is so.",
        )
    if isinstance(cause, socket.gaierror):
        host = server_address(origin).host
        return SourceAway(f"{origin} cannot be found: the name {host} is not known.", "Check the name of the host.")
    if isinstance(cause, ConnectionRefusedError):
        return SourceAway(
            f"{origin} cannot be reached: nothing answers there.",
            "Check host and port, that the server is running, and that it may be administered from other hosts.",
        )
    if _is_late(error, cause):
        message = f"{origin} did not answer {method} in time."
        hint = "Try again; look at the server and at the way to it."
        return SourceAway(message, hint) if isinstance(error, _NOT_SENT) else AnswerLate(message, hint, method)
    if isinstance(cause, ssl.SSLError):
        return SourceAway(
            f"{origin} did not agree on encryption: {_reason(cause)}.",
            "Check that the port speaks TLS, and that the server knows TLS 1.2 or newer.",
        )
    if isinstance(error, httpx.RemoteProtocolError) and not _is_cut(error):
        return SourceAway(
            f"{origin} does not answer as a Kerio Connect server: what it speaks is no HTTP.",
            "Check host and port: the administration is usually on port 4040.",
        )
    if isinstance(cause, ConnectionError) or isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return SourceAway(
            f"{origin} ended the connection in the middle of {method}.",
            "Try again; look at the server and at the way to it.",
        )
    if isinstance(cause, OSError):
        return SourceAway(f"{origin} cannot be reached: {_reason(cause)}.", "Check host and port, and the way to it.")
    return SourceAway(
        f"{origin} gave an answer to {method} that cannot be understood.",
        "Check host and port: the administration is usually on port 4040.",
        [type(error).__name__],
    )


def told_distrust(server: ServerAccess, trouble: NotTrusted, timeout: float) -> SourceAway:
    """That a server is not trusted, with the fingerprint that it has, and the ways to trust it.

    For the fingerprint the server is asked a second time, and nothing is sent to it. It is what to compare with
    what the server's own administrator sees; to pin what a stranger shows would be to trust the stranger.
    """
    address = server_address(server.url)
    look: Trust = BySignature(server.ca_file, any_name=True) if trouble.wrong_name else Anyone()
    names = fingerprint = ""
    try:
        with (
            socket.create_connection(address, timeout) as plain,
            look.encrypted(plain, address.host) as wrapped,
        ):
            fingerprint, names = fingerprint_of(wrapped), subject_of(wrapped)
    except (OSError, NotTrusted):
        fingerprint = ""
    reason = f"is for another host than {address.host}" if trouble.wrong_name else trouble.reason
    details = [f"It is for: {short(names)}"] if trouble.wrong_name and names else []
    details += [f"Its fingerprint (SHA-256) is {fingerprint}"] if fingerprint else []
    if server.fingerprint:
        hint = "If its certificate was renewed, ask who runs the server for the new fingerprint, and pin that."
    elif trouble.wrong_name:
        hint = "Name the host as the certificate does, or pin its fingerprint with --fingerprint."
    else:
        hint = (
            "Name the CA that signed it with --ca FILE; or compare the fingerprint with what is on the server, and"
            " pin it with --fingerprint; or go on without knowing who answers with --insecure."
        )
    what = f"{address.origin} is not trusted: its certificate {reason}."
    return SourceAway(what, hint, details, "Nothing was sent to it.")


def _cause_of(error: BaseException) -> BaseException:
    """What the system said, below an error of httpx; or the error itself."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, OSError):
        below = below.__cause__ or below.__context__
    return below or error


def _is_cut(error: httpx.RemoteProtocolError) -> bool:
    """Whether the server hung up; otherwise what it sent is against the protocol. httpx says it in words only."""
    return "disconnected" in str(error) or "peer closed" in str(error)


def _is_late(error: Exception, cause: BaseException) -> bool:
    return isinstance(error, httpx.TimeoutException) or isinstance(cause, TimeoutError)


def _reason(error: OSError) -> str:
    """The cause in the system's words, without its number."""
    text = error.strerror or str(error)
    return short(text.rpartition("] ")[2] if text.startswith("[") else text).rstrip(".")
