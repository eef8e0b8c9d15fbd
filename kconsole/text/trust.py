"""The security of a connection in words, of a directory and of a mail server alike."""

from typing import Final

from kconsole.core.directory import Directory
from kconsole.core.server import ServerAccess
from kconsole.text.safe_text import safe_text

INSECURE: Final = "INSECURE: the certificate is not checked, so others may read what is sent. The log records that."
"""The warning before each connection without a check."""

VERIFIED_WORDS: Final = {
    "system": "this system trusts the certificate",
    "ca file": "the CA file trusts the certificate",
    "fingerprint": "the certificate is the pinned one",
    "unchecked": "the certificate is NOT CHECKED",
}
"""How a certificate was checked."""


def connection_words(encrypted: bool, verified_by: str) -> str:
    """How safe a connection is: "encrypted, this system trusts the certificate"."""
    return f"encrypted, {VERIFIED_WORDS[verified_by]}" if encrypted else "NOT ENCRYPTED"


def trust_words(server: Directory | ServerAccess) -> str:
    """Which certificates the settings of a server trust; safe to show."""
    if server.insecure:
        return "! INSECURE: the certificate is not checked"
    if server.fingerprint:
        return f"the certificate {safe_text(server.fingerprint)}"
    return f"certificates signed by {safe_text(server.ca_file)}" if server.ca_file else "the CAs of this system"
