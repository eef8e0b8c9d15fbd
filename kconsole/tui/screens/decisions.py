"""Reservations, keeps and protections, and who leaves on a day: to see them, add, end, or move their end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from kconsole.core.decisions import Decision, Keep, Protection, Reservation
from kconsole.core.errors import BadInput, NotPermitted
from kconsole.core.history import Commit
from kconsole.licensing.decisions import protecting
from kconsole.operations.base import Operation
from kconsole.operations.catalog import not_permitted
from kconsole.operations.decisions import (
    CancelReservation,
    EndKeeps,
    ExtendReservation,
    Protect,
    Reserve,
    Unprotect,
)
from kconsole.operations.offboarding import CancelOffboarding
from kconsole.text import words
from kconsole.text.decisions import Decided, all_decided, details_of, end_question
from kconsole.tui.commands import decisions as commands
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.screens.form import Field, Save, SavingForm, typed_day
from kconsole.tui.screens.keep import KeepDialog
from kconsole.tui.screens.store import StoreScreen
from kconsole.tui.widgets.decision_list import DecisionList
from kconsole.tui.widgets.labelled import DetailsPane
from kconsole.tui.workspace import Workspace

TALL: Final = 24
"""Lines from which on the decision under the cursor is explained below."""

MOST_FITTING: Final = 20_000
"""Accounts among which those that a protection fits are counted while the cursor moves."""

_ENDS: Final[Mapping[str, Callable[[Decided, str], Operation]]] = {
    "reservations": lambda each, reason: CancelReservation(each.number, reason),
    "keeps": lambda each, reason: EndKeeps((each.decision.address,), reason),  # type: ignore[union-attr]
    "protections": lambda each, reason: Unprotect(each.decision.pattern, reason),  # type: ignore[union-attr]
    "offboardings": lambda each, reason: CancelOffboarding(each.decision.address, reason),  # type: ignore[union-attr]
}
"""What ends a decision, by its table."""

_MOVES: Final = {"reservations": ExtendReservation.name, "keeps": "keep"}
"""What moves the end of one."""


class DecisionsScreen(StoreScreen):
    """What people decided about seats and accounts."""

    commands = commands.DECISION_COMMANDS
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012  # Textual's own declaration
    CSS_PATH = "../css/mapping.tcss"
    AUTO_FOCUS = "#decisions"
    on_key_line = (
        "decision-add", "decision-until", "decision-end", "decision-protect", "decision-undo", "decision-details",
        "decision-back", "help",
    )  # fmt: skip

    heading = "reservations, keeps and protections"
    help_title = "Help: reservations, keeps and protections"
    topic = "reservations"

    list = getters.query_one(DecisionList)
    pane = getters.query_one(DetailsPane)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        workspace.feed.poll()  # so that it begins with how things are now

    def content(self) -> Iterable[Widget]:
        with Vertical(id="directories-pane"):
            yield DecisionList()
        yield DetailsPane()

    def on_mount(self) -> None:
        self.watch(self.list, "cursor", self.show_highlighted, init=False)
        self._show()

    # Commands

    def forbids(self, command: AnyCommand) -> NotPermitted | None:
        here = self.list.highlighted if self.is_mounted else None
        if here is None or command not in (commands.MoveEnd, commands.End):
            return super().forbids(command)
        name = _MOVES.get(here.table, "") if command is commands.MoveEnd else _ENDS[here.table](here, "").name
        return not_permitted(name, self.session.authority) if name else None

    def is_of_use(self, command: AnyCommand) -> bool:
        here = self.list.highlighted
        if command is commands.UndoDecision:
            return self.workspace.last_change is not None
        if command is commands.MoveEnd:
            return here is not None and here.table in _MOVES
        if command in (commands.End, commands.WholeDecision):
            return here is not None
        return super().is_of_use(command)

    def action_add(self) -> None:
        self.app.push_screen(ReserveDialog(self.save))

    def action_protect(self) -> None:
        self.app.push_screen(ProtectDialog(self.save))

    def action_until(self) -> None:
        here = self.list.highlighted
        if here is not None and isinstance(here.decision, Reservation):
            self.app.push_screen(ExtendDialog(here, here.decision, self.save))
        elif here is not None and isinstance(here.decision, Keep):
            entry = self.session.state.live_entry(here.decision.entry)
            if entry is not None:
                self.app.push_screen(KeepDialog((entry,), self.session, self.save))
        else:
            self.tell("It has no end that can be moved." if here is not None else "There is nothing here.")

    def action_end(self) -> None:
        from kconsole.tui.screens.question import Question

        here = self.list.highlighted
        if here is None:
            self.tell("There is nothing here.")
            return

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.change(_ENDS[here.table](here, reason))

        title, verb = end_question(here)
        lines = [text for label, text in self._details(here) if label in ("Decision", "When", "Fits", "Reason")]
        self.ask(Question(title, lines, verb), answered)

    def action_details(self) -> None:
        from kconsole.tui.screens.dialog import TableDialog

        if (here := self.list.highlighted) is not None:
            self.app.push_screen(TableDialog("Decision", [("", list(self._details(here)))]))

    # Showing

    def committed(self, commits: Sequence[Commit]) -> None:
        del commits
        self._show()

    def grow_older(self, now: datetime) -> None:
        del now
        self._show()

    def show_highlighted(self) -> None:
        here = self.list.highlighted
        self.set_class(here is None, "-empty")
        self.pane.border_title = Content("" if here is None else here.name)
        self.pane.show_details([] if here is None else list(self._details(here)))
        self.show_keys()

    def _details(self, here: Decided) -> Iterable[tuple[str, str]]:
        fits = None
        entries = self.session.state.live_entries()
        if isinstance(here.decision, Protection) and len(entries) <= MOST_FITTING:
            found, policy = protecting((here.decision,)), self.session.seats.policy
            fits = sum(policy.is_account(entry) and any(found(entry)) for entry in entries)
        return details_of(here, self.session.clock.now(), fits)

    def _show(self) -> None:
        state, now = self.session.state, self.session.clock.now()
        tables: dict[str, Mapping[int, Decision]] = {
            "reservations": state.reservations,
            "keeps": state.keeps,
            "protections": state.protections,
            "offboardings": state.offboardings,
        }
        rows = all_decided(tables, now)
        key = self.key_to("decision-add")
        press = f" Press {key} to reserve seats." if key else ""
        self.list.empty_text = f"No seat is reserved, and no account is kept or protected.{press}"
        self.list.now = now
        self.list.show_rows(rows)
        parts = ["Decisions"]
        parts += [words.count(number, noun) for table, noun in _NOUNS if (number := len(tables[table]))]
        if (report := self.session.seats.report()).reserved and report.available is not None:
            parts.append(f"{report.available:,} available")
        self.query_one("#directories-pane").border_title = Content(" · ".join(parts))
        self.show_highlighted()


_NOUNS: Final = (
    ("reservations", "reservation"),
    ("keeps", "keep"),
    ("protections", "protection"),
    ("offboardings", "leaver"),
)


class ReserveDialog(SavingForm[Reserve]):
    """Asks who seats are reserved for, and when."""

    heading = "Reserve seats"
    note = "Until they are used, or the day comes, no one else gets them. An address uses its seat by itself."

    def fields(self) -> Iterable[Field]:
        yield Field("subject", "For", "", "Anna Novak; or an address")
        yield Field("domain", "Domain", "", "any")
        yield Field("count", "Seats", "1")
        yield Field("start", "From", "", "now; or a day, as 2027-01-08")
        yield Field("until", "Until", "", "2027-02-01")
        yield Field("reason", "Reason", "", "starts in January")

    def answer(self, values: Mapping[str, str]) -> Reserve:
        count = values["count"]
        if not (count.isascii() and count.isdigit() and len(count) < 6):
            raise BadInput("not-a-reservation-to-make", "for-what-and-how-many", most=10_000)
        start = typed_day(values["start"]) if values["start"] else None
        until = typed_day(values["until"])
        return Reserve(values["subject"], until, start, values["domain"], int(count), values["reason"])


class ExtendDialog(SavingForm[ExtendReservation]):
    """Asks until when a reservation holds."""

    keys = "enter save · esc cancel"

    def __init__(self, decided: Decided, reservation: Reservation, save: Save[ExtendReservation]) -> None:
        self._number, self._until = decided.number, reservation.until
        self.heading = f"r{decided.number} for {decided.name}"
        super().__init__(save)

    def fields(self) -> Iterable[Field]:
        yield Field("until", "Until", words.day(self._until), "2027-02-01")

    def answer(self, values: Mapping[str, str]) -> ExtendReservation:
        return ExtendReservation(self._number, typed_day(values["until"]))


class ProtectDialog(SavingForm[Protect]):
    """Asks for a pattern of accounts, and why they are protected."""

    heading = "Protect accounts"
    note = "No policy ever touches an account that fits. An address, or a login; * stands for anything."

    def fields(self) -> Iterable[Field]:
        yield Field("pattern", "Pattern", "", "svc-*, or *@north.example")
        yield Field("reason", "Reason", "", "send mail, and never log in")

    def answer(self, values: Mapping[str, str]) -> Protect:
        return Protect(values["pattern"], values["reason"])
