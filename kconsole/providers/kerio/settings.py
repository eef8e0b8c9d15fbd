"""Checks of a Kerio Connect server's settings that need no connection."""

from typing import Final

from kconsole.core.errors import BadInput
from kconsole.core.server import ServerAccess
from kconsole.net.settings import Address, AddressForm, check_trust, parse_address

_FORM: Final = AddressForm({"https": 4040}, "address-form-kerio", page="admin")


def server_address(url: str) -> Address:
    """Parse `https://host[:port]`, also with the path that a browser shows; raises BadInput for anything else."""
    return parse_address(url.strip(), _FORM)


def check_settings(access: ServerAccess) -> None:
    """Raise BadInput if the URL, user, fingerprint or CA file makes no sense."""
    server_address(access.url)
    if not access.user.strip() or "\0" in access.user:
        raise BadInput("administrator-missing", "administrator-example")
    check_trust(access)
    if access.ca_file:
        from kconsole.net.tls import check_ca_file

        check_ca_file(access.ca_file)
