"""The License screen: how the license stands, what ends when, who uses what, and what can be done about it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from kconsole.core.history import Commit
from kconsole.core.license import ComponentName, License
from kconsole.licensing.components import ComponentUse, use_of
from kconsole.licensing.lifecycle import (
    OVERDUE_STEPS,
    LicenseStatus,
    arrived,
    bought_words,
    license_status_of,
    trial_end,
)
from kconsole.operations.base import Operation
from kconsole.operations.license import (
    ActivateLicense,
    BeginTrial,
    CancelUpdate,
    ChangeTerms,
    InstallLicense,
    LicenseFile,
    LicensePlan,
    ReceiveUpdate,
    Terms,
    file_notes,
    installed,
    may_install,
    plan_license,
    read_license,
)
from kconsole.text import ages
from kconsole.text.details import Detail
from kconsole.text.licenses import Section, change_rows, license_sections, refused_words
from kconsole.text.messages import decision_words
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import AnyCommand, bindings_of, console_of
from kconsole.tui.commands.license import LICENSE_COMMANDS, LicenseUndo
from kconsole.tui.commands.movement import MOVEMENTS
from kconsole.tui.screens.console import ConsoleScreen
from kconsole.tui.screens.dialog import Question
from kconsole.tui.screens.license_components import ComponentForm, ComponentsDialog, component_rows
from kconsole.tui.screens.license_forms import (
    BuyForm,
    ChangeDialog,
    FileForm,
    RegisterForm,
    TermsForm,
    check_is_file,
    due_words,
)
from kconsole.tui.widgets.license_sheet import LicenseHead, LicenseSheet
from kconsole.tui.widgets.lines import HeaderLine, KeyLine, StatusLine
from kconsole.tui.widgets.painting import Part
from kconsole.tui.workspace import Workspace

MANY: Final = 10_000
"""Entries from which on who uses the components is found beside the screen: up to there it takes some 25 ms."""

MOST_BEYOND: Final = 4
"""How many accounts beyond a component's seats are named here; its dialog names all."""

COMPONENTS: Final = "Components"
ON_ITS_WAY: Final = "On its way"
"""Headings of `license_sections`."""

CHANGED_MEANWHILE: Final = "The license was changed by somebody else meanwhile: this is how it is now."
MORE_IN_USE: Final = "More seats are in use by now: this is what it means now."


class LicenseScreen(ConsoleScreen):
    """How the license stands."""

    commands: ClassVar[Sequence[AnyCommand]] = LICENSE_COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(LICENSE_COMMANDS)
    CSS_PATH = "../css/license.tcss"
    AUTO_FOCUS = "#license"
    on_key_line = (
        "license-trial", "license-arrived", "license-called-off", "license-register", "license-activate",
        "license-install", "license-buy", "license-components", "license-terms", "license-undo", "help", "license-back",
    )  # fmt: skip

    header = getters.query_one(HeaderLine)
    head = getters.query_one(LicenseHead)
    sheet = getters.query_one(LicenseSheet)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        workspace.feed.poll()  # so that it begins with how things are now
        self._standing = self.session.license_status
        self._use: list[ComponentUse] | None = None
        """Who uses the components; None while that is being found out."""
        self._counting: asyncio.Task[None] | None = None
        self._path = ""
        """The license file that was named last."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield HeaderLine()
        with Vertical(id="license-head"):
            yield LicenseHead()
        with Vertical(id="license-pane"):
            yield LicenseSheet()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the license, and follow it."""
        self.header.left = "the license"
        self.header.warning = "READ ONLY" if self.is_read_only else ""
        self.header.right = safe_text(self.session.store.operator.shown)
        self.query_one("#license-head").border_title = "License"
        self.query_one("#license-pane").border_title = "Seats, days, components, customer"
        self.workspace.feed.follow(self._committed)
        self.show_trouble()
        self._count()
        self._show()

    def on_unmount(self) -> None:
        """Follow it no more."""
        self.workspace.feed.leave(self._committed)

    # What commands ask for

    def begin_trial(self) -> None:
        """Ask, then begin the trial."""
        last = trial_end(self.session.clock.now().date())
        self.confirm(
            "Begin the trial?",
            [f"It begins today, and its last day is {last.isoformat()}."],
            "Begin",
            ["kconsole records it; the server runs as a trial by itself."],
            lambda: self.change(BeginTrial()),
        )

    def register(self) -> None:
        """Ask for the customer's details, and register the license to him."""
        self.app.push_screen(RegisterForm(self.session.state.license, self._do))

    def activate(self) -> None:
        """Ask, then activate the license."""
        customer = self.session.state.license.customer
        whose = [] if customer is None else [f"It is registered to {safe_text(customer.organization, 60)}."]
        self.confirm(
            "Activate the license on this installation?",
            whose,
            "Activate",
            ["kconsole records it; the server itself activates it with the vendor."],
            lambda: self.change(ActivateLicense()),
        )

    def buy(self) -> None:
        """Ask what was bought, and record it."""
        self.app.push_screen(BuyForm(self.session.state.license, self._do))

    def receive_update(self) -> None:
        """Show what arriving changes, then let it."""
        license_ = self.session.state.license
        if license_.update is not None:
            question = Question(f"{bought_words(license_.update)}: arrived?", [], "It arrived")
            rows = change_rows(license_, arrived(license_))
            self._ask(question, rows, False, lambda: self.change(ReceiveUpdate()))

    def cancel_update(self) -> None:
        """Ask, then expect nothing more."""
        update = self.session.state.license.update
        if update is not None:
            self.confirm(
                "Call off what was bought?",
                [f"{bought_words(update)}, bought {ages.age(update.bought_at, self.session.clock.now())}"],
                "Call off",
                ["The license stays as it is."],
                lambda: self.change(CancelUpdate()),
            )

    def open_components(self) -> None:
        """Show the components; then, if one was chosen, ask how it is licensed."""
        use = use_of(self.session.state.license, self.session.state.live_entries()) if self._use is None else self._use

        def chosen(name: ComponentName | None) -> None:
            if name is not None:
                self.app.push_screen(ComponentForm(name, self.session.state.license, self._do))

        told = next(rows for heading, rows in self._sections(use) if heading == COMPONENTS)
        rows = component_rows([(row.label, row.text) for row in told if row.label], use)
        self.app.push_screen(ComponentsDialog(rows, self.is_read_only), chosen)

    def change_terms(self) -> None:
        """Ask what is otherwise, show what that would mean, then change it."""

        def answered(terms: Terms | None) -> None:
            if terms is not None:
                self._ask_terms(terms)

        self.app.push_screen(TermsForm(self.session.state.license), answered)

    def install(self) -> None:
        """Ask for a license file, and show what it would change."""

        def answered(path: Path | None) -> None:
            if path is not None:
                self._path = str(path)
                self._beside(f"Reading {safe_text(path.name, 60)} ...", lambda: _read(path), taken, self.tell_problem)

        def taken(file: LicenseFile) -> None:
            self._ask_file(file, safe_text(Path(self._path).name, 40))

        self.app.push_screen(FileForm(self._path), answered)

    def show_help(self) -> None:
        """Show the keys."""
        from kconsole.tui.screens.dialog import TableDialog
        from kconsole.tui.screens.help import LICENSE_SIGNS, key_sections

        sections = [*key_sections((*LICENSE_COMMANDS, *MOVEMENTS), console_of(self).keys), ("Signs", LICENSE_SIGNS)]
        self.app.push_screen(TableDialog("Help: the license", sections, large=True))

    # Doing

    def _do(self, operation: Operation) -> None:
        """Do a deed that a form asks for.

        Raises:
            ConsoleError: it was not done.
        """
        self.told(self.workspace.do(operation))

    def _ask_terms(self, terms: Terms, news: Sequence[str] = ()) -> None:
        before = self.session.state.license
        plan = self._plan(terms.on(before))
        question = Question("Change the license?", [], "Change", news=[*news, *self._meaning(plan)])
        self._ask_plan(
            plan,
            question,
            lambda: self.change(ChangeTerms(terms, plan.needs_consent)),
            lambda news: self._ask_terms(terms, [news]),
        )

    def _ask_file(self, file: LicenseFile, name: str, news: Sequence[str] = ()) -> None:
        license_, now = self.session.state.license, self.session.clock.now()
        decision = may_install(license_, file)
        if not decision.allowed:
            self.tell_refusal(decision, news)
            return
        plan = self._plan(installed(license_, file, now))
        notes = [safe_text(note) for note in file_notes(license_, file, now)]
        if not plan.changes:
            self.tell_news("Nothing would change", [f"The license is as {name} says already.", *notes], "")
            return
        question = Question(f"Install {name}?", [], "Install", notes, [*news, *self._meaning(plan)])
        self._ask_plan(
            plan,
            question,
            lambda: self.change(InstallLicense(file, plan.needs_consent)),
            lambda news: self._ask_file(file, name, [news]),
        )

    def _plan(self, after: License) -> LicensePlan:
        return plan_license(
            self.session.state.license, after, self.session.seats.if_licensed, self.session.state.live_entries()
        )

    def _meaning(self, plan: LicensePlan) -> Iterator[str]:
        """What another license would mean, the worst first."""
        now = self.session.clock.now()
        if plan.decision.over:
            yield f"! {safe_text(decision_words(plan.decision))}."
        if plan.needs_consent and (who := refused_words(plan.access, plan.at_risk)):
            yield f"! {who}."
        was, would_be = license_status_of(plan.before, now), license_status_of(plan.after, now)
        if was.word != would_be.word:
            sign = "! " if would_be.is_expired else ""
            yield f"{sign}The license would be: {would_be.word}. {would_be.allows}"

    def _ask_plan(
        self, plan: LicensePlan, question: Question, then: Callable[[], None], again: Callable[[str], None]
    ) -> None:
        """Ask whether to change the license; anew if it changed, or would be exceeded further, before the answer."""

        def confirmed() -> None:
            self.workspace.feed.poll()
            if self.session.state.license != plan.before:
                again(CHANGED_MEANWHILE)
            elif self.session.seats.if_licensed(plan.after).over > plan.planned.over:
                again(MORE_IN_USE)
            else:
                then()

        if plan.needs_consent:
            question = question._replace(verb=f"{question.verb}, over the limit")
        self._ask(question, change_rows(plan.before, plan.after), plan.needs_consent, confirmed)

    def _ask(self, question: Question, rows: Sequence[Detail], is_alarm: bool, then: Callable[[], None]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.app.push_screen(ChangeDialog(question, rows, is_alarm), answered)

    # Showing

    def grow_older(self, now: datetime) -> None:
        """Show how it stands by now: a day may have ended, or what was bought be overdue."""
        del now
        if self.session.license_status != self._standing:
            self._show()

    def _committed(self, commits: Sequence[Commit]) -> None:
        tables = {change.table for commit in commits for change in commit.changes}
        if tables & {"entries", "license"}:
            self._count()
        self._show()

    def _count(self) -> None:
        """Find out who uses the components; of many entries beside the screen."""
        license_, entries = (
            self.session.state.license,
            self.session.state.live_entries() if self.session.state.license.components else [],
        )
        if len(entries) <= MANY:
            self._use = use_of(license_, entries)
            return

        async def count() -> None:
            use = await asyncio.to_thread(use_of, license_, entries)
            if self.is_attached:
                self._use = use
                self._show()

        if self._counting is not None:
            self._counting.cancel()
        self._counting = asyncio.create_task(count())

    def _show(self) -> None:
        license_status = self._standing = self.session.license_status
        pending = _pending(license_status)
        self.head.show(license_status, self.session.seats.report(), self._next_step(license_status), pending)
        self.sheet.show(self._sections(self._use))
        self.show_keys()

    def _next_step(self, license_status: LicenseStatus) -> str:
        if license_status.update is None or license_status.is_expired:
            return license_status.next_step
        if license_status.update.is_overdue:
            return OVERDUE_STEPS[0]
        return "Wait until what was bought has arrived at the server, and record that here."

    def _sections(self, use: Sequence[ComponentUse] | None) -> list[Section]:
        """Everything but what the head says, what is asked first on top."""
        told = dict(
            license_sections(
                self.session.state.license, self._standing, self.session.seats.report(), use or (), MOST_BEYOND
            )
        )
        if use is None:
            told[COMPONENTS] = [Detail("", "finding out who uses them ...")]
        state = {row.label: row for row in told.pop("")}
        first = [state.pop("Seats"), *(row for label, row in state.items() if label not in ("State", "Next"))]
        sections: list[Section] = [("", first)]
        if ON_ITS_WAY in told:
            sections.append((ON_ITS_WAY, told.pop(ON_ITS_WAY)))
        sections += told.items()
        if self._standing.state != "activated" and (steps := list(self._steps())):
            sections.append(("What you can do", steps))
        return sections

    def _steps(self) -> Iterator[Detail]:
        """The deeds that make sense as it stands, by their keys."""
        for command in self.offered():
            if command.changes and command is not LicenseUndo and command.is_of_use(self):
                yield Detail(self.key_of(command.name), command.help_text())


def _pending(license_status: LicenseStatus) -> Part | None:
    update = license_status.update
    if update is None:
        return None
    text = due_words(update.update, ages.full_moment(update.due_at), update.is_overdue)
    return text, "alarm" if update.is_overdue else "notice"


def _read(path: Path) -> LicenseFile:
    check_is_file(path)
    return read_license(path)
