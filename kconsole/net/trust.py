"""Settings that say which certificate of a server is trusted. Checked without importing TLS, which takes its time."""

import re
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from kconsole.core.codes import short
from kconsole.core.errors import BadInput

VerifiedBy = Literal["system", "ca file", "fingerprint", "unchecked"]
"""How a server's certificate was checked."""


class TrustSettings(Protocol):
    """The settings of a server that concern its certificate."""

    @property
    def ca_file(self) -> str:
        """A file of CA certificates to trust in place of the system's; empty for the system's."""
        ...

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the only certificate to trust; empty for none."""
        ...

    @property
    def insecure(self) -> bool:
        """Whether to connect without checking the certificate."""
        ...


class Certificate(NamedTuple):
    """A certificate that a server showed."""

    fingerprint: str
    """SHA-256, as `AB:CD:...`."""
    names: tuple[str, ...] = ()
    """The names it is for; empty if its signature was not checked, because Python then does not parse it."""
    expires: datetime | None = None
    """None if its signature was not checked."""


def fingerprint_digits(text: str) -> str:
    """Normalise a fingerprint to 64 lower-case hexadecimal digits.

    Raises:
        BadInput: it is not a SHA-256 fingerprint.
    """
    digits = re.sub(r"\A(?:sha-?256(?: fingerprint)?[:=])|[:\s]", "", text.strip(), flags=re.IGNORECASE).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise BadInput("fingerprint-invalid", "how-to-get-fingerprint", text=short(text))
    return digits


def check_trust(server: TrustSettings) -> None:
    """Check that the settings agree with each other; a CA file is not read.

    Raises:
        BadInput: the fingerprint is malformed, or the certificate is to be checked and not checked at once.
    """
    if server.fingerprint:
        fingerprint_digits(server.fingerprint)
    if server.insecure and server.fingerprint:
        raise BadInput("insecure-with-fingerprint", "choose-one-check")
    if server.insecure and server.ca_file:
        raise BadInput("insecure-with-ca-file", "choose-one-check")
