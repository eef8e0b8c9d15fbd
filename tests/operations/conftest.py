"""A store that follows a test server: for tests that need both fresh hundreds of times."""

from collections.abc import Iterator

import pytest

from kconsole.operations.session import Session
from tests.kerio_server.fixtures import need_openssl
from tests.operations.followed import Followed
from tests.providers.conftest import desk, desk_access

__all__ = ["desk", "desk_access"]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    need_openssl()
    with Followed(tmp_path_factory.mktemp("followed")) as followed:
        yield followed


@pytest.fixture
def session(at: Followed) -> Iterator[Session]:
    with at.fresh() as session:
        yield session
