"""Every test of the command line has a home of its own, and no store but the one it names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kconsole.core.records import Domain
from kconsole.operations.session import Session
from tests.cli.console import Console, account, days_ago
from tests.cli.licenses import ACTIVATED, with_license
from tests.cli.watched import STORE
from tests.clocks import FixedClock, noon
from tests.importers.license_writer import license_key


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    for variable in (
        "KCONSOLE_STORE", "KCONSOLE_CONFIG", "KCONSOLE_STATE", "KCONSOLE_ASCII", "NO_COLOR", "XDG_DATA_HOME",
        "XDG_CONFIG_HOME", "XDG_STATE_HOME", "PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "COLUMNS",
    ):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LANG", "C.UTF-8")
    # A forced command shuts its process in, which would be the one of all tests.
    monkeypatch.setattr("kconsole.cli.shell.enclose", lambda *_: None)
    return home


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A command line at a store that is not there yet."""
    return Console(tmp_path / "store")


@pytest.fixture
def office(console: Console) -> Console:
    """Every kind of entry in two domains."""
    return console.fill(
        account("anna", full_name="Anna Berg", description="Sales", mailbox=True, last_login=days_ago(3)),
        account("old", mailbox=True, last_login=days_ago(400, "POP3"), role="full_admin"),
        account("mapped", origin="directory"),
        account("off", enabled=False, origin="imported", last_login=days_ago(200)),
        account("gone", deleted_at=datetime.now(UTC), mailbox=True, mailbox_fate="keep"),
        account("info", kind="alias", delivers_to=("anna@north.example",)),
        account("all", kind="mailing_list"),
        account("room", kind="resource"),
        account("Admin", kind="builtin_admin"),
        account("berg@south.example"),
        seats=6,
        domains=(Domain(name="north.example", primary=True), Domain(name="south.example", user_limit=2)),
    )


@pytest.fixture
def small(console: Console) -> Console:
    """Two accounts, of which one is enabled."""
    return console.fill(account("anna"), account("off", enabled=False))


@pytest.fixture
def clock() -> FixedClock:
    return noon()


@pytest.fixture
def licensed(tmp_path: Path, clock: FixedClock) -> Console:
    """Ten seats, of which five are used; three accounts have a mailbox, one of them by ActiveSync."""
    return with_license(Console(tmp_path / "store", clock), ACTIVATED)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "license.key"
    path.write_bytes(license_key())
    return path


@pytest.fixture
def following(tmp_path: Path) -> Console:
    """A store that follows a server."""
    Session.create(tmp_path / "store", STORE, "anna", noon()).close()
    return Console(tmp_path / "store", noon())
