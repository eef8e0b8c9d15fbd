"""What a key costs on a slow line, in bytes; and that a line that takes nothing stops neither the store nor the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.limits import PATIENCE
from tests.wire.terminal import KCONSOLE, Terminal, terminal

TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
SIXTEEN = {"TERM": "xterm", "COLORTERM": ""}
COLOURS_256 = {"TERM": "xterm-256color", "COLORTERM": ""}

SETTLED = 0.4
"""Seconds of silence after which a picture is taken to be written; nothing is measured by them but what is not to come.
"""

LISTED = "copier.4f@northwind.example"
"""An account with a seat that is in sight on the first screen."""

FIND_DISABLE_UNDO = ("/", "m", "u", "l", "\r", "d", "y", "u")

SYNCS = "\x1b[?2026;2$y"
"""The answer of a terminal that shows a picture at once."""


def opened(screen: Terminal) -> Terminal:
    return screen.wait_for("113 of 120 seats used", "q quit").wait_until_silent(SETTLED * 2)


def cost(screen: Terminal, keys: str) -> int:
    """The bytes that keys bring about, which are some."""
    before = len(screen.written)
    screen.send(keys)
    assert screen.read(PATIENCE)
    screen.wait_until_silent(SETTLED)
    return len(screen.written) - before


@pytest.mark.parametrize(("environment", "most"), [(TRUECOLOR, 320), (SIXTEEN, 250)])
def test_a_step_of_the_cursor(environment: dict[str, str], most: int) -> None:
    with terminal("demo", environment=environment) as screen:
        opened(screen)
        costs = [cost(screen, key) for key in "jjjjkkj"]
    assert max(costs) < most, costs


@pytest.mark.parametrize(("environment", "most"), [(TRUECOLOR, 550), (SIXTEEN, 450)])
def test_a_step_that_scrolls_costs_little_more(environment: dict[str, str], most: int) -> None:
    with terminal("demo", environment=environment) as screen:
        opened(screen)
        cost(screen, "j" * 14)
        costs = [cost(screen, "j") for _ in range(4)]
        assert screen.text.count("▸") == 1
    assert max(costs) < most, costs


@pytest.mark.parametrize(
    ("environment", "answer", "most", "most_to_undo"),
    [
        (SIXTEEN, "", 2_800, 300),
        (COLOURS_256, "", 6_500, 600),
        (TRUECOLOR, "", 8_500, 700),
        (TRUECOLOR, SYNCS, 6_300, 600),
    ],
    ids=["16", "256", "truecolor", "truecolor, modern"],
)
def test_a_helpdesk_change(environment: dict[str, str], answer: str, most: int, most_to_undo: int) -> None:
    with terminal("demo", environment=environment) as screen:
        screen.wait_for("113 of 120 seats used").send(answer)
        opened(screen)
        costs: dict[str, int] = {}
        for place, key in enumerate(FIND_DISABLE_UNDO):
            costs[f"{place} {key!r}"] = cost(screen, key)
            if key == "y":
                screen.wait_for("112 of 120 seats used")
        screen.wait_for("undone", "113 of 120 seats used")
    *_, to_undo = costs.values()
    assert to_undo < most_to_undo, costs
    assert sum(costs.values()) - to_undo < most, costs


def test_a_question_closes_and_its_result_shows_in_one_picture() -> None:
    with terminal("demo", environment=SIXTEEN) as screen:
        opened(screen)
        screen.send("/mul\r")
        screen.wait_for("1 of 172", "d disable").wait_until_silent(SETTLED)
        for _ in range(3):  # a picture does not wait for long: on a busy machine, the result may come later
            screen.send("d")
            screen.wait_for("Disable 1 account?").wait_until_silent(SETTLED)
            before = len(screen.written)
            cost(screen, "y")
            screen.wait_for("disabled  ", "112 of 120 seats used")
            if screen.written.count(b"filter", before) == 1:
                return
            screen.send("u")
            screen.wait_for("113 of 120 seats used").wait_until_silent(SETTLED)
        pytest.fail(f"two pictures each time: {bytes(screen.written[before:])!r}")


def test_nothing_is_written_while_nothing_happens() -> None:
    with terminal("demo") as screen:
        opened(screen)
        assert screen.watch(2.0) == b""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KCONSOLE, *arguments], capture_output=True, text=True, check=True)


def made(folder: Path) -> Path:
    run("demo", "--into", str(folder))
    return folder


def addresses(store: Path) -> Sequence[str]:
    return run("--store", str(store), "accounts", "--verdict", "local", "--csv").stdout.splitlines()[1:]


def test_a_change_from_outside_paints_the_cells_that_differ(tmp_path: Path) -> None:
    store = made(tmp_path / "store")
    with terminal("--store", str(store)) as screen:
        opened(screen)
        assert LISTED in screen.text
        run("--store", str(store), "disable", LISTED)
        before = len(screen.written)
        screen.wait_for("112 of 120 seats used").wait_until_silent(SETTLED)
        assert len(screen.written) - before < 700


def test_a_burst_of_outside_changes_is_painted_a_few_times_at_most(tmp_path: Path) -> None:
    store = made(tmp_path / "store")
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from kconsole.operations.accounts import DisableAccounts, EnableAccounts\n"
        "from kconsole.operations.session import Session\n"
        "session = Session.open(Path(sys.argv[1]))\n"
        "for _ in range(100):\n"
        f"    session.do(DisableAccounts([{LISTED!r}]))\n"
        f"    session.do(EnableAccounts([{LISTED!r}]))\n"
        f"session.do(DisableAccounts([{LISTED!r}]))\n"
    )
    with terminal("--store", str(store)) as screen:
        opened(screen)
        before = len(screen.written)
        subprocess.run([sys.executable, "-c", script, str(store)], check=True)
        screen.wait_for("112 of 120 seats used").wait_until_silent(SETTLED)
        assert len(screen.written) - before < 5_000


def test_a_line_that_takes_nothing_stops_neither_the_store_nor_the_end(tmp_path: Path) -> None:
    store = made(tmp_path / "store")
    with terminal("--store", str(store), columns=200, lines=60) as screen:
        opened(screen)
        for _ in range(200):  # no one reads what it answers
            screen.send("Gg")
        run("--store", str(store), "--wait", "5", "disable", "2f-scanner@northwind.example")
        assert '"disabled"' in run("--store", str(store), "explain", "--json", "2f-scanner@northwind.example").stdout
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.wait_for_end_unseen() == 128 + signal.SIGTERM


def test_after_a_stuck_line_the_screen_is_as_it_should_be(tmp_path: Path) -> None:
    store = made(tmp_path / "store")
    with terminal("--store", str(store), columns=200, lines=60) as screen:
        opened(screen)
        screen.send(b"\x1b[F\x1b[H" * 50)  # the ends of the list: letters at this pace would count as a paste
        screen.send("G/scanner\r")
        screen.wait_until(lambda text: "▸  2f-scanner@" in text and "/ scanner" in text, "the scanner")


@pytest.mark.thorough
@pytest.mark.parametrize(("environment", "most"), [(TRUECOLOR, 5_200), (SIXTEEN, 4_200)])
@pytest.mark.parametrize(
    ("key", "text"), [("H", "Chance that no seat is free"), ("P", "stay (162), by reason"), ("V", "Decisions ·")]
)
def test_another_screen_costs_no_more_than_a_screen(
    environment: dict[str, str], most: int, key: str, text: str
) -> None:
    with terminal("demo", environment=environment) as screen:
        opened(screen)
        before = len(screen.written)
        screen.send(key)
        screen.wait_for(text).wait_until_silent(SETTLED)
        assert len(screen.written) - before < most
        assert max(cost(screen, each) for each in "jj") < 800
        assert cost(screen, "q") < most
