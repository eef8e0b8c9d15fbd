"""Reads a test server in small pages."""

from collections.abc import Callable
from typing import Any

from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import Progress, ServerState
from kconsole.providers.kerio.provider import KERIO


def read_in_pages(
    access: ServerAccess,
    password: str,
    page: int = 500,
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> ServerState:
    with KERIO.connected(access, Secret(password), **options) as mail:
        mail.page = page
        return mail.read(progress)
