"""Addresses of servers, as an administrator types them."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from kconsole.core.codes import short
from kconsole.core.errors import BadInput


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
        """The host as a URL has it: an IPv6 address stands in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def origin(self) -> str:
        """The URL without a path."""
        return f"{self.scheme}://{self.bracketed}:{self.port}"


def parse_address(url: str, form: AddressForm) -> Address:
    """Parse `scheme://host[:port]`.

    Raises:
        BadInput: it is not of this form.
    """
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
    if not host or not re.fullmatch(r"[\w.:-]+", host) or port == 0:
        raise BadInput("address-invalid", form.hint, url=short(url))
    first_part = parts.path.strip("/").partition("/")[0]
    if first_part not in ("", form.page) or parts.query or (parts.fragment and not form.page):
        raise BadInput("address-has-path", form.hint, url=short(url))
    return Address(parts.scheme, host, port or form.ports[parts.scheme])
