"""What the preview of an import shows of each kind of file, in words. All results are safe to show."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from kconsole.core.codes import Message
from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.licensing.guards import access_of
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.importing.any_file import AnyImport, FileToImport
from kconsole.operations.importing.kerio_export import ImportAccounts, other_domain
from kconsole.operations.importing.kerio_files import ImportKerio, KerioPlan
from kconsole.operations.importing.logins import ImportLogins
from kconsole.operations.importing.merge import LineMessage, MergePlan
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.ages import full_moment
from kconsole.text.gauge import change_words
from kconsole.text.imports import by_kind, differences
from kconsole.text.mapping import access_words
from kconsole.text.messages import Voice, parts_of, words_of
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.widgets.section_list import Lazily, Row

Section = tuple[str, Sequence[Row]]


def view_of(operation: AnyImport, file: FileToImport, session: Session, voice: Voice) -> "ImportView":
    """Compare a file with the store as it is now, which takes a while; a thread may do it."""
    if isinstance(operation, ImportLogins):
        return _LoginsView(operation, file, session, voice)
    return _EntriesView(operation, file, session, voice)


class ImportView(ABC):
    """What an import would do."""

    into: str = ""
    """Where the entries go."""
    over: str = ""
    """By how much a limit would be exceeded; empty if none would be."""
    read_as: str = ""
    number: int
    """How many records would change."""
    number_words: str
    counts: str
    before: SeatReport
    after: SeatReport
    faulty: Sequence[LineMessage]
    notes: Sequence[LineMessage]

    def __init__(self, operation: AnyImport, policy: LicensePolicy, voice: Voice) -> None:
        self.operation, self._policy, self._voice = operation, policy, voice

    @abstractmethod
    def changes(self) -> Iterator[Section]:
        """What would change, and what would not, in sections."""

    @abstractmethod
    def confirmed(self, skip_faulty: bool, reason: str) -> AnyImport:
        """The import, as the user confirmed it."""

    def sections(self, skip_faulty: bool) -> Iterable[Section]:
        """Everything by name, the gravest first; sections that are empty are left out."""
        faulty = f"Faulty: {'left out' if skip_faulty else 'nothing is imported while there are any'}"
        notes = ("Notes", Lazily(self.notes, self.fault_row))
        sections = [(faulty, Lazily(self.faulty, self.fault_row)), *self.changes()]
        return [section for section in (sections[0], notes, *sections[1:]) if section[1]]

    def fault_row(self, fault: LineMessage) -> Row:
        return safe_text(fault.place), safe_text(words_of(Message(fault.code, fault.params), self._voice))

    @cached_property
    def at_login(self) -> str:
        """Who would be refused at login afterwards."""
        return access_words(access_of(self.after, self._policy)) or ""

    def question_notes(self) -> Iterator[str]:
        """Facts to know before confirming."""
        yield change_words(self.before, self.after)
        if self.at_login:
            yield f"At login, {self.at_login}."
        if self.faulty:
            yield f"{words.count(len(self.faulty), 'faulty row')} will be left out."


class _EntriesView(ImportView):
    """Accounts of an export, or everything of the server's own files."""

    def __init__(
        self, operation: ImportAccounts | ImportKerio, file: FileToImport, session: Session, voice: Voice
    ) -> None:
        super().__init__(operation, session.seats.policy, voice)
        self._accounts, self.before = operation, session.seats.report()
        plan: MergePlan = operation.plan(session.state, session.seats)
        self.plan, self.after, self.faulty, self.notes = plan, plan.after(), plan.faulty, plan.notes
        self._aliases = list(plan.aliases.values())
        changed = [*plan.new, *(after for _, after in plan.changed), *(after for _, after in self._aliases)]
        self.number, self.number_words = len(changed), by_kind(changed)
        self.counts = ", ".join(
            f"{number:,} {word}"
            for number, word in (
                (len(plan.new), "new"),
                (len(plan.changed), "changed"),
                (len(self._aliases), "alias" if len(self._aliases) == 1 else "aliases"),
                (len(plan.same), "the same"),
                (len(plan.faulty), "faulty"),
            )
            if number
        )
        if not plan.decision.allowed:
            *first, last = parts_of(plan.decision.message, voice)
            self.over = safe_text(first[0] if plan.decision.over and first else last)
        if isinstance(operation, ImportAccounts):
            new = " (new, it will be added)" if plan.new_domains else ""
            named = other_domain(file.path, operation.domain)
            other = f"; the file's name says {safe_address(named)}" if named is not None else ""
            self.into, self.read_as = f"{safe_address(operation.domain)}{new}{other}", operation.export.encoding

    def changes(self) -> Iterator[Section]:
        plan = self.plan
        yield "Changed", Lazily(plan.changed, _changed)
        yield "New domains", Lazily(plan.new_domains, lambda domain: (safe_address(domain.name), ""))
        yield "New", Lazily(plan.new, _named)
        yield "Aliases", Lazily(self._aliases, lambda pair: (safe_address(pair[1].address), _delivers(pair[1])))
        if isinstance(plan, KerioPlan):
            yield "Not in the files: stay as they are", Lazily(plan.gone, _named)
            domains = Lazily(plan.gone_domains, lambda domain: (safe_address(domain.name), ""))
            yield "Domains not in the files: stay as they are", domains
        yield "The same", Lazily(plan.same, _named)

    def confirmed(self, skip_faulty: bool, reason: str) -> AnyImport:
        return replace(self._accounts, skip_faulty=skip_faulty, over_limit=bool(self.over), reason=reason)


class _LoginsView(ImportView):
    """Last logins."""

    def __init__(self, operation: ImportLogins, file: FileToImport, session: Session, voice: Voice) -> None:
        super().__init__(operation, session.seats.policy, voice)
        self._logins = operation
        read, plan = operation.file, operation.plan(session.state, session.seats)
        self.plan, self.before, self.after = plan, plan.before, plan.after
        self.faulty, self.notes, self.read_as = read.faults, read.notes, read.encoding
        self.number, self.number_words = len(plan.changed), words.count(len(plan.changed), "last login")
        self._skipped = (
            ("Not in this store", plan.unknown), ("Of deleted accounts", plan.deleted),
            ("Of entries that are not accounts", plan.no_accounts),
        )  # fmt: skip
        skipped = sum(len(addresses) for _, addresses in self._skipped)
        self.counts = ", ".join(
            f"{number:,} {word}"
            for number, word in (
                (len(plan.changed), "with a later login"),
                (plan.same, "without"),
                (skipped, "skipped"),
                (read.without_time, "without a time"),
                (len(read.faults), "faulty"),
            )
            if number
        )
        if read.without_zone and not file.zone:
            here = datetime.now().astimezone().tzname()
            times = words.count(read.without_zone, "time")
            self.read_as += f" · {times} without a zone, read in that of this machine ({here})"

    def changes(self) -> Iterator[Section]:
        yield "Later login", Lazily(self.plan.changed, _logged_in)
        for heading, addresses in self._skipped:
            yield heading, Lazily(addresses, lambda address: (safe_address(address), ""))

    def confirmed(self, skip_faulty: bool, reason: str) -> AnyImport:
        return replace(self._logins, skip_faulty=skip_faulty, reason=reason)


def _named(entry: Entry) -> Row:
    return safe_address(entry.address), safe_text(entry.full_name) or _delivers(entry)


def _delivers(entry: Entry) -> str:
    return f"→ {words.and_list([safe_address(each) for each in entry.delivers_to], 3)}" if entry.delivers_to else ""


def _changed(pair: tuple[Entry, Entry]) -> Row:
    return safe_address(pair[1].address), differences(*pair)


def _logged_in(pair: tuple[Entry, Entry]) -> Row:
    before, after = ((None if each.last_login is None else each.last_login.at) for each in pair)
    return safe_address(pair[1].address), f"{full_moment(before)} → {full_moment(after)}"
