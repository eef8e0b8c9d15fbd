"""What is known of the accounts of a store, and what a policy says of them by that."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.errors import BadInput, Refused
from kconsole.core.plans import decode, encode
from kconsole.core.records import Entry
from kconsole.core.roles import Authority
from kconsole.core.server import Server, ServerAccess
from kconsole.licensing.outcomes import CODES, Code
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.decisions import KeepAccounts, Protect
from kconsole.operations.reclaim.judging import judge, seen_by
from kconsole.operations.reclaim.planning import check, plan_file, plan_of
from kconsole.operations.reclaim.policies import IDLE, SetPolicy, policy_named
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, alias, another, logged_in, session_of

LOOSE = replace(IDLE, brake_accounts=1000, brake_percent=100)


def old(login: str, **fields: object) -> Entry:
    return account(login, **{"last_login": logged_in(400), "mailbox": True, **fields})


def codes(session: Session, policy: Policy = LOOSE) -> dict[str, Code]:
    return {each.entry.login: each.code for each in judge(session, policy).judged}


def following(session: Session, **fields: object) -> None:
    access = ServerAccess(url="https://mail.north.example:4040", user="eye")
    server = Server(name="mail", access=access, synced_at=session.clock.now())
    with session.store.transaction("add server", "server") as transaction:
        transaction.set_server(replace(server, **fields))


def test_facts_come_from_the_store(tmp_path: Path) -> None:
    session = session_of(
        tmp_path,
        old("idle"),
        old("kept"),
        old("svc-scan"),
        old("chief", role="full_admin"),
        old("forwards", delivers_to=("x@other.example",)),
        old("target"),
        old("second"),
        old("mapped", origin="directory"),
        old("off", enabled=False),
        old("lately", last_login=logged_in(3)),
        account("never"),
        account("unknown", login_unknown=True),
        alias("info", "target"),
        account("deep", kind="alias", delivers_to=("SECOND",)),  # of its own domain
        account("Admin", kind="builtin_admin"),
        old("chair"),
        account("team", kind="mailing_list", moderators=(f"chair@{DOMAIN}",)),
        account("room", kind="resource"),
        seats=None,
    )
    session.do(KeepAccounts((f"kept@{DOMAIN}",), session.clock.now() + timedelta(days=9), "leave"))
    session.do(Protect("svc-*", "scanners"))
    assert codes(session) == {
        "idle": "do", "kept": "keep-until", "svc-scan": "protected", "chief": "admin", "forwards": "forwards",
        "target": "delivers-for-alias", "second": "delivers-for-alias", "mapped": "directory-mapped",
        "off": "disabled-already", "lately": "recent", "never": "known-too-short", "unknown": "login-unknown",
        "info": "not-an-account", "deep": "not-an-account", "Admin": "builtin", "room": "not-an-account",
        "chair": "list-moderator", "team": "not-an-account",
    }  # fmt: skip


def test_what_no_account_has_is_not_known_without_a_server(tmp_path: Path) -> None:
    session = session_of(tmp_path, old("anna"), alias("info", "anna"), account("team", kind="mailing_list"))
    assert judge(session, LOOSE).unknown == ("forwards", "list-moderator")
    entries = (old("anna", delivers_to=("x@y.example",)), account("team", kind="mailing_list", moderators=("z",)))
    assert judge(session_of(tmp_path / "other", *entries), LOOSE).unknown == ()


def test_what_ships_leaves_service_accounts_alone(tmp_path: Path) -> None:
    session = session_of(tmp_path, old("scanner", tags=("service",)), old("anna"))
    assert codes(session, IDLE) == {"scanner": "outside-filter", "anna": "do"}


def test_a_plan_has_each_account_once_and_its_totals(tmp_path: Path) -> None:
    session = session_of(tmp_path, old("a"), old("b", last_login=logged_in(900)), account("c"), alias("i", "c"))
    plan = plan_of(session, judge(session, LOOSE))
    assert [row.address for row in plan.rows] == [f"b@{DOMAIN}", f"a@{DOMAIN}"]
    assert {each.code for each in plan.skips} == {"delivers-for-alias", "not-an-account"}
    assert (plan.totals.used, plan.totals.used_after, plan.totals.limit) == (3, 1, 10)
    numbers = [*(row.number for row in plan.rows), *(skip.number for skip in plan.skips)]
    assert sorted(numbers) == sorted(entry.id for entry in session.state.live_entries())


def test_a_plan_comes_back_from_its_file_in_whichever_layout(tmp_path: Path) -> None:
    names = [f'p{number}"{chr(0x1F600)},"skips":[]' for number in range(2500)]
    session = session_of(tmp_path, old("a"), old("b"), *(account(name) for name in names), seats=None)
    policy = replace(LOOSE, name="p", where='-"rows":[],"skips":[]')
    session.do(SetPolicy("p", {"where": policy.where, "brake_percent": "100"}))
    policy = policy_named(session.state, "p")
    found = judge(session, policy)
    content = b"".join(plan_file(session, found)())
    plan = decode(content)
    assert [row.address for row in plan.rows] == [f"a@{DOMAIN}", f"b@{DOMAIN}"]
    assert [skip.address for skip in plan.skips] == [f"{name}@{DOMAIN}" for name in names]
    assert (plan.policy, encode(plan)) == (policy, content)
    assert replace(plan, id="") == replace(plan_of(session, found), id="", sha256=plan.sha256)
    assert b'"max_data_age":26' in content  # also what has its default
    for indent in (0, 2, -1):
        assert decode(msgspec.json.format(content, indent=indent)) == plan


def test_a_filter_chooses_among_the_accounts(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, old("anna", full_name="Anna Novak"), old("berg", tags=("vip",)), old("x@south.example")
    )
    found = {
        where: [login for login, code in codes(session, replace(LOOSE, where=where)).items() if code == "do"]
        for where in ("", "novak", "-tag:vip", "domain:south", "is:kept", "-is:kept tag:vip")
    }
    assert found == {
        "": ["anna", "berg", "x"], "novak": ["anna"], "-tag:vip": ["anna", "x"], "domain:south": ["x"], "is:kept": [],
        "-is:kept tag:vip": ["berg"],
    }  # fmt: skip
    with pytest.raises(BadInput):
        judge(session, replace(LOOSE, where="is:nothing"))


def test_never_logged_in_counts_from_the_line_that_brought_the_account(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("early"), account("twice"), clock=clock)
    policy = replace(LOOSE, max_data_age=8760)
    clock.forward(days=40)
    session.do(AddAccount(f"late@{DOMAIN}"))
    session.do(DeleteAccounts((f"twice@{DOMAIN}",)))
    session.do(AddAccount(f"twice@{DOMAIN}"))  # under the same number
    clock.forward(days=20)
    assert codes(session, policy) == {"early": "do", "late": "known-too-short", "twice": "known-too-short"}
    clock.forward(days=40)
    assert set(codes(session, policy).values()) == {"do"}


def test_only_what_is_disabled_for_90_days_is_deleted(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, old("first", enabled=False), old("later"), old("on"), clock=clock)
    policy = replace(LOOSE, max_data_age=8760, step="delete")
    clock.forward(days=10)
    session.do(DisableAccounts((f"later@{DOMAIN}",)))
    clock.forward(days=80)
    assert codes(session, policy) == {"first": "do", "later": "disabled-lately", "on": "not-disabled"}
    known = seen_by(session, policy)
    colleague = another(session)
    colleague.do(EnableAccounts((f"first@{DOMAIN}",)))
    colleague.do(DisableAccounts((f"first@{DOMAIN}",)))
    session.catch_up()
    found = judge(session, policy, known=known)
    assert [each.code for each in found.judged] == ["disabled-lately", "disabled-lately", "not-disabled"]
    assert found.used == found.used_after


def test_what_others_change_after_the_look_at_the_log_is_not_known(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna"), clock=clock)
    clock.forward(days=90)
    policy = replace(LOOSE, max_data_age=8760)
    known, colleague = seen_by(session, policy), another(session)
    colleague.do(DeleteAccounts((f"anna@{DOMAIN}",)))
    colleague.do(AddAccount(f"anna@{DOMAIN}"))
    colleague.do(AddAccount(f"new@{DOMAIN}"))
    session.catch_up()
    assert [each.code for each in judge(session, policy, known=known).judged] == ["known-too-short"] * 2


@pytest.mark.parametrize(
    ("fields", "objection"),
    [
        ({}, []),
        ({"synced_at": None}, ["data-is-old"]),
        ({"uncounted": (DOMAIN,)}, ["domains-unread"]),
    ],
)
def test_data_of_a_server_that_was_not_read_refuses_the_plan(
    tmp_path: Path, fields: dict[str, object], objection: list[str]
) -> None:
    session = session_of(tmp_path, old("anna"))
    following(session, **fields)
    found = judge(session, LOOSE)
    assert [each.code for each in found.objections] == objection
    assert [each.code for each in found.judged] == (["data-too-old"] if objection else ["do"])
    if objection:
        with pytest.raises(Refused) as caught:
            plan_of(session, found)
        assert (caught.value.code, caught.value.exit_code) == ("plan-refused", 4)


def test_only_domains_that_the_policy_is_about_need_be_read(tmp_path: Path) -> None:
    session = session_of(tmp_path, old("near"), old("far@south.example"))
    following(session, uncounted=("south.example",))
    near = replace(LOOSE, where="domain:north")
    assert [each.code for each in judge(session, near).objections] == []
    assert codes(session, near) == {"near": "do", "far": "outside-filter"}
    found = judge(another(session), replace(near, stop_when_free=5)).objections
    assert [each.code for each in found] == ["free-not-known"]


def test_without_a_server_data_is_as_old_as_what_was_last_taken_in(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, old("anna"), clock=clock)
    clock.forward(hours=26)
    check(judge(session, LOOSE))
    clock.forward(hours=1)
    session.do(AddAccount(f"new@{DOMAIN}"))  # that reads no one's login
    with pytest.raises(Refused):
        check(judge(session, LOOSE))


def test_a_restored_dump_is_no_newer_than_its_last_login_and_an_undone_import_is_none(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, old("anna"), old("berg", last_login=logged_in(2)), clock=clock)
    check(judge(session, LOOSE))
    session.do(RestoreInventory(session.state.inventory))
    found = judge(session, LOOSE)
    assert [each.code for each in found.objections] == ["data-is-old"]
    session.undo()
    check(judge(session, LOOSE))


def bound(session: Session, *domains: str) -> Session:
    colleague = another(session)
    authority = Authority("account-admin", frozenset(domains))
    colleague.store.authority = lambda: authority
    colleague.follow_authority()
    return colleague


def test_a_role_bound_to_domains_plans_within_them_and_sees_no_address_of_others(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, old("near"), old("mail", delivers_to=("x@south.example", f"y@{DOMAIN}")), old("target"),
        old("far@south.example"), account("a@south.example", kind="alias", delivers_to=(f"target@{DOMAIN}",)),
    )  # fmt: skip
    following(session, uncounted=("south.example",))
    assert [each.code for each in judge(session, LOOSE).objections] == ["domains-unread"]
    found = judge(bound(session, DOMAIN), LOOSE)
    assert found.objections == []
    assert {each.entry.login: (each.code, each.facts) for each in found.judged if each.code != "do"} == {
        "mail": ("forwards", {"addresses": [f"y@{DOMAIN}"]}),
        "target": ("delivers-for-alias", {"alias": ""}),
    }
    assert [each.entry.login for each in found.to_do] == ["near"]
    assert "south" not in repr(plan_of(bound(session, DOMAIN), found))


@pytest.mark.parametrize(("role", "code"), [("auditor", "role"), ("helpdesk", "role"), ("account-admin", "do")])
def test_who_may_not_reclaim_sees_why_nothing_would_be_done(tmp_path: Path, role: str, code: str) -> None:
    session = session_of(tmp_path, old("anna"))
    session.store.authority = lambda: Authority(role)  # type: ignore[arg-type]
    found = judge(session, LOOSE)
    assert ([each.code for each in found.judged], found.used_after) == ([code], 0 if code == "do" else 1)


def test_ones_own_account_and_higher_roles_stay(tmp_path: Path) -> None:
    session = session_of(tmp_path, old("anna"), old("boss", role="full_admin"), old("x"))
    authority = Authority("account-admin", account=f"anna@{DOMAIN}")
    session.store.authority = lambda: authority
    assert codes(session) == {"anna": "self", "boss": "higher-role", "x": "do"}


people = st.lists(
    st.builds(
        lambda login, days, **fields: account(login, last_login=None if days is None else logged_in(days), **fields),
        st.integers(0, 30).map("p{}".format),
        st.none() | st.integers(-5, 900),
        role=st.sampled_from(["user", "user", "auditor", "full_admin"]),
        origin=st.sampled_from(["local", "imported", "directory", "other_server"]),
        enabled=st.booleans(),
        login_unknown=st.booleans(),
    ),
    max_size=10,
    unique_by=lambda entry: entry.address,
)


@pytest.mark.thorough
@settings(max_examples=EXAMPLES // 2)
@given(people, st.sets(st.integers(0, 30)), st.integers(0, 30), st.sampled_from(["disable", "delete"]))
def test_no_store_lets_a_kept_protected_or_admin_account_go(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry], kept: set[int], pattern: int, step: str
) -> None:
    session = session_of(tmp_path_factory.mktemp("any"), *entries, seats=None)
    for number in kept:
        session.do(KeepAccounts((f"p{number}@{DOMAIN}",), session.clock.now() + timedelta(days=9), "x"))
    session.do(Protect(f"p{pattern}*", "x"))
    found = judge(session, replace(LOOSE, inactive=30, never=30, step=step))
    assert [each.entry for each in found.judged] == session.state.live_entries()
    assert set(found.counts) <= set(CODES)
    for each in found.to_do:
        assert each.entry.role == "user"
        assert each.entry.id not in session.state.keeps
        assert not each.entry.login.startswith(f"p{pattern}")
        assert each.entry.last_login is not None
    session.close()
