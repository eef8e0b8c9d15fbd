"""The sample stores that kconsole ships. `tests/samples` in the source generates them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import orjson

from kconsole.core.codes import message
from kconsole.core.consistency import with_times
from kconsole.core.encoding import NONSENSE, inventory_from_document
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.core.times import Clock, SystemClock
from kconsole.operations.sample_past import Past, past_lines
from kconsole.operations.session import Session

_Loaded = TypeVar("_Loaded", Inventory, Past)

SAMPLES: Final = ("office", "crisis", "small")
"""The samples; the first is the default."""

AS_OF: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The moment that the samples describe: a Monday morning."""


def sample_session(
    name: str,
    folder: Path,
    operator: Operator | str | None = None,
    clock: Clock | None = None,
    with_past: bool = False,
) -> Session:
    """A session on a new store of sample data, as if the sample had been taken just now.

    With its past, the log says how it came to be, if the sample has one.

    Raises:
        NotFound: there is no such sample.
        Refused: there is a store in the folder already.
    """
    clock = clock or SystemClock()
    now = clock.now()
    inventory = load_sample(name, now)
    past = load_past(name, now) if with_past else None
    first = inventory if past is None else tuple(past_lines(inventory, past))
    return Session.create(folder, first, operator, clock)


def load_sample(name: str, now: datetime) -> Inventory:
    """A sample with its times moved as if `AS_OF` were now, so that "3 days ago" stays true.

    Raises:
        NotFound: there is no sample of this name.
        BadInput: its file is missing or damaged: the installation is incomplete.
    """
    if name not in SAMPLES:
        raise NotFound("no-such-sample", message("samples-are", samples=SAMPLES), name=name)
    return _loaded(sample_folder() / f"{name}.json", lambda raw: inventory_from_document(orjson.loads(raw)), now)


def load_past(name: str, now: datetime) -> Past | None:
    """The past of a sample, moved likewise; None if it has none.

    Raises BadInput: its file is damaged.
    """
    file = sample_folder() / f"{name}.past.json"
    return _loaded(file, msgspec.json.Decoder(Past).decode, now) if file.exists() else None


def _loaded(file: Path, decode: Callable[[bytes], _Loaded], now: datetime) -> _Loaded:
    try:
        loaded = decode(file.read_bytes())
    except (OSError, *NONSENSE):
        raise BadInput("sample-damaged", "install-again", file=str(file)) from None
    by = timedelta(seconds=(now - AS_OF) // timedelta(seconds=1))
    moved: _Loaded = with_times(loaded, lambda time: time + by)
    return moved


def sample_folder() -> Path:
    """The folder of the shipped files: in the package if it was installed from a wheel, else beside it."""
    package = Path(__file__).parent.parent
    shipped = package / "data"
    return shipped if shipped.is_dir() else package.parent / "data"
