"""The plan of a policy on the screen: who would be disabled, who stays and why. Its words are held in `golden/`."""

import pytest
from msgspec.structs import replace

from kconsole.core.roles import Authority
from kconsole.licensing.outcomes import Judgement
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.policies import IDLE
from kconsole.operations.samples import load_sample
from kconsole.text import reclaim as texts
from kconsole.tui.screens.keep import KeepDialog
from kconsole.tui.screens.reclaim import ReclaimScreen
from tests.clocks import noon
from tests.tui.console import NARROW, WIDE, Console, console

IN_USE, FREED = 113, 10


def plan(screen: Console) -> ReclaimScreen:
    assert isinstance(screen.app.screen, ReclaimScreen)
    return screen.app.screen


def at(screen: Console) -> Judgement:
    here = plan(screen).list.highlighted
    assert isinstance(here, Judgement)
    return here


def used(screen: Console) -> tuple[int, int]:
    """The seats before and after, as the gauge has them."""
    gauge = plan(screen).gauge
    assert gauge.report is not None
    return gauge.report.used, (gauge.planned or gauge.report).used


async def test_it_is_applied_by_its_number_only_and_undone_as_a_whole() -> None:
    async with console("office", NARROW, with_past=True) as screen:
        await screen.press("P")
        assert used(screen) == (IN_USE, IN_USE - FREED)
        await screen.press("a", "9", "enter")
        assert screen.used == IN_USE
        screen.expect_dialog("not the number")
        await screen.press("escape", "A", *"10", "enter")
        assert (screen.used, used(screen)) == (IN_USE - FREED, (IN_USE - FREED, IN_USE - FREED - 9))
        assert screen.session.history.undoable is not None
        assert screen.session.history.undoable.plan
        await screen.press("u")
        assert (screen.used, used(screen)) == (IN_USE, (IN_USE, IN_USE - FREED))
        await screen.press("P")
        assert screen.app.screen is screen.main


async def test_what_is_left_out_stays_and_may_be_kept_from_every_plan() -> None:
    async with console("office", NARROW, with_past=True) as screen:
        await screen.press("P")
        first = at(screen).entry
        await screen.press("space")
        assert isinstance(screen.app.screen_stack[-1], KeepDialog)
        await screen.press("escape")
        assert used(screen) == (IN_USE, IN_USE - FREED + 1)
        await screen.press("space")
        assert used(screen) == (IN_USE, IN_USE - FREED)
        await screen.press("space", *"2026-12-31", "enter", *"moves in autumn", "enter")
        assert first.id in screen.session.state.keeps
        assert used(screen) == (IN_USE, IN_USE - FREED)  # another one has its place, within the limit of one run
        await screen.press("asterisk", "j", "space", "escape", "A", *"17", "enter")
        assert screen.used == IN_USE - 17
        assert screen.session.state.live_entry(first.id) == first


@pytest.mark.thorough
async def test_it_explains_each_account_as_the_command_does_and_lists_those_of_a_reason() -> None:
    async with console("office", NARROW, with_past=True) as screen:
        judged = {each.entry.id: each for each in judge(screen.session, IDLE).judged}
        await screen.press("P", "enter")
        screen.expect_dialog(texts.verdict(judged[at_first(screen).entry.id], "disable"))
        await screen.press("escape", *["down"] * 12)
        rows = plan(screen).list.row_count
        await screen.press("j", "j", "enter")
        assert plan(screen).list.row_count > rows
        await screen.press("j", "enter")
        shown = next(each for each in screen.app.screen_stack if isinstance(each, ReclaimScreen)).list.highlighted
        assert isinstance(shown, Judgement)
        screen.expect_dialog(texts.verdict(shown, "disable"))


def at_first(screen: Console) -> Judgement:
    line = next(each for each in screen.app.screen_stack if isinstance(each, ReclaimScreen)).list.row_at(1)
    assert isinstance(line, Judgement)
    return line


@pytest.mark.thorough
async def test_it_follows_what_others_do_and_other_policies() -> None:
    async with console("office", NARROW, with_past=True) as screen:
        await screen.press("P")
        screen.other().do(DisableAccounts((at(screen).entry.address,)))
        await screen.tick()
        assert used(screen) == (IN_USE - 1, IN_USE - 1 - FREED)
        await screen.press("]")
        assert "shops" in screen.text
        assert used(screen) == (IN_USE - 1, IN_USE - 2)  # then 9 are free, where it stops
        await screen.press("[")
        assert "idle ·" in screen.text


@pytest.mark.thorough
async def test_old_data_gives_no_plan() -> None:
    async with console("office", NARROW) as screen:
        screen.clock.forward(days=3)
        await screen.press("P", "A", "space")
        screen.expect_no_dialog()
        assert used(screen) == (IN_USE, IN_USE)
        assert "No plan" in screen.text


@pytest.mark.thorough
@pytest.mark.parametrize("role", ["auditor", "helpdesk"])
async def test_who_may_not_apply_it_sees_why_accounts_stay(role: str) -> None:
    authority = Authority(role, operator="anna")  # type: ignore[arg-type]
    async with console("office", WIDE, authority=lambda: authority, with_past=True) as screen:
        await screen.press("P", "A")
        screen.expect_no_dialog()
        assert role in plan(screen).status.left
        assert "not allowed to your role" in screen.text
        assert used(screen) == (IN_USE, IN_USE)


@pytest.mark.thorough
async def test_a_store_without_accounts_has_nothing_to_do() -> None:
    async with console(replace(load_sample("small", noon().now()), entries=()), NARROW) as screen:
        await screen.press("P", "A", "space", "enter", "asterisk")
        screen.expect_no_dialog()
        assert "would be disabled (0)" in screen.text
