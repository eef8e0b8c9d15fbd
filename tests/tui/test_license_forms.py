"""Registering a license, and changing it by hand."""

from datetime import date

import pytest
from msgspec.structs import fields, replace
from textual.widgets import Input

from kconsole.core.license import Component, Customer, PendingUpdate
from kconsole.operations.accounts import AddAccount
from kconsole.operations.license import ChangeTerms, Terms
from tests.clocks import noon
from tests.importers.license_writer import FULL_ID
from tests.tui.console import WIDE, console
from tests.tui.licenses import ACTIVATED, HOSTILE, kept, office, paste, reported, sheet


async def test_the_full_id_is_on_no_screen_and_in_no_file() -> None:
    async with console(office()) as screen:
        await screen.press("l", "B")
        paste(screen, organization="Northwind", license_id=FULL_ID)
        assert FULL_ID not in screen.text
        await screen.press(*["tab"] * 11, "enter")
        screen.expect_dialog("The registration needs person, email")
        assert FULL_ID not in screen.text
        names = ("person", "email", "phone", "street", "zip", "city", "country")
        paste(screen, **dict(zip(names, ("Anna", "a@b.example", "1", "High", "2", "Brno", "CZ"), strict=True)))
        line = screen.app.screen.query_one("#license-id", Input)
        line.focus()
        await screen.press("ctrl+c", "enter")
        screen.expect_no_dialog()
        assert line.value == ""
        assert FULL_ID not in screen.app.clipboard
        assert screen.session.state.license.id_end == FULL_ID[-4:]
        pictures = [screen.app.export_screenshot(), screen.text]
        await screen.press("B")
        pictures.append(screen.app.export_screenshot())
        screen.expect_dialog("Change the registration", f"*{FULL_ID[-4:]}")
        await screen.press("escape", "escape", "L", "enter")
        pictures.append(screen.app.export_screenshot())
        for text in (*pictures, kept(screen.session.store.folder), repr(screen.session.state.license)):
            assert FULL_ID not in text
            assert FULL_ID[:11] not in text
        assert FULL_ID[-4:] in kept(screen.session.store.folder)


async def test_what_is_no_id_is_refused_without_repeating_it() -> None:
    async with console(office(replace(ACTIVATED, activated_at=None))) as screen:
        await screen.press("l", "B")
        paste(screen, license_id="12345 ABCDE_FGHIJ")
        screen.app.screen.query_one("#license-id", Input).focus()
        await screen.press("enter")
        screen.expect_dialog("That is not a license ID.", "its last 4 characters are enough")
        assert "ABCDE" not in screen.text
        await screen.press("escape")
        assert screen.session.state.license.id_end == "GHIJ"


@pytest.mark.thorough
async def test_hostile_details_of_a_customer_are_shown_harmless_and_kept_as_they_are() -> None:
    details = {field.name: f"{HOSTILE} {field.name}" for field in fields(Customer)}
    hostile = Customer(**{**details, "email": "a@b.example"})
    async with console(office(replace(ACTIVATED, customer=hostile)), WIDE) as screen:
        await screen.press("l")
        assert "[@click=app.quit]y[/]" in sheet(screen).replace("\n", " ")
        assert sheet(screen).replace("\n", "").isprintable()
        await screen.press("B")
        screen.expect_dialog("[bold]x[/]")
        assert "\x1b" not in screen.text
        assert "\u202e" not in screen.text
        paste(screen, phone="2")
        screen.app.screen.query_one("#license-id", Input).focus()
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.session.state.license.customer == replace(hostile, phone="2")
        assert reported(screen).isprintable()
        await screen.press("u")
        assert screen.session.state.license.customer == hostile


async def test_fewer_seats_than_used_ask_for_more_than_a_yes() -> None:
    async with console(office(ACTIVATED, mailboxes=1)) as screen:
        await screen.press("l", "D", "2", "enter", "enter", "enter")
        screen.expect_dialog(
            "! The license will be exceeded by 3 seats",
            "! 3 of 4 accounts without a mailbox would be refused at login, the last of these to log in: "
            "b@north.example, c@north.example, d@north.example and 1 more",
            "5 → 2",
            "Change, over the limit",
        ).expect_focus_on("Cancel")
        await screen.press("enter")
        assert screen.session.seats.report().limit == 5
        await screen.press("D", "2", "enter", "enter", "enter", "y")
        assert screen.session.seats.report().state == "exceeded"
        assert " ".join(sheet(screen).split()).startswith("Seats 5 of 2 used 3 seats over")
        await screen.press("u")
        assert screen.session.seats.report().limit == 5


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"seats": "many"}, "'many' is not a number of seats."),
        ({"seats": "-1"}, "'-1' is not a number of seats."),
        ({"seats": "9" * 40}, "At most 1,000,000"),
        ({"expires": "soon\x1b[2J"}, "'soon␛[2J' is not a day. Write it like 2027-03-01."),
        ({}, "Nothing would change."),
    ],
)
async def test_terms_that_make_no_sense_are_reported_and_the_form_stays(typed: dict[str, str], problem: str) -> None:
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "D")
        paste(screen, **typed)
        await screen.press("enter", "enter", "enter")
        screen.expect_dialog("Seats and days by hand", problem)
        await screen.press("escape")
        assert screen.session.state.license == ACTIVATED


async def test_the_limit_and_the_days_can_be_taken_off() -> None:
    async with console(office(replace(ACTIVATED, expires=date(2027, 1, 1)))) as screen:
        await screen.press("l", "D")
        paste(screen, seats="unlimited", expires="never")
        await screen.press("enter", "enter", "enter")
        screen.expect_dialog("5 → unlimited", "2027-01-01 → –")
        await screen.press("y")
        assert screen.session.state.license == replace(ACTIVATED, seats=None, expires=None)


async def test_who_was_faster_is_heard() -> None:
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "D", "9", "enter", "enter", "enter")
        screen.expect_dialog("5 → 9")
        screen.other("berg").do(ChangeTerms(Terms(seats=7)))
        await screen.press("y")
        screen.expect_dialog("Another process changed the license meanwhile", "7 → 9").expect_focus_on("Cancel")
        await screen.press("y")
        assert screen.session.seats.report().limit == 9


async def test_a_yes_to_fewer_seats_is_none_to_passing_them_further() -> None:
    async with console(office(ACTIVATED, accounts=4)) as screen:
        await screen.press("l", "D", "3", "enter", "enter", "enter")
        screen.expect_dialog("! The license will be exceeded by 1 seat:")
        screen.other("berg").do(AddAccount("e@north.example"))
        await screen.press("y")
        assert screen.session.seats.report().limit == 5
        screen.expect_dialog("More seats are in use now", "! The license will be exceeded by 2 seats:")
        await screen.press("y")
        assert screen.session.seats.report().over == 2


async def test_seats_without_limit_can_only_be_given_one() -> None:
    async with console(office(replace(ACTIVATED, seats=None))) as screen:
        await screen.press("l", "b")
        screen.expect_dialog("What was bought?", "Antivirus")
        assert "More seats" not in screen.text
        await screen.press("space", "tab", "tab", "tab", "tab", "enter")
        assert screen.session.state.license.update == PendingUpdate(bought_at=noon().now(), components=("antivirus",))
        await screen.press("X")
        screen.expect_dialog("Cancel the purchase?", "Antivirus").expect_focus_on("Cancel")
        await screen.press("y")
        assert screen.session.state.license.update is None


async def test_buying_nothing_is_no_answer() -> None:
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "b", *["enter"] * 4)
        screen.expect_dialog("Say how many seats or which components were bought.")


async def test_components_are_licensed_changed_and_taken_away() -> None:
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "o", "enter")
        screen.expect_dialog("Antivirus", "as many as the license has")
        paste(screen, seats="2", expires="2026-08-20")
        await screen.press("enter", "enter", "enter")
        antivirus = Component(name="antivirus", seats=2, expires=date(2026, 8, 20))
        assert list(screen.session.state.license.components) == [antivirus]
        assert "5 of 2 seats   until 2026-08-20, 15 days left   !" in sheet(screen)
        await screen.press("o")
        screen.expect_dialog("! 3 accounts beyond its seats", "e@north.example")
        await screen.press("j")
        assert "beyond" not in screen.text.partition("Components")[2]
        await screen.press("k", "enter", "space", "enter", "enter", "enter")
        assert not screen.session.state.license.components
        await screen.press("o", "q")
        screen.expect_no_dialog()
