"""The dialog for an account whose user leaves: who takes over, when, and the plan that follows from that."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kconsole.core.errors import ConsoleError
from kconsole.core.records import Entry
from kconsole.operations.offboarding import CancelOffboarding, Offboard, OffboardingPlan, ScheduleOffboarding, plan_of
from kconsole.operations.search.lookup import addresses_of
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.messages import error_words, sentence
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.commands.base import voice_of
from kconsole.tui.screens.form import Field, Save, SavingForm, typed_day
from kconsole.tui.screens.question import ConfirmDialog, Question
from kconsole.tui.widgets.inputs import ChoiceLine

Decided = Offboard | ScheduleOffboarding | CancelOffboarding


class OffboardDialog(SavingForm[Decided]):
    """Asks who takes over what, and when; shows the plan as soon as a line is left."""

    BINDINGS: ClassVar[list[BindingType]] = []
    keys = "enter next, then offboard · esc cancel · space another"
    verb = "Offboard"

    def __init__(self, entry: Entry, session: Session, save: Save[Decided]) -> None:
        self._entry, self._session = entry, session
        self._known = session.state.offboardings.get(entry.id)
        self.heading = f"Offboard {safe_address(entry.address)}"
        self._shown: list[str] = []
        """The steps of the plan."""
        super().__init__(save)

    def fields(self) -> Iterable[Field]:
        known = self._known
        if known is not None:
            change, cancel = f"change it: it is on {words.day(known.due)}", "cancel it: the account stays"
            yield Field("planned", "Planned", "change", choices=(("change", change), ("cancel", cancel)))
        to, alias_to = ("", "") if known is None else self._session.state.successors(known)
        yield Field("to", "Mailbox to", to, "no one: it stays where it is")
        yield Field("alias-to", "Address to", alias_to, "no one")
        yield Field("day", "On", "" if known is None else words.day(known.due), "now; or a day, as 2027-01-31")
        yield Field("reason", "Reason", "" if known is None else known.reason)

    def notes(self) -> Iterable[Widget]:
        yield Static(id="plan", classes="dialog-note -first")

    def on_mount(self) -> None:
        self.show_plan()

    @on(Input.Blurred)
    @on(ChoiceLine.Changed)
    def show_plan(self) -> None:
        """Show what would happen with what the lines hold now."""
        if not self._is_whole:
            return
        values = {field.name: self.value_of(field) for field in self._fields}
        plan: OffboardingPlan | None = None
        try:
            plan = None if values.get("planned") == "cancel" else self._plan(values)
        except ConsoleError as error:
            lines = [error_words(error, voice_of(self))]
        else:
            lines = (
                ["The account stays as it is."]
                if plan is None
                else [f"· {sentence(each, voice_of(self))}" for each in plan.steps]
            )
            if plan is not None and values["day"]:
                lines.append("· It waits for 'kconsole due --apply', which judges it again.")
        self.set_class(plan is not None and plan.fate is not None, "-final")
        self._shown = [safe_text(line, None) for line in lines]
        self.query_one("#plan", Static).update(Content("\n".join(self._shown)))

    def _plan(self, values: Mapping[str, str]) -> OffboardingPlan:
        state, authority = self._session.state, self._session.authority
        to, alias_to = addresses_of((values["to"], values["alias-to"]), state)
        return plan_of(self._entry.address, to, alias_to, state, self._session.seats.policy, authority)

    def answer(self, values: Mapping[str, str]) -> Decided:
        address, reason = self._entry.address, values["reason"]
        if values.get("planned") == "cancel":
            return CancelOffboarding(address, reason)
        plan, expected = self._plan(values), (self._entry,)
        if not values["day"]:
            return Offboard(address, plan.to, plan.alias_to, reason, expected)
        return ScheduleOffboarding(address, typed_day(values["day"]), plan.to, plan.alias_to, reason, expected)

    def accept(self, answer: Decided) -> None:
        """Do it; to delete the account now, after a question of its own."""
        if not (isinstance(answer, Offboard) and (answer.to or answer.alias_to)):
            super().accept(answer)
            return
        self.show_plan()  # the line that was typed last may not have been left
        question = Question(f"Delete {safe_address(answer.address)}?", self._shown, "Delete", is_final=True)

        def answered(reason: str | None) -> None:
            if reason is not None:
                super(OffboardDialog, self).accept(answer)

        self.app.push_screen(ConfirmDialog(question), answered)
