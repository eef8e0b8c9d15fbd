"""What the user chose, kept for the next time."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import Message
from kconsole.core.errors import ConsoleError
from kconsole.operations.preferences import WIDEST, ColumnPreference, Preferences, preferences_path

NAME, SEAT = ColumnPreference("name", 20), ColumnPreference("seat", shown=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "kconsole" / "habits.json"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_chosen_is_there_the_next_time(file: Path) -> None:
    preferences = Preferences(file)
    assert (preferences.theme, preferences.columns, dict(preferences.filters)) == ("", (), {})
    assert not file.exists()
    preferences.choose_theme("kconsole-light")
    preferences.keep_columns([NAME, SEAT])
    preferences.keep_filter("unused", "is:never -is:disabled")
    preferences.keep_filter("gone", "\ud800 [bold] \x1b")
    preferences.forget_filter("never was")
    again = Preferences(file)
    assert (again.theme, again.columns) == ("kconsole-light", (NAME, SEAT))
    assert dict(again.filters) == {"unused": "is:never -is:disabled", "gone": "\ud800 [bold] \x1b"}
    again.forget_filter("gone")
    again.keep_columns(())
    assert list(Preferences(file).filters) == ["unused"]
    assert Preferences(file).columns == ()


def test_it_is_for_the_user_only_and_leaves_nothing_else(file: Path) -> None:
    before = os.umask(0)
    try:
        Preferences(file).choose_theme("terminal")
    finally:
        os.umask(before)
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    assert os.listdir(file.parent) == ["habits.json"]  # noqa: PTH208


def test_without_a_file_it_holds_for_this_run() -> None:
    preferences = Preferences()
    preferences.choose_theme("terminal")
    preferences.keep_columns([NAME])
    preferences.keep_filter("one", "a")
    preferences.keep_filter("two", "b")
    preferences.forget_filter("one")
    assert (preferences.theme, preferences.columns, dict(preferences.filters)) == ("terminal", (NAME,), {"two": "b"})


def test_two_consoles_keep_their_choices_side_by_side(file: Path) -> None:
    here, there = Preferences(file), Preferences(file)
    here.choose_theme("terminal")
    there.keep_filter("theirs", "x")
    here.keep_filter("ours", "y")
    there.keep_columns([SEAT])
    after = Preferences(file)
    assert (after.theme, after.columns, dict(after.filters)) == ("terminal", (SEAT,), {"theirs": "x", "ours": "y"})
    assert dict(here.filters) == {"theirs": "x", "ours": "y"}


def test_what_a_newer_version_keeps_stays(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"theme": "of-tomorrow", "zoom": 3}))
    preferences = Preferences(file)
    assert preferences.theme == ""
    preferences.keep_filter("a", "b")
    assert json.loads(file.read_text()) == {"theme": "of-tomorrow", "zoom": 3, "filters": {"a": "b"}}
    assert not file.with_suffix(".json.bak").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"theme": 3}', b'{"columns": {}}', b'{"columns": [3]}',
        b'{"columns": [{"name": "a", "width": true, "shown": true}]}',
        b'{"columns": [{"name": "a", "width": -1, "shown": true}]}',
        b'{"columns": [{"width": 3}]}', b'{"filters": {"a": 3}}', b'{"filters": []}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_no_habit_and_is_kept_aside_by_the_next_choice(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    preferences = Preferences(file)
    assert (preferences.theme, preferences.columns, dict(preferences.filters)) == ("", (), {})
    assert file.read_bytes() == content
    preferences.choose_theme("terminal")
    assert file.with_suffix(".json.bak").read_bytes() == content
    assert Preferences(file).theme == "terminal"
    preferences.keep_columns([NAME])
    preferences.keep_filter("a", "b")
    after = Preferences(file)
    assert (after.theme, after.columns, dict(after.filters)) == ("terminal", (NAME,), {"a": "b"})


def test_what_cannot_be_kept_is_reported_and_holds(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    preferences = Preferences(tmp_path / "state" / "habits.json")
    with pytest.raises(ConsoleError, match="preference-unsaved") as caught:
        preferences.choose_theme("terminal")
    assert caught.value.hints == (Message("until-you-leave"),)
    with pytest.raises(ConsoleError):
        preferences.keep_filter("a", "b")
    with pytest.raises(ConsoleError):
        preferences.keep_filter("c", "d")
    assert (preferences.theme, dict(preferences.filters)) == ("terminal", {"a": "b", "c": "d"})
    (tmp_path / "state").unlink()
    preferences.forget_filter("c")
    assert dict(Preferences(tmp_path / "state" / "habits.json").filters) == {"a": "b"}


def test_a_failure_while_writing_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences = Preferences(file)
    preferences.choose_theme("terminal")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConsoleError, match="No space left on device"):
        preferences.choose_theme("kconsole")
    assert Preferences(file).theme == "terminal"
    assert os.listdir(file.parent) == ["habits.json"]  # noqa: PTH208
    with pytest.raises(ConsoleError, match="too-large-to-read"):
        preferences.keep_filter("a", "x" * 2_000_000)


def test_widths_are_kept_within_reason(file: Path) -> None:
    Preferences(file).keep_columns([ColumnPreference("name", -3), ColumnPreference("name", 10**9)])
    assert [column.width for column in Preferences(file).columns] == [0, WIDEST]


def test_where_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("KCONSOLE_STATE", raising=False)
    assert preferences_path() == tmp_path / ".local" / "state" / "kconsole" / "habits.json"
    monkeypatch.setenv("KCONSOLE_STATE", str(tmp_path / "own"))
    assert preferences_path() == tmp_path / "own" / "habits.json"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.fixed_dictionaries({}, optional={"theme": ANYTHING, "columns": ANYTHING, "filters": ANYTHING}))
def test_no_content_does_harm(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(json.dumps(content))
    preferences = Preferences(file)
    assert isinstance(preferences.theme, str)
    preferences.keep_filter("a", "b")
    assert Preferences(file).filters["a"] == "b"
