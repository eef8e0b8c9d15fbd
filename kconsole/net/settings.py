"""Settings of a connection: the server's address, and which certificate is trusted.

This module does not import TLS, which takes its time.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from kconsole.core.codes import short
from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput
from kconsole.core.identity import LONGEST_DOMAIN, ascii_domain
from kconsole.core.server import ServerAccess

VerifiedBy = Literal["system", "ca file", "fingerprint", "unchecked"]
"""How a server's certificate was checked."""

TrustSettings = Directory | ServerAccess
"""Settings with `ca_file`, `fingerprint` and `insecure`."""


_HOST: Final = re.compile(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%[\w.-]+)?|[\w-]{1,63}(?:\.[\w-]{1,63})*\.?", re.ASCII)
"""An IPv6 address, or a name whose labels are in ASCII; Python's own codec would make `ss` of `ß`, another host."""


class AddressForm(NamedTuple):
    """What the addresses of one kind of server look like."""

    ports: Mapping[str, int]
    """The usual port, by the schemes that are allowed."""
    hint: str
    """The code of the hint that shows an example."""
    page: str = ""
    """The first part of a path that is accepted and ignored, because a browser shows it."""


class Address(NamedTuple):
    """Where a server answers."""

    scheme: str
    host: str
    port: int

    @property
    def bracketed(self) -> str:
        """The host as a URL has it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def origin(self) -> str:
        """The URL without a path."""
        return f"{self.scheme}://{self.bracketed}:{self.port}"


def parse_address(url: str, form: AddressForm) -> Address:
    """Parse `scheme://host[:port]`; raises BadInput for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadInput("address-invalid", form.hint, url=short(url)) from None
    if parts.username is not None or parts.password is not None:
        raise BadInput("address-has-password", "give-password-apart")  # the address is not shown: it has a secret
    if parts.scheme not in form.ports:
        schemes = [f"{scheme}://" for scheme in form.ports]
        raise BadInput("address-scheme", form.hint, url=short(url), schemes=schemes)
    host = ascii_domain(host or "")
    if not _HOST.fullmatch(host) or not _is_host(host) or len(host) > LONGEST_DOMAIN or port == 0:
        raise BadInput("address-invalid", form.hint, url=short(url))
    first_part = parts.path.strip("/").partition("/")[0]
    if first_part not in ("", form.page) or parts.query or (parts.fragment and not form.page):
        raise BadInput("address-has-path", form.hint, url=short(url))
    return Address(parts.scheme, host, port or form.ports[parts.scheme])


def _is_host(host: str) -> bool:
    """Whether what looks like an IP address is one, and whether IDNA knows every label that says it is its own.

    Others, as 999.1.1.1, 1.2.3 and xn--a.example, are no errors of the network later, but break the client.
    """
    try:
        if ":" in host or host.rpartition(".")[2].isdigit():
            ip_address(host)
        elif labels := [label for label in host.lower().split(".") if label.startswith("xn--")]:
            import idna

            idna.decode(".".join(labels))
    except ValueError:
        return False
    return True


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
