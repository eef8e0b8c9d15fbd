"""Who a server is: its certificate is checked before anybody's password is sent."""

import hashlib
import hmac
import ssl
from datetime import UTC, datetime
from socket import socket
from typing import Any, Final, Protocol

from kconsole.core.errors import BadInput
from kconsole.net.trust import TrustSettings, VerifiedBy, fingerprint_digits

_WRONG_NAME: Final = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL."""


class NotTrusted(Exception):
    """A server's certificate is not the one that is to be trusted, or by none that is.

    Attributes:
        reason: a clause that goes on from "its certificate".
        wrong_name: whether it is fine but for the name of the host.
    """

    def __init__(self, reason: str, wrong_name: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wrong_name = wrong_name


class Trust(Protocol):
    """How a server's certificate is checked."""

    context: ssl.SSLContext
    """What TLS is spoken by; the class of its sockets may be set."""

    def encrypted(self, plain: socket, host: str) -> ssl.SSLSocket:
        """A socket over which TLS is spoken with a server that is trusted.

        Raises:
            NotTrusted: it is not.
            OSError: TLS was not agreed on.
        """
        ...


class BySignature:
    """Trust in those that sign certificates: the system's, or those of one file."""

    def __init__(self, ca_file: str = "", any_name: bool = False) -> None:
        self.context = ssl.create_default_context(cafile=ca_file or None)
        self.context.check_hostname = not any_name

    def encrypted(self, plain: socket, host: str) -> ssl.SSLSocket:
        """As `Trust` says; the certificate has to be signed, of today, and of this host."""
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            reason = f"cannot be trusted ({error.verify_message})"
            raise NotTrusted(reason, error.verify_code in _WRONG_NAME) from None


class Anyone:
    """No check at all."""

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def encrypted(self, plain: socket, host: str) -> ssl.SSLSocket:
        """As `Trust` says."""
        return self.context.wrap_socket(plain, server_hostname=host)


class ByFingerprint(Anyone):
    """Trust in one certificate, whoever signed it and whatever its name and its time."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__()
        self.digits = fingerprint_digits(fingerprint)

    def encrypted(self, plain: socket, host: str) -> ssl.SSLSocket:
        """As `Trust` says; the certificate has to be the one."""
        wrapped = super().encrypted(plain, host)
        if hmac.compare_digest(fingerprint_of(wrapped).replace(":", "").lower(), self.digits):
            return wrapped
        wrapped.close()
        raise NotTrusted("is not the one that was pinned")


def trust_of(server: TrustSettings) -> tuple[Trust, VerifiedBy]:
    """How the certificate of a server is checked, and what to call that.

    Raises:
        BadInput: its CA file cannot be read.
    """
    if server.fingerprint:
        return ByFingerprint(server.fingerprint), "fingerprint"
    if server.insecure:
        return Anyone(), "nobody"
    check_ca_file(server.ca_file)
    return BySignature(server.ca_file), "ca file" if server.ca_file else "system"


def check_ca_file(path: str) -> None:
    """Look whether a file has certificates in it; none is named by an empty path.

    Raises:
        BadInput: it has not, or cannot be read.
    """
    if not path:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise BadInput(
            f"{path} has no certificate in it that can be read.", "Name a file of certificates in PEM form."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        raise BadInput(f"The CA file {path} cannot be read: {reason}.", "Check the name.") from None


def fingerprint_of(wrapped: ssl.SSLSocket) -> str:
    """SHA-256 of a server's certificate, as `AB:CD:...`."""
    digest = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").digest()
    return digest.hex(":").upper()


def subject_of(wrapped: ssl.SSLSocket) -> str:
    """The names in a certificate that was checked by its signature; empty for another."""
    certificate: dict[str, Any] = dict(wrapped.getpeercert() or {})
    names = [value for _, value in certificate.get("subjectAltName", ())]
    names += [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return ", ".join(dict.fromkeys(names))


def end_of(wrapped: ssl.SSLSocket) -> datetime | None:
    """When a certificate that was checked by its signature ends; None for another."""
    end = dict(wrapped.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if isinstance(end, str) else None
