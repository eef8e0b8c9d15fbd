"""Contexts: which store a command means, what each of them forbids or wants, and what lists them."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kconsole.cli import screen
from kconsole.cli.context import CliContext
from kconsole.cli.schemas import schema_of
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.operations.contexts import Context
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.session import Session
from tests.cli.console import Said, account, in_process
from tests.clocks import FixedClock

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANNA, BERG = "anna@north.example", "berg@north.example"


def configured(text: str) -> str:
    return f"[contexts.mail1]\nstore = '{{0}}/mail1'\nconfirm_name = true\n{text}"


TWO = configured("[contexts.mail2]\nstore = '{0}/mail2'\ncolour = 'red'\nread_only = true\nnote = 'branch'\n")


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the configuration file; {0} is the folder of the stores."""
    file = tmp_path / "config.toml"
    monkeypatch.setenv("KCONSOLE_CONFIG", str(file))
    for name in ("KCONSOLE_STORE", "KCONSOLE_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name, seats in (("mail1", 10), ("mail2", 20)):
        first = Inventory(
            license=License(seats=seats),
            domains=(Domain(name="north.example"),),
            entries=(account(ANNA), account(BERG)),
        )
        Session.create(tmp_path / name, first, "tester", FixedClock(NOW)).close()
    return lambda text: void(file.write_text(text.format(tmp_path)))


def void(_: object) -> None:
    pass


def kconsole(*arguments: str) -> Said:
    return in_process(arguments, CliContext(clock=FixedClock(NOW)))


def seats(*arguments: str) -> int | None:
    said = kconsole(*arguments, "status", "--json")
    found: int | None = said.json["license"]["seats"] if said.code == 0 else None
    return found


def test_of_several_one_has_to_be_named(configure: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    configure(TWO)
    for arguments in (["status"], ["disable", ANNA], ["accounts", "--json"], ["init"], ["undo"]):
        said = kconsole(*arguments)
        assert (said.code, said.out) == (2, "")
        assert [line.split(":")[0].strip() for line in said.talk[1:3]] == ["mail1", "mail2"]
    assert seats("--context", "mail1") == 10
    assert kconsole("status", "--json", "--context", "mail2").json["license"]["seats"] == 20
    assert kconsole("--context", "mail3", "status").code == 3
    monkeypatch.setenv("KCONSOLE_CONTEXT", "mail2")
    assert seats() == 20
    assert seats("--context", "mail1") == 10


def test_a_store_goes_before_a_context(
    configure: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(TWO)
    monkeypatch.setenv("KCONSOLE_CONTEXT", "mail1")
    assert seats("--store", str(tmp_path / "mail2")) == 20
    assert kconsole("--store", str(tmp_path / "mail2"), "--context", "mail1", "status").code == 2
    monkeypatch.setenv("KCONSOLE_STORE", str(tmp_path / "mail2"))
    assert kconsole("status").code == 2  # the environment names two
    assert seats("--context", "mail1") == 10
    monkeypatch.delenv("KCONSOLE_CONTEXT")
    assert seats() == 20


def test_the_only_one_is_meant_and_without_any_the_default_store(configure: Callable[[str], None]) -> None:
    configure(configured(""))
    assert seats() == 10
    configure("")
    assert kconsole("status").code == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[contexts.mail2]\nstore = '{0}/mail2'\nread_only = 'yes'\n", "setting-invalid"),
        ("[contexts.mail2]\nstore = '{0}/mail2'\nreadonly = true\n", "context-setting-unknown"),
        ("[contexts.mail2]\nread_only = true\n", "context-without-store"),
        ("[contexts.mail2]\nstore = 'mail2'\n", "context-bad-store"),
        ("[contexts.mail2]\nstore = '/x'\nnote = 3\n", "context-bad-note"),
        ("[contexts]\nmail2 = 3\n", "context-not-table"),
        ("[contexts.'mail 2']\nstore = '/x'\n", "context-bad-name"),
    ],
)
def test_one_with_an_error_is_not_used_and_still_counts(configure: Callable[[str], None], text: str, code: str) -> None:
    """The setting with the error may be the one that forbids something; and what is left is not the only one."""
    configure(configured(text))
    assert code in {each["code"] for each in kconsole("config", "check", "--json").json["problems"]}
    assert kconsole("--context", "mail 2" if "mail 2" in text else "mail2", "status").code == 2
    assert kconsole("disable", ANNA).code == 2
    assert seats("--context", "mail1") == 10


@pytest.mark.parametrize("content", ["[contexts.mail1]\nstore = \n", "contexts = 3\n", "[contexts]\n\\ = 1"])
def test_a_file_that_is_not_understood_leaves_no_store(
    configure: Callable[[str], None], tmp_path: Path, content: str
) -> None:
    configure(content)
    for arguments in (["status"], ["--context", "mail1", "status"], ["disable", ANNA]):
        assert kconsole(*arguments).code == 2
    assert seats("--store", str(tmp_path / "mail1")) == 10


def test_read_only_is_enforced(configure: Callable[[str], None], tmp_path: Path) -> None:
    configure(TWO)
    before = (tmp_path / "mail2" / "journal.jsonl").read_bytes()
    for arguments in (["disable", ANNA], ["sync"], ["license", "trial"], ["share", "off"]):
        said = kconsole("--context", "mail2", *arguments)
        assert said.code == 4
        assert "mail2" in said.err
    assert (tmp_path / "mail2" / "journal.jsonl").read_bytes() == before
    assert kconsole("--context", "mail2", "status", "--json").json["read_only"] is True


def test_a_deletion_and_many_changes_want_the_name(configure: Callable[[str], None], tmp_path: Path) -> None:
    configure(TWO)
    mail1 = ["--context", "mail1"]
    assert kconsole(*mail1, "disable", ANNA).code == 0
    many = [f"a{number}@north.example" for number in range(11)]
    assert kconsole(*mail1, "disable", *many[:10]).code == 3  # which are not there
    dump = tmp_path / "dump.json"
    dump.write_text(kconsole(*mail1, "dump").out)
    for arguments in (["delete", ANNA, "--yes"], ["disable", *many], ["tag", ANNA, "x"][:0], ["restore", str(dump)]):
        if arguments:
            assert kconsole(*mail1, *arguments).code == 4
            assert kconsole(*mail1, *arguments, "--confirm-name", "mail2").code == 4
    assert kconsole(*mail1, "delete", ANNA).code == 2  # which only says what it means
    assert kconsole(*mail1, "enable", ANNA, "--confirm-name", "mail2").code == 4
    assert kconsole(*mail1, "delete", ANNA, "--yes", "--confirm-name", "mail1").code == 0
    assert kconsole("--store", str(tmp_path / "mail1"), "delete", BERG, "--yes").code == 0  # no context, no name


def test_an_import_and_an_undo_that_deletes_want_the_name(configure: Callable[[str], None]) -> None:
    configure(TWO)
    mail1 = ["--context", "mail1"]
    file = str(Path(__file__).parents[2] / "data" / "imports" / "users_labs.example_2026-03-02.csv")
    assert kconsole(*mail1, "domains", "add", "labs.example").code == 0
    labs = [*mail1, "import", "csv", file, "--domain", "labs.example", "--over-limit"]
    assert kconsole(*labs).code == 4
    assert kconsole(*labs, "--dry-run").code == 0
    assert kconsole(*labs, "--confirm-name", "mail1").code == 0
    assert kconsole(*mail1, "undo").code == 4
    assert kconsole(*mail1, "undo", "--confirm-name", "mail1").code == 0
    assert kconsole(*mail1, "disable", ANNA).code == 0
    assert kconsole(*mail1, "undo").code == 0


def test_list_and_show(configure: Callable[[str], None]) -> None:
    configure(TWO)
    listed = kconsole("context", "list", "--json").json
    assert [(each["name"], each["read_only"], each["colour"]) for each in listed["contexts"]] == [
        ("mail1", False, "blue"),
        ("mail2", True, "red"),
    ]
    assert [line.split()[0] for line in kconsole("context", "list").out.splitlines()] == ["CONTEXT", "mail1", "mail2"]
    assert kconsole("context", "show", "mail2", "--json").json["context"]["note"] == "branch"
    assert kconsole("context", "show").code == 2
    assert kconsole("--context", "mail1", "context", "show", "--json").json["context"]["name"] == "mail1"
    configure("")
    assert kconsole("context", "show", "--json").json["context"] is None
    assert schema_of("contexts")["properties"].keys() == listed.keys()


def test_metrics_are_labelled_with_the_name(configure: Callable[[str], None], tmp_path: Path) -> None:
    configure(TWO)

    def label(*arguments: str) -> object:
        return kconsole("metrics", "--format", "json", "--no-forecast", *arguments).json["context"]

    assert label("--context", "mail2") == "mail2"
    assert kconsole("metrics", "--context", "other").code == 2
    assert label("--store", str(tmp_path / "mail2")) is None
    assert label("--store", str(tmp_path / "mail2"), "--context", "other") == "other"
    configure(configured(""))
    assert (label(), label("--context", "other")) == ("mail1", "other")


def test_an_operator_cannot_choose(configure: Callable[[str], None]) -> None:
    configure(TWO)
    for arguments in (["--context", "mail1", "status"], ["context", "list"], ["status"]):
        place = CliContext(clock=FixedClock(NOW), operator_name="anna")
        assert in_process(arguments, place).code == 2


def test_a_plan_is_refused_in_another_store(configure: Callable[[str], None], tmp_path: Path) -> None:
    configure(TWO.replace("read_only = true", ""))
    plan = str(tmp_path / "plan.json")
    assert kconsole("--context", "mail1", "reclaim", "plan", "--out", plan).code in (0, 5)
    said = kconsole("--context", "mail2", "reclaim", "apply", plan)
    assert said.code == 4


def test_fleet_has_a_line_for_each_and_says_which_could_not_be_read(configure: Callable[[str], None]) -> None:
    configure(TWO)
    said = kconsole("fleet")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == ["CONTEXT", "mail1", "mail2"]
    answer = kconsole("fleet", "--json").json
    Draft202012Validator(schema_of("fleet")).validate(answer)
    assert [(each["used"], each["limit"], each["free"]) for each in answer["stores"]] == [(2, 10, 8), (2, 20, 18)]
    assert [(each["stores"], each["used"], each["limit"]) for each in answer["totals"]] == [(2, 4, 30)]
    assert [(each["role"], each["read_only"]) for each in answer["stores"]] == [
        ("full-admin", False),
        ("full-admin", True),
    ]
    assert [line.split()[-2] for line in said.out.splitlines()[1:]] == ["full-admin", "read-only"]
    configure(TWO + "[contexts.gone]\nstore = '{0}/gone'\n[contexts.wrong]\nstore = 3\n")
    said = kconsole("fleet", "--json")
    assert said.code == 1
    Draft202012Validator(schema_of("fleet")).validate(said.json)
    assert [each["state"] for each in said.json["stores"]] == ["ok", "ok", "missing", "unusable"]
    rows = [line.split(",") for line in kconsole("fleet", "--csv").out.splitlines()]
    assert [row[:2] for row in rows[1:]] == [
        ["mail1", "ok"],
        ["mail2", "ok"],
        ["gone", "missing"],
        ["wrong", "unusable"],
    ]
    assert kconsole("fleet", "--csv", "--json").code == 2
    one = kconsole("fleet", "--json", "--context", "mail2")
    assert (one.code, [each["context"] for each in one.json["stores"]]) == (0, ["mail2"])
    assert kconsole("fleet", "--context", "mail9").code == 3
    configure("")
    assert kconsole("fleet").code == 2


def test_without_a_command_several_are_several_and_one_that_is_named_is_one(
    configure: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(TWO)
    shown: list[object] = []
    monkeypatch.setattr(screen, "need_terminal", void)
    monkeypatch.setattr(screen, "show", lambda _, session, *__, context=None: shown.append(context or session))
    assert kconsole().code == 0
    assert kconsole("--context", "mail2").code == 0
    monkeypatch.setenv("KCONSOLE_CONTEXT", "mail1")
    assert kconsole().code == 0
    assert isinstance(shown[0], Stores)
    assert [each.name for each in shown[0].contexts] == ["mail1", "mail2"]
    assert [each.name for each in shown[1:] if isinstance(each, Context)] == ["mail2", "mail1"]
    with closing(shown[0].opening(shown[0].contexts[1], lambda *_: None)) as session:
        assert session.store.read_only
    with closing(shown[0].opening(shown[0].contexts[0], lambda *_: None)) as session:
        assert not session.store.read_only
    with closing(shown[0].reading(shown[0].contexts[0].location, lambda *_: None)) as session:
        assert session.store.read_only


def test_the_demo_of_several_stands_alone() -> None:
    assert kconsole("demo", "--fleet", "--server").code == 2
    assert kconsole("demo", "--fleet", "--into", "/tmp/x").code == 2


def test_the_plugin_does_not_know_which_is_meant(configure: Callable[[str], None]) -> None:
    configure(TWO)
    said = kconsole("check")
    assert (said.code, said.out.partition(" - ")[0]) == (3, "SEATS UNKNOWN")
    assert kconsole("check", "--context", "mail1").code == 0


def test_fleet_is_read_with_the_role_in_each_store(configure: Callable[[str], None], tmp_path: Path) -> None:
    configure(TWO)
    roles = tmp_path / "roles.toml"
    roles.write_text("[operator.anna]\nrole = 'wizard'\n")
    said = kconsole("--roles", str(roles), "fleet", "--json")
    assert said.code == 1
    assert {each["state"] for each in said.json["stores"]} == {"unusable"}
