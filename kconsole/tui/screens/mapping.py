"""Domains and the directories that they are mapped from: settings, a test of the connection, the way to a preview."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, TypeVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from kconsole.core.directory import Directory
from kconsole.core.errors import ConsoleError
from kconsole.core.history import Commit
from kconsole.net.secrets import DIRECTORY_PASSWORD, Secret, secret_from
from kconsole.operations.base import Done
from kconsole.operations.mapped_domains import MappedDomain, mapped_domains
from kconsole.operations.mapping import (
    ConnectionTest,
    DirectoryListing,
    ForgetDirectory,
    MapPlan,
    SetDirectory,
    check_settings,
    named_domain,
    plan_mapping,
    probe,
    read_directory,
)
from kconsole.text import words
from kconsole.text.ages import full_moment
from kconsole.text.mapping import INSECURE, connection_words, directory_rows
from kconsole.text.safe_text import safe_text
from kconsole.tui import messages
from kconsole.tui.commands.base import AnyCommand, bindings_of, console_of
from kconsole.tui.commands.mapping import MAPPING_COMMANDS
from kconsole.tui.commands.movement import MOVEMENTS
from kconsole.tui.screens.console import MANY, ConsoleScreen
from kconsole.tui.screens.dialog import NewsDialog, TableDialog
from kconsole.tui.screens.directory import DirectoryForm, PasswordDialog, Progress, ReadingDialog, users_read
from kconsole.tui.screens.help import key_sections
from kconsole.tui.screens.mapping_preview import PreviewScreen
from kconsole.tui.widgets.directory_list import DirectoryList
from kconsole.tui.widgets.lines import DetailsPane, HeaderLine, KeyLine, StatusLine
from kconsole.tui.workspace import Workspace

Result = TypeVar("Result")

TALL: Final = 20
"""Lines from which on the settings of the domain under the cursor are told below."""

SIGNS = (
    ("▸", "the cursor"),
    ("!", "INSECURE: nobody checks which server answers"),
)
"""The signs in the list of domains, and what they mean."""


class MappingScreen(ConsoleScreen):
    """The domains, with the directory of each.

    Args:
        workspace: the operator's place.
        domain: where the cursor stands at first; empty for the first one.
    """

    commands: ClassVar[Sequence[AnyCommand]] = MAPPING_COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MAPPING_COMMANDS)
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012  # Textual's own declaration
        (0, "-short"),
        (TALL, "-tall"),
    ]
    CSS_PATH = "../css/mapping.tcss"
    AUTO_FOCUS = "#directories"
    on_key_line = ("map-preview", "map-test", "map-settings", "map-forget", "map-undo", "map-back", "help")

    header = getters.query_one(HeaderLine)
    directories = getters.query_one(DirectoryList)
    pane = getters.query_one(DetailsPane)

    def __init__(self, workspace: Workspace, domain: str = "") -> None:
        super().__init__(workspace)
        self._domain = domain

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield HeaderLine()
        with Vertical(id="directories-pane"):
            yield DirectoryList()
        yield DetailsPane()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the domains, and follow what happens to them."""
        self.header.left = "accounts from directories"
        self.header.warning = "READ ONLY" if self.is_read_only else ""
        self.header.right = safe_text(self.session.store.operator.shown)
        self.workspace.feed.follow(self._committed)
        self._show()
        self.directories.move_to_domain(self._domain)
        self.show_trouble()
        self.show_keys()

    def on_unmount(self) -> None:
        """Follow it no more."""
        self.workspace.feed.leave(self._committed)

    # What commands ask for

    def preview(self) -> None:
        """Read the directory of the domain under the cursor, and show what mapping it would do."""
        here = self.directories.highlighted
        if here is None:
            return
        directory = here.domain.directory
        if directory is None:
            self._tell_unnamed(here)
            return

        def read(secret: Secret | None) -> None:
            self._ask(
                f"Reading {safe_text(directory.url, 200)} ...",
                lambda progress: read_directory(directory, secret, progress),
                lambda listing: self.compare(here.domain.name, directory, listing),
            )

        self._with_secret(directory, read)

    def test(self) -> None:
        """Ask the directory of the domain under the cursor whether it answers, and tell what it says."""
        here = self.directories.highlighted
        if here is None:
            return
        directory = here.domain.directory
        if directory is None:
            self._tell_unnamed(here)
            return

        def ask(secret: Secret | None) -> None:
            self._ask(
                f"Asking {safe_text(directory.url, 200)} ...",
                lambda _: probe(directory, secret),
                lambda answer: self._tell_answer(directory, answer),
            )

        self._with_secret(directory, ask)

    def edit(self) -> None:
        """Ask for the settings of the directory of the domain under the cursor."""
        here = self.directories.highlighted
        if here is None:
            return
        domain = here.domain

        def save(directory: Directory) -> None:
            check_settings(directory)
            self.told(self.workspace.do(SetDirectory(domain.name, directory)))

        self.app.push_screen(DirectoryForm(domain.name, domain.directory, save))

    def forget(self) -> None:
        """Ask whether to map the domain from no directory any more."""
        here = self.directories.highlighted
        if here is None or here.domain.directory is None:
            self.tell("It is not mapped from a directory.")
            return
        accounts = words.count(here.mapped, "mapped account")
        name = here.domain.name
        self.confirm(
            "Forget the directory?",
            [safe_text(name), safe_text(here.domain.directory.url)],
            "Forget",
            [f"{accounts} {'stays as it is' if here.mapped == 1 else 'stay as they are'}. Only the settings go."],
            lambda: self.change(ForgetDirectory(name)),
        )

    def show_help(self) -> None:
        """Show the keys."""
        sections = [*key_sections((*MAPPING_COMMANDS, *MOVEMENTS), console_of(self).keys), ("Signs", SIGNS)]
        self.app.push_screen(TableDialog("Help: accounts from directories", sections, large=True))

    def told(self, done: Done, undone: str = "") -> None:
        """Say what came of a deed. Of those that could not be mapped the first are named, they may be thousands."""
        self.show_trouble()
        self.show_keys()
        if done.failures:
            lines = messages.failure_lines(done)
            more = [f"and {len(lines) - messages.MOST_NAMED:,} more"] if len(lines) > messages.MOST_NAMED else []
            hint = "Mend them in the directory or here, then map once more."
            self.tell_news("Not everybody was mapped", [*lines[: messages.MOST_NAMED], *more], hint)
        self.tell(messages.done_words(done, undone))

    # Asking the directory

    def _with_secret(self, directory: Directory, go_on: Callable[[Secret | None], None]) -> None:
        """Go on with the password: none where nobody binds, that of the environment, or one that is asked for."""
        if not directory.bind_as:
            go_on(None)
            return
        secret = secret_from(None, DIRECTORY_PASSWORD, str)  # an empty one, if the environment has none
        if secret:
            go_on(secret)
            return

        def typed(secret: Secret | None) -> None:
            if secret is not None:
                go_on(secret)

        insecure = INSECURE if directory.insecure else ""
        self.app.push_screen(PasswordDialog(directory.bind_as, directory.url, insecure), typed)

    def _ask(self, text: str, act: Callable[[Progress[int]], Result], done: Callable[[Result], None]) -> None:
        """Ask a directory beside the screen."""

        def answered(then: Callable[[], None] | None) -> None:
            if then is not None:
                self.tell("")
                then()
            else:
                self.tell("Left off: nothing was taken.")

        self.app.push_screen(ReadingDialog(text, act, done, self.tell_problem, users_read), answered)

    def _tell_answer(self, directory: Directory, answer: ConnectionTest) -> None:
        """What a directory said of itself."""
        certificate = answer.certificate
        more = "more than " if answer.more_users else ""
        rows = [
            ("Answers", safe_text(directory.url)),
            ("Server", safe_text(answer.server) or "does not say what it is"),
            ("Connection", connection_words(certificate is not None, answer.verified_by)),
            ("Certificate", certificate.fingerprint if certificate else "none"),
        ]
        if certificate is not None and certificate.names:
            rows.append(("Issued to", safe_text(", ".join(certificate.names))))
        if certificate is not None and certificate.expires is not None:
            rows.append(("Expires", full_moment(certificate.expires)))
        rows.append(("Users", f"{more}{words.count(answer.users, 'user')} below {safe_text(directory.base)}"))
        dialog = TableDialog("The directory answers", [("", rows)])
        dialog.set_class(answer.verified_by == "unchecked", "-alarm")
        self.app.push_screen(dialog)

    def _tell_unnamed(self, here: MappedDomain) -> None:
        name = safe_text(here.domain.name)
        key = self.key_of("map-settings")
        hint = "The store was opened to be read only." if self.is_read_only else f"Press {key} to say which it is."
        self.app.push_screen(
            NewsDialog("No directory", [f"Nobody said yet which directory {name} is mapped from."], hint)
        )

    # The way to a preview and back

    def compare(self, domain: str, directory: Directory, listing: DirectoryListing) -> None:
        """Compare what the directory lists with the accounts, and show what that comes to."""
        self.workspace.feed.poll()

        def plan() -> MapPlan:
            return plan_mapping(
                named_domain(self.session.state, domain), listing, self.session.state, self.session.seats.if_changed
            )

        def show(plan: MapPlan) -> None:
            preview = PreviewScreen(self.workspace, directory, listing, plan)
            self.app.push_screen(preview, lambda _: self._came_back(preview.done))

        if len(listing.users) + self.session.seats.report().created > MANY:
            users = words.count(len(listing.users), "user")
            self._beside(f"Comparing {users} with the accounts ...", plan, show, self.tell_problem)
            return
        try:
            planned = plan()
        except ConsoleError as error:
            self.tell_problem(error)
        else:
            show(planned)

    def _came_back(self, done: Done | None) -> None:
        if done is not None:
            self.told(done)
        else:
            self.tell("Nothing was mapped.")

    # Showing

    @on(DirectoryList.Highlighted)
    def show_settings(self) -> None:
        """Tell the settings of the domain under the cursor."""
        here = self.directories.highlighted
        if here is None:
            self.pane.details, self.pane.border_title = (), ""
            return
        self.pane.border_title = Content(safe_text(here.domain.name, 60))
        if here.domain.directory is not None:
            self.pane.details = tuple(directory_rows(here.domain.directory))
            return
        says = "" if self.is_read_only else f" Press {self.key_of('map-settings')} to say which."
        self.pane.details = (("Directory", f"none.{says}"),)

    def _committed(self, commits: Sequence[Commit]) -> None:
        del commits
        self._show()
        self.show_keys()

    def _show(self) -> None:
        rows = mapped_domains(self.session)
        self.directories.show(rows)
        named = sum(row.domain.directory is not None for row in rows)
        title = f"Domains · {named:,} of {len(rows):,} mapped from a directory"
        self.query_one("#directories-pane").border_title = Content(title)
        self.show_settings()
