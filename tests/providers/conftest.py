"""The second product, installed as another package would be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kconsole.core.server import ServerAccess
from tests.providers.other import DESKS, ENTRY_POINTS, METADATA, Desk

__all__ = ["desk", "desk_access"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk with two domains, four accounts and a shared mailbox; its provider is found by its entry point."""
    package = tmp_path / "site" / "kconsole_desk-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(METADATA)
    (package / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(package.parent)
    made = DESKS["desk://mail.example"] = Desk()
    made.add_domain("north.example")
    made.add_domain("south.example")
    made.add("anna@north.example", full_name="Anna Berg", role="full_admin")
    made.add("berg@north.example", enabled=False)
    made.add("chen@south.example")
    made.add("dora@north.example")
    made.add("sales@north.example", kind="resource")
    yield made
    DESKS.clear()


@pytest.fixture
def desk_access(desk: Desk) -> ServerAccess:
    del desk
    return ServerAccess(url="desk://mail.example", user="owner", provider="desk")
