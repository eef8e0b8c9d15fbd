"""The doctor: examines everything in a store's folder, and says what can be repaired; see `repair` for that."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from kconsole.core.codes import Finding, Message, message
from kconsole.core.consistency import checked
from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.core.times import SystemClock
from kconsole.store.engine import START, BrokenJournal, DamagedSnapshot, unreadable
from kconsole.store.file_engine.engine import refuse_odd_files
from kconsole.store.file_engine.files import group_of
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.file_engine.locking import LOCK_FILE, StoreLock
from kconsole.store.file_engine.rights import (
    ASIDE_FOLDER,
    OWN,
    group_name,
    not_reached,
    own_files,
    owner_of,
    why_not_network,
    wrong_modes,
)
from kconsole.store.file_engine.salvage import Good, Salvage
from kconsole.store.file_engine.segments import Archive
from kconsole.store.file_engine.snapshot_file import BACKUP_FILE, DAMAGED_FILE, read_snapshot
from kconsole.store.file_names import JOURNAL_FILE, SNAPSHOT_FILE
from kconsole.store.journal_line import checks_of, commit_of, head_after
from kconsole.store.records import Records
from kconsole.store.replay import Gaps

LEAST_FREE: Final = 64 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""

_YOUNG: Final = 60.0
"""Seconds for which a temporary file is taken for one that another process is writing."""

_SETTLING: Final = 0.2
"""Seconds in which a line that another process is writing grows or ends."""


def examine(folder: Path) -> list[Finding]:
    """Examine everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: another kconsole wrote it, or it cannot be read.
    """
    try:
        if not any((folder / name).exists() for name in (SNAPSHOT_FILE, JOURNAL_FILE, BACKUP_FILE)):
            raise NotFound("no-store", "make-or-demo", address=str(folder))
        refuse_odd_files(folder)
        return list(_findings(folder))
    except OSError as error:
        raise unreadable(str(error.filename or folder), error) from error


def _findings(folder: Path) -> Iterator[Finding]:
    group = group_of(folder)
    for wrong in wrong_modes(folder):
        what, aim = message("others-can-read", file=str(wrong.path)), message("only-owner-should")
        if group is not None:
            what = message("not-for-group", file=str(wrong.path), group=group_name(group))
            aim = message("group-should-have", mode=f"{wrong.mode:o}", owner=owner_of(wrong.path))
        yield Finding("permissions", what, (aim,), mendable=wrong.mendable)
    others = [path.name for path, status in own_files(folder) if status.st_uid != folder.stat().st_uid]
    if others and group is None:
        what = message("file-of-another-user", files=others, folder=str(folder))
        yield Finding("owner", what, (message("chown-as-root", folder=str(folder)),))
    if group is not None and (above := not_reached(folder, group)):
        what = message("group-cannot-reach", folders=list(map(str, above)), group=group_name(group))
        yield Finding("unreachable", what, (message("let-group-pass"),), serious=False)
    if (on_network := why_not_network(folder)) is not None:
        yield Finding("network", on_network.happened, on_network.hints, serious=False)
    seen = Look(folder, settled=False)
    yield from seen.findings
    records = seen.good.records
    try:
        checked(records.inventory, "")
    except BadInput as contradictions:
        what = message("store-contradicts-itself", problems=contradictions.details or (contradictions.happened,))
        yield Finding("records", what, (message("dump-edit-restore"),))
    if records.pending_changes:
        asked = [target.address for pending in records.pending_changes.values() for target in pending.targets]
        what = message("unconfirmed-at-server", addresses=asked)
        yield Finding("open", what, (message("sync-confirms"),), serious=False)
    if found := leftovers(folder, before=SystemClock().now().timestamp() - _YOUNG):
        what = message("left-over-files", files=[path.name for path in found])
        remedy = (message("move-to-folder", folder=ASIDE_FOLDER),)
        yield Finding("leftovers", what, remedy, serious=False, mendable=True)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        what = message("disk-nearly-full", megabytes=free // 1024**2, folder=str(folder))
        yield Finding("disk", what, (message("make-room-on-disk"),))


# What the files say


class Look:
    """What journal and snapshot say; `settled` if the lock is held, so that no one is in the middle of a line.

    Attributes:
        findings: what is wrong with them.
        good: what is good in them.
        salvage: what can be kept of a damaged journal. None if nothing can: a new journal begins with what is good.
    """

    def __init__(self, folder: Path, *, settled: bool) -> None:
        self.findings: list[Finding] = []
        self.salvage: Salvage | None = None
        self._folder = folder
        self._snapshot, self._damage = _snapshot_in(folder / SNAPSHOT_FILE)
        name = str(folder / JOURNAL_FILE)
        try:
            journal = JournalFile.open(folder / JOURNAL_FILE, read_only=True)
        except FileNotFoundError:
            self.good = self._without_good_journal(None, message("journal-missing", journal=name), 0)
            return
        with closing(journal):
            archived, start, chain = Archive(folder, journal.base).replayed(), Good(Records()), None
            gaps = Gaps()
            if isinstance(archived, Message):  # the snapshot has what cannot be read from archives
                if archived.code != "archive-missing" and self._can_salvage("archive", archived):
                    return
                serious, remedies = archived.code != "archive-missing", (message("put-archive-back"),)
                self.findings.append(Finding("archive", archived, remedies, serious))
                start, chain = self._snapshot or start, journal.first_bad()
                if self._snapshot is None and chain is None:
                    self.good = start
                    self.findings.append(Finding("snapshot", self._about_snapshot()))
                    return
            else:
                start = Good(Records(archived.changes()), archived.next_number, archived.head)
                gaps = archived.gaps
            self.good, broken, at_snapshot = _replayed(journal, start, self._snapshot, gaps)
            broken = chain or broken or journal.damaged_line_feed(self.good.head, self.good.place)
            if broken is None and self.good.head == START:
                broken = BrokenJournal(1, "journal-empty", START)
            if start is self._snapshot:
                at_snapshot = start.records
            if broken is None and self._snapshot is not None and at_snapshot is None:
                if self._is_snapshot_foreign(journal):
                    self._snapshot, self._damage = None, message("of-another-store")
                else:
                    broken = BrokenJournal(self._snapshot.head.sequence, "not-the-line-of-the-snapshot", self.good.head)
            if broken is not None:
                what = message("journal-damaged", journal=name, line=broken.line, reason=broken.why)
                if self._can_salvage("journal", what):
                    return
                self.good = self._without_good_journal(journal, what, broken.line - 1)
                return
            self.good = self.good._replace(source=message("good-journal"), store=journal.store_id() or self.good.store)
            self._compare_snapshot(at_snapshot)
            about = [message("restore-backup-to-have-them")]
            if gaps.is_state_unknown:
                about.append(message("changes-of-lost-lines-unknown"))
            for first, last in gaps.known:
                what = message("lines-lost", first=first, last=last)
                self.findings.append(Finding("gap", what, tuple(about), serious=False))
            if journal.size > self.good.place and (settled or _stays_torn(journal, self.good.place)):
                what, remedy = message("torn-last-line", journal=name), (message("can-be-set-aside"),)
                self.findings.append(Finding("torn", what, remedy, serious=False, mendable=True))

    def _can_salvage(self, code: str, what: Message) -> bool:
        """Find out whether all good lines can be kept, and say so."""
        bases = [each for each in (self._snapshot, self._backup) if each is not None]
        store = StoreLock.store_in(self._folder / LOCK_FILE) or next((base.store for base in bases), "")
        salvage = Salvage(self._folder, bases, store)
        if not salvage.is_usable:
            return False
        self.salvage, self.good = salvage, Good(salvage.records, salvage.next_number, salvage.head)
        remedy = [message("put-archive-back")] if code == "archive" else []
        if salvage.gaps:
            lost = sum(last - first + 1 for first, last in salvage.gaps)
            remedy.append(message("good-lines-can-be-kept", lost=lost, kept=salvage.head.sequence - lost))
        else:
            remedy.append(message("all-lines-can-be-restored"))
        if not salvage.is_certain:
            remedy.append(message("changes-of-lost-lines-unknown"))
        if self._snapshot is None and self._damage is not None:
            self.findings.append(Finding("snapshot", self._about_snapshot(), mendable=True))
        self.findings.append(Finding(code, what, tuple(remedy), mendable=True))
        return True

    def _without_good_journal(self, journal: JournalFile | None, what: Message, good_lines: int) -> Good:
        """What is left if the journal is damaged after so many good lines, or missing."""
        good = self._best(journal)
        can_mend = good.source is not None
        if self._snapshot is None:
            serious = journal is None or self._damage is not None
            self.findings.append(Finding("snapshot", self._about_snapshot(), (), serious, mendable=can_mend))
        remedy = [message("nothing-good-restore-backup")]
        if can_mend:
            remedy = [message("restore-or-begin-with", source=good.source)]
            lines = 0 if journal is None else sum(1 for _ in journal.lines())
            if (lost := lines - max(good.head.sequence, good_lines)) > 0:
                remedy.append(message("lines-not-in-it", count=lost))
        code = "no-journal" if journal is None else "journal"
        self.findings.append(Finding(code, what, tuple(remedy), mendable=can_mend))
        return good

    def _is_snapshot_foreign(self, journal: JournalFile) -> bool:
        """Whether the snapshot is another store's, beside a whole journal that has another line in place of its own.

        The lock says whose store this is; in an older one, the journal is this store's if it has the line of the
        backup. If not, the journal is the foreign one.
        """
        if self._snapshot is None:
            return False
        if (own := StoreLock.store_in(self._folder / LOCK_FILE)) and self._snapshot.store:
            return own != self._snapshot.store
        if self.good.head.sequence < self._snapshot.head.sequence:
            return False
        return self._backup is not None and _replayed(journal, Good(Records()), self._backup, Gaps())[2] is not None

    @property
    def _backup(self) -> Good | None:
        with suppress(StoreUnusable):  # it may be of another format
            return _snapshot_in(self._folder / BACKUP_FILE)[0]
        return None

    def _best(self, journal: JournalFile | None) -> Good:
        """The snapshot with the lines after it; if it is not good, the backup or lines from the first.

        A journal that goes further than a good snapshot, but does not have its line, is not this store's.
        """
        best = Good(Records())
        starts: tuple[tuple[str, Good | None], ...] = ((SNAPSHOT_FILE, self._snapshot),)
        if self._snapshot is None:
            starts = ((BACKUP_FILE, self._backup), ("", Good(Records())))
        for name, start in starts:
            if start is None:
                continue
            good = start if journal is None else _replayed(journal, start, None, Gaps())[0]
            if (last := good.head.sequence) > best.head.sequence:
                source = message("good-lines", last=last)
                if name:
                    source = message("good-snapshot", name=name)
                    if last > start.head.sequence:
                        source = message("good-snapshot-and-lines", name=name, last=last)
                best = good._replace(source=source)
        return best

    def _compare_snapshot(self, journal_says: Records | None) -> None:
        remedy = (message("rebuild-from-journal"),)
        if self._snapshot is None:
            is_missing = self._damage is None  # which is how a new store begins
            code = "no-snapshot" if is_missing else "snapshot"
            self.findings.append(Finding(code, self._about_snapshot(), remedy, not is_missing, mendable=True))
        elif journal_says is None or self._snapshot.records.tables != journal_says.tables:
            what = message("snapshot-differs", snapshot=str(self._folder / SNAPSHOT_FILE))
            self.findings.append(Finding("snapshot", what, remedy, mendable=True))

    def _about_snapshot(self) -> Message:
        name = str(self._folder / SNAPSHOT_FILE)
        if self._damage is None:
            return message("snapshot-missing", snapshot=name)
        return message("snapshot-damaged", snapshot=name, reason=self._damage)


def _replayed(
    journal: JournalFile, start: Good, snapshot: Good | None, gaps: Gaps
) -> tuple[Good, BrokenJournal | None, Records | None]:
    """What the lines after a start add up to, what is wrong with the first bad one, and the records at a snapshot."""
    records, next_number, head, place, _, store = start
    at_snapshot, broken = None, None
    try:
        place = journal.place_checked(head)
        for raw in journal.lines(place):
            after = head_after(raw, head)
            commit, number = commit_of(raw, after, records.entries)
            if commit.is_lost:
                gaps.add(after.sequence)
            elif gaps.open:
                gaps.take(checks_of(raw))
            for change in commit.changes:
                records.take(change)
            head, place, next_number = after, place + len(raw), max(number, next_number)
            if snapshot is not None and head == snapshot.head:
                at_snapshot = records.copy()
        gaps.check()
    except BrokenJournal as found:
        broken = found
    return Good(records, next_number, head, place, store=store), broken, at_snapshot


def _snapshot_in(path: Path) -> tuple[Good | None, Message | None]:
    """A snapshot, or what is wrong with it; neither if there is none."""
    records = Records()
    try:
        snapshot, place = read_snapshot(path)
        records.load(snapshot.body)
    except FileNotFoundError:
        return None, None
    except DamagedSnapshot as damage:
        return None, damage.why
    return Good(records, snapshot.next_number, snapshot.head, place, store=snapshot.store), None


def _stays_torn(journal: JournalFile, place: int) -> bool:
    """Whether no one is writing the line that has no end: it is the same after a while."""
    before = journal.size
    time.sleep(_SETTLING)
    return journal.size == before and not any(True for _ in journal.lines(place))


def leftovers(folder: Path, before: float | None = None) -> list[Path]:
    """Temporary files, and what was set aside at once.

    Temporary files count from before that many seconds since 1970; with None all of them, when no one can be writing.
    """
    temporary = []
    for path in filter(lambda path: OWN.fullmatch(path.name), folder.glob(".*.new")):
        with suppress(FileNotFoundError):
            if before is None or path.stat().st_mtime < before:
                temporary.append(path)
    return sorted([*temporary, *folder.glob("journal.torn-*"), *folder.glob(f"{DAMAGED_FILE}*")])
