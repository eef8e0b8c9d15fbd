"""Maintenance of a store: examine it, repair it, copy it, and verify its log."""

import re
import sys
import tarfile
from collections.abc import Collection, Iterable
from contextlib import ExitStack, closing
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, cast

from kconsole.core.codes import Finding, Message, message
from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.operations.files import STANDARD_STREAM, writing
from kconsole.operations.locations import Location, is_database
from kconsole.operations.session import Session
from kconsole.operations.signed_heads import LogHead, check_in_log
from kconsole.store.copied_lines import LinesAsFile
from kconsole.store.engine import START, BrokenJournal, DamagedSnapshot, Head
from kconsole.store.file_engine.copies import Copies, Copy
from kconsole.store.file_engine.doctor import examine as examine_folder
from kconsole.store.file_engine.files import PRIVATE_FILE
from kconsole.store.file_engine.repair import mend as mend
from kconsole.store.file_names import JOURNAL_FILE
from kconsole.store.journal_reader import verified
from kconsole.store.locations import engine_at, refuse_away
from kconsole.store.replay import Gaps

_HASH: Final = re.compile(r"(?:(?P<sequence>\d+)\s+)?(?P<hash>[0-9a-fA-F]{64})")
"""A head as `log verify` shows it: the number of the line may be left out."""


def examine(store: Location) -> list[Finding]:
    """What the doctor finds in a store; nothing is changed. It raises what makes that impossible."""
    if isinstance(store, Path):
        return examine_folder(store)
    from kconsole.store.postgresql.doctor import examine as examine_database

    return examine_database(store)


def verify(
    store: Location, head: str | None = None, notices: list[Message] | None = None, signed: Collection[LogHead] = ()
) -> Head:
    """Check the whole chain of the log, and return its last line's number and hash. Takes no lock.

    Notices get what is missing of archived lines, and which lines were lost to damage that the doctor has repaired.

    A head that the log had once, given as this shows it or as its hash alone, must still be in it, and so must heads
    that were signed.
    """
    known = None if head is None else _HASH.fullmatch(head.strip())
    if head is not None and known is None:
        raise BadInput("not-a-head", "head-is-what-verify-shows", head=head)
    wanted, number, seen, gaps, found = "", 0, False, Gaps(), dict[int, Head]()
    last, damaged, numbers = START, None, {each.sequence for each in signed}
    if known is not None:
        wanted, number = known["hash"].lower(), int(known["sequence"] or 0)
    with closing(engine_at(store, read_only=True)) as engine:
        if not engine.open():
            refuse_away(engine)
            raise NotFound("no-log", "name-the-store", folder=str(store))
        try:
            for last in chain([engine.start()], verified(engine, gaps)):
                seen = seen or (last.hash == wanted and number in (0, last.sequence))
                if last.sequence in numbers:
                    found[last.sequence] = last
        except BrokenJournal as damage:
            raise damage.of(engine.journal_name) from None
        except DamagedSnapshot as damage:
            hint, name = "doctor-says-more", engine.snapshot_name
            damaged = StoreUnusable("snapshot-damaged", hint, snapshot=name, reason=damage.why)
        check_in_log(signed, found, last, engine.store_id(), engine.journal_name, gaps)  # which says more of the log
        if damaged is not None:
            raise damaged
        if notices is not None:
            notices += [missing] if (missing := engine.missing()) is not None else []
            notices += [message("lines-lost", first=first, last=end) for first, end in gaps.known]
        if known is not None and not seen:
            raise StoreUnusable("head-not-in-log", "compare-with-backup", journal=engine.journal_name, head=wanted)
    return last


def archive(session: Session, keep: int) -> int:
    """Move all lines of the log but the last ones into compressed files beside the journal; returns how many."""
    return session.store.archive(keep)


def backup(session: Session, path: Path) -> None:
    """Copy a store into a tar archive, while others may go on changing it. Every line is checked on the way.

    The path is that of a file, a device or a pipe; `-` is standard output. See `writing`.

    Raises:
        StoreUnusable: the store is damaged. A file that was there is as it was.
    """
    session.insist_on_all("backup")
    if str(path) == STANDARD_STREAM:
        _write_archive(session, sys.stdout.buffer)
        return
    with writing(path, session.store.folder) as file:
        _write_archive(session, file)


def _write_archive(session: Session, file: IO[bytes]) -> None:
    """Write the archive. It breaks off within a file, which every `tar` reports, if that turns out to be damaged."""
    journal = session.store.address
    with ExitStack() as stack:
        archive = stack.enter_context(tarfile.open(fileobj=file, mode="w|"))
        try:
            for copy in _copies_of(session, stack):
                entry = tarfile.TarInfo(copy.name)
                entry.size, entry.mode = copy.size, PRIVATE_FILE
                entry.mtime = int(session.clock.now().timestamp())
                archive.addfile(entry, cast("IO[bytes]", copy.content))
        except BrokenJournal as damage:
            raise damage.of(journal, "no-backup") from None
        session.catch_up()  # which fails if another journal was put in the place of the one that was copied


def _copies_of(session: Session, stack: ExitStack) -> Iterable[Copy]:
    """What to copy of a store. From a database it is the journal as a file, of which the first opening makes the rest.

    Raises:
        BrokenJournal: a line is bad.
    """
    store = session.store
    if not is_database(store.address):
        return Copies(store.folder, stack).files
    engine = stack.enter_context(closing(engine_at(store.address, read_only=True)))
    engine.open()
    last = engine.head()
    return [Copy(JOURNAL_FILE, LinesAsFile(islice(engine.read_after(START), last.sequence)), engine.size())]
