"""Clocks that stand still."""

from datetime import UTC, datetime, timedelta


class FixedClock:
    """A clock that is moved by hand."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def forward(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


def noon() -> FixedClock:
    """A clock at the moment that tests and screenshots take place."""
    return FixedClock(datetime(2026, 8, 5, 12, 3, tzinfo=UTC))
