"""The generator of the sample stores in `data/`, and of inventories of any size for tests and benchmarks."""

from kconsole.core.records import Inventory
from kconsole.operations.samples import AS_OF
from tests.samples.maker import STORIES, mixture


def make_sample(name: str) -> Inventory:
    """A sample as of `AS_OF`: the same always and everywhere."""
    return STORIES[name](AS_OF)


def make_inventory(accounts: int, *, seats: int | None, domains: int = 4, seed: int = 1) -> Inventory:
    """An inventory with the mixture of the samples; the same seed gives the same inventory.

    Args:
        accounts: how many user accounts it has, enabled or not; deleted accounts, lists, resources and aliases
            come on top.
        seats: of the license; None is without limit.
        domains: how many domains the accounts are spread over.
        seed: of the random choices.
    """
    return mixture(AS_OF, accounts=accounts, seats=seats, domains=domains, seed=seed)
