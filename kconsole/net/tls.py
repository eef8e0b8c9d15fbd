"""TLS: a server's certificate is checked before a name or a password is sent."""

import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from socket import socket
from typing import Any, Final

from kconsole.core.codes import Message, message, short
from kconsole.core.errors import BadInput, SourceAway
from kconsole.net.failures import reason_of
from kconsole.net.settings import Certificate, TrustSettings, VerifiedBy, fingerprint_digits

_WRONG_HOST: Final = "certificate-wrong-host"
_REASONS: Final[Mapping[int, str]] = {
    9: "certificate-not-yet-valid",
    10: "certificate-expired",
    18: "certificate-self-signed",
    19: "certificate-unknown-issuer",
    20: "certificate-unknown-issuer",
    21: "certificate-unknown-issuer",
    62: _WRONG_HOST,
    64: _WRONG_HOST,
}
"""By the error numbers of OpenSSL. Source: X509_STORE_CTX_get_error(3)."""

_HINTS: Final[Mapping[str, str]] = {
    "certificate-expired": "renew-the-certificate",
    "certificate-not-yet-valid": "renew-the-certificate",
    "certificate-not-pinned": "pinned-certificate-changed",
    _WRONG_HOST: "connect-by-certificate-name",
}


class NotTrusted(Exception):
    """A server's certificate is not trusted: a code, and OpenSSL's reason."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.said = said


class Trust:
    """How a server's certificate is checked: by its fingerprint, by the CAs that may sign it, or not at all.

    A fingerprint is enough, whatever the certificate's issuer, names and dates. `any_name` accepts a certificate of a
    known issuer for another host. The class of the sockets of `context` may be replaced.
    """

    def __init__(
        self, ca_file: str = "", fingerprint: str = "", insecure: bool = False, any_name: bool = False
    ) -> None:
        self._digits = fingerprint_digits(fingerprint) if fingerprint else ""
        if fingerprint or insecure:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        else:
            self.context = ssl.create_default_context(cafile=ca_file or None)
            # Python 3.13 began to reject what own CAs and mail servers often lack, as the use of a key: a server that
            # was trusted yesterday would not be after an upgrade of the system.
            self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            self.context.check_hostname = not any_name

    def encrypted(self, plain: socket, host: str) -> ssl.SSLSocket:
        """Start TLS on a connected socket; raises NotTrusted, or OSError if the server does not agree on TLS."""
        try:
            wrapped = self.context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise NotTrusted(_REASONS.get(error.verify_code, "certificate-rejected"), error.verify_message) from None
        found = fingerprint_of(wrapped).replace(":", "").lower()
        if self._digits and not hmac.compare_digest(found, self._digits):
            wrapped.close()
            raise NotTrusted("certificate-not-pinned")
        return wrapped


def trust_of(server: TrustSettings) -> tuple[Trust, VerifiedBy]:
    """How the certificate of a server is checked, and the name of that way."""
    if server.fingerprint:
        return Trust(fingerprint=server.fingerprint), "fingerprint"
    if server.insecure:
        return Trust(insecure=True), "unchecked"
    check_ca_file(server.ca_file)
    return Trust(server.ca_file), "ca file" if server.ca_file else "system"


def check_ca_file(path: str) -> None:
    """Raise BadInput unless a file holds certificates. An empty path names no file."""
    if not path:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise BadInput("ca-file-without-certificate", "use-pem-file", path=path) from None
    except (OSError, ValueError) as error:
        raise BadInput("ca-file-unreadable", "check-file-name", path=path, reason=reason_of(error)) from None


def certificate_of(wrapped: ssl.SSLSocket) -> Certificate:
    """The certificate at the other end of a socket."""
    parsed: dict[str, Any] = dict(wrapped.getpeercert() or {})
    names = [value for _, value in parsed.get("subjectAltName", ())]
    names += [value for part in parsed.get("subject", ()) for key, value in part if key == "commonName"]
    end = parsed.get("notAfter")
    expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if isinstance(end, str) else None
    return Certificate(fingerprint_of(wrapped), tuple(dict.fromkeys(names)), expires)


def fingerprint_of(wrapped: ssl.SSLSocket) -> str:
    """SHA-256 of the certificate at the other end of a socket, as `AB:CD:...`."""
    digest = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").digest()
    return digest.hex(":").upper()


def distrust(
    server: TrustSettings, url: str, host: str, error: NotTrusted, look: Callable[[Trust], Certificate | None]
) -> SourceAway:
    """The error for a server whose certificate is not trusted, with its fingerprint and what to do about it.

    A second connection reads its fingerprint, and sends nothing: `look` connects with other trust, and returns
    the certificate if there is one. The administrator compares that fingerprint with the one on the server; pinning it
    unseen would trust an attacker.
    """
    is_wrong_host = error.code == _WRONG_HOST
    details: list[Message] = []
    with suppress(OSError, NotTrusted, SourceAway):  # then there is no fingerprint to show
        shown = look(Trust(server.ca_file, any_name=True) if is_wrong_host else Trust(insecure=True))
        if shown is not None and is_wrong_host and shown.names:
            details.append(message("certificate-names", names=short(", ".join(shown.names))))
        if shown is not None:
            details.append(message("certificate-fingerprint", fingerprint=shown.fingerprint))
    hint = _HINTS.get(error.code, "trust-the-certificate")
    params = {"url": url, "host": host, "reason": short(error.said)}
    return SourceAway(Message(error.code, params), hint, details, "nothing-sent")
