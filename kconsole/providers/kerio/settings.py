"""Checks of a Kerio Connect server's settings that need no connection."""

from typing import Final

from kconsole.core.errors import BadInput
from kconsole.core.server import ServerAccess
from kconsole.net.addresses import Address, AddressForm, parse_address
from kconsole.net.trust import check_trust

PORT: Final = 4040
"""The administration's port, unless an administrator moved it."""

_FORM: Final = AddressForm({"https": PORT}, "address-form-kerio", page="admin")


def server_address(url: str) -> Address:
    """Parse `https://host[:port]`, or the address of the administration's pages as a browser shows it.

    Raises:
        BadInput: it is neither.
    """
    return parse_address(url, _FORM)


def check_settings(server: ServerAccess) -> None:
    """Check the settings of a server as far as possible without a connection.

    Raises:
        BadInput: URL, user, fingerprint or CA file is invalid.
    """
    server_address(server.url)
    if not server.user.strip() or "\0" in server.user:
        raise BadInput("administrator-missing", "administrator-example")
    check_trust(server)
    from kconsole.net.tls import check_ca_file

    check_ca_file(server.ca_file)
