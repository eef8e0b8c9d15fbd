"""Sessions with the small server, for tests of the client below the seam."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kconsole.core.server import ServerAccess
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import Secret
from kconsole.providers.kerio.client import KerioClient
from kconsole.providers.kerio.provider import KERIO


@contextmanager
def connected(
    access: ServerAccess, secret: Secret, cancel: Flag | None = None, **options: Any
) -> Iterator[KerioClient]:
    with KERIO.connected(access, secret, cancel, **options) as mail:
        yield mail.client
