"""What the tests of the client of a live server share."""

from collections.abc import Iterator

import pytest

from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from tests.directory_server.certificates import Certificate, make_certificate
from tests.providers.kerio.kerio_https import PASSWORD, TinyServer, running


@pytest.fixture(scope="session")
def kerio_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("kerio"))


@pytest.fixture
def tiny(kerio_certificate: Certificate) -> Iterator[TinyServer]:
    """A server that answers nothing but logins until a test says what."""
    yield from running(kerio_certificate)


@pytest.fixture
def kerio(tiny: TinyServer) -> ServerAccess:
    """How it is reached."""
    return ServerAccess(url=tiny.url, user="Admin", ca_file=str(tiny.certificate.ca))


@pytest.fixture
def secret() -> Secret:
    return Secret(PASSWORD)
