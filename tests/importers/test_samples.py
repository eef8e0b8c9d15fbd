import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.decisions import DECISIONS
from kconsole.core.encoding import inventory_document
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.records import Entry, Inventory, fold
from kconsole.core.roles import Authority
from kconsole.importers.dump_documents import read_dump
from kconsole.importers.kerio_csv import domain_of_file, read_kerio_export
from kconsole.licensing.outcomes import CODES
from kconsole.licensing.policy import KERIO
from kconsole.operations import samples
from kconsole.operations.dumps import dump_of
from kconsole.operations.maintenance import examine
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.policies import IDLE
from kconsole.operations.samples import AS_OF, SAMPLES, load_sample, sample_folder, sample_session
from kconsole.operations.seat_history import seat_forecast, seat_history
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.limits import PATIENCE
from tests.samples import make_inventory, make_sample
from tests.samples.__main__ import main
from tests.samples.maker import STORIES
from tests.under_kerio import evaluate


def accounts_of(inventory: Inventory) -> list[Entry]:
    return [entry for entry in inventory.entries if entry.is_account and entry.deleted_at is None]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_shipped_file_is_what_the_generator_makes(name: str, tmp_path: Path) -> None:
    main([str(tmp_path)])
    assert (sample_folder() / f"{name}.json").read_bytes() == (tmp_path / f"{name}.json").read_bytes()
    assert load_sample(name, AS_OF) == make_sample(name)


def test_the_past_of_the_office_leads_to_it(tmp_path: Path) -> None:
    main([str(tmp_path)])
    assert (sample_folder() / "office.past.json").read_bytes() == (tmp_path / "office.past.json").read_bytes()
    clock = noon()
    with closing(sample_session("office", tmp_path / "store", "me", clock, with_past=True)) as session:
        end = load_sample("office", clock.now())
        led_to = read_dump(dump_of(session), "past")
        for name in ("entries", *DECISIONS):
            assert set(getattr(led_to, name)) == set(getattr(end, name))
        history = seat_history(session).days
        assert (len(history), history[0].breaks, history[-1].used) == (189, ["begin"], 113)
        assert not any(day.breaks for day in history[1:])  # the figures of each line follow from the one before
        assert sum(day.reclaimed for day in history) == 4
        assert seat_forecast(session, history).trend == "rising"
    assert not [finding for finding in examine(tmp_path / "store") if finding.serious]


def test_every_reason_to_leave_an_account_alone_appears_in_the_office(tmp_path: Path) -> None:
    clock = noon()
    with closing(sample_session("office", tmp_path / "store", "me", clock, with_past=True)) as session:
        shops = session.state.policies[next(iter(session.state.policies))]
        policies = (IDLE, shops, replace(IDLE, never=None), replace(IDLE, step="delete"))
        codes = {code for policy in policies for code in judge(session, policy).counts}
    role = Authority("helpdesk", operator="helpdesk", account="x.wang@retail.northwind.example")
    with closing(Session.open(tmp_path / "store", "me", clock, authority=lambda: role)) as session:
        codes |= judge(session, IDLE).counts.keys()
        clock.forward(days=2)
        codes |= judge(session, IDLE).counts.keys()
    assert codes == set(CODES)


def test_the_generator_needs_a_folder() -> None:
    assert set(STORIES) == set(SAMPLES)
    with pytest.raises(SystemExit, match="FOLDER"):
        main([])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_a_dump_that_the_boundary_takes_as_it_is(name: str) -> None:
    inventory = make_sample(name)
    assert read_dump(orjson.dumps(inventory_document(inventory)), name) == inventory
    assert read_dump((sample_folder() / f"{name}.json").read_bytes(), name) == inventory


@pytest.mark.parametrize("name", SAMPLES)
def test_the_first_account_by_last_login_is_local_and_enabled(name: str) -> None:
    def by_last_login(entry: Entry) -> tuple[bool, datetime, str]:
        login = entry.last_login
        return login is not None, AS_OF if login is None else login.at, fold(entry.address)

    first = min(accounts_of(make_sample(name)), key=by_last_login)
    assert (first.last_login, first.enabled, first.origin) == (None, True, "local")


OF_ONE_SERVER = {each for each in KERIO.classifications if each.code != "other-server"}
"""No sample is of a distributed domain."""


def test_the_office_is_nearly_full() -> None:
    report = evaluate(make_sample("office"))
    assert (report.limit, report.counted, report.held, report.used, report.free) == (120, 110, 3, 113, 7)
    assert (report.state, report.disabled, report.latent, report.locked_out) == ("low", 18, 41, 0)
    assert len(report.domains) == 4
    retail = report.of_domain("retail.northwind.example")
    assert retail is not None
    assert (retail.counted, retail.limit) == (31, 40)


def test_the_office_has_every_kind_origin_role_and_state() -> None:
    entries = make_sample("office").entries
    assert {KERIO.classify(entry) for entry in entries} == OF_ONE_SERVER
    assert {entry.role for entry in entries if entry.is_account} == {"user", "auditor", "account_admin", "full_admin"}
    assert {entry.mailbox_fate for entry in entries} == {None, "keep", "delete", "transfer"}
    assert sum(entry.deleted_at is not None for entry in entries) == 8
    names = {entry.full_name for entry in entries}
    assert {"王小明", "نور حداد", "Ελένη Παππά", "[bold]Bob[/bold] Marsh", "a[/]b"} <= names


def test_in_the_crisis_users_are_locked_out() -> None:
    report = evaluate(make_sample("crisis"))
    assert (report.limit, report.counted, report.held, report.over) == (50, 61, 2, 13)
    assert (report.state, report.connected, report.locked_out) == ("exceeded", 50, 11)
    assert [warning.code for warning in report.warnings] == [
        "exceeded",
        "users-locked-out",
        "restart-recommended",
        "domain-at-limit",
    ]


def test_the_small_one_has_a_seat_left() -> None:
    report = evaluate(make_sample("small"))
    assert (report.limit, report.used, report.free, len(report.domains)) == (5, 4, 1, 1)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_makes_sense_in_itself(name: str) -> None:
    inventory = make_sample(name)
    addresses = {entry.address for entry in inventory.entries}
    domains = {domain.name for domain in inventory.domains}
    assert sum(domain.primary for domain in inventory.domains) == 1
    for entry in inventory.entries:
        assert entry.domain in domains or entry.address == "Admin"
        assert entry.domain.endswith(".example") or entry.address == "Admin"
        assert set(entry.delivers_to) <= addresses
        assert bool(entry.delivers_to) == (entry.kind == "alias") or entry.address == "m.ueda@retail.northwind.example"
        assert (entry.mailbox_fate is None) == (entry.deleted_at is None)
        assert bool(entry.transferred_to) == (entry.mailbox_fate == "transfer")
        if entry.last_login is not None:
            assert entry.mailbox
            is_wrong = entry.address == "4711@northwind.example"  # its clock is ahead
            assert is_wrong or timedelta(minutes=1) < AS_OF - entry.last_login.at < timedelta(days=7 * 365)
        if entry.deleted_at is not None:
            assert entry.last_login is not None
            assert entry.last_login.at < entry.deleted_at < AS_OF


@pytest.mark.parametrize("name", SAMPLES)
def test_three_days_ago_stays_three_days_ago(name: str) -> None:
    now = datetime(2031, 7, 1, 12, 30, 15, 999_999, tzinfo=UTC)
    by = now.replace(microsecond=0) - AS_OF
    then, later = load_sample(name, AS_OF), load_sample(name, now)
    assert then.last_restart is not None
    assert later.last_restart == then.last_restart + by
    for before, after in zip(then.entries, later.entries, strict=True):
        assert (before.last_login is None) == (after.last_login is None)
        if before.last_login is not None and after.last_login is not None:
            assert after.last_login == replace(before.last_login, at=before.last_login.at + by)
            assert after.last_login.at.tzinfo is UTC
        assert (before.deleted_at is None) == (after.deleted_at is None)
    # Seats held then are held now, and so all figures stay.
    assert evaluate(later) == evaluate(then)


def test_an_unknown_sample_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(NotFound) as refused:
        load_sample("../../etc/passwd", AS_OF)
    assert refused.value.hints == (message("samples-are", samples=SAMPLES),)


def test_a_damaged_sample_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "sample_folder", lambda: tmp_path)
    for content in (None, b"{", b"[]", b"{}"):
        if content is not None:
            (tmp_path / "small.json").write_bytes(content)
        with pytest.raises(BadInput, match="sample-damaged"):
            load_sample("small", AS_OF)


def test_opening_a_sample_never_imports_what_makes_it() -> None:
    code = (
        "import sys; from kconsole.operations.samples import AS_OF, load_sample; load_sample('office', AS_OF);"
        "sys.exit(any(name in sys.modules for name in ('tests.samples', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE).returncode == 0


@pytest.mark.parametrize("number", [0, 1, 7, 400])
@pytest.mark.parametrize("domains", [1, 4, 9])
def test_an_inventory_of_any_size_has_as_many_accounts_as_asked_for(number: int, domains: int) -> None:
    inventory = make_inventory(number, seats=100, domains=domains)
    assert len(accounts_of(inventory)) == number == evaluate(inventory).created
    assert len(inventory.domains) == domains
    assert read_dump(orjson.dumps(inventory_document(inventory)), "made") == inventory


def test_an_inventory_follows_from_its_seed() -> None:
    assert make_inventory(300, seats=None, seed=7) == make_inventory(300, seats=None, seed=7)
    assert make_inventory(300, seats=None, seed=7) != make_inventory(300, seats=None, seed=8)


def test_a_large_inventory_has_every_verdict_and_held_seats() -> None:
    inventory = make_inventory(2000, seats=2000)
    assert {KERIO.classify(entry) for entry in inventory.entries} == OF_ONE_SERVER
    report = evaluate(inventory)
    assert min(report.held, report.disabled, report.latent, report.connected) > 0


def test_the_sample_imports_are_a_good_and_a_faulty_one() -> None:
    folder = sample_folder() / "imports"
    good, faulty = "users_labs.example_2026-03-02.csv", "users_labs.example_faulty_2026-03-02.csv"
    assert domain_of_file(good) == domain_of_file(faulty) == "labs.example"
    export = read_kerio_export((folder / good).read_bytes(), good)
    assert (len(export.accounts), export.faults) == (5, ())
    export = read_kerio_export((folder / faulty).read_bytes(), faulty)
    assert [account.login for account in export.accounts] == ["m.brandt", "r.silva"]
    assert [fault.line for fault in export.faults] == [3, 4, 5, 6, 7]
    assert "made-up" not in repr(export)
