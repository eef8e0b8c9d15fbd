"""Taking in an export: planned, then all of it or nothing."""

from pathlib import Path

import pytest

from kconsole.core.codes import Message
from kconsole.core.errors import BadInput, Refused
from kconsole.core.history import Refusal
from kconsole.core.records import Domain, Entry
from kconsole.importers.file_lines import LineMessage
from kconsole.operations.accounts import DeleteAccounts
from kconsole.operations.history import LogQuery
from kconsole.operations.importing.kerio_export import ImportAccounts, other_domain, read_export
from tests.importers.exports import BROKEN, NORTHWIND, RETAIL, export_of
from tests.operations.sessions import (
    DOMAIN,
    account,
    alias,
    another,
    deleted,
    export,
    logged_in,
    session_of,
    used,
)


@pytest.mark.parametrize(
    ("file", "domain", "accounts"),
    [(NORTHWIND, "northwind.example", 125), (RETAIL, "retail.northwind.example", 40)],
    ids=["northwind", "retail"],
)
def test_a_real_export_is_taken_whole(tmp_path: Path, file: Path, domain: str, accounts: int) -> None:
    session = session_of(tmp_path, seats=accounts, domains=())
    plan = ImportAccounts(export_of(file), domain).plan(session.state, session.seats)
    assert (len(plan.new), plan.faulty, plan.seats_needed, plan.seats_free, plan.short_by) == (
        accounts,
        [],
        accounts,
        accounts,
        0,
    )
    assert (bool(plan.new_domains), plan.domain, plan.decision.allowed) == (True, domain, True)
    session.do(ImportAccounts(export_of(file), domain))
    assert used(session) == accounts
    assert session.seats.report().state == "full"
    (of_domain,) = session.seats.report().domains
    assert (of_domain.name, of_domain.created) == (domain, accounts)
    assert {entry.origin for entry in session.state.live_entries()} == {"imported"}
    again = ImportAccounts(export_of(file), domain).plan(session.state, session.seats)
    assert (len(again.same), again.new, again.changed, again.aliases, again.new_domains) == (accounts, [], [], {}, [])
    assert session.do(ImportAccounts(export_of(file), domain)).commit is None


def test_a_broken_export_is_refused_with_its_lines_and_nothing_changes(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    plan = ImportAccounts(export_of(BROKEN), DOMAIN).plan(session.state, session.seats)
    assert [fault.line for fault in plan.faulty] == [3, 4, 5, 6]
    with pytest.raises(BadInput, match="faulty-rows") as caught:
        session.do(ImportAccounts(export_of(BROKEN), DOMAIN))
    assert caught.value.params == {"number": 4}
    assert [detail.params["place"] for detail in caught.value.details] == ["line 3", "line 4", "line 5", "line 6"]
    assert caught.value.hints == (Message("correct-the-file"),)
    assert (session.state.live_entries(), used(session)) == ([], 0)


def test_good_rows_are_taken_when_faulty_ones_may_be_skipped(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    done = session.do(ImportAccounts(export_of(BROKEN), DOMAIN, skip_faulty=True))
    assert [entry.login for entry in session.state.live_entries()] == ["ok.one", "ok.two"]
    assert [(outcome.address, outcome.code) for outcome in done.failures] == [
        ("line 3", "login-empty"),
        ("line 4", "bad-login"),
        ("line 5", "login-twice"),
        ("line 6", "quote-open"),
    ]
    commit = list(session.history.log(LogQuery()))[-1]
    assert commit.refused[1] == Refusal("line 4", "bad-login", {"problem": "space"})


def test_a_refused_row_keeps_code_and_parameters_in_the_journal(tmp_path: Path) -> None:
    session = session_of(tmp_path, alias("anna"))
    session.do(ImportAccounts(export("anna;;;", "berg;;;"), DOMAIN, skip_faulty=True))
    commit = list(another(session).history.log(LogQuery()))[-1]
    assert commit.refused == (Refusal("line 2", "row-address-taken", {"holder": "alias"}),)


def test_rows_are_new_changed_or_the_same(tmp_path: Path) -> None:
    known = account("Anna", full_name="Anna", origin="directory", enabled=False, mailbox=True, last_login=logged_in(3))
    session = session_of(tmp_path, known, account("berg", full_name="Berg", description="x"))
    rows = export("ANNA;Anna Berg;Sales;", "berg;;;", "chen;Chen;;")
    plan = ImportAccounts(rows, "NORTH.example").plan(session.state, session.seats)
    assert plan.domain == "north.example"
    assert [entry.address for entry in plan.new] == ["chen@north.example"]
    ((before, after),) = plan.changed
    assert (before.full_name, after.full_name, after.description) == ("Anna", "Anna Berg", "Sales")
    assert [entry.address for entry in plan.same] == ["berg@north.example"]
    session.do(ImportAccounts(rows, "north.example"))
    anna = session.state.find("anna@north.example")
    assert (anna.address, anna.origin, anna.enabled, anna.mailbox) == ("Anna@north.example", "directory", False, True)
    assert used(session) == 2


def test_further_addresses_become_aliases_and_one_alias_may_have_two_accounts(tmp_path: Path) -> None:
    session = session_of(tmp_path, alias("old", "berg"))
    rows = export("anna;;;anna,info,old", "berg;;;berg,INFO,sales")
    plan = ImportAccounts(rows, DOMAIN).plan(session.state, session.seats)
    assert {entry.login: entry.delivers_to for _, entry in plan.aliases.values()} == {
        "info": ("anna@north.example", "berg@north.example"),
        "old": ("berg@north.example", "anna@north.example"),
        "sales": ("berg@north.example",),
    }
    assert plan.seats_needed == 2
    session.do(ImportAccounts(rows, DOMAIN))
    info = session.state.find("info@north.example")
    assert (info.kind, info.origin) == ("alias", "imported")
    assert ImportAccounts(rows, DOMAIN).plan(session.state, session.seats).aliases == {}


def test_an_address_that_is_someone_elses_makes_no_alias(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("boss"), account("all", kind="mailing_list"))
    plan = ImportAccounts(export("anna;;;anna,berg,boss,all", "berg;;;berg"), DOMAIN).plan(session.state, session.seats)
    assert plan.aliases == {}
    assert plan.notes == [
        LineMessage(2, "alias-is-account", {"alias": "berg", "login": "anna"}),
        LineMessage(2, "alias-taken", {"alias": "boss", "login": "anna"}),
        LineMessage(2, "alias-taken", {"alias": "all", "login": "anna"}),
    ]


@pytest.mark.parametrize(
    ("taken", "holder"),
    [(alias("anna"), "alias"), (account("anna", kind="resource"), "resource")],
)
def test_a_row_whose_address_is_no_account_is_faulty(tmp_path: Path, taken: Entry, holder: str) -> None:
    session, rows = session_of(tmp_path, taken), export("anna;;;anna,info", "berg;;;")
    plan = ImportAccounts(rows, DOMAIN).plan(session.state, session.seats)
    assert plan.faulty == [LineMessage(2, "row-address-taken", {"holder": holder})]
    assert (len(plan.new), plan.aliases) == (1, {})


def test_an_import_that_does_not_fit_is_refused_whole(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("x"), deleted("held"), seats=3)
    rows = export("anna;;;", "berg;;;", "held;;;")
    plan = ImportAccounts(rows, DOMAIN).plan(session.state, session.seats)
    assert (plan.seats_needed, plan.seats_free, plan.short_by, plan.decision.allowed) == (2, 1, 1, False)
    with pytest.raises(Refused, match="over-limit") as caught:
        session.do(ImportAccounts(rows, DOMAIN))
    assert caught.value.params["over"] == 1
    assert caught.value.effect == Message("nothing-imported")
    assert caught.value.hints == (Message("refused-at-login"), Message("over-limit-imports-them"))
    assert used(session) == 2
    assert [entry.login for entry in session.state.live_entries()] == ["x"]


def test_an_import_is_refused_at_the_limit_of_its_domain(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("a@south.example"), seats=None)
    rows = export("b;;;", "c;;;")
    plan = ImportAccounts(rows, "south.example").plan(session.state, session.seats)
    assert (plan.seats_needed, plan.seats_free, plan.short_by) == (2, 1, 1)
    with pytest.raises(Refused, match="domain-limit") as caught:
        session.do(ImportAccounts(rows, "south.example"))
    assert caught.value.hints == (Message("over-limit-imports-them"),)


@pytest.mark.parametrize(("domain", "seats", "over"), [(DOMAIN, 1, 2), ("south.example", None, 0)])
def test_an_import_may_exceed_a_limit_with_consent_as_a_mapping_may(
    tmp_path: Path, domain: str, seats: int | None, over: int
) -> None:
    session = session_of(tmp_path, account(f"a@{domain}"), seats=seats)
    done = session.do(ImportAccounts(export("b;;;", "c;;;"), domain, over_limit=True))
    assert (used(session), session.seats.report().over, done.failures) == (3, over, [])
    session.do(ImportAccounts(export("b;;;", "c;;;"), domain))  # needs no further seat
    session.undo()
    assert [entry.login for entry in session.state.live_entries()] == ["a"]


def test_an_import_is_planned_again_on_what_another_console_changed(tmp_path: Path) -> None:
    session = session_of(tmp_path, seats=1)
    rows = export("anna;;;")
    assert ImportAccounts(rows, DOMAIN).plan(session.state, session.seats).decision.allowed
    another(session).do(ImportAccounts(export("berg;;;"), DOMAIN))
    with pytest.raises(Refused):
        session.do(ImportAccounts(rows, DOMAIN))


def test_an_imported_account_takes_over_the_seat_of_a_deleted_one_and_not_its_mailbox(tmp_path: Path) -> None:
    session = session_of(tmp_path, deleted("anna", mailbox=True), deleted("info", kind="alias"), seats=1)
    operation = ImportAccounts(export("ANNA;Anna;;anna,info"), DOMAIN)
    assert [note.code for note in operation.plan(session.state, session.seats).notes] == ["mailbox-left"]
    session.do(operation)
    anna = session.state.find("anna@north.example")
    assert (anna.mailbox, anna.origin, anna.full_name) == (False, "imported", "Anna")
    assert (used(session), len(session.state.inventory.entries)) == (1, 2)


def test_an_unknown_domain_is_added_if_it_is_one(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    session.do(ImportAccounts(export("anna;;;"), "west.example"))
    assert session.state.inventory.domains[-1] == Domain(name="west.example")
    used(session)
    with pytest.raises(BadInput, match="domain"):
        ImportAccounts(export("anna;;;"), "no domain").plan(session.state, session.seats)
    with pytest.raises(BadInput, match="domain"):
        session.do(ImportAccounts(export("anna;;;"), ""))


def test_an_export_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_export(RETAIL, "cp1250").accounts) == 40
    with pytest.raises(BadInput, match="No such file"):
        read_export(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="Is a directory"):
        read_export(tmp_path)
    monkeypatch.setattr("kconsole.operations.importing.kerio_export.LARGEST", 10)
    with pytest.raises(BadInput, match="document-too-large"):
        read_export(RETAIL)


def test_a_file_named_for_another_domain_is_noticed() -> None:
    assert other_domain(NORTHWIND, "south.example") == "northwind.example"
    assert other_domain(NORTHWIND, "Northwind.Example") is None
    assert other_domain(Path("people.csv"), "south.example") is None


def test_forms_of_one_domain_are_one_domain_at_import(tmp_path: Path) -> None:
    session = session_of(tmp_path, domains=())
    for name in ("bücher.example", "xn--bcher-kva.example", "BÜCHER.example"):
        session.do(ImportAccounts(export("gina"), name))
    assert [entry.address for entry in session.state.entries.values()] == ["gina@bücher.example"]
    assert session.seats.used == 1
    session.do(ImportAccounts(export("gina"), "straße.example"))
    session.do(ImportAccounts(export("gina"), "strasse.example"))
    assert session.seats.used == 3
    assert [report.counted for report in session.seats.report().domains] == [1, 1, 1]


def test_an_old_store_with_two_spellings_of_one_address_keeps_both_and_finds_each(tmp_path: Path) -> None:
    unicode, ascii_form = account("gina@bücher.example"), account("gina@xn--bcher-kva.example", full_name="Gina")
    session = session_of(tmp_path, unicode, ascii_form, domains=())
    for address in (unicode.address, ascii_form.address):
        found = session.state.entry_at(address)
        assert found is not None
        assert found.address == address
    session.do(DeleteAccounts((unicode.address,)))
    found = session.state.entry_at(unicode.address)
    assert found is not None
    assert found.address == ascii_form.address
    session.do(DeleteAccounts((ascii_form.address,)))
    assert session.state.entry_at(unicode.address) is None
