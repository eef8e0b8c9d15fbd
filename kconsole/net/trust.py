"""What settings say of whom to trust. Known without TLS, which takes its time to import."""

import re
from typing import Literal, Protocol

from kconsole.core.codes import short
from kconsole.core.errors import BadInput

VerifiedBy = Literal["system", "ca file", "fingerprint", "nobody"]
"""By what a server's certificate was checked."""


class TrustSettings(Protocol):
    """What the settings of a server say of whom to trust."""

    @property
    def ca_file(self) -> str:
        """A file with the certificates to trust, in place of the system's; empty for the system's."""
        ...

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the one certificate to trust; empty for none."""
        ...

    @property
    def insecure(self) -> bool:
        """Whether to go on with a server whose certificate nobody checked."""
        ...


def fingerprint_digits(text: str) -> str:
    """A fingerprint as 64 small hexadecimal digits, however it is written.

    Raises:
        BadInput: it is no SHA-256.
    """
    digits = re.sub(r"\A(?:sha-?256(?: fingerprint)?[:=])|[:\s]", "", text.strip(), flags=re.IGNORECASE).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise BadInput(
            f"{short(text)} is no SHA-256 fingerprint of a certificate: that has 64 hexadecimal digits.",
            "On the server: openssl x509 -in certificate.pem -noout -fingerprint -sha256",
        )
    return digits
