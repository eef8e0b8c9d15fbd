"""The configuration file: what can be taken is, and the rest is told."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.operations.settings import MOST_PROBLEMS, Settings, read_settings, settings_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_a_file_there_are_the_defaults(file: Path) -> None:
    assert read_settings(file) == Settings()
    assert Settings() == Settings(keys={}, theme="", ascii_only=None, colours="", mouse=False, problems=())
    file.write_text("")
    assert read_settings(file) == Settings()


def test_all_that_can_be_set(file: Path) -> None:
    file.write_text(
        """
        theme = "kconsole-light"
        ascii = false
        colours = "256"
        mouse = true
        [keys]
        undo = "u,f9"
        "log-back" = "L"
        """
    )
    settings = read_settings(file)
    assert settings.problems == ()
    assert dict(settings.keys) == {"undo": "u,f9", "log-back": "L"}
    assert (settings.theme, settings.ascii_only, settings.colours, settings.mouse) == (
        "kconsole-light",
        False,
        "256",
        True,
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('theme = "solarized"', '\'theme\' is "solarized"; it must be one of "kconsole", '),
        ("theme = 3", "'theme' is 3; it must be one of"),
        ("theme = true", "'theme' is true; it must be one of"),
        ('ascii = "yes"', "'ascii' is \"yes\"; it must be true or false"),
        ("ascii = 1", "'ascii' is 1; it must be true or false"),
        ("colours = 256", '\'colours\' is 256; it must be one of "truecolor", "256", "16", "none"'),
        ("mouse = []", "'mouse' is []; it must be true or false"),
        ("color = 3", "'color' is no setting; there are keys, theme, ascii, colours, mouse"),
        ('keys = "u"', "'keys' is \"u\"; it must be a table: [keys]"),
        ("[keys]\nundo = 3", "'undo' in [keys] is 3; it must be keys in quotes"),
        ('[keys]\nundo = " , "', "'undo' in [keys] is \" , \"; it must be keys in quotes"),
    ],
)
def test_what_cannot_be_taken_is_told_and_the_rest_holds(file: Path, text: str, problem: str) -> None:
    good, _, bad = text.rpartition("[keys]\n")
    first = "" if "mouse" in text else "mouse = true\n"
    file.write_text(f"{first}{text}\n" if not good else text)
    settings = read_settings(file)
    del bad
    (told,) = settings.problems
    assert told.startswith(f"{file}: {problem}")
    assert settings.mouse is bool(first)
    assert (settings.theme, settings.ascii_only, settings.colours, dict(settings.keys)) == ("", None, "", {})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"theme =", "is not TOML: "),
        (b"mouse = true\nmouse = true", "is not TOML: "),
        (b"theme = \"\xff\"", "is not UTF-8"),
        (b"x = " + b"[" * 100_000, "is not TOML: "),
        (b"#" * 2_000_000, "cannot be read: it is too large"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_at_all_is_one_problem(file: Path, content: bytes, problem: str) -> None:
    file.write_bytes(content)
    settings = read_settings(file)
    (told,) = settings.problems
    assert told.startswith(f"{file} {problem}")
    assert told.endswith("Nothing of it holds.")
    assert settings == Settings(problems=(told,))


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        (told,) = read_settings(path).problems
        assert told.startswith(f"{path} cannot be read: ")
    assert read_settings(Path(os.devnull)) == Settings()
    assert read_settings(tmp_path / "pipe" / "below") == Settings()
    assert "null" in read_settings(tmp_path / "a\0b").problems[0]


def test_the_file_of_another_program_is_not_told_in_full(file: Path) -> None:
    file.write_text("\n".join(f"setting-{number} = 1" for number in range(50)))
    problems = read_settings(file).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1] == f"{file}: and 40 more problems."
    file.write_text(f'theme = "{"x" * 500}"')
    assert len(read_settings(file).problems[0]) < len(str(file)) + 200


def test_a_byte_order_mark_is_no_problem(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfmouse = true\n")
    assert read_settings(file) == Settings(mouse=True)


def test_where_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("KCONSOLE_CONFIG", "")
    assert settings_path() == tmp_path / ".config" / "kconsole" / "config.toml"
    assert read_settings() == Settings()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert settings_path() == tmp_path / "xdg" / "kconsole" / "config.toml"
    monkeypatch.setenv("KCONSOLE_CONFIG", "~/own.toml")
    assert settings_path() == tmp_path / "own.toml"
    assert read_settings().problems == (f"KCONSOLE_CONFIG names {tmp_path / 'own.toml'}, and that is not there.",)
    (tmp_path / "own.toml").write_text("mouse = true")
    assert read_settings() == Settings(mouse=True)
    monkeypatch.setenv("KCONSOLE_CONFIG", "~nobody-of-this-name/own.toml")
    assert settings_path() == Path("~nobody-of-this-name/own.toml")


@given(st.binary(max_size=200))
def test_no_content_does_harm(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    settings = read_settings(file)
    assert settings.problems or settings == Settings()
