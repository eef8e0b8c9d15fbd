"""The plain console: every task in lines, every change after a question, and nothing that a reader stumbles over."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kconsole.core.codes import message
from kconsole.core.errors import NotPermitted
from kconsole.core.records import Entry
from kconsole.core.report_rows import Report
from kconsole.core.roles import ROLES, Authority, RoleName
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.catalog import capability_of
from kconsole.operations.history import LogQuery
from kconsole.operations.reports import report_of
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Session
from kconsole.operations.settings import Settings
from kconsole.operations.sync.access import Progress, seldom
from kconsole.text.spoken import numbers_in, spoken
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import account, alias, another, logged_in, session_of
from tests.plain.console import run

FIND, DOMAIN, PLAN, UNDO, LOG, SEATS, LICENSE, REPORT, ADD, SYNC, RESTARTED, MANUAL = map(str, range(2, 14))
TASKS: Final = ("1", FIND, DOMAIN, PLAN, UNDO, LOG, SEATS, LICENSE, REPORT, ADD, SYNC, RESTARTED, MANUAL)


def people() -> list[Entry]:
    return [
        account("anna", full_name="Anna Berg", last_login=logged_in(400), mailbox=True),
        account("berg", full_name="Berg", last_login=logged_in(3), mailbox=True),
        account("chen@south.example", full_name="王小明"),
        account("off", enabled=False),
        account("boss", role="full_admin", last_login=logged_in(1), mailbox=True),
        alias("info", "anna"),
    ]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, *people())


def enabled(session: Session) -> list[str]:
    return sorted(entry.address.partition("@")[0] for entry in session.state.live_entries() if entry.enabled)


def changes(session: Session) -> int:
    """How many lines of the log changed something since the first."""
    return sum(bool(commit.changes) for commit in session.history.log(LogQuery())) - 1


def test_the_state_comes_first_then_the_tasks(session: Session) -> None:
    script = run(session, "q")
    assert script.lines[2].startswith("Seats: 4 of 10 used")
    menu = script.lines[script.lines.index("Main menu:") :]
    numbers = [line.partition(":")[0] for line in menu if line[0].isdecimal()]
    assert numbers == [number for number in TASKS if number != SYNC]


def test_an_account_is_found_explained_and_disabled_with_a_reason(session: Session) -> None:
    script = run(session, FIND, "anna", "1", "1", "left us", "y", "b", "q")
    assert "Account 1 of 1: anna@north.example, Anna Berg, takes a seat, local, last login 13 months ago by IMAP." in (
        script.lines
    )
    assert any(line.startswith("Rule: ") for line in script.lines)
    assert enabled(session) == ["admin", "berg", "boss", "chen", "info"][1:]
    (commit,) = [each for each in session.history.log(LogQuery()) if each.operation == "disable"]
    assert commit.reason == "left us"


@pytest.mark.parametrize("answer", ["", "n", "1", "yes please", "q", "b", "?"])
def test_all_else_than_yes_cancels(session: Session, answer: str) -> None:
    run(session, FIND, "anna", "1", "1", "", answer)
    assert changes(session) == 0


def test_several_are_chosen_by_their_numbers(session: Session) -> None:
    run(session, FIND, "", "2,4-5", "1", "", "y", "q")
    assert changes(session) == 1
    assert len(enabled(session)) == 3


def test_much_damage_takes_the_number(tmp_path: Path) -> None:
    session = session_of(tmp_path, *(account(f"a{number:02}") for number in range(12)), seats=None)
    run(session, FIND, "", "1-12", "1", "", "y", "1-12", "1", "", "11", "q")
    assert changes(session) == 0
    script = run(session, FIND, "", "n", "1-12", "1", "", "12", "q")
    assert (changes(session), enabled(session)) == (1, [])
    assert "Accounts 11 to 12 of 12, by last login, oldest first." in script.lines


def test_the_last_change_is_undone_and_any_line_of_the_log(session: Session) -> None:
    run(session, FIND, "anna", "1", "1", "", "y", "b", UNDO, "mistake", "y", "q")
    assert "anna" in enabled(session)
    run(session, FIND, "anna", "1", "1", "", "y", "b", FIND, "berg", "2", "1", "", "y", "b", "q")
    number = str(session.store.sequence - 1)
    run(session, LOG, number, "u", "", "y", "q")
    assert "anna" in enabled(session)
    assert "berg" not in enabled(session)


def test_deleting_asks_what_happens_to_the_mailbox(session: Session) -> None:
    script = run(session, FIND, "anna", "1", "3", "2", "berg@north.example", "", "y", "q")
    (gone,) = [entry for entry in session.state.entries.values() if entry.deleted_at]
    assert (gone.mailbox_fate, gone.transferred_to) == ("transfer", "berg@north.example")
    run(session, RESTARTED, "", "y", "q")
    assert not session.seats.held()
    assert script.agreed == 1


def test_an_account_is_added(session: Session) -> None:
    run(session, ADD, "dora", "Dora Lind", "", "y", ADD, "bad login@north.example", "", "", "y", ADD, "", "q")
    assert session.state.entry_at("dora@north.example") is not None
    assert changes(session) == 1


def test_what_a_guard_refuses_is_not_asked_and_is_in_the_log(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("off", enabled=False), seats=1)
    script = run(session, FIND, "off", "1", "2", "b", ADD, "q")
    assert not any("all else cancels" in prompt for prompt, _ in script.asked)
    refused = [(each.operation, bool(each.refused)) for each in session.history.log(LogQuery())][1:]
    assert refused == [("enable", True), ("add", True)]


def test_a_plan_is_read_narrowed_and_applied_by_its_number(tmp_path: Path) -> None:
    session = sample_session("office", tmp_path / "store", "anna", noon())
    script = run(session, PLAN, "1", "1", "r", "2", "n", "b", "b", "x 1-2", "a", "unused", "y", "q")
    assert (changes(session), script.agreed) == (0, 0)
    wanted = next(prompt for prompt, _ in script.asked if prompt.startswith("Type ")).split()[1].rstrip(",")
    script = run(session, PLAN, "1", "x 1-2", "a", "unused", wanted, "q")
    (commit,) = [each for each in session.history.log(LogQuery()) if each.operation == "reclaim"]
    assert (len(commit.changed_entries), commit.reason) == (int(wanted), "unused")


def test_the_list_is_saved_as_a_report(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    run(session, REPORT, "1", "anna", "3", str(file), REPORT, "1", "", "1", str(file), "n", REPORT, "9", "q")
    assert [each["address"] for each in json.loads(file.read_text())["accounts"]] == ["anna@north.example"]
    semicolons = Settings(csv_style="excel-semicolon")
    run(session, REPORT, "1", "", "1", str(file), "y", "q", settings=semicolons)
    assert file.read_text(encoding="utf-8").startswith("\ufeffAccount;Name;")


def test_reports_are_written_and_one_in_part_is_asked_about(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (kind, form) in enumerate((("2", "2"), ("3", "1"), ("4", "4"))):
        file = tmp_path / f"report{number}"
        run(session, REPORT, kind, "30d", form, str(file), "q")
        assert file.exists()
    assert run(session, REPORT, "2", "nonsense", "q").out.count("Failed: ") == 1

    def in_part(*arguments: Any) -> Report:
        return report_of(*arguments)._replace(gaps=(message("server-never-read", server="mail"),))

    monkeypatch.setattr("kconsole.plain.reports.report_of", in_part)
    run(session, REPORT, "2", "", "2", "n", "q")
    run(session, REPORT, "2", "", "2", "y", str(tmp_path / "part"), "q")
    assert (tmp_path / "part").exists()


def test_what_is_only_read(session: Session) -> None:
    script = run(
        session, "1", SEATS, "n", "b", LICENSE, DOMAIN, "2", FIND, "", "b", DOMAIN, "0", SYNC, "99", "?", "", "q"
    )
    assert any(line.startswith("Accounts of south.example 1 to 1 of 1") for line in script.lines)
    assert "No server is configured for this store." in script.lines
    assert changes(session) == 0


def test_changes_of_others_are_said_before_the_next_question_and_asked_about_again(session: Session) -> None:
    other = another(session)

    def disable(address: str) -> Callable[[], None]:
        def act() -> None:
            other.do(DisableAccounts((address,)))

        return act

    script = run(session, FIND, "", disable("berg@north.example"), "2", "b", "b", "q")
    assert "Meanwhile: berg disabled berg@north.example." in script.lines
    script = run(session, FIND, "anna", "1", "1", "", disable("anna@north.example"), "y", "b", "q")
    assert "anna@north.example is disabled already." in script.lines
    assert changes(session) == 2  # both by the other one


def test_hostile_texts_are_harmless(tmp_path: Path) -> None:
    evil = "\x1b[31m\x1b]0;x\x07\u202eevil\n\u2800│ y"
    people = [
        account(f"a{number}", full_name=evil, description=evil, tags=("x",), last_login=logged_in(1, evil))
        for number in range(3)
    ]
    session = session_of(tmp_path, *people, seats=None)
    run(session, FIND, evil.replace("\n", " "), "", FIND, "", "1", "1", evil.replace("\n", " "), "y", "1-3", "3", "1",
        b"\xff\xfe\x1b[2J\n", "y", "b", LOG, "2", "b", PLAN, "1", "b", b"\x00\x1b[A\n",
        *["x" * 5000] * 1200, "q")  # fmt: skip


SCRIPT: Final = (
    "1", FIND, "", "?", "n", "1", "1", "why", "y", "2-3", "3", "1", "", "y", "s", "2", "d", "1", "f", "is:never", "b",
    PLAN, "r", "b", "a", "", "1", "b", UNDO, "", "y", LOG, "n", "2", "", "f", "anna", "b", SEATS, "b", LICENSE, ADD,
    "dora", "", "", "y", RESTARTED, "", "y", "?", "q",
)  # fmt: skip
"""A visit to all of it."""


@pytest.mark.thorough
def test_the_input_may_end_at_any_question(tmp_path: Path) -> None:
    for end in range(len(SCRIPT)):
        session = session_of(tmp_path / str(end), *people())
        for last in ((), (b"y",)):  # a line without an enter is no answer
            script = run(session, *SCRIPT[:end], *last)
            assert script.lines[-1] == "The console ends. Every change is saved."
        session.close()


def test_whoever_reads_may_go_away_at_any_line(session: Session) -> None:
    for number in range(60):
        script = run(session, FIND, "anna", "1", "1", "why", "n", "q", most_written=number)
        assert len(script.lines) <= number + 1
    assert changes(session) == 0


TYPED: Final = st.sampled_from([*TASKS, *"npbfdsraexuqy?", "1-3", "x 1-2", "1,2", "y", "yes", "", "0", "is:never"])


@pytest.mark.thorough
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(TYPED | st.text(max_size=12), max_size=25))
def test_whatever_is_typed_every_change_was_confirmed(
    tmp_path_factory: pytest.TempPathFactory, answers: list[str]
) -> None:
    session = session_of(tmp_path_factory.mktemp("plain"), *people())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kconsole.plain.reports.save_listing", lambda *_, **__: Path("list"))
        script = run(session, *(answer.replace("\n", " ").replace("\r", " ") for answer in answers))
    assert changes(session) <= script.agreed
    session.close()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_offered_what_it_may_do_and_nothing_else(tmp_path: Path, role: RoleName) -> None:
    session = session_of(tmp_path, *people())
    authority = Authority(role, operator="olga")
    session.store.authority = lambda: authority
    login = [""] if authority.may("add") else []
    script = run(session, UNDO, ADD, *login, RESTARTED, FIND, "anna", "1", "b", "b", "q")
    for number, operation in ((UNDO, "undo"), (ADD, "add"), (RESTARTED, "restarted")):
        may = authority.may(capability_of(operation))
        menu = script.lines[: script.lines.index("?: what you can type. q: quit.")]
        assert any(line.startswith(f"{number}: ") for line in menu) == may
    for title, operation in (("Disable", "disable"), ("Enable", "enable"), ("Delete", "delete")):
        assert any(line.endswith(f": {title}") for line in script.lines) == authority.may(capability_of(operation))
    with pytest.raises(NotPermitted) if role == "auditor" else nullcontext():
        session.do(DisableAccounts(("berg@north.example",)))


def test_an_operator_sees_their_domains_only_and_begins_again_when_these_change(tmp_path: Path) -> None:
    session = session_of(tmp_path, *people())
    authority = [Authority("helpdesk", frozenset({"north.example"}), operator="olga")]
    session.store.authority = lambda: authority[0]

    def other_domain() -> None:
        authority[0] = Authority("helpdesk", frozenset({"south.example"}), operator="olga")

    script = run(session, FIND, "", "1", "1", "", other_domain, "y", FIND, "", "q")
    before, after = script.out.split("You work in south.example now")
    assert "chen" not in before
    assert "anna" not in after
    assert changes(session) == 0


def test_a_store_that_is_read_only_says_so(session: Session) -> None:
    folder = session.store.folder
    session.close()
    with_it = Session.open(folder, "anna", noon(), read_only=True)
    script = run(with_it, UNDO, ADD, FIND, "anna", "1", "b", "q")
    assert not any("all else cancels" in prompt for prompt, _ in script.asked)
    with_it.close()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3", [3]), ("1,3-5", [1, 3, 4, 5]), ("5 1-2", [1, 2, 5]), ("2;2", [2]), ("1 - 3", [1, 2, 3])],
)
def test_numbers(text: str, numbers: list[int]) -> None:
    assert numbers_in(text, 5) == numbers


@pytest.mark.parametrize("text", ["0", "6", "3-1", "-1", "1,", "a", "1-", "99999999999999999999", "", "²"])
def test_no_numbers(text: str) -> None:
    assert isinstance(numbers_in(text, 5), str)


def test_signs_become_words() -> None:
    assert spoken("! 113 → 112 · a   b … █→") == "Warning: 113 to 112, a, b ... #>"


def test_progress_is_said_seldom() -> None:
    far, said = Progress(1, 2, 3), list[Progress]()
    for seconds in (0, 1000):
        tell = seldom(said.append, seconds)
        tell(far)
    assert said == [far]
