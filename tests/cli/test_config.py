"""The commands about the configuration file: its problems with their lines, and where each value comes from."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kconsole.cli.context import CliContext
from kconsole.cli.schemas import schema_of
from kconsole.cli.screen import command_keys
from kconsole.operations.config_model import Config
from tests.cli.console import Console, in_process
from tests.cli.test_shell import write_roles

WRONG = """theme = "kconsole-light"
color = 3
ascii = "yes"
[keys]
undo = "u,f9"
unod = "z"
enable = 3
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration file, which is not there yet."""
    file = tmp_path / "config.toml"
    monkeypatch.setenv("KCONSOLE_CONFIG", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("NO_COLOR", "KCONSOLE_ASCII", "COLORFGBG", "ACCESSIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    own = tmp_path / "kconsole" / "config.toml"
    own.parent.mkdir()
    file.write_text(WRONG)
    return own


def test_a_file_without_problems(console: Console, file: Path) -> None:
    said = console.done("config", "check")
    assert (said.out, said.talk) == ("", [f"There is no {file}: everything is as it is without one."])
    file.write_text("mouse = true\n")
    assert console.done("config", "check").talk == [f"{file} is valid."]
    assert console.done("config", "check", "--json").json == {
        "schema": "kconsole-config-check/1", "file": str(file), "problems": [],
    }  # fmt: skip


def test_each_problem_is_named_with_its_line(console: Console, file: Path) -> None:
    file.write_text(WRONG)
    said = console("config", "check")
    assert said.code == 2
    assert re.findall(rf"(?m)^{re.escape(str(file))}, line (\d+): ", said.out) == ["2", "3", "7", "6"]
    assert "Did you mean 'colours'?" in said.out
    answer = console("config", "check", "--json")
    assert answer.code == 2
    assert [(each["line"], each["key"], each["code"]) for each in answer.json["problems"]] == [
        (2, "color", "setting-unknown"),
        (3, "ascii", "setting-invalid"),
        (7, "enable", "setting-bad-keys"),
        (None, "keys", "keys"),
    ]


def test_another_file(console: Console, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = file.parent.parent / "config.toml"
    assert console("config", "check", str(other)).code == 2
    assert console("config", "check", str(file)).code == 3
    monkeypatch.setenv("KCONSOLE_CONFIG", str(file))
    assert console("config", "check").code == 3
    other.write_bytes(b"theme = \xff\n")
    (problem,) = console("config", "check", str(other), "--json").json["problems"]
    assert problem["code"] == "settings-not-utf8"
    other.write_text("".join(f"setting-{number} = 1\n" for number in range(50)))
    assert len(console("config", "check", str(other)).out.splitlines()) == 50
    other.write_text('"\\u001b[31m" = 1\n')
    assert console("config", "check", str(other)).is_harmless()


def origins(console: Console, *arguments: str) -> dict[str, tuple[Any, str, str | None, int | None]]:
    shown = console.done(*arguments, "config", "show", "--json").json
    return {each["name"]: (each["value"], each["origin"], each["source"], each["line"]) for each in shown["settings"]}


def test_where_each_value_comes_from(console: Console, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = origins(console)
    assert found["configuration"] == (str(file), "default", None, None)
    assert found["store"] == (str(console.folder), "option", "--store", None)
    assert [found[name][1] for name in ("theme", "colours", "ascii", "mouse", "plain", "csv_style", "roles")] == [
        "default", "terminal", "terminal", "default", "default", "default", "default",
    ]  # fmt: skip
    file.write_text(WRONG.replace("color = 3", "ascii = true").replace('ascii = "yes"', 'colours = "16"'))
    found = origins(console)
    assert found["theme"] == ("kconsole-light", "file", str(file), 1)
    assert found["ascii"] == (True, "file", str(file), 2)
    assert found["colours"] == ("16", "file", str(file), 3)
    assert found["keys.undo"] == ("u,f9", "file", str(file), 5)
    assert not {"keys.unod", "keys.enable"} & set(found)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("KCONSOLE_ASCII", "0")
    found = origins(console, "--mouse")
    assert found["colours"] == ("none", "environment", "NO_COLOR", None)
    assert found["ascii"] == (False, "environment", "KCONSOLE_ASCII", None)
    assert found["theme"][1] == "terminal"
    assert found["mouse"] == (True, "option", "--mouse", None)
    monkeypatch.delenv("NO_COLOR")
    found = origins(console, "--theme", "terminal", "--ascii", "--colours", "256")
    assert [found[name][:3] for name in ("theme", "ascii", "colours")] == [
        ("terminal", "option", "--theme"), (True, "option", "--ascii"), ("256", "option", "--colours"),
    ]  # fmt: skip
    said = console.done("config", "show", "--origin")
    assert f"file {file}, line 2" not in said.out
    assert "environment KCONSOLE_ASCII" in said.out
    assert "config check" in said.err


def test_a_key_that_is_none_is_a_problem_too(console: Console, file: Path) -> None:
    file.write_text('[keys]\nundo = "no-key"\n')
    assert "config check" in console.done("config", "show").err


def test_an_operator_learns_nothing_of_other_stores(console: Console, file: Path, tmp_path: Path) -> None:
    file.write_text(f"[contexts.far]\nstore = '{tmp_path}/elsewhere'\n")
    assert "contexts.far" in origins(console)
    roles = write_roles(tmp_path)
    place = CliContext(location=console.folder, operator_name="anna", roles_file=roles)
    for arguments in (["--origin"], ["--json"]):
        said = in_process(["config", "show", *arguments], place)
        assert said.code == 0
        assert not {"far", "elsewhere"} & set(re.findall(r"\w+", said.out + said.err))


def test_the_example_is_a_file_that_changes_nothing(console: Console, file: Path) -> None:
    example = console.done("config", "show", "--example").out
    assert tomllib.loads(example) == {"keys": {}}
    whole = re.sub(r"(?m)^# ([a-z_-]+ = |\[contexts)", r"\1", example)
    document = tomllib.loads(whole)
    assert set(document) == set(Config.model_fields)
    assert document["keys"] == {each.name: each.keys for each in command_keys()}
    file.write_text(whole)
    console.done("config", "check")
    assert Draft202012Validator(schema_of("config")).is_valid(document)
    assert console("config", "show", "--example", "--json").code == 2


def test_the_schema_explains_every_key(file: Path) -> None:
    schema = schema_of("config")
    assert "null" not in json.dumps(schema)  # TOML has none
    properties = schema["properties"]
    assert set(properties) == set(Config.model_fields)
    assert all(each["description"] for each in (*properties.values(), *properties["keys"]["properties"].values()))
    assert not Draft202012Validator(schema).is_valid({"keys": {"unod": "z"}})
    assert file.parent.is_dir()
