"""The License screen: the state of the license, what ends when, which accounts use what, and what can be changed."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from textual import getters
from textual.containers import Vertical
from textual.widget import Widget

from kconsole.core.errors import ConsoleError, EncodingUnconfirmed
from kconsole.core.history import Commit
from kconsole.core.license import ComponentName, License
from kconsole.licensing import guards
from kconsole.licensing.components import ComponentUse, use_of
from kconsole.licensing.guards import LicensePlan, plan_license
from kconsole.licensing.lifecycle import arrived, trial_end
from kconsole.operations import license as operations
from kconsole.operations import license_files
from kconsole.operations.base import Operation
from kconsole.operations.catalog import not_permitted
from kconsole.operations.confinement import shown_path
from kconsole.text import ages
from kconsole.text import screen as texts
from kconsole.text.details import Detail
from kconsole.text.licenses import Row, Section, bought_words, change_rows, license_sections, plan_lines
from kconsole.text.messages import error_words, sentences, words_of
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.license import LICENSE_COMMANDS, LicenseUndo, Price, Register, Trial
from kconsole.tui.screens import license_forms as forms
from kconsole.tui.screens.encoding import EncodingDialog
from kconsole.tui.screens.question import Question
from kconsole.tui.screens.store import StoreScreen
from kconsole.tui.widgets.license_sheet import LicenseHead, LicenseSheet
from kconsole.tui.workspace import Workspace

MANY: Final = 10_000
"""Entries up to which the accounts that use components are found at once, which takes some 25 ms."""

MOST_BEYOND: Final = 4
"""How many accounts beyond a component's seats are named here; its dialog names all."""

CHANGED_MEANWHILE: Final = "Another process changed the license meanwhile: this is its current state."
MORE_IN_USE: Final = "More seats are in use now. These are the current figures."


class LicenseScreen(StoreScreen):
    """Shows the license and changes it."""

    commands = LICENSE_COMMANDS
    CSS_PATH = "../css/license.tcss"
    AUTO_FOCUS = "#license"
    on_key_line = (
        "license-arrived", "license-called-off", "license-register", "license-activate",
        "license-install", "license-buy", "license-components", "license-terms", "license-undo", "help", "license-back",
    )  # fmt: skip

    heading = "the license"
    help_title = "Help: the license"
    topic = "license"
    signs = (
        ("✓", "all is well"),
        ("▸", "there is something to do"),
        ("!", "it has ended or ends soon, is overdue, or is used beyond its seats"),
    )

    head = getters.query_one(LicenseHead)
    sheet = getters.query_one(LicenseSheet)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        workspace.feed.poll()  # begin with the current state
        self._status = self.session.license_status
        self._use: list[ComponentUse] | None = None
        """Which accounts use the components; None until that is known."""
        self._path = ""
        """The license file that was named last."""

    def content(self) -> Iterable[Widget]:
        with Vertical(id="license-head"):
            yield LicenseHead()
        with Vertical(id="license-pane"):
            yield LicenseSheet()

    def on_mount(self) -> None:
        self.query_one("#license-head").border_title = "License"
        self.query_one("#license-pane").border_title = "Seats, days, components, customer"
        self.show_trouble()
        self._count()
        self._show()

    async def run_command(self, command: AnyCommand) -> None:
        is_refused = (command.changes and self.is_read_only) or self.forbids(command) is not None
        if not is_refused and (why := self.why_not(command.name)):
            self.tell(why)
        else:
            await super().run_command(command)

    def is_of_use(self, command: AnyCommand) -> bool:
        is_undo_of_nothing = command is LicenseUndo and not self.workspace.can_undo
        is_registered = command is Register and self.session.state.license.registered_at is not None
        return not (is_undo_of_nothing or is_registered or self.why_not(command.name))

    def action_trial(self) -> None:
        last = trial_end(self.session.clock.now().date(), self.session.seats.policy)
        self.confirm(
            "Begin the trial?",
            [f"It begins today, and its last day is {last.isoformat()}."],
            "Begin",
            [
                "kconsole records it; the server runs as a trial by itself.",
                "If the server has a license, register that here, or install its file.",
            ],
            lambda: self.change(operations.BeginTrial()),
        )

    def action_register(self) -> None:
        self.app.push_screen(forms.RegisterForm(self.session.state.license, self.save))

    def action_activate(self) -> None:
        customer = self.session.state.license.customer
        whose = [] if customer is None else [f"It is registered to {safe_text(customer.organization, 60)}."]
        self.confirm(
            "Activate the license on this installation?",
            whose,
            "Activate",
            ["kconsole records it; the server itself activates it with the vendor."],
            lambda: self.change(operations.ActivateLicense()),
        )

    def action_buy(self) -> None:
        self.app.push_screen(forms.BuyForm(self.session.state.license, self.save))

    def action_arrived(self) -> None:
        license_ = self.session.state.license
        if license_.update is not None:
            question = Question(f"{bought_words(license_.update)}: arrived?", [], "It arrived")
            rows = change_rows(license_, arrived(license_))
            self._ask(question, rows, False, lambda: self.change(operations.ReceiveUpdate()))

    def action_called_off(self) -> None:
        update = self.session.state.license.update
        if update is not None:
            self.confirm(
                "Cancel the purchase?",
                [f"{bought_words(update)}, bought {ages.age(update.bought_at, self.session.clock.now())}"],
                "Yes, cancel it",
                ["The license stays as it is."],
                lambda: self.change(operations.CancelUpdate()),
            )

    def action_components(self) -> None:
        state = self.session.state
        use = self._use_of(state.license)() if self._use is None else self._use

        def chosen(name: ComponentName | None) -> None:
            if name is not None:
                self.app.push_screen(forms.ComponentForm(name, state.license, self.save))

        (components,) = (section for section in self._sections(use) if section.code == "components")
        self.app.push_screen(forms.ComponentsDialog(components.rows, use, self._why_unchanged()), chosen)

    def _why_unchanged(self) -> str:
        """Why no component can be changed; empty if one can."""
        forbidden = not_permitted(operations.ChangeComponent.name, self.session.authority)
        if self.is_read_only or forbidden is None:
            return texts.READ_ONLY if self.is_read_only else ""
        return safe_text(error_words(forbidden, self.voice))

    def action_terms(self) -> None:
        form = forms.TermsForm(self.session.state.license)
        self.app.push_screen(form, lambda terms: None if terms is None else self._ask_terms(terms))

    def action_price(self) -> None:
        self.app.push_screen(forms.PriceForm(self.session.state.license, self.save))

    def action_renewal(self) -> None:
        """Show the next renewal. The log is read for it, in a thread."""
        from kconsole.operations.reclaim.judging import judge
        from kconsole.operations.reclaim.policies import IDLE, policy_named
        from kconsole.operations.renewal import license_renewal
        from kconsole.text.renewal import renewal_lines

        session = self.session

        def read() -> list[str]:
            judged = judge(session, policy_named(session.state, IDLE.name), by_role=False)
            return renewal_lines(license_renewal(session, judged))

        def show(lines: list[str]) -> None:
            self.tell_news("The next renewal", lines, alarm=False)

        self.work("Reading the log ...", read, show, self.tell_problem)

    def action_install(self) -> None:
        def answered(path: Path | None) -> None:
            if path is not None:
                self._path = shown_path(path)
                self._read(path)

        self.app.push_screen(forms.FileForm(self._path), answered)

    def _read(self, path: Path, encoding: str | None = None) -> None:
        """Read a license file, and ask about it; first about its encoding, if that is not known."""
        name = safe_text(path.name, 40)

        def failed(error: ConsoleError) -> None:
            if isinstance(error, EncodingUnconfirmed):
                self.app.push_screen(EncodingDialog(error), chosen)
            else:
                self.tell_problem(error)

        def chosen(encoding: str | None) -> None:
            if encoding is not None:
                self._read(path, encoding)

        read = partial(forms.read_regular, path, encoding)
        self.work(f"Reading {name} ...", read, lambda file: self._ask_file(file, name), failed)

    def _ask_terms(self, terms: operations.Terms, news: Sequence[str] = ()) -> None:
        plan = self._plan(terms.on(self.session.state.license))
        question = Question("Change the license?", [], "Change", news=news)
        operation = operations.ChangeTerms(terms, plan.needs_consent)
        self._ask_plan(plan, question, operation, partial(self._ask_terms, terms))

    def _ask_file(self, file: license_files.LicenseFile, name: str, news: Sequence[str] = ()) -> None:
        license_, now = self.session.state.license, self.session.clock.now()
        decision = guards.may_install(license_, file.is_trial)
        if not decision.allowed:
            self.refuse(operations.InstallLicense.name, decision, news=news)
            return
        plan = self._plan(license_files.installed(license_, file, now))
        notes = [safe_text(words_of(note, self.voice)) for note in license_files.file_notes(license_, file, now)]
        if not plan.changes:
            self.tell_news("Nothing would change", [f"The license matches {name} already.", *notes], "")
            return
        question = Question(f"Install {name}?", [], "Install", notes, news)
        operation = operations.InstallLicense(file, plan.needs_consent)
        self._ask_plan(plan, question, operation, partial(self._ask_file, file, name))

    def _plan(self, after: License) -> LicensePlan:
        state, now = self.session.state, self.session.clock.now()
        return plan_license(state.license, after, self.session.seats, state.live_entries(), now)

    def _ask_plan(
        self, plan: LicensePlan, question: Question, operation: Operation, again: Callable[[Sequence[str]], None]
    ) -> None:
        """Ask whether to change the license; again if, before the answer, it changed or would be exceeded further."""

        def confirmed() -> None:
            self.workspace.feed.poll()
            if self.session.state.license != plan.before:
                again([CHANGED_MEANWHILE])
            elif self.session.seats.if_licensed(plan.after).over > plan.planned.over:
                again([MORE_IN_USE])
            else:
                self.change(operation)

        meaning = [f"! {text}" if severity else text for text, severity in plan_lines(plan)]
        verb = f"{question.verb}, over the limit" if plan.needs_consent else question.verb
        question = question._replace(verb=verb, news=[*question.news, *meaning])
        self._ask(question, change_rows(plan.before, plan.after), plan.needs_consent, confirmed)

    def _ask(self, question: Question, rows: Sequence[Detail], is_over: bool, then: Callable[[], None]) -> None:
        self.app.push_screen(
            forms.ChangeDialog(question, rows, is_over), lambda reason: None if reason is None else then()
        )

    def grow_older(self, now: datetime) -> None:
        del now  # a day may have ended, or a purchase may have become overdue
        if self.session.license_status != self._status:
            self._show()

    def committed(self, commits: Sequence[Commit]) -> None:
        tables = {change.table for commit in commits for change in commit.changes}
        if tables & {"entries", "license"}:
            self._count()
        self._show()

    def _count(self) -> None:
        """Find which accounts use the components; in a thread if there are many."""
        count_all = self._use_of(self.session.state.license)
        if self.session.seats.report().created <= MANY:
            self._use = count_all()
            return

        async def count() -> None:
            self._use = await asyncio.to_thread(count_all)
            self._show()

        self.run_worker(count, group="counting", exclusive=True)  # type: ignore[arg-type]  # mypy infers no result

    def _use_of(self, license_: License) -> Callable[[], list[ComponentUse]]:
        """What counts the accounts of the whole license that use components; it names those that may be seen."""
        session = self.session
        entries = session.store.state.live_entries() if license_.components else []
        return partial(use_of, license_, entries, session.seats.policy, session.authority.sees)

    def _show(self) -> None:
        status = self._status = self.session.license_status
        self.head.show(status, self.session.seats.report())
        self.sheet.show(self._sections(self._use))
        self.show_keys()

    def _sections(self, use: Sequence[ComponentUse] | None) -> list[Section]:
        """Everything except what the head shows, the most important first."""
        license_, report = self.session.state.license, self.session.seats.report()
        state, *others = license_sections(license_, self._status, report, use or (), MOST_BEYOND)
        rows = [row for row in state.rows if row.code not in ("state", "next")]
        rows.sort(key=lambda row: row.code != "seats")
        sections = [Section("state", rows), *sorted(others, key=lambda section: section.code != "update")]
        if use is None:
            counting = Section("components", [Row("counting", "", "counting the accounts that use them ...")])
            sections = [counting if section.code == "components" else section for section in sections]
        if self._status.state != "activated" and (steps := list(self._steps())):
            sections.append(Section("steps", steps))
        return sections

    def _steps(self) -> Iterator[Row]:
        for command in self.offered():
            if command.changes and command not in (LicenseUndo, Trial, Price) and self.is_of_use(command):
                yield Row(command.name, self.key_of(command.name), command.help_text())

    def why_not(self, command: str) -> str:
        """Why the command with this name makes no sense in this state; empty if it does. Safe to show."""
        license_, step = self.session.state.license, self.workspace.last_change
        if command == "license-undo" and step is not None:
            is_on_license = any(change.table == "license" for change in step.commit.changes)
            return "" if is_on_license else f"The last change was '{step.what}', on accounts: undo it in their list."
        decision = {
            "license-trial": guards.may_begin_trial(license_),
            "license-activate": guards.may_activate(license_, self._status),
            "license-buy": guards.may_buy(license_),
            "license-arrived": guards.may_finish_purchase(license_),
            "license-called-off": guards.may_finish_purchase(license_),
        }.get(command, guards.ALLOWED)
        if decision.allowed:
            return ""
        text = sentences([decision.message, *decision.hints], self.voice)
        return safe_text(text[0].upper() + text[1:])
