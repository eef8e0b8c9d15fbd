"""The License screen: the whole life of a license, and what is asked, shown and refused on the way."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import fields, replace
from textual.widgets import Input

from kconsole.core.license import Component, Customer, License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import AddAccount, Connect, DisableAccounts
from kconsole.operations.license import ActivateLicense, ChangeTerms, Terms
from kconsole.text.messages import words_of
from kconsole.text.screen import READ_ONLY
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.screens import license as license_module
from kconsole.tui.screens.license import LicenseScreen
from kconsole.tui.widgets.labelled import DetailsPane
from tests.clocks import noon
from tests.importers.license_writer import FULL_ID, license_key, trial_key
from tests.tui.console import NARROW, WIDE, Console, console, until, until_shown

TODAY = date(2026, 8, 5)
FIELDS = ("Northwind", "Anna Berg", "anna@north.example", "1", "High St 1", "60200", "Brno", "", "CZ", "", "")
"""What a person types in the form, in its order."""

NORTH = Customer(
    organization="Northwind", person="Anna Berg", email="anna@north.example", phone="1", country="CZ", city="Brno",
    street="High St 1", zip="60200",
)  # fmt: skip
ACTIVATED = License(
    seats=5,
    id_end="GHIJ",
    registered_at=noon().now() - timedelta(days=100),
    activated_at=noon().now() - timedelta(days=100),
    customer=NORTH,
    maintenance_until=TODAY + timedelta(days=265),
)


def office(license_: License = License(seats=5), accounts: int = 5, mailboxes: int = 0) -> Inventory:  # noqa: B008
    """A store with some accounts, the first of which have a mailbox."""
    entries = tuple(
        Entry(address=f"{letter}@north.example", mailbox=place < mailboxes)
        for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz"[:accounts])
    )
    return Inventory(domains=(Domain(name="north.example", primary=True),), entries=entries, license=license_)


def license_screen(screen: Console) -> LicenseScreen:
    return next(each for each in screen.app.screen_stack if isinstance(each, LicenseScreen))


def head(screen: Console) -> list[str]:
    widget = license_screen(screen).head
    return [widget.render_line(y).text.strip() for y in range(widget.size.height)]


def keys(screen: Console) -> str:
    return license_screen(screen).key_line.render_line(0).text


def reported(screen: Console) -> str:
    return license_screen(screen).status.left


def sheet(screen: Console) -> str:
    """Everything on the sheet, in sight or not."""
    return "\n".join("".join(text for text, _ in line) for line in license_screen(screen).sheet.lines)


def paste(screen: Console, **values: str) -> None:
    """Put texts into the lines of the form that is open, as pasting does."""
    for name, value in values.items():
        screen.app.screen.query_one(f"#{name.replace('_', '-')}", Input).value = value


async def later(screen: Console, **duration: float) -> None:
    screen.clock.forward(**duration)
    await screen.tick()


def kept(folder: Path) -> str:
    """All that a store's folder holds."""
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


# The life


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


# Following


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


# Registering


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


HOSTILE = "Evil\x1b]0;owned\x07 [bold]x[/] [@click=app.quit]y[/] \u202egnp"


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


# Changing by hand


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


# License files


async def test_words_of_a_file_in_another_encoding_show_which_it_is(tmp_path: Path) -> None:
    key = license_key(users="3").replace(b"Northwind Traders", "Růžena Dvořáková".encode("cp1250"))
    (tmp_path / "license.key").write_bytes(key)
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "i")
        paste(screen, path=str(tmp_path / "license.key"))
        await screen.press("enter")
        await until_shown(screen, "Which of these reads right?")
        screen.expect_dialog("CP1250     Růžena Dvořáková", "CP1252     Rùžena Dvoøáková")
        await screen.press("escape")
        screen.expect_no_dialog()
        await screen.press("i", "enter")
        await until_shown(screen, "Which of these reads right?")
        await screen.press("enter")
        await until_shown(screen, "Install license.key?")
        await screen.press("y")
        customer = screen.session.state.license.customer
        assert customer is not None
        assert customer.organization == "Růžena Dvořáková"


async def test_a_file_over_the_limit_names_who_is_refused(tmp_path: Path) -> None:
    (tmp_path / "license.key").write_bytes(license_key(users="3"))
    async with console(office(ACTIVATED, mailboxes=2)) as screen:
        await screen.press("l", "i")
        paste(screen, path=str(tmp_path / "license.key"))
        await screen.press("enter")
        await until_shown(screen, "Install license.key?")
        screen.expect_dialog(
            "Install license.key?",
            "! The license will be exceeded by 2 seats",
            "! 2 of 3 accounts without a mailbox would be refused at login, the last of these to log in: "
            "c@north.example, d@north.example and e@north.example",
            "5 → 3",
            "Install, over the limit",
        ).expect_focus_on("Cancel")
        await screen.press("G")
        screen.expect_dialog("Its signature is not checked")
        assert FULL_ID not in screen.text
        await screen.press("enter")
        assert screen.session.state.license == ACTIVATED
        await screen.press("i", "enter")  # the name is still there
        await until_shown(screen, "Install license.key?")
        await screen.press("y")
        assert screen.session.seats.report().over == 2
        assert reported(screen).startswith("the license has 3 seats now")
        assert FULL_ID not in kept(screen.session.store.folder)
        await screen.press("i", "enter")
        await until_shown(screen, "Nothing would change")
        screen.expect_dialog("Nothing would change", "Its signature is not checked")


async def test_the_file_of_a_trial_is_refused_over_a_license(tmp_path: Path) -> None:
    (tmp_path / "t.key").write_bytes(trial_key())
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "i")
        paste(screen, path=str(tmp_path / "t.key"))
        await screen.press("enter")
        await until_shown(screen, "file of a trial")
        screen.expect_dialog("Refused", "file of a trial")
        await screen.press("escape")
        assert screen.session.state.license == ACTIVATED


@pytest.mark.thorough
@pytest.mark.parametrize("what", ["pipe", "folder", "nothing", "-", "~no-such-user/x", ""])
async def test_what_is_no_license_file_keeps_no_one_waiting(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "i")
        paste(screen, path=what)
        await screen.press("enter")
        expected = {
            "pipe": "it is not a file",
            "folder": "it is not a file",
            "nothing": "No such file",
            "-": "No such file",
            "": "Name the file.",
        }
        said = expected.get(what, "That home folder is unknown.")
        await until_shown(screen, said)
        screen.expect_dialog(said)


async def test_hostile_text_of_a_file_is_shown_harmless(tmp_path: Path) -> None:
    key = license_key(users="50").replace(b"Northwind Traders", "[bold]\x1b[2JEvil\u202e[/]".encode())
    (tmp_path / "a[b].key").write_bytes(key)
    async with console(office(ACTIVATED)) as screen:
        await screen.press("l", "i")
        paste(screen, path=str(tmp_path / "a[b].key"))
        await screen.press("enter")
        await until_shown(screen, "Install a[b].key?")
        screen.expect_dialog("Install a[b].key?", "[bold]␛[2JEvil")
        assert "\x1b" not in screen.text
        await screen.press("y")
        assert "[bold]␛[2JEvil" in sheet(screen)


# Undoing, reading, moving


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
