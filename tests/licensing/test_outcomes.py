"""What a policy says of each account: every code by a scenario, and what holds for any accounts."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.records import Entry, LastLogin
from kconsole.core.server import LoginNumbers, logins_read
from kconsole.licensing.outcomes import CODES, Code, Context, Facts, judge_all, most_at_once, objections
from kconsole.licensing.policy import KERIO
from kconsole.text.messages import templates, words_of
from kconsole.text.reclaim import REASONS
from tests.clocks import noon
from tests.licensing.strategies import entries
from tests.limits import EXAMPLES

NOW = noon().now()
IDLE = Policy(name="idle", never=60, brake_accounts=100, brake_percent=100)
CONTEXT = Context(now=NOW, rules=KERIO, accounts=100, free=0, read_at=NOW)


def ago(days: float) -> Any:
    return NOW - timedelta(days=days)


def anna(days: float | None = 400, **fields: Any) -> Entry:
    login = None if days is None else LastLogin(ago(days), "IMAP")
    return Entry(**{"address": "anna@north.example", "last_login": login, "id": 1, **fields})


def code(facts: Facts, policy: Policy = IDLE, context: Context = CONTEXT) -> Code:
    (judgement,) = judge_all([facts], policy, context)
    words_of(judgement.message)
    return judgement.code


DELETE = replace(IDLE, step="delete")
OFF = anna(enabled=False)

SCENARIOS: list[tuple[Code, Facts, Policy, Context]] = [
    ("do", Facts(entry=anna()), IDLE, CONTEXT),
    ("do", Facts(entry=anna(180)), IDLE, CONTEXT),
    ("do", Facts(entry=anna(None), first_seen=ago(60)), IDLE, CONTEXT),
    ("do", Facts(entry=anna(), due=NOW), IDLE, CONTEXT),
    ("do", Facts(entry=OFF, disabled_since=ago(90)), DELETE, CONTEXT),
    ("builtin", Facts(entry=anna(kind="builtin_admin", address="Admin")), IDLE, CONTEXT),
    ("not-an-account", Facts(entry=anna(kind="mailing_list")), IDLE, CONTEXT),
    ("not-an-account", Facts(entry=anna(kind="alias", delivers_to=("berg@north.example",))), IDLE, CONTEXT),
    ("not-an-account", Facts(entry=anna(origin="other_server")), IDLE, CONTEXT),
    ("outside-filter", Facts(entry=anna(), fits=False), IDLE, CONTEXT),
    ("disabled-already", Facts(entry=OFF), IDLE, CONTEXT),
    ("not-disabled", Facts(entry=anna()), DELETE, CONTEXT),
    ("self", Facts(entry=anna(), objection="own-account"), IDLE, CONTEXT),
    ("higher-role", Facts(entry=anna(role="full_admin"), objection="higher-role"), IDLE, CONTEXT),
    ("role", Facts(entry=anna(), objection="outside-domains"), IDLE, CONTEXT),
    ("protected", Facts(entry=anna(), protected_by="an*"), IDLE, CONTEXT),
    ("keep-until", Facts(entry=anna(), kept_until=NOW + timedelta(days=1)), IDLE, CONTEXT),
    ("admin", Facts(entry=anna(role="auditor")), IDLE, CONTEXT),
    ("forwards", Facts(entry=anna(delivers_to=("b@south.example",))), IDLE, CONTEXT),
    ("delivers-for-alias", Facts(entry=anna(), alias="info@north.example"), IDLE, CONTEXT),
    ("list-moderator", Facts(entry=anna(), moderates="all@north.example"), IDLE, CONTEXT),
    ("directory-mapped", Facts(entry=anna(origin="directory")), IDLE, CONTEXT),
    ("login-unknown", Facts(entry=anna(None, login_unknown=True), first_seen=ago(400)), IDLE, CONTEXT),
    ("login-unknown", Facts(entry=anna(login_unknown=True)), IDLE, CONTEXT),
    ("login-unknown", Facts(entry=anna(-1)), IDLE, CONTEXT),
    ("login-unknown", Facts(entry=anna(365 * 50)), IDLE, CONTEXT),
    ("data-too-old", Facts(entry=anna()), IDLE, CONTEXT._replace(read_at=ago(2))),
    ("data-too-old", Facts(entry=anna()), IDLE, CONTEXT._replace(read_at=None)),
    ("data-too-old", Facts(entry=anna()), IDLE, CONTEXT._replace(read_at=ago(-1))),
    ("data-too-old", Facts(entry=anna()), IDLE, CONTEXT._replace(unread={"north.example"})),
    ("never-logged-in", Facts(entry=anna(None), first_seen=ago(400)), replace(IDLE, never=None), CONTEXT),
    ("known-too-short", Facts(entry=anna(None), first_seen=ago(59.99)), IDLE, CONTEXT),
    ("known-too-short", Facts(entry=anna(None)), IDLE, CONTEXT),
    ("known-too-short", Facts(entry=anna(None), first_seen=ago(5)), replace(IDLE, never=1), CONTEXT),
    ("recent", Facts(entry=anna(179.99)), IDLE, CONTEXT),
    ("recent", Facts(entry=anna(-0.001)), IDLE, CONTEXT),
    ("recent", Facts(entry=anna(29)), replace(IDLE, inactive=1), CONTEXT),
    ("disabled-lately", Facts(entry=OFF, disabled_since=ago(89)), DELETE, CONTEXT),
    ("disabled-lately", Facts(entry=OFF), DELETE, CONTEXT),
    ("grace", Facts(entry=anna(), due=NOW + timedelta(days=1)), IDLE, CONTEXT),
    ("enough-freed", Facts(entry=anna()), replace(IDLE, stop_when_free=5), CONTEXT._replace(free=5)),
    ("enough-freed", Facts(entry=anna()), replace(IDLE, stop_when_free=5), CONTEXT._replace(free=None)),
    ("role", Facts(entry=anna()), IDLE, CONTEXT._replace(lacks="reclaim")),
]


@pytest.mark.parametrize(("expected", "facts", "policy", "context"), SCENARIOS)
def test_each_code_has_its_scenario(expected: Code, facts: Facts, policy: Policy, context: Context) -> None:
    assert code(facts, policy, context) == expected


def test_every_code_is_in_a_scenario_and_has_words() -> None:
    assert {each[0] for each in SCENARIOS} | {"brake"} == set(CODES)
    assert {f"outcome-{each}" for each in CODES} <= templates().keys()
    assert set(REASONS) == set(CODES) - {"do"}


def test_the_first_code_that_fits_counts() -> None:
    """All reasons at once, which are taken away one by one in the order of the codes."""
    everything = Facts(
        entry=anna(None, role="auditor", delivers_to=("x@y.example",), origin="directory", login_unknown=True),
        fits=False, objection="own-account", protected_by="*", kept_until=NOW, alias="i@n.example",
        moderates="l@n.example", due=NOW + timedelta(1),
    )  # fmt: skip
    context = CONTEXT._replace(read_at=None)
    found = []
    for step in (
        {}, {"fits": True}, {"objection": "higher-role"}, {"objection": ""}, {"protected_by": ""},
        {"kept_until": None}, {"role": "user"}, {"delivers_to": ()}, {"alias": ""}, {"moderates": ""},
        {"origin": "local"}, {"login_unknown": False},
    ):  # fmt: skip
        if step.keys() & {"role", "delivers_to", "origin", "login_unknown"}:
            everything = replace(everything, entry=replace(everything.entry, **step))
        else:
            everything = replace(everything, **step)
        found.append(code(everything, IDLE, context))
    assert found == [
        "outside-filter", "self", "higher-role", "protected", "keep-until", "admin", "forwards", "delivers-for-alias",
        "list-moderator", "directory-mapped", "login-unknown", "data-too-old",
    ]  # fmt: skip
    assert [found.index(each) for each in CODES if each in found] == list(range(len(found)))


def people(*days: float) -> list[Facts]:
    return [Facts(entry=anna(each, address=f"p{number}@n.example", id=number)) for number, each in enumerate(days, 1)]


def codes(facts: list[Facts], policy: Policy, context: Context = CONTEXT) -> list[Code]:
    return [each.code for each in judge_all(facts, policy, context)]


def test_those_go_first_that_were_not_used_for_longest() -> None:
    facts = people(200, 900, 300, 400)
    brake = replace(IDLE, brake_accounts=2)
    assert codes(facts, brake) == ["brake", "do", "brake", "do"]
    assert codes(facts, brake, CONTEXT._replace(is_braked=False)) == ["do"] * 4
    assert codes(facts, replace(IDLE, stop_when_free=3), CONTEXT._replace(free=2)) == [
        "enough-freed", "do", "enough-freed", "enough-freed",
    ]  # fmt: skip
    assert codes(facts, replace(brake, stop_when_free=3)) == ["brake", "do", "brake", "do"]
    assert codes(facts, replace(brake, stop_when_free=2)) == ["enough-freed", "do", "enough-freed", "do"]


@pytest.mark.parametrize(
    ("accounts", "percent", "most", "expected"),
    [(100, 10, 50, 10), (100, 10, 5, 5), (5, 10, 5, 1), (0, 10, 5, 1), (1000, 1, 50, 10), (99, 10, 50, 9)],
)
def test_the_brake_is_the_smaller_of_both_and_lets_one_pass(
    accounts: int, percent: int, most: int, expected: int
) -> None:
    assert most_at_once(replace(IDLE, brake_accounts=most, brake_percent=percent), accounts) == expected


def numbers(stated: int, before: int, users: int = 100, users_before: int = 100) -> LoginNumbers:
    return LoginNumbers(users=users, stated=stated, users_before=users_before, stated_before=before)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (CONTEXT, []),
        (CONTEXT._replace(read_at=ago(26 / 24)), []),
        (CONTEXT._replace(read_at=ago(27 / 24)), ["data-is-old"]),
        (CONTEXT._replace(read_at=None), ["data-is-old"]),
        (CONTEXT._replace(read_at=ago(-1)), ["data-is-old"]),
        (CONTEXT._replace(unread={"b.example"}), ["domains-unread"]),
        (CONTEXT._replace(hides_free=True), ["free-not-known"]),
        (CONTEXT._replace(logins=numbers(80, 100)), []),
        (CONTEXT._replace(logins=numbers(79, 100)), ["logins-vanished"]),
        (CONTEXT._replace(logins=numbers(0, 1)), ["logins-vanished"]),
        (CONTEXT._replace(logins=numbers(0, 0)), []),
        (CONTEXT._replace(logins=numbers(100, 50)), []),
        (CONTEXT._replace(logins=numbers(50, 100, users=50)), []),  # half of all were deleted
        (CONTEXT._replace(logins=numbers(100, 100, users=400)), []),  # others were added
    ],
)
def test_data_that_says_too_little_refuses_the_whole(context: Context, expected: list[str]) -> None:
    found = objections(replace(IDLE, stop_when_free=5), context)
    assert [each.code for each in found] == expected
    assert all(map(words_of, found))


def test_vanished_logins_are_compared_with_those_before_they_vanished() -> None:
    read = logins_read(None, 100, 90)
    for stated in (90, 20, 25, 30):
        read = logins_read(read, 100, stated)
    assert (read.stated_before, read.vanished, read.have_vanished) == (90, 60, True)
    assert not logins_read(read, 100, 75).have_vanished
    assert logins_read(logins_read(read, 100, 75), 100, 70).stated_before == 75


# Properties

moments = st.none() | st.integers(-3, 800).map(ago)
policies = st.builds(
    Policy, name=st.just("p"), inactive=st.integers(0, 400), never=st.none() | st.integers(0, 400),
    stop_when_free=st.none() | st.integers(0, 8), brake_accounts=st.integers(1, 12),
    brake_percent=st.integers(1, 100), max_data_age=st.integers(0, 100), step=st.sampled_from(["disable", "delete"]),
)  # fmt: skip
all_facts = st.builds(
    Facts,
    entry=st.builds(
        lambda entry, at, role: replace(entry, last_login=at and LastLogin(at), role=role, deleted_at=None),
        entries(), moments, st.sampled_from(["user", "user", "user", "auditor", "full_admin"]),
    ),
    fits=st.sampled_from([True, True, True, False]), objection=st.sampled_from(["", "", "", "own-account"]),
    protected_by=st.sampled_from(["", "", "", "*"]), kept_until=st.none() | st.just(NOW + timedelta(days=3)),
    alias=st.sampled_from(["", "", "a@b.example"]), first_seen=moments, disabled_since=moments, due=moments,
)  # fmt: skip
contexts = st.builds(
    Context, now=st.just(NOW), rules=st.just(KERIO), accounts=st.integers(0, 50), free=st.none() | st.integers(0, 9),
    read_at=moments, unread=st.sampled_from([(), ("north.example",)]), lacks=st.sampled_from(["", "", "reclaim"]),
    is_braked=st.booleans(),
)  # fmt: skip


@settings(max_examples=EXAMPLES)
@given(st.lists(all_facts, max_size=12), policies, contexts)
def test_for_any_accounts_policy_and_data(facts: list[Facts], policy: Policy, context: Context) -> None:
    judged = judge_all(facts, policy, context)
    # Each account once, and one code each.
    assert [each.entry for each in judged] == [each.entry for each in facts]
    assert {each.code for each in judged} <= set(CODES)
    done = [known for known, each in zip(facts, judged, strict=True) if each.code == "do"]
    for known in done:
        entry = known.entry
        assert (known.protected_by, known.kept_until, known.objection, known.alias) == ("", None, "", "")
        assert known.fits
        assert (entry.role, entry.kind, entry.login_unknown) == ("user", "user", False)
        assert entry.enabled == (policy.step == "disable")
        since = known.first_seen if entry.last_login is None else entry.last_login.at
        assert since is not None
        assert since <= NOW - timedelta(days=30)
        assert context.read_at is not None
        assert not context.lacks
        assert policy.step == "disable" or known.disabled_since is not None
    if context.is_braked:
        assert len(done) <= most_at_once(policy, context.accounts)
    assert not any(each.code == "brake" for each in judged) or len(done) == most_at_once(policy, context.accounts)
    # The order of the accounts decides nothing but among equals.
    turned = judge_all(facts[::-1], policy, context)
    assert Counter(each.code for each in turned) == Counter(each.code for each in judged)
    # What one knows less of is done no more often.
    less = [replace(each, first_seen=None, disabled_since=None) for each in facts]
    ignorant = judge_all(less, policy, context._replace(is_braked=False))
    certain = judge_all(facts, policy, context._replace(is_braked=False))
    if policy.stop_when_free is None:
        assert {n for n, each in enumerate(ignorant) if each.code == "do"} <= {
            n for n, each in enumerate(certain) if each.code == "do"
        }
