"""Policies: set, changed, removed, and refused where they make no sense."""

from pathlib import Path

import pytest

from kconsole.core.errors import BadInput, NotFound, NotPermitted
from kconsole.core.roles import Authority
from kconsole.operations.history import LogQuery
from kconsole.operations.reclaim.policies import IDLE, RemovePolicy, SetPolicy, policies_of, policy_named
from kconsole.operations.reclaim.policy_model import SETTINGS
from kconsole.operations.session import Session
from kconsole.text.commits import details_of
from tests.operations.sessions import account, only_code, session_of
from tests.store.stores import same_as_disk


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, account("anna"))


def put(session: Session, policy: str, **settings: str) -> str:
    return only_code(session.do(SetPolicy(policy, settings)))


def test_idle_ships_and_a_policy_of_its_name_takes_its_place(session: Session) -> None:
    assert policies_of(session.state) == [IDLE]
    assert put(session, "Idle", inactive="90") == "policy-set"
    (idle,) = policies_of(session.state)
    assert (idle.name, idle.inactive, idle.never) == ("idle", 90, 60)
    assert put(session, "idle", inactive="90") == "policy-unchanged"
    assert put(session, "idle", never="keep", stop_when_free="5", step="delete") == "policy-set"
    assert policy_named(session.state, "IDLE").inactive == 90
    assert same_as_disk(session.store)
    session.undo()
    assert policy_named(session.state, "idle").never == 60
    assert only_code(session.do(RemovePolicy("idle"))) == "policy-removed"
    assert policies_of(session.state) == [IDLE]


def test_what_is_not_stored_is_not_removed(session: Session) -> None:
    for name, code in (("idle", "policy-is-shipped"), ("none", "no-such-policy")):
        with pytest.raises(NotFound) as caught:
            session.do(RemovePolicy(name))
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("inactive", "29", "policy-setting-number"),
        ("inactive", "keep", "policy-setting-number"),
        ("never", "5", "policy-setting-number"),
        ("never", "", "policy-setting-number"),
        ("grace", "-1", "policy-setting-number"),
        ("brake_percent", "101", "policy-setting-number"),
        ("brake_accounts", "1e3", "policy-setting-number"),
        ("stop_when_free", "0", "policy-setting-number"),
        ("max_data_age", "9" * 5000, "policy-setting-number"),
        ("step", "remove", "policy-setting-word"),
        ("where", "x" * 1001, "policy-where-wrong"),
        ("unknown", "1", "policy-setting-unknown"),
        ("name", "other", "policy-setting-unknown"),
    ],
)
def test_a_wrong_setting_is_named(session: Session, key: str, value: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        put(session, "mine", **{key: value})
    (detail,) = caught.value.details
    assert (caught.value.code, detail.code) == ("policy-invalid", code)
    assert not session.state.policies


@pytest.mark.parametrize("where", ["is:what", "@saved", "(", "seen:x"])
def test_a_filter_that_cannot_be_read_is_refused(session: Session, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        put(session, "mine", where=where)
    assert caught.value.code == "policy-filter"
    assert caught.value.details


def test_only_full_admins_set_policies(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.store.authority = lambda: Authority("account-admin")
    with pytest.raises(NotPermitted):
        put(session, "mine")


@pytest.mark.parametrize("name", ["", "x y", "-x", "x" * 65, "ü"])
def test_a_wrong_name_is_refused(session: Session, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        put(session, name)
    assert [each.code for each in caught.value.details] == ["policy-name-wrong"]


def test_all_settings_of_a_policy_can_be_set() -> None:
    assert set(SETTINGS) | {"name"} == set(type(IDLE).__struct_fields__)


def test_the_log_says_all_of_a_policy_before_and_after(session: Session) -> None:
    put(session, "guests", where="tag:guest", stop_when_free="5")
    put(session, "guests", inactive="45", never="60")
    commit = next(session.history.log(LogQuery(), newest_first=True))
    text = " ".join(detail.text for detail in details_of(commit, session.clock.now()))
    for part in ("tag:guest", "45 days", "180 days", "60 days", "keeps", "5 free"):
        assert part in text
