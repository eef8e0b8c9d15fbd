"""Importing a file: the form that asks for it, its reading in the background, and the preview of what would change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from textual.content import Content

from kconsole.core.errors import BadInput, ConsoleError, EncodingUnconfirmed
from kconsole.core.history import Commit
from kconsole.core.times import zone_named
from kconsole.operations.base import Done
from kconsole.operations.confinement import import_folder
from kconsole.operations.files import whole_path
from kconsole.operations.importing.any_file import AnyImport, FileToImport, read_import
from kconsole.text import screen as texts
from kconsole.text.commits import note
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.imports import IMPORT_COMMANDS, LeaveOutFaulty
from kconsole.tui.screens.connecting import ReadingDialog
from kconsole.tui.screens.encoding import EncodingDialog
from kconsole.tui.screens.form import Field, Save, SavingForm
from kconsole.tui.screens.import_views import ImportView, view_of
from kconsole.tui.screens.plan import PlanScreen
from kconsole.tui.screens.question import ConfirmDialog, Question
from kconsole.tui.screens.store import StoreScreen
from kconsole.tui.workspace import Workspace


class ImportForm(SavingForm[FileToImport]):
    """Asks for a file, and stays until it is read."""

    heading = "Import a file"
    keys = "enter read it · tab next line · esc cancel"
    verb = "Read it"
    note = (
        "An export of Kerio Connect (CSV); users.cfg with mailserver.cfg, or their folder; or last logins (CSV)."
        " Passwords in them are not read. The changes are shown first."
    )

    def __init__(self, domain: str, read: Save[FileToImport]) -> None:
        self._domain = domain
        super().__init__(read)

    def fields(self) -> Iterable[Field]:
        other = f", or {safe_address(self._domain)}" if self._domain else ""
        yield Field("path", "File", placeholder=f"{import_folder()}users_mail.example_2026-03-02.csv")
        yield Field("domain", "Domain", placeholder=f"of an export; else by its name{other}")
        yield Field("zone", "Zone", placeholder="of logins: UTC, +02:00 ...; else this machine's")

    def action_next(self) -> None:
        self.action_confirm()

    def answer(self, values: Mapping[str, str]) -> FileToImport:
        if not values["path"]:
            raise BadInput("name-the-file", "or-leave")
        if values["zone"]:
            zone_named(values["zone"])
        return FileToImport(whole_path(values["path"]), values["domain"], self._domain, values["zone"])


def ask_for_import(screen: StoreScreen, domain: str) -> None:
    """Ask for a file, read it, and show what importing it would change.

    Args:
        screen: what the user comes back to.
        domain: the domain of an export, if neither the user nor its name says another.
    """
    session = screen.session

    def read(file: FileToImport, close: Callable[[], None], failed: Callable[[ConsoleError], None]) -> None:
        def unread(error: ConsoleError) -> None:
            if isinstance(error, EncodingUnconfirmed):
                screen.app.push_screen(EncodingDialog(error), again)
            else:
                failed(error)

        def again(encoding: str | None) -> None:
            if encoding is not None:
                read(file._replace(encoding=encoding), close, failed)

        def compare(operation: AnyImport) -> None:
            if session.refusal_of(operation.name) is None:
                screen.work("Comparing it with the accounts ...", partial(planned, operation, file), show, failed)
            else:
                close()
                screen.cannot_run(operation.name)

        def show(view: ImportView) -> None:
            close()
            preview = ImportScreen(screen.workspace, file, view)
            screen.app.push_screen(preview, lambda _: came_back(preview.done))

        dialog: ReadingDialog[int, AnyImport] = ReadingDialog(
            f"Reading {safe_text(file.path.name, 40)} ...",
            lambda progress, _: read_import(file, session.clock.now(), progress),
            compare,
            unread,
            lambda lines: f"{lines:,} lines read",
        )
        screen.read_aside(dialog, CANCELLED)

    voice = screen.voice

    def planned(operation: AnyImport, file: FileToImport) -> ImportView:
        return view_of(operation, file, session, voice)

    def came_back(done: Done | None) -> None:
        if done is None:
            screen.tell(CANCELLED)
        else:
            screen.show_result(done)

    screen.app.push_screen(ImportForm(domain, read))


CANCELLED = "Nothing was imported."


class ImportScreen(PlanScreen):
    """The preview of an import."""

    commands = IMPORT_COMMANDS
    on_key_line = ("import-apply", "import-faulty", "import-row", "import-back", "help")
    help_title = "Help: the import"
    topic = "import"

    def __init__(self, workspace: Workspace, file: FileToImport, view: ImportView) -> None:
        super().__init__(workspace)
        self.file, self.view = file, view
        self.skips_faulty = False

    def on_mount(self) -> None:
        self.header.left = f"import {safe_text(self.file.path.name)}"
        self._show()

    # Commands

    def is_available(self, command: AnyCommand) -> bool:
        return command is not LeaveOutFaulty or bool(self.view.faulty)

    def action_faulty(self) -> None:
        self.skips_faulty = not self.skips_faulty
        self.tell("")
        self._show()

    def action_apply(self, news: Sequence[str] = ()) -> None:
        """Ask for confirmation, then import; if the store changes in between, plan and ask again."""
        view = self.view
        if self._is_outdated:
            self._plan_again(lambda: self.action_apply(news))
        elif view.faulty and not self.skips_faulty:
            key = self.key_of("import-faulty")
            self.tell_news(
                "Not imported: there are faulty rows",
                texts.some([f"{label}: {text}" for label, text in map(view.fault_row, view.faulty)]),
                f"Correct the file, or press {key} to leave them out.",
            )
        elif not view.number:
            self.tell_nothing_to_do("Nothing to import: the accounts match the file.", news)
        else:
            self._ask(news)

    # Importing

    def _ask(self, news: Sequence[str]) -> None:
        view, over = self.view, self.view.over
        question = Question(
            f"Import {view.number_words}?",
            [*filter(None, [view.into, view.counts]), *([f"! {over}."] if over else [])],
            "Import over the limit" if over else "Import",
            [*view.question_notes(), *self.where_it_is_done(view.operation.name)],
            news,
            recent_reasons=self.session.history.recent_reasons,
            is_big=view.operation.name != "import logins",
        )

        def answered(reason: str | None) -> None:
            if reason is None:
                return
            self.workspace.feed.poll()
            if self._is_outdated:
                self.action_apply(texts.meanwhile_lines(self._meanwhile))
            else:
                self._import(reason)

        dialog = ConfirmDialog(question)
        dialog.set_class(bool(over), "-final")
        self.app.push_screen(dialog, answered)

    def _import(self, reason: str) -> None:
        operation = self.view.confirmed(self.skips_faulty, reason)

        def imported(done: Done) -> None:
            self.done = done
            self.dismiss(None)

        act = partial(self.workspace.do, operation)
        self.work(f"Importing {self.view.number_words} ...", act, imported, self.tell_problem)

    # Following the store

    def committed(self, commits: Sequence[Commit]) -> None:
        others = [commit for commit in commits if not commit.own and commit.changes]
        if others:
            self._meanwhile, self._is_outdated = others[-1:], True
            self.tell(f"{note(others)} · this preview is outdated")
            self._show_title()

    def _plan_again(self, then: Callable[[], None]) -> None:
        def planned(view: ImportView) -> None:
            self.view, self._is_outdated = view, False
            self._show()
            then()

        plan = partial(view_of, self.view.operation, self.file, self.session, self.voice)
        self.work("Comparing it with the accounts again ...", plan, planned, self.tell_problem)

    # Showing

    def _show(self) -> None:
        view = self.view
        self.gauge.report, self.gauge.planned = view.before, view.after
        rows = [("Into", view.into, ""), ("Exceeded", view.over, "alarm"), ("At login", view.at_login, "")]
        rows += [
            ("Entries", view.counts, ""),
            ("Faulty", self._faulty_words(), "notice"),
            ("Read as", view.read_as, ""),
        ]
        self.summary.show([("", [row for row in rows if row[1]])])
        self.accounts.empty_text = "Nothing to do: the accounts match the file."
        self.accounts.show(view.sections(self.skips_faulty))
        self._show_title()
        self.show_keys()

    def _faulty_words(self) -> str:
        number, key = len(self.view.faulty), self.key_of("import-faulty")
        if not number:
            return ""
        if self.skips_faulty:
            return f"{number:,} left out · {key} imports nothing while there are any"
        return f"{number:,}: nothing is imported · {key} leaves them out"

    def _show_title(self) -> None:
        state = "OUTDATED: others made changes" if self._is_outdated else "nothing changed yet"
        title = f"Preview · {self.view.number_words} to import · {state}"
        self.query_one("#plan-pane").border_title = Content(title)
