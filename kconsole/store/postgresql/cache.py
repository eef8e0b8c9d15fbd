"""What a host keeps of a store in a database: a snapshot, and the last line that it has seen. Never the only copy."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kconsole.core.errors import reason_of
from kconsole.store.engine import DamagedSnapshot, Head, Snapshot
from kconsole.store.file_engine.files import make_folder, write_whole
from kconsole.store.file_engine.snapshot_file import read_snapshot, write_snapshot
from kconsole.store.file_names import SNAPSHOT_FILE

_FOLDER_MODE = 0o700


class Seen(NamedTuple):
    """The last line that was seen, and when."""

    head: Head
    at: datetime


def _user_cache() -> Path | None:
    from platformdirs import PlatformDirs

    with suppress(RuntimeError):
        folder = PlatformDirs("kconsole", appauthor=False).user_cache_path
        return folder if folder.is_absolute() else None
    return None


class Cache:
    """The cache of one store at one address. Before the database gives its id, the address alone is known.

    The same store may be at two addresses, as after it was copied, and go on differently.
    """

    def __init__(self, digest: str) -> None:
        self._base = _user_cache()
        self._digest = digest
        self._address = None if self._base is None else self._base / "addresses" / digest
        self._id = ""
        with suppress(OSError, UnicodeDecodeError):
            self._id = "" if self._address is None else self._address.read_text("ascii").strip()
        if not self._id.isalnum():
            self._id = ""

    @property
    def folder(self) -> Path:
        """Where it is; a name that nothing has where there is no cache."""
        return (self._base or Path(os.devnull)) / (self._id or "none") / self._digest[:16]

    @property
    def snapshot_path(self) -> Path:
        return self.folder / SNAPSHOT_FILE

    def use(self, store_id: str) -> bool:
        """Keep the store with this id from now on; returns whether it was another one."""
        if store_id == self._id or self._address is None or not store_id:
            return False
        self._id = store_id
        with suppress(OSError):  # it goes without
            make_folder(self._address.parent, mode=_FOLDER_MODE)
            make_folder(self.folder, mode=_FOLDER_MODE)
            write_whole(self._address, store_id.encode(), is_shared=False)
        return True

    def seen(self) -> Seen | None:
        """The last line that was seen; None if that is not known."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads((self.folder / "seen.json").read_bytes())
            return Seen(Head(int(said["sequence"]), str(said["hash"])), datetime.fromtimestamp(float(said["at"]), UTC))
        return None

    def note(self, head: Head) -> None:
        """Remember a line as the last one that was seen, now."""
        known = self.seen()
        if not self._id or (known is not None and known.head.sequence > head.sequence):
            return  # another console of this user has seen more
        said = {"sequence": head.sequence, "hash": head.hash, "at": datetime.now(UTC).timestamp()}
        with suppress(OSError):
            write_whole(self.folder / "seen.json", json.dumps(said).encode(), is_shared=False)

    def snapshot(self) -> Snapshot | None:
        """The snapshot; None if there is none. DamagedSnapshot if it is not what was written."""
        if not self._id:
            return None
        try:
            return read_snapshot(self.snapshot_path).snapshot
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise DamagedSnapshot(str(reason_of(error))) from None

    def write(
        self, head: Head, next_number: int, body: Iterable[bytes], store: str, state_sum: str, damaged: bool
    ) -> tuple[int, str]:
        how = {"store": store, "state_sum": state_sum, "damaged": damaged}
        return write_snapshot(self.snapshot_path, head, 0, next_number, body, **how)  # type: ignore[arg-type]
