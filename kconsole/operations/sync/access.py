"""The live server, as commands and screens reach it."""

from typing import Final

from kconsole.operations.sync.login import Writer as Writer
from kconsole.operations.sync.push import OPEN as OPEN
from kconsole.providers.kerio.connection import check_settings as check_settings
from kconsole.providers.kerio.connection import connected as connected
from kconsole.providers.kerio.errors import Cancelled as Cancelled
from kconsole.providers.kerio.errors import NotLetIn as NotLetIn
from kconsole.providers.kerio.snapshot import Progress as Progress
from kconsole.providers.kerio.snapshot import ServerSnapshot as Snapshot
from kconsole.providers.kerio.snapshot import read_server as read_server

__all__ = [
    "OPEN", "SERVER_PASSWORD", "Cancelled", "NotLetIn", "Progress", "Snapshot", "Writer", "check_settings", "connected",
    "import_client", "read_server",
]  # fmt: skip

SERVER_PASSWORD: Final = "KCONSOLE_SERVER_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to the live server."""


def import_client() -> None:
    """Import what a server is asked with: at leisure, where the first question shall not wait for it."""
    import kconsole.providers.kerio.client  # noqa: F401  # it is used where somebody asks
