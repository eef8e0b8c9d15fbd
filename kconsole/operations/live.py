"""The live server, as commands and screens reach it."""

from typing import Final

from kconsole.operations.write_through import OPEN as OPEN
from kconsole.operations.writer import Writer as Writer
from kconsole.sources.kerio_api.connection import check_settings as check_settings
from kconsole.sources.kerio_api.connection import connected as connected
from kconsole.sources.kerio_api.errors import Cancelled as Cancelled
from kconsole.sources.kerio_api.errors import NotLetIn as NotLetIn
from kconsole.sources.kerio_api.snapshot import Progress as Progress
from kconsole.sources.kerio_api.snapshot import ServerSnapshot as Snapshot
from kconsole.sources.kerio_api.snapshot import read_server as read_server

__all__ = [
    "OPEN", "SERVER_PASSWORD", "Cancelled", "NotLetIn", "Progress", "Snapshot", "Writer", "check_settings", "connected",
    "import_client", "read_server",
]  # fmt: skip

SERVER_PASSWORD: Final = "KCONSOLE_SERVER_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to the live server."""


def import_client() -> None:
    """Import what a server is asked with: at leisure, where the first question shall not wait for it."""
    import kconsole.sources.kerio_api.wire  # noqa: F401  # it is used where somebody asks
