"""What reports hold: since when seats are taken, what they cost, what is missing, and within which domains."""

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.errors import Refused
from kconsole.core.license import License, price_of
from kconsole.core.records import Inventory, LastLogin
from kconsole.core.report_rows import TABLES_OF, Report, ReportKind
from kconsole.core.roles import Authority
from kconsole.core.server import Server, ServerAccess
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.decisions import KeepAccounts, Protect, Reserve
from kconsole.operations.license import SetPrice
from kconsole.operations.maintenance import archive
from kconsole.operations.reclaim.policies import IDLE, SetPolicy
from kconsole.operations.renewal import license_renewal
from kconsole.operations.reports import check_complete, parts_of, report_of
from kconsole.operations.seat_history import seat_forecast
from kconsole.operations.server import RecordRestart
from kconsole.operations.session import Session
from tests.clocks import FixedClock, noon
from tests.operations.harmed import harm_line, mended, store_of
from tests.operations.sessions import account, leave_unconfirmed, logged_in, session_of

SERVER = Server(name="mail", access=ServerAccess(url="https://mail.example:4040", user="eye"), synced_at=noon().now())


def report(session: Session, kind: ReportKind = "seats", days: float = 90) -> Report:
    since = FixedClock(session.clock.now())
    since.forward(days=-days)
    return report_of(session, kind, since.now(), IDLE)


def seats_since(session: Session) -> dict[str, tuple[str, int | None]]:
    """Who holds a seat, how certain its beginning is, and the day of August."""
    rows = report(session).tables["seats"]
    return {row.address.partition("@")[0]: (row.since_known, row.since and row.since.day) for row in rows}


def office(folder: Path, clock: FixedClock | None = None) -> Session:
    """Three accounts of an import, of which one has not been used for long; berg is disabled."""
    return session_of(
        folder,
        account("anna", last_login=logged_in(1)),
        account("idle", last_login=logged_in(400)),
        account("berg", enabled=False, login_unknown=True),
        account("chen@south.example", last_login=logged_in(2)),
        clock=clock,
    )


def test_since_when_a_seat_is_taken(tmp_path: Path) -> None:
    clock = noon()
    session = office(tmp_path, clock)
    operations: list[Operation] = [
        AddAccount("new@north.example"),
        EnableAccounts(("berg@north.example",)),
        DisableAccounts(("anna@north.example",)),
        EnableAccounts(("anna@north.example",)),
        DeleteAccounts(("chen@south.example",)),
    ]
    for day, operation in enumerate(operations, 1):
        clock.moment = noon().now()
        clock.forward(days=day)
        session.do(operation)
    assert seats_since(session) == {
        "anna": ("since", 9),
        "berg": ("since", 7),
        "chen": ("at-least-since", 5),  # deleted, and holds it
        "idle": ("at-least-since", 5),
        "new": ("since", 6),
    }
    rules = {row.address: row.rule for row in report(session).tables["seats"]}
    assert rules["chen@south.example"] == "held"


def test_unknown_logins_are_not_never(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, account("a"), account("b", login_unknown=True), account("c", last_login=logged_in(1))
    )
    known = {row.address[0]: (row.login_known, row.last_login is not None) for row in report(session).tables["seats"]}
    assert known == {"a": ("never", False), "b": ("unknown", False), "c": ("known", True)}


def test_the_three_costs_stand_beside_each_other(tmp_path: Path) -> None:
    session = office(tmp_path)
    costs = {row.figure: row for row in report(session).tables["costs"]}
    assert [row.cost for row in costs.values()] == [None, None, None]  # no price is recorded: nothing is free
    session.do(SetPrice(price_of("24.10", "EUR")))
    found = report(session)
    costs = {row.figure: row for row in found.tables["costs"]}
    assert (costs["all-seats"].seats, costs["all-seats"].cost) == (10, Decimal("241.00"))
    assert (costs["reclaimable-now"].seats, costs["reclaimable-now"].cost) == (1, Decimal("24.10"))
    unknown = costs["reducible-at-renewal"]
    assert (unknown.seats, unknown.cost, unknown.unknown) == (None, None, "no-date")
    by_domain = {row.domain: (row.seats, row.cost, row.reclaimable) for row in found.tables["domains"]}
    assert by_domain == {
        "north.example": (2, Decimal("48.20"), 1),
        "south.example": (1, Decimal("24.10"), 0),
    }
    assert sum(row.cost for row in found.tables["seats"]) == Decimal("72.30")
    assert len(found.tables["seats"]) == session.seats.report().used == sum(each[0] for each in by_domain.values())


def test_seats_that_a_restart_frees_are_in_the_sums(tmp_path: Path) -> None:
    session = office(tmp_path)
    session.do(DeleteAccounts(("anna@north.example",)))
    held = {row.domain: (row.seats, row.held, row.left) for row in report(session).tables["domains"]}
    assert held == {"north.example": (1, 1, 0), "south.example": (1, 0, 0)}
    session.clock.forward(hours=1)  # type: ignore[attr-defined]
    session.do(RecordRestart())
    after = {row.domain: (row.seats, row.held, row.left) for row in report(session).tables["domains"]}
    assert after == {"north.example": (1, 0, 0), "south.example": (1, 0, 0), "": (0, 0, 1)}


def test_a_review_has_every_account_once_with_one_outcome(tmp_path: Path) -> None:
    session = office(tmp_path)
    session.do(KeepAccounts(("anna@north.example",), noon().now().replace(month=9), "leave"))
    session.do(Protect("chen*", "alarm"))
    session.do(Reserve("Dora", noon().now().replace(month=9), domain="south.example", reason="new"))
    found = report(session, "review")
    rows = {row.address.partition("@")[0]: row for row in found.tables["accounts"]}
    assert {name: row.outcome for name, row in rows.items()} == {
        "anna": "keep-until", "idle": "do", "berg": "disabled-already", "chen": "protected",
    }  # fmt: skip
    assert rows["anna"].kept_until is not None
    assert rows["chen"].protected_as == "chen*"
    assert rows["berg"].since_known == ""
    assert sum(row.accounts for row in found.tables["outcomes"] if row.policy == "idle") == len(rows)
    assert {row.policy for row in found.tables["outcomes"]} == {"idle"}
    session.do(SetPolicy("strict", {"inactive": "500"}))
    found = report(session, "review")
    others = {row.address.partition("@")[0]: row.other_policies for row in found.tables["accounts"]}
    assert (others["idle"], others["berg"]) == ("strict=recent", "strict=disabled-already")
    counts = {(row.policy, row.outcome): row.accounts for row in found.tables["outcomes"]}
    assert (counts["idle", "do"], counts["strict", "recent"]) == (1, 1)
    parts = [row for each in parts_of(found) if each.part == "domain" for row in each.tables["outcomes"]]
    assert sum(row.accounts for row in parts) == sum(counts.values())
    assert [row.subject for row in found.tables["reservations"]] == ["Dora"]
    assert [(row.address, row.reason) for row in found.tables["keeps"]] == [("anna@north.example", "leave")]


def test_changes_have_operator_and_reason_and_no_logins(tmp_path: Path) -> None:
    session = office(tmp_path)
    line = session.do(DisableAccounts(("anna@north.example", "idle@north.example"), "left"))
    with session.store.transaction("sync", "restore") as transaction:
        chen = session.state.entry_at("chen@south.example")
        assert chen is not None
        transaction.put_entry(replace(chen, last_login=LastLogin(noon().now())))
    session.undo()
    rows = report(session, "changes").tables["changes"]
    found = [(row.line, row.subject.partition("@")[0], row.change, row.reason, row.undone_by) for row in rows[-4:]]
    assert line.commit is not None
    assert found == [
        (2, "anna", "disabled", "left", 4), (2, "idle", "disabled", "left", 4),
        (4, "idle", "enabled", "", None), (4, "anna", "enabled", "", None),
    ]  # fmt: skip
    assert {(row.kind, row.change) for row in rows[:-4]} >= {("account", "added"), ("domain", "added")}


@pytest.mark.parametrize("kind", TABLES_OF)
def test_the_parts_are_the_whole(tmp_path: Path, kind: ReportKind) -> None:
    session = office(tmp_path)
    session.do(DisableAccounts(("anna@north.example",)))
    whole = report(session, kind)
    *domains, total = parts_of(whole)
    assert [each.domain for each in domains] == ["north.example", "south.example"]
    main = [row for each in (*domains, total) for row in each.tables[whole.main]]
    assert sorted(map(repr, main)) == sorted(map(repr, whole.tables[whole.main]))
    assert total.tables["domains"] == whole.tables["domains"]
    assert {(each.line, each.hash) for each in (*domains, total)} == {(session.store.sequence, session.store.head.hash)}


def gaps_since(session: Session, days: float) -> list[str]:
    return [gap.code for gap in report(session, days=days).gaps]


def gaps(session: Session) -> list[str]:
    found = report(session)
    if found.gaps:
        with pytest.raises(Refused):
            check_complete(found)
    else:
        check_complete(found)
    return [gap.code for gap in found.gaps]


def follows(session: Session, server: Server) -> Session:
    """Another session, after the store was made to follow a server."""
    with session.store.transaction("add server", "server") as transaction:
        transaction.set_server(server)
    return Session.open(session.store.folder, "berg", session.clock, patience=0)


def test_what_is_missing_is_named_and_refused(tmp_path: Path) -> None:
    session = office(tmp_path)
    assert gaps(session) == []
    session = follows(session, SERVER)
    assert gaps(session) == []
    unread = replace(SERVER, uncounted=("south.example",), counted=("north.example",))
    session = follows(session, unread)
    assert gaps(session)[:2] == ["report-domains-unread", "report-seats-in-part"]
    session = follows(session, replace(unread, unlisted=3))
    assert "report-seats-in-part" not in gaps(session)
    others = {row.domain: (row.seats, row.reclaimable) for row in report(session).tables["domains"]}
    assert others[""] == (3, None)
    session = follows(session, replace(SERVER, synced_at=noon().now().replace(month=7)))
    assert gaps(session) == ["data-is-old"]
    session = follows(session, SERVER)
    leave_unconfirmed(session.store, "anna@north.example")
    assert gaps(session) == ["report-unconfirmed"]


def test_a_limit_that_is_not_known_is_no_limit_of_none(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna", last_login=logged_in(1)), seats=None)
    assert {row.figure: row.seats for row in report(session).tables["costs"]}["all-seats"] == 1
    session = follows(session, replace(SERVER, numbers=None))
    assert gaps(session) == ["report-limit-unknown"]
    (every, *_) = report(session).tables["costs"]
    assert (every.figure, every.seats, every.cost, every.unknown) == ("all-seats", None, None, "limit-unknown")


def test_lost_lines_are_named_in_the_report_and_refused(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    harm_line(folder, 3)
    mended(folder)
    session = Session.open(folder, "anna", noon(), patience=0)
    assert gaps(session) == ["report-lines-lost"]
    assert [row.line for row in report(session, "changes").tables["changes"] if row.change == "lost"] == [3]
    session.clock.forward(hours=1)  # type: ignore[attr-defined]
    assert gaps_since(session, days=0) == []  # they were before


def test_lines_that_were_moved_elsewhere_are_missed(tmp_path: Path) -> None:
    session = office(tmp_path)
    for _ in range(3):
        session.do(DisableAccounts(("anna@north.example",)))
        session.do(EnableAccounts(("anna@north.example",)))
    archive(session, keep=2)
    session.close()
    for file in (tmp_path / "store").glob("journal-*.jsonl.gz"):
        file.unlink()
    session = Session.open(tmp_path / "store", "anna", noon(), patience=0)
    assert gaps(session) == ["archive-missing"], "and old data is no gap: without a server there is no newer"
    assert report(session).read_at is None, "the line that would say so is missed"
    assert seats_since(session)["idle"] == ("at-least-since", 5)


def test_a_policy_that_deletes_reclaims_no_seat_at_once(tmp_path: Path) -> None:
    session = office(tmp_path)
    found = report_of(session, "seats", noon().now(), Policy(name="purge", step="delete"))
    assert {row.figure: row.seats for row in found.tables["costs"]}["reclaimable-now"] == 0


def test_an_operator_reports_on_own_domains_and_a_role_changes_no_outcome(tmp_path: Path) -> None:
    session = office(tmp_path)
    session.do(SetPrice(price_of("10", "EUR")))
    session.do(DisableAccounts(("chen@south.example",), "secret"))
    bound = Authority(role="auditor", domains=frozenset({"north.example"}))
    own = Session.open(session.store.folder, "berg", session.clock, patience=0, authority=lambda: bound)
    found = report(own, "review")
    assert "south.example" not in repr(found.tables)
    assert "secret" not in repr(found)
    assert found.scope == ["north.example"]
    assert {row.address[0]: row.outcome for row in found.tables["accounts"]}["i"] == "do"
    costs = {row.figure: (row.seats, row.unknown) for row in report(own).tables["costs"]}
    assert costs["all-seats"] == (2, "")
    assert costs["reducible-at-renewal"] == (None, "own-domains-only")


def test_a_renewal_is_not_guessed(tmp_path: Path) -> None:
    session = office(tmp_path)
    assert license_renewal(session).state == "no-date"
    assert license_renewal(session_of(tmp_path / "b", seats=None)).state == "no-date"


def test_nothing_is_forecast_of_a_server_that_was_never_read(tmp_path: Path) -> None:
    license_ = License(seats=9, maintenance_until=noon().now().date())
    for synced_at, state in ((noon().now(), "too-little-known"), (None, "in-part")):
        inventory = Inventory(license=license_, server=replace(SERVER, synced_at=synced_at))
        session = Session.create(tmp_path / state, inventory, "anna", noon())
        assert license_renewal(session).state == state
        assert seat_forecast(session, []).is_partial == (synced_at is None)
