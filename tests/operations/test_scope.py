"""What a role that is bound to domains sees: totals, and accounts of its domains only, at every door."""

from pathlib import Path

import pytest

from kconsole.core.errors import ConsoleError, NotFound, NotPermitted
from kconsole.core.history import Commit
from kconsole.core.records import Domain, Entry
from kconsole.core.roles import Authority
from kconsole.core.server import PendingChange, Target
from kconsole.licensing.policy import KERIO
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation, Outcome
from kconsole.operations.decisions import Protect
from kconsole.operations.history import LogQuery
from kconsole.operations.search.lookup import addresses_of, find_entry, hints_for
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.session import Session
from tests.operations.sessions import NORTH, account, session_of

HIDDEN = "canary"
"""Stands in everything that must not be seen."""

FAR = Domain(name=f"{HIDDEN}.example", user_limit=4)

BOUND = Authority("account-admin", frozenset({NORTH.name}), operator="anna")


def entries() -> tuple[Entry, ...]:
    return (
        account("mara"),
        account("nils", enabled=False),
        account(f"mara@{FAR.name}", full_name=f"{HIDDEN} one"),
        account(f"marie@{FAR.name}"),
        account(f"lars@{FAR.name}", enabled=False),
        account("otto", kind="alias", delivers_to=("mara@north.example", "nils", f"mara@{FAR.name}")),
    )


@pytest.fixture
def full(tmp_path: Path) -> Session:
    session = session_of(tmp_path, *entries(), seats=20, domains=(NORTH, FAR))
    session.do(DisableAccounts((f"mara@{FAR.name}",), f"because of {HIDDEN}"))
    session.do(EnableAccounts((f"mara@{FAR.name}", "nils@north.example"), f"both, {HIDDEN} too"))
    session.do(DisableAccounts(("nils@north.example",), "left"))
    session.do(DeleteAccounts((f"marie@{FAR.name}",)))
    return session


def bound(full: Session, authority: Authority = BOUND) -> Session:
    return Session.open(full.store.folder, "anna", full.clock, patience=0, authority=lambda: authority)


def sees_nothing(*things: object) -> bool:
    return HIDDEN not in repr(things)


def test_accounts_of_other_domains_are_as_if_they_were_not_there(full: Session) -> None:
    session = bound(full)
    assert sees_nothing(session.state.live_entries(), dict(session.state.entries), dict(session.state.domains))
    assert sees_nothing(session.state.inventory, session.seats.held(), session.state.pending_changes)
    assert {entry.address for entry in session.state.live_entries()} == {
        f"{login}@north.example" for login in ("mara", "nils", "otto")
    }
    assert session.state.entry_at(f"mara@{FAR.name}") is None
    assert session.state.deleted_at(f"marie@{FAR.name}") == []
    assert not session.state.has_had(f"mara@{FAR.name}")
    number = next(entry.id for entry in full.state.live_entries() if entry.domain == FAR.name)
    assert session.state.live_entry(number) is None
    assert number not in session.state.entries
    assert session.state.domain_named(FAR.name) is None
    assert addresses_of(["mara", "marie"], session.state) == ("mara@north.example", "marie")
    with pytest.raises(NotFound) as error:
        find_entry("lars", session.state)
    assert sees_nothing(error.value.happened, error.value.hints)
    assert sees_nothing(hints_for("marie", session.state))


def test_an_alias_names_no_account_of_another_domain_and_keeps_it(full: Session) -> None:
    session = bound(full, Authority("account-admin", frozenset({NORTH.name})))
    alias = session.state.find("otto@north.example")
    assert alias.delivers_to == ("mara@north.example", "nils")
    assert sees_nothing(*session.history.log(LogQuery(account="otto@north.example")))
    done = session.do(DeleteAccounts(("otto@north.example",), expected=(alias,)))
    assert [outcome.result for outcome in done.outcomes] == ["done"]
    assert sees_nothing(done, *session.history.log(LogQuery()))
    full.catch_up()
    (deleted,) = full.state.deleted_at("otto@north.example")
    assert deleted.delivers_to == ("mara@north.example", "nils", f"mara@{FAR.name}")


def test_only_protections_that_may_fit_accounts_here_are_shown(full: Session) -> None:
    for pattern in (f"marie@{FAR.name}", f"*@{HIDDEN[:3]}*", f"*@NORTH.example.{HIDDEN}"):
        full.do(Protect(pattern, f"because of {HIDDEN}"))
    seen = "svc-*", "mara*@*", "*@North.*", "*@north.example"
    for pattern in seen:
        full.do(Protect(pattern, "always"))
    session = bound(full)
    assert {each.pattern for each in session.state.protections.values()} == set(seen)
    lines = list(session.history.log(LogQuery()))
    assert sees_nothing(session.state.protections, lines)
    assert {name for line in lines for name in line.decided} == set(seen)


def test_totals_are_those_of_the_whole_license(full: Session) -> None:
    session, report = bound(full), full.seats.report()
    seen = session.seats.report()
    assert (seen.used, seen.free, seen.limit, seen.held) == (report.used, report.free, report.limit, report.held)
    assert [domain.name for domain in seen.domains] == [NORTH.name]
    assert sees_nothing(seen)


def test_what_is_at_its_limit_elsewhere_is_no_warning_here(tmp_path: Path) -> None:
    full = session_of(tmp_path, account(f"a@{FAR.name}"), domains=(NORTH, Domain(name=FAR.name, user_limit=1)))
    assert HIDDEN in repr(full.seats.report().warnings)
    assert sees_nothing(bound(full).seats.report())


@pytest.mark.parametrize("text", ["", "mara", "is:held", "canary", "-is:seat", "domain:canary.example", "is:disabled"])
def test_no_filter_lists_them(full: Session, text: str) -> None:
    session = bound(full)
    assert sees_nothing(session.account_index.select(AccountQuery(text=text), full.clock.now()))


def test_the_log_says_who_and_when_but_not_who(full: Session) -> None:
    session = bound(full)
    lines = list(session.history.log(LogQuery()))
    assert [line.sequence for line in lines] == [line.sequence for line in full.history.log(LogQuery())]
    assert sees_nothing(*lines)
    assert [line.is_partial for line in lines] == [True, True, True, False, True]
    assert lines[2].addresses == ["nils@north.example"]
    assert lines[2].reason == ""  # it may name others
    assert lines[3].reason == "left"
    assert lines[1].operator == full.store.operator
    assert list(session.history.log(LogQuery(account=f"mara@{FAR.name}"))) == []
    assert session.history.recent_reasons() == ["left"]
    number = next(entry.id for entry in full.state.live_entries() if entry.domain == FAR.name)
    assert sees_nothing(session.history.of_entry(number, 10))


def test_changes_of_others_arrive_as_they_may_be_seen(full: Session) -> None:
    session, news = bound(full), list[Commit]()
    session.listen(news.append)
    count = len(session.account_index.select(AccountQuery(), full.clock.now()))
    full.do(EnableAccounts((f"lars@{FAR.name}",), HIDDEN))
    full.do(DisableAccounts(("mara@north.example", f"mara@{FAR.name}"), HIDDEN))
    assert sees_nothing(session.catch_up(), news)
    assert [each.addresses for each in news] == [[], ["mara@north.example"]]
    assert len(session.account_index.select(AccountQuery(), full.clock.now())) == count
    assert session.seats.report().used == full.seats.report().used


@pytest.mark.parametrize(
    "operation",
    [
        DisableAccounts((f"mara@{FAR.name}",)),
        DisableAccounts((f"nosuch@{FAR.name}",)),
        EnableAccounts((f"lars@{FAR.name}",)),
        DeleteAccounts((f"lars@{FAR.name}",)),
        DeleteAccounts(("nils@north.example",), "transfer", f"mara@{FAR.name}"),
        AddAccount(f"mara@{FAR.name}"),
        AddAccount(f"new@{FAR.name}"),
        AddAccount("new@nosuch.example"),
    ],
)  # fmt: skip
def test_an_account_of_another_domain_is_refused_as_one_that_is_not_there(full: Session, operation: Operation) -> None:
    session, head = bound(full), full.store.head
    error: ConsoleError | None = None
    outcomes: tuple[Outcome, ...] = ()
    try:
        outcomes = session.do(operation).outcomes
    except ConsoleError as raised:
        error = raised
    assert isinstance(error, NotFound) if error else {outcome.result for outcome in outcomes} == {"not-found"}
    assert sees_nothing([outcome.hints for outcome in outcomes], error and error.hints, error and error.details)
    full.catch_up()
    assert not any(commit.changes for commit in full.history.log(LogQuery()) if commit.sequence > head.sequence)


def test_a_line_that_changed_others_too_is_not_undone(full: Session) -> None:
    session = Session.open(
        full.store.folder, full.store.operator, full.clock, patience=0, authority=lambda: BOUND
    )  # the very operator who did it, before the role was bound
    with pytest.raises(NotPermitted) as error:
        session.undo(3)
    assert error.value.code == "line-outside-domains"
    last = session.last_undoable()
    assert last is not None
    assert last.sequence == 4


def test_another_role_is_followed(full: Session) -> None:
    authority = Authority()
    session = Session.open(full.store.folder, "anna", full.clock, patience=0, authority=lambda: authority)
    assert HIDDEN in repr(session.account_index.select(AccountQuery(), full.clock.now()))
    before, authority = session.scopes, BOUND
    session.catch_up()
    assert session.scopes == before + 1
    assert sees_nothing(session.account_index.select(AccountQuery(), full.clock.now()), session.state.inventory)
    authority = Authority()
    session.catch_up()
    assert HIDDEN in repr(session.state.inventory)


def test_pending_changes_of_others_are_not_shown(full: Session) -> None:
    def target(address: str) -> Target:
        return Target(number=1, server_id="", address=address)

    pending = PendingChange(
        operation="disable", at=full.clock.now(), targets=(target("mara@north.example"), target(f"x@{FAR.name}"))
    )
    with full.store.transaction("ask server", "disable") as transaction:
        transaction.put_pending(pending)
        transaction.put_pending(PendingChange(operation="disable", at=full.clock.now(), targets=pending.targets[1:]))
    session = bound(full)
    (only,) = session.state.pending_changes.values()
    assert [each.address for each in only.targets] == ["mara@north.example"]
    assert sees_nothing(*session.history.log(LogQuery()))
    assert KERIO.classify(session.state.find("mara@north.example")).seat
