"""Texts that mean harm: whatever the command, nothing but words reaches the terminal, and data stay what they are."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.core.identity import stripped
from kconsole.core.records import Entry
from tests.cli.console import Console, Said
from tests.limits import EXAMPLES

HOSTILE = (
    "a[/]b",
    "[@click=app.quit]x[/]",
    "\x1b]0;t\x07",
    "\x1b[2J\x1b[31m",
    "abc\u202egnp.exe",
    "\u200b\ufeff\u2066x\u2069",
    "\x9b31m\x9d0;t\x9c",
    "one\nkconsole: all is well",
    "one\r\nkconsole: all is well\r",
    "tab\tnull\x00delete\x7f",
    "\u2028line\u2029",
    "=HYPERLINK(1)",
    "e" + "\u0301" * 50,
    "{0}%s$HOME`id`",
)
FAKE = "kconsole: all is well"


def harmless(said: Said) -> Said:
    assert said.is_harmless(), (said.out, said.err)
    assert not any(line.startswith(FAKE) for line in [*said.out.splitlines(), *said.talk])
    assert "Traceback" not in said.err
    return said


def hostile_dump() -> dict[str, Any]:
    kinds = ("user", "alias", "mailing_list", "resource")
    return {
        "license": {"seats": 3},
        "domains": [{"name": f"{text}{place}.example", "description": text, "user_limit": 1}
                    for place, text in enumerate(HOSTILE)],
        "entries": [
            {
                "address": f"{text}@{HOSTILE[-place]}{place}",
                "kind": kinds[place % 4],
                "full_name": text,
                "description": text,
                "last_login": {"at": "2026-01-01T00:00:00Z", "protocol": text},
                "delivers_to": [text],
            }
            for place, text in enumerate(HOSTILE)
        ],
    }  # fmt: skip


@pytest.fixture
def hostile(console: Console) -> Console:
    return console.restore(hostile_dump())


def test_every_answer_is_harmless(hostile: Console) -> None:
    for arguments in ("status", "accounts", "accounts --csv", "domains", "dump"):
        assert harmless(hostile.done(*arguments.split())).out
    for entry in hostile_dump()["entries"]:
        said = harmless(hostile.done("explain", entry["address"]))
        assert "Raw address" in said.out or entry["address"].isprintable()


def test_data_are_equal_once_they_are_parsed(hostile: Console) -> None:
    given = hostile_dump()
    by_address = {stripped(entry["address"]): entry for entry in given["entries"]}
    for answer in (
        harmless(hostile.done("accounts", "--json")).json,
        harmless(hostile.done("explain", "--json", *by_address)).json,
        harmless(hostile.done("dump")).json["entries"],
    ):
        assert len(answer) == len(by_address)
        for document in answer:
            expected = by_address[document["address"]]
            for field in ("full_name", "description", "last_login", "kind"):
                assert document[field] == expected[field]
    names = {stripped(domain["name"]) for domain in given["domains"]} | {
        address.rpartition("@")[2] for address in by_address
    }
    for answer in (
        harmless(hostile.done("status", "--json")).json["domains"],
        harmless(hostile.done("domains", "--json")).json,
        harmless(hostile.done("dump")).json["domains"],
    ):
        assert {domain["name"] for domain in answer} == names


def test_a_csv_has_a_row_for_each_whatever_is_in_it(hostile: Console) -> None:
    rows = list(csv.DictReader(io.StringIO(hostile.done("accounts", "--csv").out)))
    assert len(rows) == len(HOSTILE)
    assert "'=HYPERLINK(1)" in {row["full_name"] for row in rows}


def test_changes_tell_hostile_names_in_harmless_words(hostile: Console) -> None:
    addresses = [entry["address"] for entry in hostile_dump()["entries"]]
    assert harmless(hostile("delete", *addresses)).code == 2
    for arguments in (["disable"], ["enable"], ["delete", "--yes", "--mailbox", f"transfer:{addresses[4]}"]):
        for address in addresses:
            harmless(hostile(*arguments, "--", address))
    assert harmless(hostile.done("restarted", "--reason", HOSTILE[2])).err


@pytest.mark.parametrize("text", HOSTILE)
def test_errors_tell_hostile_arguments_in_harmless_words(console: Console, tmp_path: Path, text: str) -> None:
    console.fill(Entry(address="anna@north.example"))
    file = text.replace("/", "-").replace("\x00", "-")
    for code, arguments in (
        (2, [text]),
        (2, [f"--{file}"]),
        (2, ["accounts", "--inactive", text]),
        (2, ["accounts", "--sort", text]),
        (2, ["accounts", "--verdict", text]),
        (3, ["accounts", "--domain", text]),
        (3, ["explain", text]),
        (3, ["disable", text]),
        (3, ["enable", text]),
        (3, ["delete", "--yes", text]),
        (2, ["delete", text]),
        (2, ["delete", "anna@north.example", "--yes", "--mailbox", text]),
        (3, ["delete", "anna@north.example", "--yes", "--mailbox", f"transfer:{text}"]),
        (2, ["add", text]),
        (2, ["add", f"{text}@north.example"]),
        (2 if "@" in text else 3, ["add", f"anna@{text}"]),
        (2, ["domains", "add", text]),
        (2, ["domains", "add", "x.example", "--user-limit", text]),
        (2, ["init", "--seats", text]),
        (2, ["import", "csv", str(tmp_path / file), "--domain", "north.example"]),
        (2, ["import", "logins", str(tmp_path / file)]),
        (2, ["import", "logins", str(tmp_path / file), "--zone", text]),
        (3, ["connect", text]),
        (2, ["connect", "anna@north.example", "--at", text]),
        (2, ["restore", str(tmp_path / file)]),
        (2, ["dump", str(tmp_path / file / "dump.json")]),
        (2, ["demo", "--sample", text]),
        (3, ["--store", str(tmp_path / file), "status"]),
        (3, ["status", "--store", str(tmp_path / file)]),
    ):
        said = harmless(console(*arguments))
        assert (said.code, said.out) == (code, ""), arguments
        assert said.err


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_file_names_and_texts_work(tmp_path: Path, text: str) -> None:
    name = text.replace("/", "-").replace("\x00", "-")
    here = Console(tmp_path / name / "store")
    harmless(here.done("init", "--seats", "5"))
    assert harmless(here("init")).code == 4
    harmless(here.done("domains", "add", "north.example", "--description", text))
    harmless(here.done("add", "anna@north.example", "--name", text, "--description", text, "--reason", text))
    (anna,) = harmless(here.done("accounts", "--json")).json
    assert (anna["full_name"], anna["description"]) == (text.strip(), text.strip())
    harmless(here.done("dump", str(tmp_path / f"{name}.json")))
    harmless(here.done("restore", str(tmp_path / f"{name}.json")))
    (tmp_path / f"{name}.csv").write_text(f"Name;FullName\nberg;Berg\n;{'x'}\n")
    harmless(here("import", "csv", str(tmp_path / f"{name}.csv"), "--domain", "north.example"))
    for arguments in (
        ["log"],
        ["log", "--json"],
        ["log", "--account", text],
        ["log", "--operator", text],
        ["history", "--by", "operator"],
        ["history", "--by", "domain", "--csv"],
        ["forecast"],
        ["report", "review", "--partial"],
        ["report", "changes", "--partial", "--format", "csv"],
        ["suggest", "shared"],
    ):
        assert harmless(here(*arguments)).code == 0
    harmless(here.done("--as", text.replace("\x00", "-"), "undo", "--reason", text, "4"))
    harmless(here.done("backup", str(tmp_path / f"{name}.tar")))
    (here.folder / "store.json").write_text("damaged")
    assert harmless(here.done("doctor", "--fix")).out
    (here.folder / "journal.jsonl").write_text("damaged")
    assert harmless(here("status")).code == 7
    assert harmless(here("log", "verify")).code == 7
    assert harmless(here("doctor")).code == 1


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\n" not in text and "\x00" not in text])
def test_hostile_rows_of_an_import(console: Console, tmp_path: Path, text: str) -> None:
    console.fill(seats=9)
    rows = [["Name", "FullName", "Description", "MailAddress", text], [text, text, text, text, text],
            ["anna", text, text, f"anna,{text}", text]]  # fmt: skip
    with (tmp_path / "users.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    harmless(console("import", "csv", str(tmp_path / "users.csv"), "--domain", "north.example"))
    harmless(console("import", "csv", str(tmp_path / "users.csv"), "--domain", "north.example", "--skip-faulty"))
    for arguments in ("accounts", "accounts --json", "accounts --csv", "dump"):
        harmless(console.done(*arguments.split()))


texts = st.text(max_size=12) | st.text(alphabet="\x1b\x07\x9b\u202e\n\r\t[]@/=;'\"\\ aé", max_size=12)


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(texts=st.lists(texts, min_size=4, max_size=4))
def test_any_text_is_harmless_and_stays_equal(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    one, two, three, four = texts
    console = Console(tmp_path_factory.mktemp("any") / "store").restore(
        {
            "domains": [{"name": f"d{four}", "description": one}],
            "entries": [{"address": f"a{one}@d{four}", "full_name": two, "description": three}],
        }
    )
    for arguments in ("status", "domains", "accounts", "accounts --csv", "report seats", "report review --format json"):
        harmless(console.done(*arguments.split()))
    (document,) = harmless(console.done("accounts", "--json")).json
    assert (document["address"], document["full_name"], document["description"]) == (
        f"a{one}@d{four}".strip(),
        two,
        three,
    )
    harmless(console.done("explain", f"a{one}@d{four}"))
    harmless(console("explain", *[text for text in texts if not text.startswith("-")], "x"))
    assert json.loads(harmless(console.done("dump")).out)["entries"][0]["full_name"] == two
