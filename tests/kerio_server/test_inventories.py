"""A store's inventory, as a server's world."""

import pytest

from kconsole.operations.samples import load_sample
from tests.clocks import noon
from tests.kerio_server.inventories import world_of
from tests.under_kerio import evaluate


@pytest.mark.parametrize("sample", ["small", "office", "crisis"])
def test_a_sample_is_on_the_server_with_its_seats(sample: str) -> None:
    inventory = load_sample(sample, noon().now())
    report = evaluate(inventory)

    world = world_of(inventory, now=noon().now)

    live = {entry.address: entry for entry in inventory.entries if entry.deleted_at is None}
    users = {address for address, entry in live.items() if entry.kind == "user"}
    assert {world.address(user) for user in world.users.values()} == users
    assert len(world.users) == report.created
    assert world.license.users == report.limit
    assert {domain.name for domain in world.domains.values()} == {domain.name for domain in inventory.domains}
    lists = sum(len(rows) for rows in world.rows["mailinglist"].values())
    assert lists == sum(1 for entry in live.values() if entry.kind == "mailing_list")
    for user in world.users.values():
        entry = live[world.address(user)]
        assert (user.enabled, user.mailbox, user.row["fullName"]) == (entry.enabled, entry.mailbox, entry.full_name)
        assert bool(user.row["lastLoginInfo"]["dateTime"]) == (entry.last_login is not None)
