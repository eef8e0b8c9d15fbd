"""Licensing against a second opinion: a plain count of the rules, and the same count from changes alone."""

import unicodedata
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant
from msgspec.structs import replace

from kconsole.core.records import Domain, Entry, Inventory, fold
from kconsole.core.reports import SeatReport
from tests.licensing.histories import Histories
from tests.licensing.strategies import entries, inventories
from tests.limits import EXAMPLES
from tests.under_kerio import evaluate, is_held, may_create, may_take_seats, new_seats

MANY = EXAMPLES * 5
many = settings(max_examples=MANY, deadline=None)

Figures = dict[str, Any]


def naive(inventory: Inventory) -> Figures:
    """The rules of the issue, read again and counted by lists alone; nothing of licensing is used here."""
    users = [entry for entry in inventory.entries if entry.kind == "user" and entry.origin != "other_server"]
    live = [entry for entry in users if entry.deleted_at is None]
    counting = [entry for entry in live if entry.enabled]
    restart = inventory.last_restart
    held = [
        entry
        for entry in users
        if entry.enabled and entry.deleted_at is not None and (restart is None or not entry.deleted_at < restart)
    ]
    limit = inventory.license.seats
    used = len(counting) + len(held)
    connected = len([entry for entry in counting if entry.mailbox])
    without = [entry for entry in counting if not entry.mailbox]
    free = None if limit is None else max(limit - used, 0)
    figures: Figures = {
        "limit": limit,
        "counted": len(counting),
        "held": len(held),
        "used": used,
        "free": free,
        "over": 0 if limit is None else max(used - limit, 0),
        "created": len(live),
        "disabled": len(live) - len(counting),
        "connected": connected,
        "latent": len(without),
        "locked_out": len(without) if limit is not None and connected >= limit else 0,
        "state": _naive_state(limit, used),
        "domains": [],
        "unlisted": 0,
        "hides_limit": False,
        "partial": False,
        "reserved": 0,
    }
    codes = [figures["state"]] if figures["state"] in ("exceeded", "full", "low") else []
    codes += ["users-locked-out"] if figures["locked_out"] else []
    codes += ["restart-recommended"] if held else []
    for domain in sorted(inventory.domains, key=lambda domain: domain.name):
        here_counted = len([entry for entry in counting if _in_domain(entry, domain)])
        here_held = len([entry for entry in held if _in_domain(entry, domain)])
        both = [] if domain.user_limit is None else [domain.user_limit - here_counted - here_held]
        both += [] if free is None else [free]
        figures["domains"].append(
            {
                "name": domain.name,
                "created": len([entry for entry in live if _in_domain(entry, domain)]),
                "counted": here_counted,
                "held": here_held,
                "disabled": len([entry for entry in live if not entry.enabled and _in_domain(entry, domain)]),
                "connected": len([entry for entry in counting if entry.mailbox and _in_domain(entry, domain)]),
                "limit": domain.user_limit,
                "reserved": 0,
                "free": max(min(both), 0) if both else None,
            }
        )
        if domain.user_limit is not None and here_counted + here_held >= domain.user_limit:
            codes.append("domain-at-limit")
    figures["warnings"] = codes
    return figures


def _in_domain(entry: Entry, domain: Domain) -> bool:
    parts = entry.address.split("@")
    return len(parts) > 1 and _plain(parts[-1]) == _plain(domain.name)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _naive_state(limit: int | None, used: int) -> str:
    if limit is None:
        return "unlimited"
    if used >= limit:
        return "exceeded" if used > limit else "full"
    left = limit - used
    if limit <= 15:
        low = left <= 1
    elif limit <= 25:
        low = left <= 2
    elif limit <= 99:
        low = left * 10 <= limit
    elif limit <= 999:
        low = left * 100 <= limit * 8
    else:
        low = left * 20 <= limit
    return "low" if low else "ok"


def shown(report: SeatReport) -> Figures:
    figures: Figures = report._asdict()
    figures["domains"] = [domain._asdict() for domain in report.domains]
    figures["warnings"] = [warning.code for warning in report.warnings]
    return figures


@many
@given(inventories())
def test_the_evaluator_agrees_with_a_plain_count(inventory: Inventory) -> None:
    assert shown(evaluate(inventory)) == naive(inventory)


@given(inventories(), st.randoms(use_true_random=False))
def test_the_order_of_entries_and_domains_does_not_matter(inventory: Inventory, random: Any) -> None:
    shuffled = list(inventory.entries)
    domains = list(inventory.domains)
    random.shuffle(shuffled)
    random.shuffle(domains)
    assert evaluate(replace(inventory, entries=tuple(shuffled), domains=tuple(domains))) == evaluate(inventory)


@given(inventories())
def test_figures_fit_together(inventory: Inventory) -> None:
    report = evaluate(inventory)
    assert report.used == report.counted + report.held
    assert report.created == report.counted + report.disabled
    assert report.counted == report.connected + report.latent
    assert report.locked_out in (0, report.latent)
    assert (report.state == "exceeded") == (report.over > 0)
    if report.limit is not None and report.free is not None:
        assert report.limit == report.used + report.free - report.over
        assert not (report.free and report.over)
    assert sum(domain.counted + domain.held for domain in report.domains) <= report.used
    assert sum(domain.created for domain in report.domains) <= report.created
    listed = {fold(domain.name) for domain in inventory.domains}
    if all(fold(entry.domain) in listed for entry in inventory.entries if entry.is_account):
        assert sum(domain.counted + domain.held for domain in report.domains) == report.used
        assert sum(domain.connected for domain in report.domains) == report.connected
    for domain in report.domains:
        assert domain.free is None or domain.free >= 0
        assert report.free is None or domain.free is None or domain.free <= report.free


@given(inventories(), entries())
def test_what_a_guard_allows_never_passes_a_limit(inventory: Inventory, drawn: Entry) -> None:
    account = replace(drawn, deleted_at=None, id=10_000)
    before = evaluate(inventory)
    held = [entry for entry in inventory.entries if is_held(entry, inventory.restart)]
    takes_seat = account.is_account and account.enabled and account.origin != "other_server"
    taken_over = next((entry for entry in held if takes_seat and fold(entry.address) == fold(account.address)), None)
    decision = may_create(before, account, held)
    stay = [entry for entry in inventory.entries if entry is not taken_over]
    after = evaluate(replace(inventory, entries=(*stay, account)))
    needs = after.used - before.used
    assert needs == new_seats([(None, account)], held).total()
    if decision.allowed:
        assert after.over <= before.over
        for domain_before, domain_after in zip(before.domains, after.domains, strict=True):
            within = domain_after.limit is None or domain_after.counted + domain_after.held <= domain_after.limit
            assert within or domain_after == domain_before._replace(**_moved(domain_before, domain_after))
    else:
        assert needs > 0
    assert may_take_seats(before, new_seats([(None, account)], held)) == decision


def _moved(before: Any, after: Any) -> dict[str, Any]:
    """In a domain that is over its limit already, what a change without a further seat may move."""
    assert after.counted + after.held == before.counted + before.held
    return {field: getattr(after, field) for field in ("created", "counted", "held", "disabled", "connected", "free")}


class KerioHistories(Histories):
    """Any history of changes leaves the ledger with the figures of the plain count too."""

    @invariant()
    def the_plain_count_agrees(self) -> None:
        assert shown(self.ledger.report()) == naive(self.inventory())


TestHistories = KerioHistories.TestCase
TestHistories.settings = settings(max_examples=max(MANY // 5, 10), stateful_step_count=30, deadline=None)
