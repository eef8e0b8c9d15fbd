"""What a console needs of several stores that are to be shown together."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kconsole.operations.contexts import Context, Opening
from kconsole.operations.fleet import Fleet
from kconsole.operations.fleet_process import FleetProcess
from kconsole.operations.session import Progress, Session


class Stores(NamedTuple):
    """The stores of several contexts, to be shown together."""

    contexts: Sequence[Context]
    reading: Opening
    """Opens one for a moment, to be read only."""
    opening: Callable[[Context, Progress], Session]
    """Opens one for work on it."""
    who: str
    """The user of this machine."""
    process: FleetProcess | None = None
    """Reads them already; None to read them in threads of this process."""

    def fleet(self) -> Fleet | FleetProcess:
        """What reads them."""
        return Fleet(self.contexts, self.reading) if self.process is None else self.process
