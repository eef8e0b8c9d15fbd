"""A store of Anna's that is shared."""

import concurrent.futures.thread  # noqa: F401  # before there are users who may not read Python
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kconsole.operations.session import Session
from tests.clocks import noon
from tests.operations.shared_stores.sharing import (
    ANNA,
    GROUP,
)
from tests.store.stores import account, inventory_of
from tests.users import user


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that all may write in, as /tmp."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


@pytest.fixture
def shared(place: Path) -> Path:
    """A store of Anna's that is shared."""
    with user(ANNA, GROUP, mask=0o077):
        Session.create(place / "s", inventory_of(account("anna")), "anna", noon(), group=GROUP).close()
    return place / "s"
