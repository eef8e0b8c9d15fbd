"""Keeps and protections: who may make them and for how long, what ends them, and what finds them."""

from datetime import timedelta
from pathlib import Path

import pytest

from kconsole.core.decisions import Protection
from kconsole.core.errors import BadInput, NotFound, NotPermitted
from kconsole.core.roles import Authority, RoleName
from kconsole.core.times import to_iso
from kconsole.licensing.decisions import ending, protecting
from kconsole.operations.accounts import AddAccount, DeleteAccounts
from kconsole.operations.decisions import EndKeeps, KeepAccounts, Protect, Unprotect
from kconsole.operations.history import LogQuery
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.search.states import decisions_on
from kconsole.operations.session import Session
from kconsole.text.commits import commit_text, details_of
from tests.clocks import noon
from tests.operations.sessions import account, alias, session_of
from tests.store.stores import same_as_disk

NOW = noon().now()
ANNA, MIA = "anna@north.example", "mia@south.example"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, account("anna"), account("svc-scan"), account(MIA), alias("info", "anna"))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*a" * 60, False), ("*a" * 20, True), ("*" * 90 + "b", False), ("*" * 90, True), ("a*b*a", False),
        ("aa*", True), ("*aa", True), ("a*a", True), ("*aa*aa*", True), ("b*", False), ("*b", False), ("a" * 40, True),
        ("*a*@*.*", True), ("*@*a", False),
    ],
)  # fmt: skip
def test_a_pattern_of_many_stars_takes_no_time(pattern: str, fits: bool) -> None:
    found = protecting([Protection(pattern=pattern, at=NOW)])
    assert bool(list(found(account("a" * 40)))) == fits


def keep(session: Session, days: float, *addresses: str, reason: str = "on leave") -> list[tuple[str, str]]:
    done = session.do(KeepAccounts(addresses or (ANNA,), NOW + timedelta(days=days), reason))
    return [(outcome.result, outcome.code) for outcome in done.outcomes]


def ends(session: Session) -> list[str | None]:
    return [to_iso(each.until) for each in session.state.keeps.values()]


def found(session: Session, text: str) -> list[str]:
    return [entry.login for entry in session.account_index.select(AccountQuery(text=text), session.clock.now())]


def test_an_account_is_kept_moved_ended_and_all_of_it_undone(session: Session) -> None:
    assert keep(session, 10) == [("done", "kept")]
    assert keep(session, 10) == [("unchanged", "kept-already")]
    first = ends(session)
    assert keep(session, 20) == [("done", "keep-moved")]
    session.undo()
    assert ends(session) == first
    session.do(EndKeeps((ANNA,)))
    assert ends(session) == []
    session.undo()
    assert ends(session) == first
    assert same_as_disk(session.store)
    assert [session.do(EndKeeps((MIA,))).outcomes[0].code] == ["not-kept"]


def test_a_keep_is_in_the_log_of_its_account(session: Session) -> None:
    keep(session, 10, reason="maternity leave")
    keep(session, 20, reason="maternity leave")
    commits = list(session.history.log(LogQuery(account=ANNA)))
    assert [commit.operation for commit in commits][-2:].count("keep") or commits[0].operation == "keep"
    assert ANNA in commit_text(commits[0])
    assert any("was: until" in detail.text for commit in commits for detail in details_of(commit, NOW))


def test_what_is_no_account_is_not_kept(session: Session) -> None:
    assert keep(session, 10, "info@north.example", "gone@north.example") == [
        ("refused", "not-an-account"),
        ("not-found", "not-in-store"),
    ]


@pytest.mark.parametrize(("days", "reason"), [(-1, "x"), (0, "x"), (1, ""), (1, "  ")])
def test_a_keep_has_a_reason_and_an_end_to_come(session: Session, days: float, reason: str) -> None:
    with pytest.raises(BadInput):
        keep(session, days, reason=reason)


@pytest.mark.parametrize(("role", "days"), [("helpdesk", 30), ("account-admin", 180), ("full-admin", 400)])
def test_each_role_keeps_so_long_at_most(session: Session, role: RoleName, days: int) -> None:
    session.store.authority = lambda: Authority(role)
    assert keep(session, days) == [("done", "kept")]
    with pytest.raises(NotPermitted, match="ends-too-late"):
        keep(session, days + 1)


def test_an_auditor_keeps_and_protects_nothing(session: Session) -> None:
    session.store.authority = lambda: Authority("auditor")
    with pytest.raises(NotPermitted):
        keep(session, 1)
    session.store.authority = lambda: Authority("account-admin")
    with pytest.raises(NotPermitted):
        session.do(Protect("svc-*", "scanners"))


def test_a_scope_ends_at_its_domains(session: Session) -> None:
    keep(session, 10, ANNA, MIA)
    session.store.authority = lambda: Authority("helpdesk", frozenset(("south.example",)))
    session.follow_authority()
    assert [each.address for each in session.state.keeps.values()] == [MIA]
    assert keep(session, 12, ANNA, MIA) == [("not-found", "not-in-store"), ("done", "keep-moved")]
    session.undo()
    with pytest.raises(NotPermitted):
        session.do(Protect("svc-*", "scanners"))


def test_a_new_account_of_the_same_address_is_not_kept(session: Session) -> None:
    keep(session, 10)
    session.do(DeleteAccounts((ANNA,)))
    session.do(AddAccount(ANNA))
    assert ends(session) == []


def test_keeps_end_with_the_time_and_are_announced_before(session: Session) -> None:
    keep(session, 20)
    assert found(session, "is:kept") == ["anna"]
    assert ending(session.state.keeps, NOW) == []
    assert [each.address for each in ending(session.state.keeps, NOW + timedelta(days=6))] == [ANNA]
    assert ending(session.state.keeps, NOW + timedelta(days=35)) == []
    session.clock.forward(days=20)  # type: ignore[attr-defined]  # a fixed clock
    assert found(session, "is:kept") == []
    assert found(session, "-is:kept anna") == ["anna"]


def test_a_protection_is_a_pattern_of_logins_or_addresses(session: Session) -> None:
    session.do(Protect("SVC-*", "no person"))
    session.do(Protect("*@south.example", "run by them"))
    assert sorted(found(session, "is:protected")) == ["mia", "svc-scan"]
    (scanner,) = (entry for entry in session.state.live_entries() if entry.login == "svc-scan")
    assert [type(each).__name__ for each in decisions_on(scanner, session.state)] == ["Protection"]
    assert session.do(Protect("svc-*", "no person")).outcomes[0].code == "protected-already"
    session.do(Protect("svc-*", "other words"))
    assert len(session.state.protections) == 2
    session.do(Unprotect("svc-*"))
    assert found(session, "is:protected") == ["mia"]
    session.undo()
    assert len(session.state.protections) == 2
    with pytest.raises(NotFound):
        session.do(Unprotect("nothing"))


@pytest.mark.parametrize("pattern", ["", " ", "*", "*@*", "two words", "x" * 300])
def test_not_everything_is_a_pattern(session: Session, pattern: str) -> None:
    with pytest.raises(BadInput):
        session.do(Protect(pattern, "x"))


def test_a_pattern_means_its_letters(session: Session) -> None:
    for pattern in ("a.na", "a[n]na", "ann?", "(anna)", "anna@north_example"):
        session.do(Protect(pattern, "x"))
    anna = session.state.find(ANNA)
    assert list(protecting(session.state.protections.values())(anna)) == []
