"""Every test of the command line has a home of its own, and no store but the one it names."""

from pathlib import Path

import pytest

from tests.cli.console import Console


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
    return home


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A command line at a store that is not there yet."""
    return Console(tmp_path / "store")
