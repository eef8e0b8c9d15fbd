"""The main screen: what it shows, and how one moves and looks around in it."""

from unittest.mock import patch

import pytest
from textual._context import active_app
from textual.css.query import NoMatches
from textual.worker import WorkerFailed

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import Connect, DisableAccounts
from tests.tui.console import NARROW, WIDE, console, painted, until, until_shown


async def test_the_gauge_tells_the_figures_of_the_report() -> None:
    async with console("office") as screen:
        assert "113 of 120 seats used · LOW" in screen.gauge
        assert "110 accounts counted   3 held until restart   7 free   18 accounts disabled" in screen.gauge


async def test_accounts_that_never_logged_in_come_first_then_the_oldest() -> None:
    async with console("office") as screen:
        logins = [entry.last_login for entry in screen.main.accounts.rows if entry.is_account]
        moments = [login.at if login else None for login in logins]
        never = moments.count(None)
        assert never
        assert moments[:never] == [None] * never
        assert moments[never:] == sorted(moment for moment in moments if moment)


async def test_accounts_that_never_logged_in_are_one_line_that_unfolds() -> None:
    async with console("office", folded=True) as screen:
        assert "+ 43 accounts never logged in · n shows them" in screen.text
        assert screen.at.last_login is not None
        assert not any(entry.is_account and entry.never_logged_in for entry in screen.main.accounts.rows)
        assert "172 of 172" in screen.title
        at = screen.at
        await screen.press("n")
        assert "- 43 accounts never logged in · n folds them" in screen.text
        assert screen.at == at
        await screen.press("g")
        assert screen.at.address == "2f-scanner@northwind.example"


@pytest.mark.parametrize("keys", [("S",), ("s", "n"), ("slash", "a"), ("slash", *"is", "colon", *"never")])
async def test_in_another_order_or_with_a_filter_there_is_no_such_group(keys: tuple[str, ...]) -> None:
    async with console("office", folded=True) as screen:
        await screen.press(*keys)
        assert screen.main.accounts.group == 0
        assert any(entry.never_logged_in for entry in screen.main.accounts.rows)


async def test_where_no_account_ever_logged_in_all_are_listed() -> None:
    entries = tuple(Entry(address=f"{name}@a.example") for name in "xyz")
    async with console(Inventory(domains=(Domain(name="a.example"),), entries=entries), folded=True) as screen:
        assert len(screen.listed) == 3


async def test_an_account_that_another_console_connects_leaves_the_group() -> None:
    async with console("office", folded=True) as screen:
        screen.other().do(Connect("2f-scanner@northwind.example"))
        await screen.tick()
        assert "+ 42 accounts" in screen.text
        assert "2f-scanner@northwind.example" in screen.listed


async def test_a_new_account_is_shown_although_it_never_logged_in() -> None:
    async with console("office", folded=True) as screen:
        await screen.press("a")
        await screen.type("new")
        await screen.press("enter", "enter")
        await screen.saved()
        assert screen.at.login == "new"


async def test_the_bar_is_as_wide_whatever_stands_beside_it() -> None:
    async with console("office", WIDE) as screen:
        before = len(screen.gauge.splitlines()[0].split(" 113")[0])
        await screen.press("space", "space")
        assert "113 → 111" in screen.gauge
        assert len(screen.gauge.splitlines()[0].split(" 113")[0]) == before


async def test_the_names_of_domains_are_whole_where_there_is_room() -> None:
    async with console("office", WIDE) as screen:
        assert "retail.northwind.example 32 of 40" in screen.text


async def test_a_broad_terminal_shows_the_account_and_its_history_beside_the_list() -> None:
    async with console("office", (160, 45)) as screen:
        screen.other().do(DisableAccounts(("2f-scanner@northwind.example",), reason="broken"))
        await screen.tick()
        await until_shown(screen, "disable, berg: broken")
        assert "Source" in screen.text
        await screen.resize(*WIDE)
        assert "History" not in screen.text
        await screen.resize(160, 45)
        await until_shown(screen, "disable, berg: broken")


async def test_lists_and_aliases_come_after_all_accounts_in_both_directions() -> None:
    async with console("office") as screen:
        for _ in range(2):
            kinds = [entry.is_account for entry in screen.main.accounts.rows]
            assert kinds == sorted(kinds, reverse=True)
            await screen.press("S")


async def test_the_top_account_of_every_sample_takes_a_seat() -> None:
    for sample in ("office", "crisis", "small"):
        async with console(sample) as screen:
            assert screen.at.enabled
            assert screen.at.last_login is None


async def test_moving_follows_vim_and_stays_within_the_list() -> None:
    async with console("office") as screen:
        table = screen.main.accounts
        await screen.press("j", "down", "k")
        assert table.cursor == 1
        await screen.press("G")
        assert table.cursor == table.row_count - 1
        await screen.press("j")
        assert table.cursor == table.row_count - 1
        await screen.press("g", "up")
        assert table.cursor == 0
        await screen.press("pagedown")
        assert table.cursor == table.page
        await screen.press("pageup", "ctrl+d")
        assert table.cursor == table.page // 2
        await screen.press("ctrl+u")
        assert table.cursor == 0


async def test_the_row_of_the_cursor_is_always_in_sight() -> None:
    async with console("office") as screen:
        await screen.press("G")
        assert screen.at.address in screen.text
        await screen.resize(60, 20)
        assert screen.at.address[:20] in screen.text


async def test_a_domain_scopes_the_table() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("right_square_bracket")
        first = screen.session.seats.report().domains[0].name
        assert {entry.domain for entry in screen.main.accounts.rows} == {first}
        assert first in screen.title
        await screen.press("escape")
        assert "all domains" in screen.title


async def test_the_domain_pane_takes_the_cursor_with_tab() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("tab", "j", "j")
        assert screen.main.domains.chosen == "northwind.example"
        await screen.press("tab", "j")
        assert screen.main.accounts.cursor == 1


async def test_in_a_narrow_terminal_tab_stays_on_the_accounts() -> None:
    async with console("office", NARROW) as screen:
        await screen.press("tab")
        screen.expect_focus_on("accounts")


async def test_domains_show_their_seats_and_the_one_at_its_limit() -> None:
    async with console("crisis", WIDE) as screen:
        assert "63 of 50 !" in screen.text
        assert "15 of 15 !" in screen.text


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("letter", "field", "words"),
    [
        ("a", "address", "account, A to Z"),
        ("n", "name", "name, A to Z"),
        ("s", "seat", "seat, taken first"),
        ("b", "because", "because, A to Z"),
        ("d", "domain", "domain, A to Z"),
        ("v", "protocol", "via, A to Z"),
        ("r", "role", "role, users first"),
        ("t", "kind", "kind, A to Z"),
        ("o", "origin", "origin, A to Z"),
    ],
)
async def test_every_column_sorts_both_ways(letter: str, field: str, words: str) -> None:
    async with console("office") as screen:
        await screen.press("s", letter)
        screen.expect_no_dialog()
        assert words in screen.title
        forth = screen.listed
        await screen.press("s", letter)
        assert screen.main.listing.sort == field
        assert screen.main.listing.reverse
        assert sorted(screen.listed) == sorted(forth)
        assert screen.listed != forth


async def test_the_sort_dialog_takes_a_row_too_and_escape_changes_nothing() -> None:
    async with console("office") as screen:
        before = screen.listed
        await screen.press("s", "escape")
        assert screen.listed == before
        await screen.press("s", "j", "enter")
        assert "account, A to Z" in screen.title


async def test_the_header_shows_column_and_direction() -> None:
    async with console("office") as screen:
        assert "Last login ▲" in screen.text
        await screen.press("S")
        assert "Last login ▼" in screen.text


async def test_the_cursor_stays_with_its_account_when_the_order_changes() -> None:
    async with console("office") as screen:
        await screen.press("j", "j", "j")
        at = screen.at
        await screen.press("s", "n")
        assert screen.at == at


async def test_details_explain_the_account_under_the_cursor() -> None:
    async with console("office") as screen:
        await screen.press("enter")
        screen.expect_dialog(screen.at.address, "takes a seat: local", "An enabled account created on this server")
        await screen.press("escape")
        screen.expect_no_dialog()


async def test_a_wide_and_tall_terminal_explains_without_asking() -> None:
    async with console("office", WIDE) as screen:
        assert "takes a seat: local" in screen.text
        await screen.press("j")
        assert f"Account       {screen.at.address}" in screen.text


async def test_accounts_that_would_be_refused_are_marked_and_explained() -> None:
    async with console("crisis", WIDE) as screen:
        assert f"!{screen.at.address}" in screen.text
        assert "would be refused: AuthLicense" in screen.text


async def test_the_help_names_every_command_and_every_rule() -> None:
    async with console("office") as screen:
        await screen.press("question_mark")
        screen.expect_dialog("Help", "Disable the account")
        await screen.press(*["pagedown"] * 6, "up", "down")
        screen.expect_dialog("An enabled account")
        await screen.press("escape")
        screen.expect_no_dialog()


async def test_the_palette_finds_and_runs_a_command() -> None:
    async with console("office") as screen:
        await screen.press("colon")
        await screen.type("disable")
        await until_shown(screen, "Disable the account")
        await screen.press("enter")
        await until(screen, lambda: screen.dialog is not None)
        screen.expect_dialog("Disable 1 account?")


async def test_the_warnings_of_an_exceeded_license_stand_above_the_list() -> None:
    async with console("crisis") as screen:
        assert screen.banner == [
            "! Total number of user mailboxes authorized by the license has been exceeded",
            "! Overdue: 25 seats and Antivirus, bought more than 24 hours ago · l license",
            "! 2 seats held until the server is restarted · press R after the restart",
        ]


@pytest.mark.parametrize(
    ("width", "reported"),
    [
        (75, "! 2 seats held until the server is restarted · press R after the restart"),
        (64, "! 2 seats held until a restart · press R after the restart"),
        (40, "! 2 seats … · press R after the restart"),
    ],
)
async def test_the_key_that_helps_is_never_cut_off_a_warning(width: int, reported: str) -> None:
    async with console("crisis", (width, 20)) as screen:
        lines = [line.strip() for line in screen.text.splitlines()]
        assert reported in lines
        assert any(line.startswith("! Overdue: 25") and line.endswith(" · l license") for line in lines)


async def test_the_header_tells_seats_then_the_license_then_who_is_at_work() -> None:
    async with console("office", WIDE) as screen:
        right = "120 seats · maintenance until 2027-04-26 · anna@helpdesk"
        assert screen.text.splitlines()[0].rstrip().endswith(right)
        await screen.resize(*NARROW)
        assert screen.text.splitlines()[0].rstrip().endswith("120 seats · anna@helpdesk")


async def test_an_empty_store_says_what_to_do_next() -> None:
    async with console(Inventory(license=License(seats=5))) as screen:
        assert "No accounts yet. Press a to add one, or I to import a file." in screen.text
        await screen.press("d", "e", "x", "enter", "space", "y", "v", "asterisk")
        screen.expect_no_dialog()


async def test_an_empty_domain_says_so() -> None:
    inventory = Inventory(
        domains=(Domain(name="a.example"), Domain(name="b.example")), entries=(Entry(address="x@a.example"),)
    )
    async with console(inventory) as screen:
        await screen.press("right_square_bracket", "right_square_bracket")
        assert "There are no accounts in this domain." in screen.text


async def test_a_license_without_limit_is_reported_as_such() -> None:
    async with console(Inventory(entries=(Entry(address="x@a.example"),))) as screen:
        assert "1 seat used · UNLIMITED" in screen.gauge
        assert "unlimited seats" in screen.text


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (200, 60), (400, 100), (40, 10)])
async def test_every_line_is_exactly_as_wide_as_the_terminal(size: tuple[int, int]) -> None:
    async with console("office", size) as screen:
        lines = painted(screen.app)
        assert {line.cell_length for line in lines} == {size[0]}
        assert len(lines) == size[1]


async def test_resizing_changes_the_layout_and_keeps_the_place() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("j", "j", "j")
        at = screen.at
        shown = []
        for size in (NARROW, WIDE):
            await screen.resize(*size)
            shown.append("Domains" in screen.text)
            assert screen.at == at
        assert shown == [False, True]


async def test_quitting_is_one_key_and_escape_never_quits() -> None:
    async with console("office") as screen:
        await screen.press("escape", "escape", "escape")
        before = screen.app.is_running
        await screen.press("q")
        assert (before, screen.app.is_running) == (True, False)


async def test_work_that_ends_after_quitting_and_finds_its_widgets_gone_is_no_failure() -> None:
    async with console("office") as screen:
        await screen.press("q")
        screen.app._handle_exception(WorkerFailed(NoMatches("No nodes match '#history'")))
        assert screen.app.failure is None


async def test_the_use_of_the_last_days_may_be_known_only_after_the_console_has_ended() -> None:
    async with console("office") as screen:
        main, today = screen.main, screen.clock.now().date()
    active_app.set(screen.app)  # as in a worker
    with patch.object(main.session.history, "recent_use", lambda *_: [1, 2, 3]):
        await main._read_use(today)  # its gauge is not there any more
