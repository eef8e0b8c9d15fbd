"""What other processes do appears in an open console, and disturbs no one."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.geometry import Region

from kconsole.core.history import Commit, as_operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.server import AddDomain
from kconsole.tui import chunk_runner
from kconsole.tui.screens.log import LogScreen
from kconsole.tui.widgets.lines import StatusLine
from tests.tui.console import WIDE, Console, console, until
from tests.tui.servers import find_differences


def paints(screen: Console) -> list[object]:
    """A list that grows with whatever the console writes to its terminal."""
    painted: list[object] = []
    display = screen.app._display

    def note(*arguments: object) -> None:
        painted.append(arguments)
        display(*arguments)  # type: ignore[arg-type]

    screen.app._display = note  # type: ignore[method-assign, assignment]
    return painted


async def test_cells_gauge_counts_and_domains_follow_with_a_quiet_note() -> None:
    async with console("office", WIDE) as screen:
        second = screen.main.accounts.rows[1]
        screen.other("berg").do(DisableAccounts((second.address,)))
        await screen.tick()
        assert "112 of 120 seats used" in screen.gauge
        assert not screen.main.accounts.rows[1].enabled
        assert screen.status == f"berg disabled {second.address}"
        assert "112 of 120" in screen.main.domains.render_line(0).text
        assert "live" in screen.text
        screen.expect_no_dialog()


async def test_the_keys_follow_too() -> None:
    async with console("office", WIDE) as screen:
        assert "read server" not in screen.keys
        find_differences(screen.session, screen.clock)
        await screen.tick()
        assert "read server" in screen.keys


async def test_the_timer_does_it_by_itself() -> None:
    async with console("office") as screen:
        screen.other("berg").do(DisableAccounts((screen.listed[1],)))
        await until(screen, lambda: "112 of 120 seats used" in screen.gauge)


async def test_a_screen_that_was_just_asked_for_has_no_lines_yet() -> None:
    async with console("office") as screen:
        screen.app.push_screen(LogScreen(screen.main.workspace, None))
        assert not screen.app.screen.query(StatusLine)
        screen.main.tick()
        await screen.tick()
        assert screen.app.screen.query_one(StatusLine).age == ""
        assert screen.app.failure is None


async def test_several_changes_are_reported_as_their_number_and_painted_once() -> None:
    async with console("office") as screen:
        other = screen.other("berg")
        for address in screen.listed[:12]:
            other.do(DisableAccounts((address,)))
        other.store.operator = as_operator("carla")
        shown: list[Sequence[Commit]] = []
        screen.main.workspace.feed.followers.add(shown.append)
        await screen.tick()
        done = sum([len(commit.changes) for commit in shown[0]])
        assert len(shown) == 1
        assert screen.status == f"berg: {done} changes"


async def test_nothing_is_painted_while_nothing_happens() -> None:
    async with console("office", WIDE) as screen:
        painted = paints(screen)
        for _ in range(100):  # a busy machine is still at the beginning
            painted.clear()
            await screen.pilot.pause(0.3)
            if not painted:
                break
        for _ in range(5):
            await screen.tick()
        await screen.pilot.pause(0.2)
        assert painted == []


@pytest.mark.parametrize("at_once", [chunk_runner.AT_ONCE, -1.0], ids=["found at once", "found between events"])
async def test_cursor_marks_scroll_and_filter_stay(at_once: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_runner, "AT_ONCE", at_once)
    async with console("office") as screen:
        await screen.press("slash")
        await screen.type("northwind")
        await screen.press("enter", *["pagedown"] * 3, "space", "space")
        at, marked, listing = screen.at, screen.main.accounts.marked, screen.main.listing
        line = screen.main.accounts.cursor - screen.main.accounts.scroll_offset.y
        other = screen.other("berg")
        for name in ("aa", "ab", "ac"):
            other.do(AddAccount(f"{name}@northwind.example"))
        other.do(DeleteAccounts((screen.listed[0],)))
        await screen.tick()
        assert screen.at == at
        assert screen.main.accounts.marked == marked
        assert screen.main.listing == listing
        assert screen.main.accounts.cursor - screen.main.accounts.scroll_offset.y == line
        assert screen.status.startswith("2 accounts marked: ")
        assert screen.status.endswith("· berg: 4 changes")


async def test_new_accounts_come_at_their_place_and_deleted_ones_go() -> None:
    async with console("office") as screen:
        first, second = screen.listed[:2]
        other = screen.other("berg")
        other.do(AddAccount("aaa@northwind.example"))
        await screen.tick()
        assert screen.listed.index("aaa@northwind.example") == screen.listed.index("a.zak@northwind.example") + 1
        assert "173 of 173" in screen.title
        other.do(DeleteAccounts((first,)))
        await screen.tick()
        assert first not in screen.listed
        assert screen.at.address == second


async def test_the_mark_of_a_deleted_account_goes_with_it() -> None:
    async with console("office") as screen:
        first = screen.at.address
        await screen.press("space", "space")
        screen.other("berg").do(DeleteAccounts((first,)))
        await screen.tick()
        assert len(screen.main.accounts.marked) == 1


async def test_a_chosen_domain_that_goes_is_let_go_of() -> None:
    inventory = Inventory(license=License(seats=5), domains=(Domain(name="x.example"),))
    async with console(inventory) as screen:
        other = screen.other("berg")
        other.do(AddDomain("y.example"))
        await screen.tick()
        await screen.press("right_square_bracket", "right_square_bracket")
        assert screen.main.listing.domain == "y.example"
        other.undo()
        await screen.tick()
        assert screen.main.listing.domain == ""


async def test_a_dialog_stays_open_over_what_others_do() -> None:
    async with console("office") as screen:
        await screen.press("a")
        await screen.type("new")
        screen.other("berg").do(DisableAccounts((screen.listed[1],)))
        await screen.tick()
        screen.expect_dialog("Add an account")
        screen.expect_typing_in("address")
        assert "112 of 120 seats used" in screen.gauge


async def test_a_store_that_cannot_be_read_is_reported_once_and_until_it_can() -> None:
    async with console("office") as screen:
        journal = screen.session.store.folder / "journal.jsonl"
        journal.rename(journal.with_suffix(".away"))
        await screen.tick()
        screen.expect_dialog("Failed", "journal.jsonl")
        await screen.press("escape")
        await screen.tick()
        screen.expect_no_dialog()
        assert screen.trouble == "cannot read the store"
        assert "cannot read the store" in screen.text
        journal.with_suffix(".away").rename(journal)
        await screen.tick()
        assert screen.trouble == ""
        screen.other("berg").do(DisableAccounts((screen.listed[1],)))
        await screen.tick()
        assert "112 of 120 seats used" in screen.gauge


async def test_ages_are_reported_again_after_a_minute_and_only_rows_that_changed_are_painted() -> None:
    now = Entry(address="a@x.example", mailbox=True)
    inventory = Inventory(domains=(Domain(name="x.example", primary=True),), entries=(now,))
    from msgspec.structs import replace

    from kconsole.core.records import LastLogin
    from tests.clocks import noon

    clock = noon()
    clock.forward(seconds=-30)
    old = Entry(address="b@x.example", mailbox=True, last_login=LastLogin(clock.now()))
    clock.forward(days=-400)
    older = replace(old, address="c@x.example", last_login=LastLogin(clock.now()))
    async with console(replace(inventory, entries=(now, old, older)), WIDE) as screen:
        assert "just now" in screen.text
        painted: list[Region] = []
        refresh = screen.main.accounts.refresh

        def note(*regions: Region, **options: bool) -> object:
            painted.extend(regions)
            return refresh(*regions, **options)

        screen.main.accounts.refresh = note  # type: ignore[method-assign, assignment]
        screen.clock.forward(seconds=59)
        await screen.tick()
        assert painted == []
        screen.clock.forward(seconds=1)
        await screen.tick()
        row = screen.listed.index("b@x.example") + screen.main.accounts.header_lines
        assert [region.y for region in painted] == [row]
        assert "1 minute ago" in screen.text


async def test_refusals_of_others_are_not_reported() -> None:
    async with console(Inventory(license=License(seats=0), entries=(Entry(address="a@x", enabled=False),))) as screen:
        screen.other("berg").do(EnableAccounts(("a@x",)))
        await screen.tick()
        assert screen.status == ""


async def test_hostile_names_are_harmless_in_notes_and_log() -> None:
    name = "[@click=app.quit]x[/]\x1b]0;t\x07\u202e"
    inventory = Inventory(license=License(seats=5), entries=(Entry(address=f"{name}@x.example"),))
    async with console(inventory, WIDE) as screen:
        screen.other(name).do(DisableAccounts((f"{name}@x.example",), reason=name))
        await screen.tick()
        seen = [screen.text]
        for keys in (("L",), ("enter",), ("escape", "u"), ("escape", "a"), ("slash",)):
            await screen.press(*keys)
            seen.append(screen.text)
        assert "[@click=app.quit]x[/]" in seen[0]
        assert all(not set(text) & set("\x1b\x07\u202e") for text in seen)


async def test_what_was_found_at_opening_is_reported_once() -> None:
    def tear(store: Path) -> None:
        with (store / "journal.jsonl").open("ab") as journal:
            journal.write(b'{"half":')

    async with console("office", prepare=tear) as screen:
        screen.expect_dialog("About this store", "torn")
        await screen.press("escape")
        await screen.tick()
        screen.expect_no_dialog()
