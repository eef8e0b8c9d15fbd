"""What holds for the seat rules of any product: run it on every `LicensePolicy` there is."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.core.license import License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory, Kind, Origin, Restart
from kconsole.licensing import guards
from kconsole.licensing.components import use_of
from kconsole.licensing.counting import SeatLedger, contribution_of, is_held
from kconsole.licensing.lifecycle import license_status_of, trial_end
from kconsole.licensing.policy import KERIO, LicensePolicy
from tests.licensing.histories import Histories
from tests.licensing.other_policy import OTHER
from tests.licensing.strategies import days, entries, full_licenses, inventories, moments
from tests.limits import EXAMPLES
from tests.under_kerio import evaluate

POLICIES = (KERIO, OTHER)

any_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
every_entry = [
    Entry(address="anna@north.example", kind=kind, origin=origin, enabled=enabled)
    for kind, origin, enabled in product(get_args(Kind), get_args(Origin), (True, False))
]


class OtherHistories(Histories):
    policy = OTHER


TestOtherHistories = OtherHistories.TestCase
TestOtherHistories.settings = settings(max_examples=max(EXAMPLES, 10), stateful_step_count=30, deadline=None)
"""`test_properties` runs the histories under Kerio's policy, beside a plain count."""


# The rules partition the entries


@any_policy
def test_every_entry_has_exactly_one_classification_by_the_first_rule_that_fits(policy: LicensePolicy) -> None:
    for entry in every_entry:
        fitting = [rule for rule in policy.rules if rule.fits(entry.kind, entry.origin, entry.enabled)]
        assert policy.classify(entry) is fitting[0].classification
    assert {policy.classify(entry) for entry in every_entry} == set(policy.classifications)
    codes = [each.code for each in policy.classifications]
    assert len(codes) == len(set(codes))


@any_policy
def test_only_accounts_take_seats(policy: LicensePolicy) -> None:
    assert all(policy.is_account(entry) for entry in every_entry if policy.classify(entry).seat)


@any_policy
def test_every_fact_has_a_source(policy: LicensePolicy) -> None:
    assert all(policy.sources.values())
    assert all(each.source for each in policy.classifications)
    for fact in policy.sources:
        fewer = {name: source for name, source in policy.sources.items() if name != fact}
        given = {field.name: getattr(policy, field.name) for field in fields(policy) if field.init}
        with pytest.raises(ValueError, match=fact):
            LicensePolicy(**{**given, "sources": fewer})


@any_policy
def test_rules_that_leave_an_entry_out_are_no_policy(policy: LicensePolicy) -> None:
    with pytest.raises(ValueError, match="no rule fits"):
        replace(policy, rules=policy.rules[:-1])


# What frees a seat


@any_policy
def test_disabling_an_account_frees_its_seat_at_once(policy: LicensePolicy) -> None:
    for entry in every_entry:
        if policy.classify(entry).seat:
            off = msgspec.structs.replace(entry, enabled=False)
            assert contribution_of(off, None, policy).counted == 0


@any_policy
@given(entry=entries(), deleted_at=moments, restart=st.none() | moments)
def test_a_deleted_account_is_held_only_if_the_policy_holds_deletions(
    policy: LicensePolicy, entry: Entry, deleted_at: datetime, restart: datetime | None
) -> None:
    deleted = msgspec.structs.replace(entry, deleted_at=deleted_at)
    waits = restart is None or deleted_at >= restart
    assert is_held(deleted, None if restart is None else Restart(restart), policy) == (
        policy.held is not None and policy.classify(entry).seat and waits
    )
    assert policy.listed(deleted) == (policy.held or policy.classify(deleted))
    assert policy.listed(msgspec.structs.replace(entry, deleted_at=None)) == policy.classify(entry)


# Counting


@any_policy
@given(inventory=inventories())
def test_the_ledger_counts_as_evaluate_does(policy: LicensePolicy, inventory: Inventory) -> None:
    ledger = SeatLedger(inventory, policy)
    report = evaluate(inventory, policy)
    assert ledger.report() == report
    assert len(ledger.held()) == report.held
    live = [entry for entry in inventory.entries if entry.deleted_at is None]
    assert report.counted == sum(policy.classify(entry).seat for entry in live)
    here = [entry for entry in live if entry.origin != "other_server" or policy.classify(entry).seat]
    assert report.created == sum(policy.is_account(entry) for entry in here)
    assert policy.held is not None or report.held == 0


@any_policy
@given(inventory=inventories(), license_=full_licenses)
def test_components_are_used_by_accounts_that_take_a_seat(
    policy: LicensePolicy, inventory: Inventory, license_: License
) -> None:
    for use in use_of(license_, inventory.entries, policy):
        assert all(policy.classify(entry).seat and entry.deleted_at is None for entry in use.users)


# Guards


@any_policy
@given(inventory=inventories(), drawn=entries())
def test_a_guard_allows_what_fits_into_the_limits_of_the_policy(
    policy: LicensePolicy, inventory: Inventory, drawn: Entry
) -> None:
    account = msgspec.structs.replace(drawn, deleted_at=None, id=10_000)
    before = evaluate(inventory, policy)
    with_it = msgspec.structs.replace(inventory, entries=(*inventory.entries, account))
    after = evaluate(with_it, policy)
    needs = after.used - before.used
    assert needs == guards.new_seats([(None, account)], policy).total()
    decision = guards.may_create(before, account, policy)
    passes_license = after.over > before.over and "license" in policy.creation_limits
    passes_domain = "domain" in policy.creation_limits and any(
        now.limit is not None and now.counted + now.held > max(now.limit, was.counted + was.held)
        for was, now in zip(before.domains, after.domains, strict=True)
    )
    assert decision.allowed == (not passes_license and not passes_domain)


@any_policy
@given(inventory=inventories())
def test_as_many_are_locked_out_as_the_guard_of_logins_refuses(policy: LicensePolicy, inventory: Inventory) -> None:
    report = evaluate(inventory, policy)
    codes = [guards.may_connect(report, entry, policy).code for entry in inventory.entries]
    assert codes.count("auth-license") == report.locked_out
    assert policy.login_is_limited or report.locked_out == 0
    access = guards.access_of(report, policy)
    assert access.let_in + access.refused == access.without_mailbox == report.latent
    assert policy.login_is_limited or access.refused == 0


@any_policy
def test_mapping_passes_the_license_only_if_the_policy_lets_it(policy: LicensePolicy) -> None:
    report = evaluate(Inventory(license=License(seats=1)), policy)
    assert guards.may_map(report, 1, policy).allowed
    assert guards.may_map(report, 2, policy).allowed == policy.mapping_may_exceed
    assert guards.may_map(report, 2, policy).over == 1


@any_policy
def test_a_domain_limit_refuses_only_if_the_policy_says_so(policy: LicensePolicy) -> None:
    domain = Domain(name="north.example", user_limit=0)
    report = evaluate(Inventory(license=License(), domains=(domain,)), policy)
    decision = guards.may_create(report, Entry(address="anna@north.example"), policy)
    assert decision.allowed == ("domain" not in policy.creation_limits)


@any_policy
def test_only_a_builtin_administrator_cannot_be_deleted(policy: LicensePolicy) -> None:
    for entry in every_entry:
        is_builtin = policy.has_builtin_admin and entry.kind == "builtin_admin"
        assert guards.may_delete(entry, policy).allowed == (not is_builtin)
        assert guards.may_disable(entry, policy).allowed == policy.is_account(entry)


# Lifecycle


@any_policy
@given(license_=full_licenses, day=days)
def test_a_license_is_suspended_only_once_it_has_expired(policy: LicensePolicy, license_: License, day: date) -> None:
    status = license_status_of(license_, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), policy)
    assert not status.is_suspended or (status.is_expired and policy.expiry_suspends)
    assert not status.is_in_grace or policy.grace
    assert {ending.warned_at for ending in status.endings} <= {None, *policy.warning_days}


@any_policy
def test_lengths_are_those_of_the_policy(policy: LicensePolicy) -> None:
    begun = date(2026, 8, 1)
    assert trial_end(begun, policy) - begun == policy.trial
    bought_at = datetime(2026, 8, 1, tzinfo=UTC)
    license_ = License(update=PendingUpdate(bought_at=bought_at, seats=1))
    for late in (timedelta(), timedelta(seconds=1)):
        update = license_status_of(license_, bought_at + policy.update_due + late, policy).update
        assert update is not None
        assert update.is_overdue == bool(late)
