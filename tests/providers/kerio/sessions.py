"""Sessions with the small server, for tests of the client below the seam."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kconsole.core.server import ServerAccess
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import Secret
from kconsole.providers.base import Timeouts
from kconsole.providers.kerio.client import KerioClient
from kconsole.providers.kerio.provider import KERIO
from tests.providers.kerio.kerio_https import PASSWORD


@contextmanager
def connected(
    access: ServerAccess, secret: Secret, cancel: Flag | None = None, **options: Any
) -> Iterator[KerioClient]:
    with KERIO.connected(access, secret, cancel, **options) as mail:
        yield mail.client


@contextmanager
def session(server: ServerAccess, call_timeout: float = 10) -> Iterator[KerioClient]:
    with connected(server, Secret(PASSWORD), timeouts=Timeouts(5, call_timeout)) as line:
        yield line
