"""What the settings of a server must look like to make sense, told before anybody is asked anything."""

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from kconsole.core.codes import short
from kconsole.core.errors import BadInput
from kconsole.core.server import ServerAccess
from kconsole.net.trust import fingerprint_digits

PORT: Final = 4040
"""Where the administration is on every server, unless somebody moved it."""

_HINT: Final = "Write it as https://mail.example, or https://mail.example:4040."


class ServerAddress(NamedTuple):
    """The parts of a URL that are asked for."""

    host: str
    port: int

    @property
    def origin(self) -> str:
        """The URL without a path, as it is asked."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"


def server_address(url: str) -> ServerAddress:
    """Where a URL leads. The address of the administration's pages, as a browser shows it, leads there as well.

    Raises:
        BadInput: it is no `https://host[:port]`.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadInput(f"{short(url)} is no URL of a server: its host or port is none.", _HINT) from None
    if parts.username is not None or parts.password is not None:
        # Not told: what stands there may be a password.
        raise BadInput("The URL of the server has a name or password in it.", "Give them apart from the URL.")
    if parts.scheme != "https":
        reason = (
            "anybody on the way could read the password" if parts.scheme == "http" else "it has no https:// in front"
        )
        raise BadInput(f"{short(url)} is no URL of a server that can be asked: {reason}.", _HINT)
    if not host or not re.fullmatch(r"[\w.:-]+", host) or port == 0:
        raise BadInput(f"{short(url)} is no URL of a server: its host or port is none.", _HINT)
    if parts.path.strip("/").partition("/")[0] not in ("", "admin") or parts.query:
        raise BadInput(f"{short(url)} says more than a host and a port.", _HINT)
    return ServerAddress(host, port or PORT)


def check_settings(server: ServerAccess) -> None:
    """Look whether a server can be asked with these settings, as far as that can be said without asking it.

    Raises:
        BadInput: the URL, user, fingerprint or CA file makes no sense.
    """
    server_address(server.url)
    if not server.user.strip() or "\0" in server.user:
        raise BadInput("Nobody is named to log in as.", "Give the name of an administrator, as admin@mail.example.")
    if server.fingerprint:
        fingerprint_digits(server.fingerprint)
    if server.insecure and (server.ca_file or server.fingerprint):
        asked = "a fingerprint" if server.fingerprint else "a CA file"
        raise BadInput(
            f"The certificate cannot be checked by {asked} and not be checked at all.",
            f"Leave out either {asked} or what makes the connection insecure.",
        )
    from kconsole.net.tls import check_ca_file

    check_ca_file(server.ca_file)
