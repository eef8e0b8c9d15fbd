"""The license on the screen: its life, what it follows, undo and moving."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from kconsole.core.license import Component, License
from kconsole.operations.accounts import AddAccount, Connect, DisableAccounts
from kconsole.operations.license import ActivateLicense, ChangeTerms, Terms
from kconsole.text.messages import words_of
from kconsole.text.screen import READ_ONLY
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.screens import license as license_module
from kconsole.tui.widgets.labelled import DetailsPane
from tests.importers.license_writer import FULL_ID
from tests.tui.console import NARROW, WIDE, console, until
from tests.tui.licenses import (
    ACTIVATED,
    FIELDS,
    NORTH,
    TODAY,
    head,
    keys,
    later,
    license_screen,
    office,
    paste,
    reported,
    sheet,
)


async def test_the_whole_life_of_a_license() -> None:
    async with console(office(), WIDE) as screen:
        await screen.press("l")
        assert head(screen)[0].startswith("– NOT RECORDED")
        assert "Registered to" in sheet(screen)
        assert "no customer yet" in sheet(screen)
        await screen.press("N")
        screen.expect_dialog("Begin the trial?", "2026-09-04").expect_focus_on("Cancel")
        await screen.press("y")
        assert head(screen)[0].startswith("▸ TRIAL   Trial until 2026-09-04, 30 days left")
        assert reported(screen) == "trial of 30 days recorded, its last day is 2026-09-04"

        await later(screen, days=31)
        assert head(screen)[0].startswith("! TRIAL EXPIRED   The trial ended 1 day ago, on 2026-09-04")
        await screen.press("escape")
        assert screen.banner[0] == "! Trial expired: mail stops and no user can log in to a mailbox · l license"
        assert "!a@north.example" in screen.text
        other = screen.other("berg")
        assert other.do(Connect("a@north.example")).outcomes[0].code == "license-expired"

        await screen.press("l", "B")
        screen.expect_dialog("Register the license").expect_typing_in("organization")
        for text in FIELDS:
            await screen.type(text)
            await screen.press("enter")
        screen.expect_typing_in("license-id")
        await screen.type(FULL_ID)
        await screen.press("enter")
        screen.expect_no_dialog()
        assert head(screen)[0].startswith("▸ REGISTERED   Software Maintenance until 2027-09-05, 365 days left")
        assert head(screen)[-1] == "Next  Activate it on this installation."
        assert screen.session.state.license.customer == NORTH
        assert "*****-*****-*GHIJ" in sheet(screen)
        await screen.press("A")
        screen.expect_dialog("Activate the license on this installation?", "Northwind").expect_focus_on("Cancel")
        await screen.press("y")
        assert head(screen)[0].startswith("✓ ACTIVATED")
        assert "would be let in" in str(screen.main.query_one(DetailsPane).sections)

        await screen.press("b", "1", "0", "tab", "tab", "tab", "tab", "tab", "enter")
        screen.expect_no_dialog()
        assert "10 seats bought, due by" in head(screen)[2]
        assert screen.session.seats.report().limit == 5
        await later(screen, hours=24)
        assert "What to do" not in sheet(screen)
        await later(screen, hours=1)
        assert head(screen)[2].startswith("! 10 seats bought, OVERDUE since")
        assert "registration server" in head(screen)[3]
        for step in ("1. Check that the server reaches", "2. Compare the license ID", "3. If both are right"):
            assert step in sheet(screen)
        await screen.press("escape")
        assert screen.banner[1] == "! Overdue: 10 seats, bought more than 24 hours ago · l license"
        await screen.press("l", "U")
        screen.expect_dialog("10 seats: arrived?", "5 → 15").expect_focus_on("Cancel")
        await screen.press("y")
        assert screen.session.seats.report().limit == 15
        assert "On its way" not in sheet(screen)
        screen.other("carla").do(AddAccount("f@north.example"))

        await screen.press("D")
        paste(screen, maintenance_until="2027-12-01", expires="2027-12-31")
        await screen.press("enter", "enter", "enter")
        screen.expect_dialog("Change the license?", "2027-09-05 → 2027-12-01", "– → 2027-12-31")
        await screen.press("y")
        screen.clock.moment = datetime(2027, 12, 2, 0, 0, tzinfo=UTC)
        await screen.tick()
        assert head(screen)[0].startswith("! MAINTENANCE EXPIRED   Software Maintenance ended 1 day ago, on 2027-12-01")
        screen.clock.moment = datetime(2027, 12, 31, 23, 59, tzinfo=UTC)
        await screen.tick()
        assert "MAINTENANCE EXPIRED" in head(screen)[0]
        await later(screen, minutes=1)
        assert head(screen)[0].startswith("! LICENSE EXPIRED   The license ended 1 day ago, on 2027-12-31")
        await screen.press("q")
        assert "License expired: mail stops" in screen.banner[0]
        assert "would be refused: License is expired" in screen.text
        connected = screen.other("dora").do(Connect("b@north.example"))
        assert connected.outcomes[0].failed
        assert "License is expired" in words_of(connected.outcomes[0].message)


async def test_commands_that_make_no_sense_are_not_offered_and_say_why() -> None:
    async with console(office()) as screen:
        await screen.press("l")
        assert keys(screen).split("  ")[:2] == [" B register", "i install"]
        for key, why in (
            ("A", "nothing to activate. Register it first: press B."),
            ("b", "nothing can be bought for it. Register it first: press B."),
            ("U", "No purchase is pending."),
            ("X", "No purchase is pending."),
        ):
            await screen.press(key)
            screen.expect_no_dialog()
            assert why in reported(screen)
            assert f" {key} " not in keys(screen)
    async with console("crisis") as screen:
        await screen.press("l")
        assert keys(screen).startswith(" U it arrived  X cancel ")
        for key, why in (
            ("N", "A license is registered here, so there is no trial."),
            ("A", "The license was activated on "),
            ("b", "A purchase is pending already: 25 seats and Antivirus. Press U if it arrived, X to cancel it."),
        ):
            await screen.press(key)
            screen.expect_no_dialog()
            assert reported(screen).startswith(why)
    async with console("small") as screen:
        await screen.press("l", "N")
        assert reported(screen).startswith("The trial has begun already; its last day is 2026-08-21.")


async def test_nothing_is_left_to_buy_and_an_expired_license_is_not_activated() -> None:
    everything = tuple(Component(name=name) for name in ("antivirus", "activesync", "antispam"))
    async with console(office(replace(ACTIVATED, seats=None, components=everything))) as screen:
        await screen.press("l", "b")
        assert reported(screen).startswith("There is nothing to buy")
    over = replace(ACTIVATED, activated_at=None, expires=TODAY - timedelta(days=1))
    async with console(office(over)) as screen:
        await screen.press("l", "A")
        assert reported(screen).endswith("Renew it, then press i to install its file.")


async def test_an_old_license_is_in_grace() -> None:
    license_ = replace(ACTIVATED, expires=date(2023, 4, 30))
    async with console(office(license_), WIDE) as screen:
        screen.clock.moment = datetime(2023, 5, 10, 12, 0, tzinfo=UTC)
        await screen.press("l")
        assert head(screen)[0].startswith("! LICENSE EXPIRED, IN GRACE")
        assert "Grace period until 2023-05-30, 20 days left" in " ".join(head(screen))
        await later(screen, days=21)
        assert head(screen)[0].startswith("! LICENSE EXPIRED   The license ended 31 days ago")


async def test_it_follows_other_processes_and_its_seats() -> None:
    async with console(office(replace(ACTIVATED, activated_at=None)), WIDE) as screen:
        await screen.press("l")
        assert "REGISTERED" in head(screen)[0]
        assert "5 of 5 used · FULL" in head(screen)[0]
        other = screen.other("berg")
        other.do(ActivateLicense())
        other.do(DisableAccounts(("a@north.example",)))
        await screen.tick()
        assert "✓ ACTIVATED" in head(screen)[0]
        assert "4 of 5 used" in head(screen)[0]


async def test_components_follow_their_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(license_module, "MANY", 2)  # so that they are counted beside the screen
    async with console(office(replace(ACTIVATED, components=(Component(name="antivirus", seats=3),))), WIDE) as screen:
        await screen.press("l")
        await until(screen, lambda: "5 of 3 seats" in sheet(screen))
        assert "! 2 accounts beyond its seats" in sheet(screen)
        screen.other("berg").do(DisableAccounts(("a@north.example", "b@north.example")))
        await screen.tick()
        await until(screen, lambda: "3 of 3 seats" in sheet(screen))
        assert "beyond" not in sheet(screen)


async def test_midnight_ends_a_day_while_a_dialog_is_open() -> None:
    async with console(office(License(seats=5, trial_until=TODAY))) as screen:
        await screen.press("l", "D")
        assert "the last day is today" in head(screen)[0]
        await later(screen, hours=11, minutes=56)
        assert "TRIAL   " in head(screen)[0]
        await later(screen, minutes=1)
        assert "TRIAL EXPIRED" in head(screen)[0]
        screen.expect_dialog("Seats and days by hand")


async def test_undo_undoes_the_license_and_nothing_out_of_sight() -> None:
    async with console(office(ACTIVATED)) as screen:
        await screen.press("d", "y", "l", "u")
        screen.expect_no_dialog()
        assert reported(screen) == "The last change was 'disable', on accounts: undo it in their list."
        assert " u undo" not in keys(screen)
        await screen.press("o", "enter", "enter", "enter", "enter")
        assert " u undo" in keys(screen)
        await screen.press("u")
        assert reported(screen) == "undone: change component"
        assert screen.session.state.license == ACTIVATED
        assert screen.used == 4


async def test_read_only_shows_all_and_changes_nothing() -> None:
    async with console("crisis", read_only=True) as screen:
        await screen.press("l")
        assert "READ ONLY" in screen.text.splitlines()[0]
        assert keys(screen).split() == ["o", "components", "?", "help", "esc", "back"]
        for key in "NBAbUXDiu":
            await screen.press(key)
            screen.expect_no_dialog()
            assert reported(screen) == READ_ONLY
        await screen.press("o", "j", "enter")
        screen.expect_dialog("! 10 accounts beyond its seats", READ_ONLY)
    async with console("small", WIDE, read_only=True) as screen:
        await screen.press("l")
        assert "What you can do" not in sheet(screen)


async def test_it_scrolls_by_the_keys_of_a_list_and_keeps_its_place() -> None:
    async with console("crisis", NARROW) as screen:
        await screen.press("l")
        body = license_screen(screen).sheet
        assert body.row_count > body.page
        assert "Registered to" not in screen.text
        await screen.press("j", "j")
        assert body.scroll_offset.y == 2
        screen.other("berg").do(ChangeTerms(Terms(seats=51)))
        await screen.tick()
        assert body.scroll_offset.y == 2
        await screen.press("G")
        assert "Norway" in screen.text
        await screen.press("pageup", "k", "ctrl+u", "g")
        assert body.scroll_offset.y == 0
        await screen.resize(*WIDE)
        await screen.press("G")
        assert "Organization Aurora Lifts" in sheet(screen)
        await screen.resize(40, 12)
        assert "ACTIVATED" in screen.text
        await screen.press("escape")
        screen.expect_focus_on("accounts")


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (50, 12), (40, 10)])
async def test_its_forms_fit_into_every_terminal(size: tuple[int, int]) -> None:
    async with console(office(ACTIVATED), size) as screen:
        await screen.press("l")
        for key in "BbDio":
            await screen.press(key)
            assert screen.dialog is not None
            for _ in screen.dialog.query(Input):
                focused = screen.app.focused
                assert focused is not None
                place = screen.app.screen.find_widget(focused)
                assert place.clip.contains_region(place.region), (key, focused, screen.text)
                await screen.press("tab")
            assert all(screen.app.screen.region.contains_region(each.region) for each in screen.dialog.query("Button"))
            await screen.press("escape")


@pytest.mark.parametrize("key", ["l", "q", "escape"])
async def test_there_are_ways_back(key: str) -> None:
    async with console("office") as screen:
        await screen.press("l", key)
        screen.expect_focus_on("accounts")


async def test_in_ascii_every_state_still_has_its_sign() -> None:
    plain = TerminalProfile(ascii_only=True, colours="none")
    for sample, sign in (("office", "* ACTIVATED"), ("small", "&gt; TRIAL")):
        async with console(sample, profile=plain) as screen:
            await screen.press("l")
            picture = screen.app.export_screenshot().replace("&#160;", " ")
            assert sign in picture
