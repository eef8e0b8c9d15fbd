"""What can go wrong with a store, as errors with codes."""

from kconsole.core.codes import message
from kconsole.core.errors import StoreUnusable
from kconsole.store.engine import BrokenJournal


def unreadable(name: str, error: OSError) -> StoreUnusable:
    """A file that cannot be read."""
    return StoreUnusable("unreadable", "check-folder-and-permissions", file=name, error=error.strerror or str(error))


def unwritable(name: str, error: OSError, in_doubt: bool = False) -> StoreUnusable:
    """A file that cannot be written, or of which the disk does not say whether it was."""
    reason = error.strerror or str(error)
    if in_doubt:
        return StoreUnusable("not-confirmed", "check-disk-then-store", effect="perhaps-saved", file=name, error=reason)
    hint = "check-space-and-permissions"
    return StoreUnusable("unwritable", hint, effect="nothing-changed", file=name, error=reason)


def broken(name: str, damage: BrokenJournal) -> StoreUnusable:
    """A journal whose chain is broken."""
    hints = (message("read-only-shows-good-part"), message("doctor-says-more"))
    return StoreUnusable(
        "journal-damaged", hints, effect="nothing-changed", journal=name, line=damage.line, reason=damage.why
    )
