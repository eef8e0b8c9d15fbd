"""The configuration file: what can be taken is, and the rest is reported."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import Message, message
from kconsole.operations.appearance import COLOURS, THEMES
from kconsole.operations.config_model import Config
from kconsole.operations.settings import MOST_PROBLEMS, Settings, read_settings, settings_path
from kconsole.operations.toml_lines import lines_of
from kconsole.text.messages import words_of
from tests.limits import PATIENCE


def quoted(values: Iterable[str]) -> list[str]:
    return [f'"{value}"' for value in values]


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


SWITCH = ["true", "false"]
SETTINGS = list(Config.model_fields)


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ('theme = "solarized"', "setting-invalid", {"key": "theme", "found": '"solarized"', "allowed": quoted(THEMES)}),
        ("theme = 3", "setting-invalid", {"key": "theme", "found": "3", "allowed": quoted(THEMES)}),
        ("theme = true", "setting-invalid", {"key": "theme", "found": "true", "allowed": quoted(THEMES)}),
        ('ascii = "yes"', "setting-invalid", {"key": "ascii", "found": '"yes"', "allowed": SWITCH}),
        ("ascii = 1", "setting-invalid", {"key": "ascii", "found": "1", "allowed": SWITCH}),
        ("colours = 256", "setting-invalid", {"key": "colours", "found": "256", "allowed": quoted(COLOURS)}),
        ("mouse = []", "setting-invalid", {"key": "mouse", "found": "[]", "allowed": SWITCH}),
        ("color = 3", "setting-unknown", {"key": "color", "near": ["colours"], "settings": SETTINGS}),
        ('keys = "u"', "setting-not-table", {"key": "keys", "found": '"u"'}),
        ("[keys]\nundo = 3", "setting-bad-keys", {"key": "undo", "found": "3"}),
        ('[keys]\nundo = " , "', "setting-bad-keys", {"key": "undo", "found": '" , "'}),
    ],
)
def test_a_wrong_setting_is_a_problem_and_the_others_are_used(
    file: Path, text: str, code: str, params: dict[str, object]
) -> None:
    first = "" if "mouse" in text else "mouse = true\n"
    more = "\nredo = 'r'" if "[keys]" in text else ""
    file.write_text(f"{first}{text}{more}\n")
    settings = read_settings(file)
    line = 1 + bool(first) + text.count("\n")
    assert settings.problems == (Message(code, {"file": str(file), "line": line, **params}),)
    assert words_of(settings.problems[0]).startswith(f"{file}, line {line}: '{params['key']}' ")
    assert settings.mouse is bool(first)
    assert (settings.theme, settings.ascii_only, settings.colours) == ("", None, "")
    assert dict(settings.keys) == ({"redo": "r"} if more else {})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"theme =", "settings-not-toml"),
        (b"mouse = true\nmouse = true", "settings-not-toml"),
        (b"theme = \"\xff\"", "settings-not-utf8"),
        (b"x = " + b"[" * 100_000, "settings-not-toml"),
        (b"#" * 2_000_000, "settings-unreadable"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_at_all_is_one_problem(file: Path, content: bytes, code: str) -> None:
    file.write_bytes(content)
    settings = read_settings(file)
    (problem,) = settings.problems
    assert (problem.code, problem.params["file"]) == (code, str(file))
    assert settings == Settings(problems=(problem,))


def test_what_is_not_a_file_is_a_problem_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        (problem,) = read_settings(path).problems
        assert problem == message("settings-unreadable", file=str(path), reason=Message("not-a-file"))
    assert read_settings(Path(os.devnull)) == Settings()
    assert read_settings(tmp_path / "pipe" / "below") == Settings()
    assert "null" in read_settings(tmp_path / "a\0b").problems[0].params["reason"]


def test_of_another_programs_file_only_the_first_problems_are_shown(file: Path) -> None:
    file.write_text("\n".join(f"setting-{number} = 1" for number in range(50)))
    problems = read_settings(file).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1] == message("more-settings-problems", file=str(file), more=40)
    file.write_text(f'theme = "{"x" * 500}"')
    assert len(words_of(read_settings(file).problems[0])) < len(str(file)) + 200


def test_pydantic_is_imported_for_a_file_only(file: Path) -> None:
    code = (
        "import sys, pathlib; from kconsole.operations.settings import read_settings;"
        "read_settings(pathlib.Path(sys.argv[1])); sys.exit('pydantic' in sys.modules)"
    )

    def run() -> int:
        return subprocess.run([sys.executable, "-c", code, str(file)], check=False, timeout=PATIENCE).returncode

    assert run() == 0
    file.write_text("# nothing is set\n")
    assert run() == 0
    file.write_text("mouse = true")
    assert run() == 1


def test_the_line_of_each_key_is_found_however_it_is_written() -> None:
    text = """# theme = 1
mouse = true
theme = '''
ascii = true
[keys]
'''
keys.undo = "u"
[ other . "a.b" ]
x = [
  1,
]

"y z" = { deep = { er = 1 } }
[[list]]
a = 1
"""
    assert lines_of(text) == {
        ("mouse",): 2, ("theme",): 3, ("keys",): 7, ("keys", "undo"): 7, ("other",): 8, ("other", "a.b"): 8,
        ("other", "a.b", "x"): 9, ("other", "a.b", "y z"): 13, ("other", "a.b", "y z", "deep"): 13,
        ("other", "a.b", "y z", "deep", "er"): 13, ("list",): 14,
    }  # fmt: skip


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
    assert read_settings().problems == (
        message("settings-missing", file=str(tmp_path / "own.toml"), variable="KCONSOLE_CONFIG"),
    )
    (tmp_path / "own.toml").write_text("mouse = true")
    assert read_settings() == Settings(mouse=True)
    monkeypatch.setenv("KCONSOLE_CONFIG", "~no-such-user/own.toml")
    assert settings_path() == Path("~no-such-user/own.toml")


@given(st.binary(max_size=200))
def test_no_content_does_harm(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    settings = read_settings(file)
    assert settings.problems or settings == Settings()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_have_a_mark_and_any_ends_of_lines(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(f"# Zoë{end}mouse = true{end}ascii = true{end}\x1a".encode(encoding))
    settings = read_settings(path)
    assert (settings.mouse, settings.ascii_only, settings.problems) == (True, True, ())
