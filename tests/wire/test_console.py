"""The console as it is used: a real process in a real terminal."""

from pathlib import Path

import pytest

from tests.kerio_server.fixtures import need_openssl
from tests.wire.terminal import terminal

ENTER, TAB = "\r", "\t"


def test_the_demo_disables_an_account_and_takes_it_back(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "43 accounts never logged in", "q quit")
        screen.send("jjjjjd")
        screen.wait_for("Disable 1 account?", "Cancel")
        screen.send("y")
        screen.wait_for("112 of 120 seats used", "u undo")
        screen.send("u")
        screen.wait_for("113 of 120 seats used", "undone")
        screen.send("q")
        assert screen.wait_for_end() == 0


def test_enter_on_a_fresh_confirmation_does_nothing(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("q quit")
        screen.send("jjjjjd")
        screen.wait_for("Cancel")
        screen.send_until(ENTER, lambda text: "Disable 1" not in text, "the dialog gone").wait_for(
            "113 of 120 seats used"
        )


def test_a_filter_typed_into_a_question_by_mistake_confirms_nothing(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("q quit")
        screen.send("j" * 10)
        screen.wait_for("▸  copier.4f@")  # local, and takes a seat: d asks, and x may delete it
        for keys in ("x/harry", "d/harry"):
            screen.send(keys)
            screen.wait_for("1 account?", "were ignored", "113 of 120 seats used")
            screen.send_until("\x1b", lambda text: "1 account?" not in text, "the dialog gone")
        screen.send("x")
        screen.wait_for("Delete 1 account?")
        screen.send_until("y", lambda text: "copier.4f" not in text, "the account gone")


def test_keys_typed_in_one_burst_into_the_filter_are_no_commands(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("q quit")
        screen.send("/dyson")
        screen.wait_for("Nothing matches 'dyson'", "113 of 120 seats used")


def test_the_window_may_change_its_size_at_any_moment(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("q quit")
        screen.resize(120, 36)
        screen.wait_for("Domains", "Account  ", "q quit")
        screen.resize(60, 20)
        screen.wait_until(lambda text: "Domains" not in text, "the narrow layout").wait_for("q quit")


def test_a_store_of_ones_own_is_opened_without_a_command(tmp_path: Path) -> None:
    with terminal("init", "--seats", "3", home=tmp_path) as screen:
        assert screen.wait_for_end() == 0
    with terminal("domains", "add", "x.example", "--primary", home=tmp_path) as screen:
        assert screen.wait_for_end() == 0
    with terminal(home=tmp_path) as screen:
        screen.wait_for("No accounts yet", "0 of 3 seats used")
        screen.send("a")
        screen.wait_for("@x.example")
        screen.send("anna")
        screen.wait_for("anna@x.example")
        screen.send(TAB + TAB + TAB + ENTER)
        screen.wait_for("anna@x.example added", "1 of 3 seats used")
        screen.send("q")
        assert screen.wait_for_end() == 0
    with terminal("status", home=tmp_path) as screen:
        screen.wait_for("1 of 3 seats used")


def test_without_a_store_the_console_says_what_to_do(tmp_path: Path) -> None:
    with terminal(home=tmp_path) as screen:
        assert screen.wait_for_end() == 3
        assert "There is no store in" in screen.text
        assert "kconsole init" in screen.text.replace("\n", "")


def test_a_terminal_that_cannot_move_its_cursor_is_refused(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TERM": "dumb", "ACCESSIBLE": "0"}) as screen:
        assert screen.wait_for_end() == 2
        assert "needs a terminal" in screen.text


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07", "a[/]b", "[@click=app.quit]x[/]", "\u202egnp.exe", "\x9b2J"])
def test_no_byte_of_a_hostile_name_reaches_the_terminal(tmp_path: Path, name: str) -> None:
    import orjson

    dump = tmp_path / "dump.json"
    entry = {"address": "a@x.example", "full_name": name, "description": name}
    dump.write_bytes(orjson.dumps({"entries": [entry]}))
    with terminal("restore", str(dump), home=tmp_path) as screen:
        assert screen.wait_for_end() == 0
    with terminal(home=tmp_path, columns=120, lines=36) as screen:
        screen.wait_for("a@x.example", "q quit")
        screen.send(ENTER)
        screen.wait_for("Details", "Source", name if name.isprintable() else "Raw name")
        assert name.isprintable() or name.encode() not in screen.written
        screen.send("q")
        screen.wait_for("q quit")
        screen.send("q")
        assert screen.wait_for_end() == 0


def test_the_throw_away_copy_is_thrown_away(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}) as screen:
        screen.wait_for("q quit")
        assert list(tmp_path.glob("kconsole-demo-*"))
        screen.send("q")
        assert screen.wait_for_end() == 0
        assert not list(tmp_path.glob("kconsole-demo-*"))


def test_the_demo_with_a_server_reads_it_by_a_key_and_stops_it(tmp_path: Path) -> None:
    need_openssl()
    environment = {"TMPDIR": str(tmp_path)}
    with terminal("demo", "--server", home=tmp_path, environment=environment) as screen:
        screen.wait_for("server as of", "of 120 seats used", "q quit")
        screen.send("r")
        screen.wait_for("server read: nothing new")
        screen.send("=")
        screen.wait_for("Seats of the license", "no difference")
        screen.send("q")
        screen.wait_for("q quit")
        screen.send("q")
        assert screen.wait_for_end() == 0
    assert not list(tmp_path.glob("kconsole-demo-*"))
