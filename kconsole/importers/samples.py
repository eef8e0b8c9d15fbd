"""Made-up inventories: three with a story, shipped as files, and any size for tests and benchmarks.

What makes them is in `sample_maker`, which opening a sample never imports.
"""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from kconsole.core.documents import inventory_from_document
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.license import License
from kconsole.core.records import Entry, Inventory

SAMPLES: Final[dict[str, str]] = {
    "office": "a company with 120 seats, nearly all used",
    "crisis": "50 seats, exceeded by mapping a directory; some users are locked out",
    "small": "a shop with 5 seats",
}
"""The samples with a story, and what it is."""

AS_OF: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The moment that the samples describe: a Monday morning."""

_Day = TypeVar("_Day", date, datetime)


def make_sample(name: str) -> Inventory:
    """A sample as the generator makes it, at `AS_OF`: the same always and everywhere.

    Raises:
        NotFound: there is no sample of this name.
    """
    _check(name)
    from kconsole.importers.sample_maker import STORIES

    return STORIES[name](AS_OF)


def make_inventory(accounts: int, *, seats: int | None, domains: int = 4, seed: int = 1) -> Inventory:
    """An inventory of any size with the mixture of the samples: for benchmarks and property tests.

    Args:
        accounts: how many user accounts it has, enabled or not; deleted accounts, lists, resources and aliases
            come on top.
        seats: of the license; None is without limit.
        domains: how many domains the accounts are spread over.
        seed: the same one gives the same inventory.
    """
    from kconsole.importers.sample_maker import mixture

    return mixture(AS_OF, accounts=accounts, seats=seats, domains=domains, seed=seed)


def load_sample(name: str, now: datetime) -> Inventory:
    """A shipped sample, its moments shifted as if `AS_OF` were now, so that "3 days ago" stays true.

    Raises:
        NotFound: there is no sample of this name.
        BadInput: its file is not there or damaged: the installation is incomplete.
    """
    _check(name)
    import orjson

    file = sample_folder() / f"{name}.json"
    try:
        inventory = inventory_from_document(orjson.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(f"The sample file {file} is missing or damaged.", "Install kconsole again.") from None
    return _shifted(inventory, timedelta(seconds=(now - AS_OF) // timedelta(seconds=1)))


def sample_folder() -> Path:
    """Where the shipped files are: in the package when it was installed from a wheel, else beside it."""
    package = Path(__file__).parent.parent
    shipped = package / "data"
    return shipped if shipped.is_dir() else package.parent / "data"


def main() -> None:
    """Write all samples into the folder that the command line names."""
    from kconsole.importers.sample_maker import written

    if len(sys.argv) != 2:
        raise SystemExit("Usage: python -m kconsole.importers.samples FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLES:
        (folder / f"{name}.json").write_bytes(written(make_sample(name)))


def _check(name: str) -> None:
    if name not in SAMPLES:
        raise NotFound(f"There is no sample {name}.", f"The samples are {', '.join(SAMPLES)}.")


def _shifted(inventory: Inventory, by: timedelta) -> Inventory:
    return replace(
        inventory,
        license=_shifted_license(inventory.license, by),
        last_restart=_later(inventory.last_restart, by),
        entries=tuple(_shifted_entry(entry, by) for entry in inventory.entries),
    )


def _shifted_license(license_: License, by: timedelta) -> License:
    return replace(
        license_,
        trial_until=_later(license_.trial_until, by),
        registered_at=_later(license_.registered_at, by),
        activated_at=_later(license_.activated_at, by),
        maintenance_until=_later(license_.maintenance_until, by),
        expires=_later(license_.expires, by),
        components=tuple(
            replace(component, expires=_later(component.expires, by)) for component in license_.components
        ),
        update=license_.update and replace(license_.update, bought_at=license_.update.bought_at + by),
    )


def _later(moment: _Day | None, by: timedelta) -> _Day | None:
    return None if moment is None else moment + by


def _shifted_entry(entry: Entry, by: timedelta) -> Entry:
    login, deleted_at = entry.last_login, entry.deleted_at
    if login is None and deleted_at is None:
        return entry
    return replace(
        entry,
        last_login=None if login is None else replace(login, at=login.at + by),
        deleted_at=None if deleted_at is None else deleted_at + by,
    )


if __name__ == "__main__":
    main()
