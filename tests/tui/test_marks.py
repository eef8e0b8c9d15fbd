"""Marked accounts: what disabling them would free, ranges, and what inverting leaves out."""

from tests.tui.console import console


async def test_marks_show_what_disabling_would_free() -> None:
    async with console("office") as screen:
        await screen.press("space", "space")
        assert "113 → 111 of 120 seats used" in screen.gauge
        assert screen.status == "2 accounts marked: 113 → 111 seats used"
        assert screen.used == 113
        await screen.press("escape")
        assert "113 of 120 seats used" in screen.gauge
        assert screen.status == ""


async def test_marked_disabled_accounts_show_what_enabling_would_take() -> None:
    async with console("office") as screen:
        await screen.press("s", "b")
        row = next(n for n, e in enumerate(screen.main.accounts.rows) if e.is_account and not e.enabled)
        screen.main.accounts.move_to(row)
        await screen.press("space")
        assert "113 → 114 of 120 seats used" in screen.gauge


async def test_a_range_marks_from_one_end_to_the_other() -> None:
    async with console("office") as screen:
        await screen.press("j", "v", "j", "j", "v")
        rows = screen.main.accounts.rows
        assert screen.main.accounts.marked == {entry.id for entry in rows[1:4]}


async def test_escape_lets_go_of_a_begun_range_first() -> None:
    async with console("office") as screen:
        await screen.press("v", "escape", "j", "v", "escape")
        assert not screen.main.accounts.marked


async def test_inverting_marks_all_accounts_that_are_listed_and_nothing_else() -> None:
    async with console("office") as screen:
        await screen.press("space", "asterisk")
        rows, marked = screen.main.accounts.rows, screen.main.accounts.marked
        assert marked == {entry.id for entry in rows[1:] if entry.is_account}
        assert len(marked) < len(rows) - 1


async def test_inverting_leaves_folded_accounts_out_and_says_so_before_anything_is_done() -> None:
    async with console("office", folded=True) as screen:
        folded = screen.main.accounts.hidden
        await screen.press("asterisk")
        assert (folded, screen.main.accounts.left_folded) == (43, 43)
        assert screen.main.accounts.marked <= {entry.id for entry in screen.main.accounts.rows}
        assert f"not the {folded} folded" in screen.status
        await screen.press("d")
        screen.expect_dialog(f"{folded} accounts that never logged in are folded away and not among them.")
        await screen.press("escape", "n", "asterisk")  # unfolded, the others are marked
        assert (len(screen.main.accounts.marked), screen.main.accounts.left_folded) == (folded, 0)
        assert "folded" not in screen.status


async def test_inverting_says_so_where_no_account_is_listed() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        await screen.type("is")
        await screen.press("colon")
        await screen.type("alias")
        await screen.press("enter", "asterisk")
        assert screen.listed
        assert not screen.main.accounts.marked
        assert "No account is listed" in screen.status


async def test_marks_survive_a_filter() -> None:
    async with console("office") as screen:
        await screen.press("space", "slash")
        await screen.type("archive")
        await screen.press("enter", "space", "escape")
        assert len(screen.main.accounts.marked) == 2


async def test_while_a_filter_is_typed_it_is_reported_how_many_of_the_marked_are_not_listed() -> None:
    async with console("office") as screen:
        await screen.press("space", "space", "slash")
        await screen.type("archive")
        assert screen.status.startswith("2 accounts marked")
        assert "2 of them not" in screen.status
