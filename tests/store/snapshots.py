"""Snapshots at a moment of the test's choice; a store makes its own when the journal has grown."""

from kconsole.store.seatstore import SeatStore


def snapshot_now(store: SeatStore) -> None:
    """Make a snapshot of what is in memory. If it cannot be written, the one before is there as it was."""
    with store._locked():
        store._write_snapshot()
