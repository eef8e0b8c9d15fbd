"""The screen of mapped domains: settings of their directories, a test of the connection, the preview of a mapping."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from kconsole.core.codes import message
from kconsole.core.directory import Directory
from kconsole.core.errors import ConsoleError
from kconsole.core.history import Commit
from kconsole.core.identity import ascii_domain
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import DIRECTORY_PASSWORD, Secret, secret_from
from kconsole.net.settings import Certificate
from kconsole.operations import mapping
from kconsole.operations.base import Done
from kconsole.text import screen as texts
from kconsole.text import words
from kconsole.text.ages import full_moment
from kconsole.text.mapping import directory_rows, users_read, users_words
from kconsole.text.messages import words_of
from kconsole.text.questions import OPEN_READ_ONLY
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.trust import connection_words
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.mapping import MAPPING_COMMANDS, Forget, Preview, Settings, TestConnection, UndoMapping
from kconsole.tui.screens.connecting import PasswordDialog, Progress, ReadingDialog
from kconsole.tui.screens.dialog import NewsDialog, TableDialog
from kconsole.tui.screens.directory import DirectoryForm
from kconsole.tui.screens.mapping_preview import PreviewScreen
from kconsole.tui.screens.store import StoreScreen
from kconsole.tui.widgets.directory_list import DirectoryList
from kconsole.tui.widgets.labelled import DetailsPane
from kconsole.tui.workspace import Workspace

Result = TypeVar("Result")

TALL: Final = 20
"""Lines of a terminal that also shows the settings of the highlighted domain."""


class MappingScreen(StoreScreen):
    """The domains, each with its directory; `domain` is highlighted first."""

    commands = MAPPING_COMMANDS
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012  # Textual's own declaration
    CSS_PATH = "../css/mapping.tcss"
    AUTO_FOCUS = "#directories"
    on_key_line = ("map-preview", "map-test", "map-settings", "map-forget", "map-undo", "map-back", "help")

    heading = "accounts from directories"
    help_title = "Help: accounts from directories"
    topic = "directory"
    signs = (("▸", "the cursor"), ("!", "INSECURE: the certificate is not checked"))

    directories = getters.query_one(DirectoryList)
    pane = getters.query_one(DetailsPane)

    def __init__(self, workspace: Workspace, domain: str = "") -> None:
        super().__init__(workspace)
        self._domain = domain

    def content(self) -> Iterable[Widget]:
        with Vertical(id="directories-pane"):
            yield DirectoryList()
        yield DetailsPane()

    def on_mount(self) -> None:
        self.watch(self.directories, "cursor", self.show_settings, init=False)
        self._show()
        self.directories.move_to_key(self._domain)

    # Commands

    def is_of_use(self, command: AnyCommand) -> bool:
        if command is UndoMapping:
            return self.workspace.last_change is not None
        if command in (Preview, TestConnection, Forget, Settings):
            here = self.directories.highlighted
            return here is not None and (here.domain.directory is not None or command is Settings)
        return super().is_of_use(command)

    def action_preview(self) -> None:
        self._ask("Reading", mapping.read_directory, self.compare)

    def action_test(self) -> None:
        self._ask(
            "Connecting to",
            lambda directory, secret, _, cancel: mapping.probe(directory, secret, cancel),
            self._show_test,
        )

    def action_settings(self) -> None:
        here = self.directories.highlighted
        if here is None:
            return
        domain = here.domain

        def save(directory: Directory, saved: Callable[[], None], failed: Callable[[ConsoleError], None]) -> None:
            self.save(mapping.SetDirectory(domain.name, directory), saved, failed)

        self.app.push_screen(DirectoryForm(domain.name, domain.directory, save))

    def action_forget(self) -> None:
        here = self.directories.highlighted
        if here is None or here.domain.directory is None:
            self.tell("No directory is set for this domain.")
            return
        name, url = here.domain.name, here.domain.directory.url
        accounts = words.count(here.mapped, "mapped account stays", "mapped accounts stay")
        notes = [f"{accounts}. Only the settings are removed."]
        forget = mapping.ForgetDirectory(name)
        question = "Forget the directory?"
        self.confirm(question, [safe_text(name), safe_text(url)], "Forget", notes, lambda: self.change(forget))

    def show_result(self, done: Done, undone: str = "") -> None:
        self.show_trouble()
        self.show_keys()
        if done.failures:
            hint = "Fix them in the directory or here, and map again."
            self.tell_news("Some users were not mapped", texts.outcome_lines(done.failures), hint)
        self.tell(texts.done_words(done, undone))

    # Asking the directory

    def _ask(
        self,
        doing: str,
        act: Callable[[Directory, Secret | None, Progress[int], Flag], Result],
        done: Callable[[str, Directory, Result], None],
    ) -> None:
        """Ask the directory of the highlighted domain in the background; `done` takes the domain, too.

        The password comes from the environment, or from a dialog; an anonymous client needs none.
        """
        here = self.directories.highlighted
        if here is None:
            return
        domain, directory = here.domain.name, here.domain.directory
        if directory is None:
            lines = [safe_text(words_of(message("directory-not-set", domain=domain), self.voice))]
            key = self.key_to("map-settings")
            hint = OPEN_READ_ONLY if self.is_read_only else f"Press {key} to set it." if key else ""
            self.app.push_screen(NewsDialog("No directory", lines, hint))
            return

        def go_on(secret: Secret | None) -> None:
            dialog = ReadingDialog(
                f"{doing} {safe_text(directory.url, 200)} ...",
                lambda progress, cancel: act(directory, secret, progress, cancel),
                lambda result: done(domain, directory, result),
                self.tell_problem,
                users_read,
            )
            self.read_aside(dialog, "Cancelled. Nothing was changed.")

        def typed(secret: Secret | None) -> None:
            if secret is not None:
                go_on(secret)

        secret = secret_from(None, DIRECTORY_PASSWORD, str) if directory.bind_as else None  # asks: an empty one
        if secret or not directory.bind_as:
            go_on(secret)
            return
        self.app.push_screen(PasswordDialog(directory.bind_as, directory), typed)

    def _show_test(self, _: str, directory: Directory, result: mapping.ConnectionTest) -> None:
        certificate = result.certificate or Certificate("none")
        rows = [
            ("Answers", safe_text(directory.url)),
            ("Server", safe_text(result.server) or "does not give its product name"),
            ("Connection", connection_words(result.certificate is not None, result.verified_by)),
            ("Certificate", certificate.fingerprint[:48]),
            ("", certificate.fingerprint[48:]),
            ("Issued to", safe_text(", ".join(certificate.names))),
            ("Expires", full_moment(certificate.expires) if certificate.expires else ""),
            ("Users", users_words(result.users, result.more_users, directory.base)),
        ]
        dialog = TableDialog("The directory answers", [("", [row for row in rows if row[1]])])
        dialog.set_class(result.verified_by == "unchecked", "-notice")
        self.app.push_screen(dialog)

    # The preview

    def compare(self, domain: str, directory: Directory, listing: mapping.DirectoryListing) -> None:
        """Show how the listed users differ from the accounts."""
        self.workspace.feed.poll()

        def show(plan: mapping.MapPlan) -> None:
            preview = PreviewScreen(self.workspace, directory, listing, plan)
            self.app.push_screen(preview, lambda _: came_back(preview.done))

        def came_back(done: Done | None) -> None:
            if done is None:
                self.tell("Nothing was mapped.")
            else:
                self.show_result(done)

        self.work(
            f"Comparing {words.count(len(listing.users), 'user')} with the accounts ...",
            lambda: mapping.plan_mapping(domain, listing, self.session.state, self.session.seats),
            show,
            self.tell_problem,
        )

    # Showing

    def show_settings(self) -> None:
        here = self.directories.highlighted
        self.set_class(here is None, "-empty")
        self.show_keys()
        if here is None:
            return
        shown, ascii_form = safe_address(here.domain.name, 60), ascii_domain(here.domain.name)
        self.pane.border_title = Content(shown)
        key = self.key_to("map-settings")
        hint = f" Press {key} to set it." if key else ""
        directory = here.domain.directory
        rows = [("Directory", f"none.{hint}")] if directory is None else list(directory_rows(directory))
        in_ascii = [("In ASCII", safe_text(ascii_form))] if ascii_form != shown else []
        self.pane.show_details([*rows, *in_ascii])

    def committed(self, commits: Sequence[Commit]) -> None:
        del commits
        self._show()

    def _show(self) -> None:
        rows = mapping.mapped_domains(self.session.state, self.session.seats.report().domains)
        self.directories.show_rows(rows)
        named = sum(row.domain.directory is not None for row in rows)
        title = f"Domains · {named:,} of {len(rows):,} with a directory"
        self.query_one("#directories-pane").border_title = Content(title)
        self.show_settings()
