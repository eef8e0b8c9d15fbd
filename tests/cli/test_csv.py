"""The CSV that kconsole prints: harmless in a spreadsheet, and read back the same."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.cli.output import put_csv
from kconsole.core.records import LastLogin
from kconsole.importers.csv_table import GUARDED
from kconsole.importers.login_csv import read_login_csv
from kconsole.operations.appearance import CSV_STYLES
from kconsole.text.csv_writer import STYLES
from kconsole.text.safe_text import safe_text
from tests.cli.console import Console, account
from tests.limits import EXAMPLES

LOGIN = LastLogin(datetime(2026, 3, 2, 10, tzinfo=UTC), "IMAP")
LOGINS = [account(name, last_login=LOGIN) for name in ("anna", "berg")]

FORMULA = re.compile(r"[-=+@＝＋－＠﹦﹢﹣﹫]")


def printed(values: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    put_csv(["value"], [[value] for value in values])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "value",
    ["=1+1", "x;=1+1", "x,=1+1", "x\t=1+1", "x|@a", 'x;"=1+1"', "x; +1", "＝1", "x;＠a", "﹦1", "x;﹢1", "'=1",
     "\n=1", '"=1', "-", ";;=1"],
)  # fmt: skip
def test_no_separator_makes_a_formula(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed([value], capsys).split("\n", 1)[1]
    for separator in ";,\t|":
        for row in csv.reader(io.StringIO(out), delimiter=separator):
            assert not [cell for cell in row if FORMULA.match(cell.strip(" \"'")) and "'" not in cell]
        for cell in out.split(separator):
            assert not FORMULA.match(cell.lstrip(' "'))


@settings(max_examples=3 * EXAMPLES)
@given(st.lists(st.text(alphabet="ab;,|\t\"' =+-@＝\n") | st.text(), min_size=1))
def test_what_is_printed_is_read_back_the_same(values: list[str]) -> None:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kconsole.cli.output.click.echo", lambda text, **_: out.write(text))
        put_csv(["value"], [[value] for value in values])
    rows = list(csv.reader(io.StringIO(out.getvalue())))[1:]
    assert [GUARDED.sub(r"\1", row[0]) if row else "" for row in rows] == [safe_text(value, None) for value in values]


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("", 2)])
def test_a_person_confirms_a_guess_of_the_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    console = Console(tmp_path / "store").fill()
    (tmp_path / "users.csv").write_bytes("Name;FullName\njiri;Jiří Dvořák\n".encode("cp1250"))
    command = ("import", "csv", str(tmp_path / "users.csv"), "--domain", "north.example")
    assert console(*command).code == 2  # without a terminal
    monkeypatch.setattr("kconsole.cli.encodings.has_person", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    said = console(*command)
    assert "Jiří Dvořák" in said.err
    assert [entry["full_name"] for entry in console.accounts()] == ["Jiří Dvořák"] * (not said.code)
    if answer:
        assert said.code == code


def test_all_faults_are_written_to_a_file(tmp_path: Path) -> None:
    console = Console(tmp_path / "store").fill()
    (tmp_path / "users.csv").write_text("Name\n" + "no good\n" * 500 + "anna\n")
    faults = tmp_path / "faults.txt"
    command = ("import", "csv", str(tmp_path / "users.csv"), "--domain", "north.example", "--faults", str(faults))
    said = console(*command)
    assert (said.code, len(faults.read_text().splitlines())) == (2, 500)
    assert len(said.talk) < 30
    assert "--faults" in said.err
    assert console(*command[:-1], "-").out == faults.read_text()
    assert console(*command, "--skip-faulty").code == 1
    refused = console("log", "--json").json[-1]["refusals"]
    assert len(refused) == 101


def test_a_license_file_in_another_encoding_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(tmp_path / "store").fill()
    key = tmp_path / "license.key"
    key.write_bytes("--LICENSE--\nUsers: 20\nCompany: Café\n--END--\n".encode("cp1252"))
    for options in (("--yes",), ()):
        said = console("license", "install", str(key), *options)
        assert (said.code, console("status", "--json").json["license"]["seats"]) == (2, 10)
        assert "Café" in said.err
    for module in ("encodings", "license"):
        monkeypatch.setattr(f"kconsole.cli.{module}.has_person", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert console("license", "install", str(key)).code == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nn\n"))
    assert "Café" in console.done("license", "install", str(key), "--dry-run").err
    console.done("license", "install", str(key), "--yes", "--encoding", "cp1252")


@pytest.mark.parametrize("style", CSV_STYLES)
def test_every_style_is_read_back(tmp_path: Path, style: str) -> None:
    console = Console(tmp_path / "store").fill(*LOGINS)
    said = console.done("accounts", "--csv", "--csv-style", style)
    assert said.out.startswith("\ufeff") == style.startswith("excel")
    again = read_login_csv(said.out.encode(), "logins.csv", datetime(2026, 8, 5, tzinfo=UTC))
    assert ([login.at for login in again.logins], again.faults) == ([LOGIN.at] * 2, ())
    days = console.done("history", "--csv", "--csv-style", style).out.lstrip("\ufeff").splitlines()
    assert days[1].split(STYLES[style].separator)[8] in ("true", "false")


def test_the_configuration_says_how_csv_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(tmp_path / "store").fill(*LOGINS)
    monkeypatch.setenv("KCONSOLE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text('csv_style = "semicolon"')
    for options in (["accounts", "--csv"], ["accounts", "--report", "csv"], ["history", "--csv"]):
        assert ";" in console.done(*options).out.splitlines()[0]
    assert "," in console.done("accounts", "--csv", "--csv-style", "standard").out.splitlines()[0]
    (tmp_path / "config.toml").write_text('csv_style = "tabs"')
    said = console.done("accounts", "--csv")
    assert ("," in said.out.splitlines()[0], "csv_style" in said.err) == (True, True)


@pytest.mark.parametrize(
    "options", [["accounts"], ["accounts", "--json"], ["history"], ["accounts", "--report", "json"]]
)
def test_a_style_without_csv_is_refused(tmp_path: Path, options: list[str]) -> None:
    console = Console(tmp_path / "store").fill(*LOGINS)
    assert console(*options, "--csv-style", "excel").code == 2
