"""Settings that say which certificate of a server is trusted. Checked without importing TLS, which takes its time."""

import re
from datetime import datetime
from typing import Literal, NamedTuple

from kconsole.core.codes import short
from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput
from kconsole.core.server import ServerAccess

VerifiedBy = Literal["system", "ca file", "fingerprint", "unchecked"]
"""How a server's certificate was checked."""


TrustSettings = Directory | ServerAccess
"""Settings with `ca_file`, `fingerprint` and `insecure`."""


class Certificate(NamedTuple):
    """A certificate that a server showed."""

    fingerprint: str
    """SHA-256, as `AB:CD:...`."""
    names: tuple[str, ...] = ()
    """The names it is for; empty if its signature was not checked, because Python then does not parse it."""
    expires: datetime | None = None
    """None if its signature was not checked."""


def fingerprint_digits(text: str) -> str:
    """A fingerprint as 64 lower-case hexadecimal digits; raises BadInput unless it is a SHA-256."""
    digits = re.sub(r"\A(?:sha-?256(?: fingerprint)?[:=])|[:\s]", "", text.strip(), flags=re.IGNORECASE).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise BadInput("fingerprint-invalid", "how-to-get-fingerprint", text=short(text))
    return digits


def check_trust(server: TrustSettings) -> None:
    """Raise BadInput if the fingerprint is malformed, or if the settings both check the certificate and do not."""
    if server.fingerprint:
        fingerprint_digits(server.fingerprint)
    if server.insecure and server.fingerprint:
        raise BadInput("insecure-with-fingerprint", "choose-one-check")
    if server.insecure and server.ca_file:
        raise BadInput("insecure-with-ca-file", "choose-one-check")
