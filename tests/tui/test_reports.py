"""Reports and the renewal on the screen. Their words are held in `golden/`."""

from pathlib import Path

import pytest

from kconsole.core.license import price_of
from tests.operations.sessions import leave_unconfirmed
from tests.tui.console import NARROW, console, until
from tests.tui.licenses import ACTIVATED, office


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


async def test_a_report_is_written_where_exports_go(home: Path) -> None:
    async with console("office", NARROW) as screen:
        for number in ("", "-2"):
            await screen.press("number_sign", "enter", "enter", "enter", "enter")
            assert screen.dialog is None
            (file,) = home.glob(f"kconsole-seats-????-??-??{number}.html")
            assert file.stat().st_mode & 0o777 == 0o600
        assert "saved in ~/kconsole-seats-" in screen.main.status.left


@pytest.mark.thorough
async def test_one_in_part_is_refused_unless_it_is_wanted(home: Path) -> None:
    async with console("small", NARROW) as screen:
        leave_unconfirmed(screen.session.store, screen.listed[0])
        await screen.press("number_sign", "enter", *"x", "enter", "enter", "enter")
        screen.expect_dialog("neither a day")
        await screen.press("up", "up", "backspace", "enter", "enter", "enter")
        screen.expect_dialog("not confirmed")
        assert list(home.glob("kconsole-*")) == []
        await screen.press("space", "enter")
        assert screen.dialog is None
        (file,) = home.glob("kconsole-*")
        assert "In part: not everything is known." in file.read_text()


@pytest.mark.thorough
async def test_a_price_and_the_renewal() -> None:
    async with console(office(ACTIVATED), NARROW) as screen:
        await screen.press("l", "percent_sign", *"1,250", "enter", *"EUR", "enter")
        screen.expect_dialog("is not an amount of money")
        await screen.press("up", "ctrl+u", *"24.50", "enter", "enter")
        assert screen.dialog is None
        assert screen.session.state.license.price == price_of("24.50", "EUR")
        assert "24.50 EUR per seat and year" in screen.text
        await screen.press("dollar_sign")
        await until(screen, lambda: "The next renewal" in screen.text)
        screen.expect_dialog("265 days left", "5 of 5 seats used", "says too little")
