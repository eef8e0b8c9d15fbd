"""Keys that were typed into a question by mistake confirm nothing."""

from collections.abc import Sequence
from time import monotonic

import pytest
from textual.events import Key

from kconsole.operations.settings import Settings
from kconsole.tui.screens.dialog import Attentive
from kconsole.tui.terminal.attention import AGAIN, PAUSE, QUIET, UNREAD, Attention
from kconsole.tui.terminal.terminal_input import TerminalInput
from tests.tui.console import Console, character_of, console, settled, until
from tests.tui.few import SEAT, small

FINAL = frozenset({"y"})
KNOWN = frozenset({"y", "n", "r", "l", "t", "enter", "j", "k"})


def verdicts(typed: Sequence[tuple[str, float]], shown: float = 0.0, is_final: bool = True) -> Sequence[str]:
    """What becomes of keys, each with its time, in a dialog that was painted then."""
    attention, last, verdicts = Attention(minds_strays=True), -1000.0, list[str]()
    attention.shown(shown)
    for key, at in typed:
        verdicts.append(
            attention.judge(key, at, at - last, lambda key=key: key in KNOWN, is_final and key == "y")  # type: ignore[misc]
        )
        last = at
    return verdicts


@pytest.mark.parametrize("pace", [0.0, 0.05, 0.2, 0.5, 1.2, 1.9])
def test_a_word_typed_at_any_pace_confirms_nothing(pace: float) -> None:
    keys = [(key, 1 + place * pace) for place, key in enumerate("/harry")]
    assert set(verdicts(keys)) == {"drop"}


def test_after_a_pause_the_keys_are_for_the_question_again() -> None:
    assert verdicts([("/", 1.0), ("y", 1.0 + PAUSE - 0.1)]) == ["drop", "drop"]
    assert verdicts([("/", 1.0), ("y", 1.0 + PAUSE)]) == ["drop", "if-alone"]


@pytest.mark.parametrize("is_final", [True, False])
def test_the_same_answer_pressed_again_is_taken(is_final: bool) -> None:
    taken = "if-alone" if is_final else "take"
    assert verdicts([("/", 1.0), ("y", 1.2), ("y", 1.2 + AGAIN)], is_final=is_final) == ["drop", "drop", taken]
    assert verdicts([("/", 1.0), ("enter", 1.9), ("enter", 2.9)]) == ["drop", "drop", "take"]


def test_an_answer_that_is_held_down_or_follows_other_keys_is_not_the_same_answer_again() -> None:
    held = [("y", 2.0 + 0.05 * place) for place in range(100)]
    assert set(verdicts([("/", 1.9), *held])) == {"drop"}
    assert verdicts([("/", 1.0), ("y", 1.2), ("n", 1.8), ("y", 2.4)]) == ["drop"] * 4
    assert verdicts([("/", 1.0), ("r", 1.6), ("r", 2.2), ("y", 2.8)]) == ["drop"] * 4


def test_a_y_in_a_burst_is_not_taken() -> None:
    assert verdicts([("r", 1.0), ("y", 1.0 + QUIET / 2)]) == ["take", "drop"]
    assert verdicts([("r", 1.0), ("y", 1.01 + QUIET)]) == ["take", "if-alone"]


def test_what_can_be_undone_needs_no_quiet() -> None:
    assert verdicts([("j", 1.0), ("y", 1.01)], is_final=False) == ["take", "take"]


def test_keys_of_before_the_first_picture_do_nothing_but_escape() -> None:
    keys = [("r", 1.0), ("y", 1.5), ("escape", 1.6)]
    assert verdicts(keys, shown=2.0) == ["drop", "drop", "take"]


def test_enter_waits_until_it_may_have_been_read() -> None:
    assert verdicts([("enter", 2.0 + UNREAD - 0.01)], shown=2.0) == ["drop"]
    assert verdicts([("enter", 2.01 + UNREAD)], shown=2.0) == ["take"]


# On the screen


@pytest.mark.parametrize("key", ["d", "x"])
@pytest.mark.parametrize("every", [0.01, 0.12, 0.25])
async def test_a_filter_typed_into_a_question_confirms_nothing(key: str, every: float) -> None:
    async with console("office") as screen:
        rows = screen.main.accounts.rows
        screen.main.accounts.move_to(next(row for row, entry in enumerate(rows) if entry.enabled and entry.mailbox))
        await screen.press(key)
        await screen.press("slash", *"harry", every=every)
        assert screen.used == 113
        screen.expect_dialog("were ignored")
        if key == "x":
            screen.expect_dialog("(●) l")
        await screen.press("y", every=PAUSE)
        screen.expect_no_dialog()
        assert screen.session.history.undoable is not None


async def test_who_presses_y_again_and_again_is_obeyed() -> None:
    async with console("office") as screen:
        await screen.press("x")
        await screen.press("slash", "y", every=0.2)
        screen.expect_dialog("were ignored")
        await screen.press("y", every=AGAIN)
        screen.expect_no_dialog()
        assert screen.session.history.undoable is not None


async def test_a_y_that_another_key_follows_at_once_deletes_nothing() -> None:
    async with console("office") as screen:
        await screen.press("x")
        screen.app.keystrokes.quiet = 60.0
        await press_together(screen, "y", "j")
        screen.expect_dialog("were ignored")
        assert screen.session.history.undoable is None


async def test_a_y_alone_deletes_after_a_moment() -> None:
    async with console("office") as screen:
        await screen.press("x")
        screen.app.keystrokes.quiet = 0.05
        await screen.press("y")
        await until(screen, lambda: screen.session.history.undoable is not None)
        screen.expect_no_dialog()


@pytest.mark.parametrize("key", ["d", "x"])
async def test_keys_that_came_with_the_one_that_asks_are_no_answer(key: str) -> None:
    async with console("office") as screen:
        await press_together(screen, key, "y")
        screen.expect_dialog("1 account?", "were ignored")
        assert screen.used == 113
        await screen.press("y")
        screen.expect_no_dialog()


async def test_enter_at_once_neither_confirms_nor_closes() -> None:
    async with console("office") as screen:
        await screen.press("d", "tab")
        await screen.press("escape", "d")
        asking = screen.app.screen
        assert isinstance(asking, Attentive)
        await press_together(screen, "enter", at=asking._attention._shown_at + UNREAD / 2)
        screen.expect_dialog("Disable 1 account?")
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.used == 113


async def test_keys_typed_before_no_seat_is_free_can_be_read_lead_nowhere() -> None:
    async with console(small(SEAT, seats=1)) as screen:
        await press_together(screen, "a", "f")
        screen.expect_dialog("No seat is free")
        await screen.press("f")
        screen.expect_no_dialog()


async def press_together(screen: Console, *keys: str, at: float | None = None) -> None:
    """Keys that are read at once, now or at that time."""
    driver = screen.app._driver
    assert driver is not None
    now = monotonic() if at is None else at
    for key in keys:
        event = Key(key, character_of(key))
        event.time = now
        event.set_sender(screen.app)
        driver.send_message(event)
    await settled(screen.app)
    await screen.saved()


# Escape and a key that arrive as alt with that key


async def send_alt(screen: Console, letter: str) -> None:
    terminal_input = TerminalInput()
    events = [*terminal_input.feed(f"\x1b{letter}".encode(), 1.0), *terminal_input.tick(2.0)]
    for event in events:
        event.set_sender(screen.app)
        screen.app._driver.send_message(event)  # type: ignore[union-attr]
    await settled(screen.app)
    await screen.saved()


async def test_escape_and_a_key_that_come_together_are_both_obeyed() -> None:
    async with console("office") as screen:
        await screen.press("slash", *"scanner")
        assert len(screen.listed) == 1
        await send_alt(screen, "d")
        assert len(screen.listed) > 1
        screen.expect_dialog("Disable 1 account?")
        await send_alt(screen, "j")
        screen.expect_no_dialog()
        assert screen.main.accounts.cursor == 1


async def test_alt_with_a_key_that_means_something_stays_that_key() -> None:
    async with console("office", settings=Settings(keys={"mark": "alt+m"})) as screen:
        await send_alt(screen, "m")
        assert len(screen.main.accounts.marked) == 1
        await screen.press("slash", *"two")
        await send_alt(screen, "b")  # a word to the left
        await screen.type("x")
        assert screen.main.filter_bar is not None
        assert screen.main.filter_bar.line.value == "xtwo"
