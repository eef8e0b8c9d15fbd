"""Changes on the screen: they ask first, name what they act on, and move the gauge."""

import pytest
from textual.widgets import Input

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.history import LogQuery
from tests.tui.console import WIDE, console, until_shown
from tests.tui.few import ADMIN, LIST, MAPPED, OFF, SEAT, go_to, small


async def test_disabling_asks_first_with_cancel_in_focus() -> None:
    async with console("office") as screen:
        await screen.press("d")
        screen.expect_dialog("Disable 1 account?", screen.at.address, "Seats used: 113 → 112 of 120.", "backups")
        screen.expect_focus_on("Cancel")
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.used == 113


@pytest.mark.parametrize("no", ["n", "escape"])
async def test_no_changes_nothing(no: str) -> None:
    async with console("office") as screen:
        await screen.press("d", no)
        screen.expect_no_dialog()
        assert screen.used == 113
        assert screen.session.history.undoable is None


@pytest.mark.parametrize("yes", [("y",), ("tab", "enter"), ("right", "enter")])
async def test_disabling_lowers_the_gauge_and_undo_brings_it_back(yes: tuple[str, ...]) -> None:
    async with console("office") as screen:
        top = screen.at
        await screen.press("d", *yes)
        assert "112 of 120 seats used" in screen.gauge
        assert screen.at == screen.session.state.find(top.address)
        assert not screen.at.enabled
        assert screen.status == f"113 → 112 seats used · {top.address} disabled"
        assert screen.main.status.right == "saved 12:03"
        assert " u undo" in screen.keys
        await screen.press("u")
        assert "113 of 120 seats used" in screen.gauge
        assert screen.at == top
        assert " u undo" not in screen.keys


async def test_a_change_on_marked_accounts_names_them_and_their_number() -> None:
    async with console("office") as screen:
        await screen.press(*["space"] * 9, "d")
        screen.expect_dialog("Disable 8 accounts?", "1 marked account is disabled already", "and 2 more", "113 → 105")
        await screen.press("y")
        assert screen.used == 105
        assert not screen.main.accounts.marked
        await screen.press("u")
        assert screen.used == 113


async def test_what_cannot_be_disabled_is_reported_without_a_dialog() -> None:
    async with console(small(SEAT, OFF, LIST, ADMIN)) as screen:
        await go_to(screen, OFF.address)
        await screen.press("d")
        assert screen.status == "b@x.example is disabled already."
        await go_to(screen, LIST.address)
        await screen.press("d")
        assert screen.status == "team@x.example is not a user account (mailing list): it takes no seat."
        await go_to(screen, ADMIN.address)
        await screen.press("e")
        assert screen.status == "Admin is not a user account (built-in): it takes no seat."
        screen.expect_no_dialog()


async def test_enabling_takes_a_seat() -> None:
    async with console(small(SEAT, OFF)) as screen:
        await go_to(screen, OFF.address)
        await screen.press("e")
        screen.expect_dialog("Enable 1 account?", "1 → 2 of 5")
        await screen.press("y")
        assert screen.used == 2


async def test_enabling_at_the_limit_is_refused_with_reason_and_remedy() -> None:
    async with console(small(SEAT, OFF, seats=1)) as screen:
        await go_to(screen, OFF.address)
        await screen.press("e")
        screen.expect_dialog("Refused", "It cannot be enabled", "1 of 1 seat is used", "Disable an account")
        *_, line = screen.session.history.log(LogQuery(account=OFF.address))
        assert (line.operation, [each.code for each in line.refused]) == ("enable", ["license-limit"])
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.used == 1


async def test_adding_an_account() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("a")
        screen.expect_typing_in("address")
        await screen.type("new.one")
        await screen.press("enter")
        screen.expect_typing_in("full-name")
        await screen.type("Noor")
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.at.address == "new.one@x.example"
        assert screen.at.full_name == "Noor"
        assert screen.used == 2


async def test_a_bad_address_is_reported_in_the_dialog_which_stays() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("a")
        await screen.type("a")
        await screen.press("enter", "enter")
        screen.expect_dialog("The address a@x.example is taken")
        screen.expect_typing_in("address")
        await screen.press("escape")
        screen.expect_no_dialog()
        assert screen.used == 1


async def test_adding_by_the_button() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("a")
        await screen.type("z")
        await screen.press("tab", "tab", "tab", "enter")
        assert "z@x.example" in screen.listed


async def test_the_add_dialog_can_be_left_by_its_button() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("a", "tab", "tab", "enter")
        screen.expect_no_dialog()
        assert screen.used == 1


async def test_adding_at_the_limit_is_refused_in_the_vendor_s_words() -> None:
    async with console(small(SEAT, seats=1)) as screen:
        await screen.press("a")
        screen.expect_dialog("You cannot add more users", "short by 1")


async def test_at_the_limit_an_address_that_is_still_held_can_be_added_again() -> None:
    async with console(small(SEAT, seats=1)) as screen:
        await screen.press("x", "y")
        assert screen.banner[-1].startswith("! 1 seat held until the server is restarted")
        await screen.press("a")
        screen.expect_dialog("No seat is free", "Only a deleted account that still holds its seat", "a@x.example")
        await screen.press("a")
        await screen.type("a")
        await screen.press("enter", "enter")
        screen.expect_dialog("left its mailbox")
        await screen.press("escape")
        assert screen.used == 1
        assert not screen.at.mailbox  # which may be another person's


async def test_deleting_asks_what_becomes_of_the_mailbox() -> None:
    async with console(small(SEAT, MAPPED)) as screen:
        await go_to(screen, SEAT.address)
        await screen.press("x")
        screen.expect_dialog("Delete 1 account?", "(●) l  leave it", "disable instead")
        screen.expect_focus_on("Cancel")
        await screen.press("r")
        screen.expect_dialog("(●) r  remove it")
        await screen.press("t")
        screen.expect_typing_in("target")
        await screen.press("enter", "y")
        screen.expect_dialog("Type the account that takes the mailbox.")
        await screen.type("c@x.example")
        await screen.press("enter", "y")
        screen.expect_no_dialog()
        gone = screen.session.state.find(SEAT.address)
        assert (gone.mailbox_fate, gone.transferred_to) == ("transfer", MAPPED.address)
        assert "a@x.example deleted" in screen.status
        assert SEAT.address not in screen.listed


async def test_a_transfer_to_no_one_is_reported_and_nothing_is_deleted() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("x", "t")
        await screen.type("missing@x.example")
        await screen.press("enter", "y")
        screen.expect_dialog("There is no account missing@x.example")
        assert screen.session.state.find(SEAT.address).deleted_at is None


async def test_deleting_by_the_buttons() -> None:
    async with console(small(OFF)) as screen:
        await screen.press("x", "enter")
        assert OFF.address in screen.listed
        await screen.press("x", "tab", "enter")
        assert OFF.address not in screen.listed


async def test_deleting_a_mapped_account_says_that_it_is_only_deactivated() -> None:
    async with console(small(MAPPED)) as screen:
        await screen.press("x")
        screen.expect_dialog("Disable 1 account?", "stays in the directory")
        await screen.press("y")
        assert screen.session.state.find(MAPPED.address).deleted_at is None
        assert "c@x.example disabled" in screen.status
        assert screen.used == 0


async def test_the_built_in_administrator_cannot_be_deleted() -> None:
    async with console(small(ADMIN)) as screen:
        await screen.press("x")
        screen.expect_dialog("Refused", "The built-in administrator is not a user account")


async def test_held_seats_come_free_when_a_restart_is_recorded() -> None:
    async with console("office") as screen:
        await screen.press("R")
        screen.expect_dialog("Was the server restarted?", "3 seats of deleted accounts would come free")
        await screen.press("y")
        assert "110 of 120 seats used" in screen.gauge
        assert screen.banner == []
        await screen.press("R")
        assert screen.status == "No seat is held: nothing waits for a restart."
        await screen.press("u")
        assert "113 of 120 seats used" in screen.gauge


async def test_a_store_that_cannot_be_written_is_reported_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with console("office") as screen:
        monkeypatch.setattr("os.fdatasync", full)
        await screen.press("d", "y")
        await until_shown(screen, "Failed")
        screen.expect_dialog("Failed", "No space left on device", "Nothing was changed")
        await screen.press("escape")
        assert "113 of 120 seats used" in screen.gauge
        assert screen.at.enabled
        assert screen.trouble == "cannot save"
        assert "cannot save" in screen.text
        await screen.tick()
        assert screen.trouble == "cannot save"
        monkeypatch.undo()
        await screen.press("d", "y")
        assert "112 of 120 seats used" in screen.gauge
        assert screen.trouble == ""


async def test_a_busy_store_says_who_is_saving_and_to_try_again() -> None:
    import fcntl

    async with console("office") as screen:
        with (screen.session.store.folder / "lock").open("a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            await screen.press("d", "y")
            await until_shown(screen, "Failed")
            screen.expect_dialog("Failed", "is saving to", "Try again")
        assert screen.trouble == ""
        await screen.press("escape", "d", "y")
        assert screen.used == 112


async def test_what_another_process_did_is_shown_with_the_next_change() -> None:
    async with console("office", WIDE) as screen:
        screen.other().do(DisableAccounts((screen.listed[1],)))
        await screen.press("d", "y")
        assert "111 of 120 seats used" in screen.gauge
        assert not screen.main.accounts.rows[1].enabled


async def test_a_change_on_an_account_that_changed_meanwhile_shows_the_change_and_asks_again() -> None:
    async with console("office") as screen:
        top = screen.at
        await screen.press("x")
        screen.other("berg").do(DisableAccounts((top.address,)))
        await screen.press("y")
        screen.expect_dialog("Delete 1 account?", f"berg disabled {top.address} at", "Nothing was done yet")
        screen.expect_focus_on("Cancel")
        assert screen.session.state.find(top.address).deleted_at is None
        await screen.press("y")
        screen.expect_no_dialog()
        assert screen.session.state.find(top.address).deleted_at is not None


@pytest.mark.parametrize(("key", "account"), [("d", SEAT), ("e", OFF)])
async def test_a_change_that_someone_did_meanwhile_is_not_asked_for_again(key: str, account: Entry) -> None:
    from kconsole.operations.accounts import EnableAccounts

    async with console(small(SEAT, OFF)) as screen:
        await go_to(screen, account.address)
        await screen.press(key)
        operation = DisableAccounts if key == "d" else EnableAccounts
        screen.other("berg").do(operation((account.address,)))
        await screen.press("y")
        did = "disabled" if key == "d" else "enabled"
        screen.expect_dialog("Changed meanwhile", f"berg {did} {account.address}", f"is {did} already")
        await screen.press("escape")
        screen.expect_no_dialog()


async def test_the_seats_went_to_someone_else_meanwhile() -> None:
    from kconsole.operations.accounts import AddAccount, EnableAccounts

    async with console(small(SEAT, OFF, seats=2)) as screen:
        await go_to(screen, OFF.address)
        await screen.press("e")
        other = screen.other("berg")
        other.do(EnableAccounts((OFF.address,)))
        other.do(DisableAccounts((OFF.address,)))
        other.do(AddAccount("new@x.example"))
        await screen.press("y")
        assert screen.used == 2
        assert screen.dialog is not None


async def test_marks_that_are_not_in_the_list_are_counted_wherever_they_matter() -> None:
    async with console("office") as screen:
        await screen.press("space", "space", "slash")
        await screen.type("archive")
        await screen.press("enter", "space")
        assert screen.status == "3 accounts marked, 2 of them not listed: 113 → 110 seats used"
        await screen.press("d")
        screen.expect_dialog("Disable 3 accounts?", "2 of them are not in the list now: they were marked before.")
        await screen.press("n", "x")
        screen.expect_dialog("Delete 3 accounts?", "2 of them are not in the list now")
        await screen.press("n", "escape")
        assert screen.status == "3 accounts marked: 113 → 110 seats used"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name",
    ["a[/]b", "[@click=app.quit]x[/]", "[bold]x[/bold]", "\x1b]0;t\x07", "\u202emoc\u202c", "\x9b31m", "a\nb", "\\[x"],
)
async def test_hostile_names_are_harmless_text_everywhere(name: str) -> None:
    inventory = Inventory(
        license=License(seats=3),
        domains=(Domain(name=f"{name}.example", primary=True),),
        entries=(
            Entry(address=f"{name}@{name}.example", full_name=name, description=name, mailbox=True),
            Entry(address=f"2{name}@{name}.example", full_name=name, kind="alias", delivers_to=(name,)),
        ),
    )
    async with console(inventory, WIDE, title=name) as screen:
        seen = [screen.text]
        for keys in (("enter",), ("escape", "d"), ("y",), ("u",), ("x",), ("escape", "a"), ("enter", "enter")):
            await screen.press(*keys)
            seen.append(screen.text)
        await screen.press("escape", "right_square_bracket", "y", "slash")
        screen.main.filter_bar.line.value = name + "zz"  # type: ignore[union-attr]
        await screen.pilot.pause()
        seen.append(screen.text)
        assert screen.app.is_running
        for text in seen:
            assert not set(text) & set("\x1b\x07\x9b\u202e\u202c")
        assert isinstance(screen.app.focused, Input)


async def test_no_operation_ends_the_hold_of_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console("small") as screen:
        held: list[tuple[object, bool]] = []
        monkeypatch.setattr(screen.app, "hold_pictures", lambda *hold: held.append(hold))
        for _ in range(2):
            screen.main.work("", lambda: None, lambda _: None, lambda error: pytest.fail(str(error)))
            await screen.saved()
        first, second = (holder for holder, is_held in held if is_held)
        assert first != second
        assert {(first, False), (second, False)} <= set(held)
