"""The log screen: who did what, the newest first."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.identity import shown_address
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.operations.accounts import AddAccount, DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from kconsole.operations.system import system_operator
from kconsole.text.commits import short_time
from kconsole.tui.screens import log as log_module
from tests.tui.console import NARROW, WIDE, console, until
from tests.tui.few import LIST, OFF, SEAT, small


def lines(text: str) -> list[str]:
    return [line.strip("│ ") for line in text.splitlines() if "08-05" in line]


async def test_it_tells_who_did_what_with_seats_and_reason_newest_first() -> None:
    async with console("office", WIDE) as screen:
        first, second = screen.listed[:2]
        other = screen.other("berg")
        other.do(DisableAccounts((first, second), reason="left in June"))
        other.do(EnableAccounts((first,)))
        await screen.press("L")
        newest, before = lines(screen.text)[:2]
        assert newest.split()[1:7] == ["3", "2026-08-05", "12:03", "berg", "enable", first]
        assert "111 → 112" in newest
        assert "2 accounts" in before
        assert "left in June" in before
        assert "Log · all accounts · 3 lines · newest first" in screen.text


async def test_at_80_columns_the_reason_is_shown_and_enter_tells_all() -> None:
    async with console("office", NARROW) as screen:
        screen.other("berg").do(DisableAccounts(tuple(screen.listed[:3]), reason="left in June"))
        await screen.press("L")
        assert "left in June" in screen.text
        assert "08-05 12:03 berg" in screen.text
        await screen.press("enter")
        screen.expect_dialog("Line 2 of the log", "left in June", "113 → 110", "Session", "→ disabled", "was enabled")
        assert all(shown_address(address) in screen.text for address in screen.listed[:3])
        await screen.press("escape", "escape")
        screen.expect_focus_on("accounts")


async def test_the_time_of_day_is_shown_for_other_years_too() -> None:
    async with console("office", NARROW) as screen:
        screen.clock.forward(days=200)
        screen.other("berg").do(DisableAccounts(tuple(screen.listed[:1]), reason="left"))
        await screen.press("L")
        assert "2026-08-05 12:" in screen.text
        assert "2027-02-21 12:" in screen.text


async def test_lines_that_are_undone_say_so() -> None:
    async with console("office", WIDE) as screen:
        other = screen.other("berg")
        other.do(DisableAccounts(tuple(screen.listed[:1])))
        other.undo()
        await screen.press("L")
        assert dict(screen.log.log_list.undone) == {2: 3}
        await screen.press("j")
        assert "▸×" in screen.text
        await screen.press("enter")
        screen.expect_dialog("Undone", "by line 3")
        await screen.press("escape")
        other.undo(3)
        await screen.tick()
        assert dict(screen.log.log_list.undone) == {3: 4}


async def test_claims_are_reported_as_claims() -> None:
    async with console("office") as screen:
        other = screen.other()
        other.store.operator = system_operator("boss")._replace(sudo_user="carla", connection="10.0.0.1 22")
        other.store.operator = other.store.operator._replace(name="anna", uid=998, login_uid=1003, key="SHA256:tQ5")
        other.do(DisableAccounts((screen.at.address,)))
        await screen.press("L", "enter")
        screen.expect_dialog(
            f'anna ({system_operator().user}) as "boss"',
            "(uid 998), logged in as uid 1003",
            "--as boss",
            "sudo was called by carla",
            "SSH from 10.0.0.1 22",
            "SSH key SHA256:tQ5",
        )


async def test_refusals_bear_a_sign_and_a_word() -> None:
    async with console(small(SEAT, OFF, seats=1), WIDE) as screen:
        screen.other("berg").do(EnableAccounts((OFF.address,)))
        await screen.press("L")
        line = lines(screen.text)[0]
        assert line.startswith("▸!2")
        assert "enable refused" in line
        assert OFF.address in line
        await screen.press("u")
        screen.expect_dialog("Failed", "Line 2 of the log has nothing to undo.")


async def test_the_filter_lists_lines_that_hold_all_words() -> None:
    async with console("office") as screen:
        other = screen.other("berg")
        first, second = screen.listed[:2]
        other.do(DisableAccounts((first,), reason="retired"))
        other.do(DisableAccounts((second,)))
        await screen.press("L", "slash")
        await screen.type("berg retired")
        assert len(lines(screen.text)) == 1
        await screen.press("enter", "enter")
        screen.expect_dialog(first)
        await screen.press("escape", "slash")
        await screen.type("zzz")
        assert "No line holds 'berg retiredzzz'." in screen.text
        await screen.press("escape")
        assert len(lines(screen.text)) == 3
        screen.expect_focus_on("log")
        await screen.press("escape")
        screen.expect_focus_on("accounts")


async def test_the_filter_finds_what_the_log_shows() -> None:
    async with console("office") as screen:
        screen.other("berg").do(DisableAccounts((screen.listed[0],), reason="Übergabe an Łukasz"))
        await screen.press("L")
        for text in ("ubergabe", "lukasz", "113 → 112"):
            screen.log.filter_by(text)
            await screen.settled()
            assert [commit.sequence for commit in screen.log.log_list.rows] == [2]
        shown = screen.log.log_list.rows[0]
        screen.log.filter_by(short_time(shown.at, shown.at))
        assert shown in screen.log.log_list.rows


async def test_a_line_can_be_undone_after_asking() -> None:
    async with console("office") as screen:
        first = screen.at.address
        screen.other("berg").do(DisableAccounts((first,)))
        await screen.press("L", "u")
        screen.expect_dialog("Undo 'disable' of 1 account?", first, "by berg")
        await screen.press("y")
        screen.expect_no_dialog()
        assert screen.used == 113
        assert "undo of 2" in lines(screen.text)[0]
        assert screen.log.status.left == f"112 → 113 seats used · undone: disable {first}"
        assert screen.log.log_list.highlighted is not None
        assert screen.log.log_list.highlighted.sequence == 2
        await screen.press("u")
        screen.expect_dialog("Failed", "was undone in line 3 already")


async def test_one_account_only_and_all_again() -> None:
    async with console("office") as screen:
        first, second = screen.listed[:2]
        other = screen.other("berg")
        other.do(DisableAccounts((first,)))
        other.do(DisableAccounts((second,)))
        await screen.press("L", "h")
        assert f"Log · {first}" in screen.text
        assert [commit.sequence for commit in screen.log.log_list.rows] == [2, 1]
        await screen.press("h")
        assert len(screen.log.log_list.rows) == 3


async def test_an_account_that_no_one_touched() -> None:
    async with console("office") as screen:
        session = screen.other("berg")
        session.do(AddAccount("new@northwind.example"))
        await screen.tick()
        screen.main.go_to("new@northwind.example")
        await screen.press("L", "h")
        assert len(screen.log.log_list.rows) == 1


async def test_it_is_live_and_the_cursor_stays_on_its_line() -> None:
    async with console("office") as screen:
        other = screen.other("berg")
        other.do(DisableAccounts((screen.listed[0],)))
        await screen.press("L")
        other.do(DisableAccounts((screen.listed[1],)))
        await screen.tick()
        assert [commit.sequence for commit in screen.log.log_list.rows] == [3, 2, 1]
        assert screen.log.log_list.cursor == 1


async def test_what_comes_after_the_log_was_left_harms_no_one() -> None:
    async with console("office") as screen:
        await screen.press("L", "escape")
        screen.other("berg").do(DisableAccounts((screen.listed[0],)))
        await screen.tick()
        assert "112 of 120 seats used" in screen.gauge


@pytest.mark.thorough
async def test_a_long_log_is_read_as_far_as_one_looks() -> None:
    async with console(small(SEAT)) as screen:
        other = screen.other("berg")
        for _ in range(300):
            other.do(DisableAccounts((SEAT.address,)))
            other.do(EnableAccounts((SEAT.address,)))
        await screen.press("L")
        shown = screen.log.log_list
        await until(screen, lambda: len(shown.rows) >= 200 and not screen.is_working("reading"))
        assert len(shown.rows) < 400
        assert f"the newest {len(shown.rows)} lines" in screen.text
        for number in (399, 598, 601):
            await screen.press("G")
            await until(screen, lambda number=number: len(shown.rows) >= number)  # type: ignore[misc]
        assert " 601 lines" in screen.text


async def test_the_log_of_a_large_store_is_read_beside_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "takes_long", lambda _: True)
    async with console(small(SEAT, OFF)) as screen:
        for _ in range(30):
            screen.session.do(DisableAccounts((SEAT.address,)))
            screen.session.do(EnableAccounts((SEAT.address,)))
        await screen.press("L")
        await until(screen, lambda: not screen.is_working("reading"))
        assert len(screen.log.log_list.rows) == 61
        await screen.press("h")
        await until(screen, lambda: not screen.is_working("reading"))
        assert screen.at.address in str(screen.log.query_one("#log-pane").border_title)


async def test_a_damaged_log_shows_what_is_good_of_it_and_says_where_it_breaks() -> None:
    def damage(store: Path) -> None:
        session = Session.open(store, "berg")
        session.do(DisableAccounts((SEAT.address,)))
        session.do(EnableAccounts((SEAT.address,)))
        session.close()
        journal = store / "journal.jsonl"
        raw = journal.read_bytes().splitlines(keepends=True)
        raw[-1] = raw[-1].replace(b"enable", b"enoble")
        journal.write_bytes(b"".join(raw))
        (store / "store.json").unlink()

    async with console(small(SEAT), WIDE, read_only=True, prepare=damage) as screen:
        screen.expect_dialog("About this store", "line 3")
        await screen.press("escape", "L")
        assert "DAMAGED" in screen.text
        assert [commit.sequence for commit in screen.log.log_list.rows] == [2, 1]
        assert "line 3" in screen.log.status.left


async def test_archived_lines_that_are_elsewhere_are_named() -> None:
    async with console("office", WIDE) as screen:
        screen.other("berg").do(DisableAccounts((screen.listed[0],)))
        folder = screen.session.store.folder
        screen.session.store.archive(1)
        next(folder.glob("journal-1-*.gz")).unlink()
        await screen.press("L")
        await until(screen, lambda: "2 lines" not in screen.text and "1 line " in screen.text)
        assert "journal-*-1.jsonl.gz is not in the store's folder" in " ".join(screen.text.split())


async def test_help_and_palette_know_the_commands_of_the_log() -> None:
    async with console("office") as screen:
        await screen.press("L", "question_mark")
        screen.expect_dialog("Help: the activity log", "Undo the line")
        await screen.press("escape")
        assert "Log: filter" in [command.title for command in screen.log.offered()]


async def test_domains_and_lists_have_their_words() -> None:
    from kconsole.operations.accounts import DeleteAccounts
    from kconsole.operations.server import AddDomain, RecordRestart

    inventory = small(LIST, replace(SEAT, mailbox=False))
    async with console(inventory, WIDE) as screen:
        other = screen.other("berg")
        other.do(AddDomain("y.example"))
        other.do(DeleteAccounts((LIST.address, SEAT.address)))
        other.do(RecordRestart())
        await screen.press("L")
        restarted, deleted, added, init = lines(screen.text)
        assert "restarted" in restarted
        assert "2 entries" in deleted
        assert "y.example" in added
        assert "2 entries" in init
        for words in ("2026-08-05 12:03", "→ deleted", "y.example", "was not there"):
            await screen.press("enter")
            screen.expect_dialog(words)
            await screen.press("escape", "j")


async def test_an_empty_console_opens_the_log_too() -> None:
    async with console(Inventory(license=License(seats=5), domains=(Domain(name="x.example"),))) as screen:
        await screen.press("L", "h")
        assert "1 line " in screen.text
