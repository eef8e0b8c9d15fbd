"""Our count beside the server's: what differs, by how much, and who may be behind it."""

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import DomainNumbers, ServerNumbers
from kconsole.licensing.comparison import Comparison
from tests.under_kerio import compared, evaluate

ENTRIES = (
    Entry(id=1, address="anna@north.example", server_id="1", mailbox=True),
    Entry(id=2, address="own@north.example"),
    Entry(id=3, address="off@south.example", server_id="3", enabled=False),
    Entry(id=4, address="team@south.example", kind="mailing_list", server_id="4"),
)
INVENTORY = Inventory(
    license=License(seats=5), domains=(Domain(name="north.example"), Domain(name="south.example")), entries=ENTRIES
)


def figures(numbers: ServerNumbers) -> dict[str, Comparison]:
    return {each.name: each for each in compared(evaluate(INVENTORY), numbers, ENTRIES)}


def codes(comparison: Comparison) -> list[str]:
    return [cause.code for cause in comparison.causes]


def test_what_agrees_has_nothing_to_explain() -> None:
    found = figures(ServerNumbers(licensed=5, current=2, active=1, created=3))
    assert [each.ours for each in found.values()] == [5, 2, 1, 3]
    assert all(each.agrees and each.causes == () for each in found.values())


def test_only_what_works_that_way_is_a_cause_and_what_fits_best_is_first() -> None:
    fewer, more = figures(ServerNumbers(current=1)), figures(ServerNumbers(current=5))
    assert (fewer["counted"].difference, more["counted"].difference) == (-1, 3)
    assert codes(fewer["counted"]) == ["only-here", "stale"]
    assert codes(more["counted"]) == ["lists", "disabled", "stale"]
    assert codes(figures(ServerNumbers(active=0))["connected"]) == ["restarted", "stale"]
    assert codes(figures(ServerNumbers(active=2))["connected"]) == ["latent", "stale"]


def test_what_was_not_read_is_the_likeliest_cause_whatever_the_difference_is() -> None:
    numbers = ServerNumbers(current=5, domains=(DomainNumbers(name="south.example", current=1, allowed=None),))
    report = evaluate(INVENTORY)
    found = {each.name: each for each in compared(report, numbers, ENTRIES, ("south.example",))}
    assert codes(found["counted"]) == ["unread", "lists", "disabled", "stale"]
    assert found["counted"].causes[0].params == {"domains": ["south.example"]}
    assert codes(found["counted in south.example"])[0] == "unread"
    north = {each.name: each for each in compared(report, numbers, ENTRIES, ("north.example",))}
    assert "unread" not in codes(north["counted in south.example"])


def test_each_domain_is_compared_with_its_own_accounts() -> None:
    counted = {"NORTH.example": 1, "south.example": 1, "west.example": 4}
    numbers = tuple(DomainNumbers(name=name, current=number, allowed=None) for name, number in counted.items())
    found = figures(ServerNumbers(domains=numbers))
    north, south, west = (found[f"counted in {name}.example"] for name in ("NORTH", "south", "west"))
    assert [entry.address for entry in north.causes[0].accounts] == ["own@north.example"]
    assert {entry.domain for cause in south.causes for entry in cause.accounts} == {"south.example"}
    assert (west.ours, west.difference, codes(west)) == (0, 4, ["stale"])


def test_what_was_not_read_or_is_without_limit_has_no_difference() -> None:
    found = figures(ServerNumbers(licensed=-2))
    assert (found["licensed"].theirs, found["licensed"].is_read, found["licensed"].agrees) == (None, True, False)
    assert found["licensed"].difference == 0
    assert not found["counted"].is_read
    assert found["counted"].agrees
