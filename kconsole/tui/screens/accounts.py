"""What commands do to accounts: to the marked ones, or to the one under the cursor. Each asks first.

Operations and dialogs are imported when a command runs, so that the first screen does not wait for them.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError
from kconsole.core.identity import canonical_address
from kconsole.core.records import Entry
from kconsole.core.reports import Decision
from kconsole.licensing import guards
from kconsole.operations.base import Done
from kconsole.operations.search.queries import AccountQuery
from kconsole.text import questions, words
from kconsole.text import screen as texts
from kconsole.text.gauge import change_words
from kconsole.text.messages import sentence, sentences, whole
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.screens.listing import ListingScreen

if TYPE_CHECKING:
    from kconsole.operations.accounts import AddAccount


SHOWN_DAYS: Final = 90
"""Days of which the gauge shows the use."""


class AccountsScreen(ListingScreen):
    """A screen with a list of accounts that can be changed."""

    def show_result(self, done: Done, undone: str = "") -> None:
        self.accounts.mark(())
        super().show_result(done, undone)

    def show_use(self) -> None:
        """Show the use of the last days in the gauge. The log is read for it beside the screen, once a day."""
        today = self.session.clock.now().date()
        if self.gauge.use_until != today:
            self.gauge.use_until = today
            self.run_worker(self._read_use(today), group="use")

    async def _read_use(self, today: date) -> None:
        used = self.session.seats.report().used
        with suppress(ConsoleError):  # the log says so
            use = await asyncio.to_thread(self.session.history.recent_use, used, today, SHOWN_DAYS)
            if self.app.is_running:  # else its widgets may be gone already
                self.gauge.use = tuple(use)

    # Disable and enable

    def action_disable(self) -> None:
        self._ask_to_switch(self.targets, enable=False)

    def action_enable(self) -> None:
        self._ask_to_switch(self.targets, enable=True)

    def _ask_to_switch(
        self, entries: Sequence[Entry], enable: bool, news: Sequence[str] = (), reason: str = ""
    ) -> None:
        from kconsole.operations.accounts import DisableAccounts, EnableAccounts, are_many, must_type_number
        from kconsole.operations.what_if import if_toggled
        from kconsole.tui.screens.question import Question

        verb, policy = "enable" if enable else "disable", self.session.seats.policy
        entries, behind = self._owner_behind(entries)
        accounts = [entry for entry in entries if policy.is_account(entry) and entry.enabled is not enable]
        if not accounts:
            self.tell_nothing_to_do(self._nothing_to_do(entries, f"{verb}d"), news)
            return
        report = self.session.seats.report()
        if enable:
            needed = guards.new_seats([(account, replace(account, enabled=True)) for account in accounts], policy)
            decision = guards.may_take_seats(
                report, needed, policy, "enable" if len(accounts) == 1 else "enable-several"
            )
            if not decision.allowed:
                self.refuse("enable", decision, accounts, [*news, *texts.named(accounts)])
                return
        after = if_toggled(self.session.seats, accounts)
        switch = EnableAccounts if enable else DisableAccounts

        def answered(reason: str | None) -> None:
            if reason is None:
                return

            def again(news: Sequence[str]) -> None:
                self._ask_to_switch(self._as_now(entries), enable, news, reason)

            self.change(switch(tuple(each.address for each in accounts), reason, tuple(accounts)), again)

        question = Question(
            questions.change_question(verb, accounts),
            texts.named(accounts),
            verb.capitalize(),
            [
                *behind,
                *([] if behind else self._not_listed(accounts)),
                *texts.passed_over_lines(entries, accounts, f"{verb}d"),
                change_words(report, after),
                *(() if enable else (words.BACKUP_NOTE,)),
                *self.where_it_is_done(verb),
            ],
            news,
            len(accounts) if not enable and must_type_number(len(accounts), 0, self._accounts) else 0,
            "accounts",
            recent_reasons=self.session.history.recent_reasons,
            reason=reason,
            is_big=are_many(len(accounts)),
        )
        self.ask(question, answered)

    # Add

    def action_add(self) -> None:
        report, held = self.session.seats.report(), self.session.seats.held()
        if report.free is None:
            unlimited = "their number is not known" if report.hides_limit else "seats are unlimited"
            self._ask_to_add(f"It takes a seat; {unlimited}.")
        elif report.free and report.reserved:
            available = words.count(report.available or 0, "seat")
            self._ask_to_add(f"It takes a seat; {available} available, {report.reserved:,} reserved.")
        elif report.free:
            self._ask_to_add(f"It takes a seat; {words.count(report.free, 'seat')} free.")
        else:
            decision = guards.may_create(report, Entry(address=""), self.session.seats.policy)
            if held:
                self._say_no_seat(decision, texts.added_again_line(held))
            else:
                self.refuse("add", decision, tell=self._say_no_seat)

    def _ask_to_add(self, seats: str) -> None:
        from kconsole.tui.screens.add import AddDialog

        server = self.session.state.server
        where = "" if server is None else safe_text(server.name, 40)
        domain = self.listing.domain or self.session.state.primary_domain
        self.app.push_screen(AddDialog(domain, seats, self.add, where))

    def _say_no_seat(self, decision: Decision, again: str = "") -> None:
        """Say why no account can be added; `again` says which can nevertheless."""
        from kconsole.operations.search.filters import FREES_A_SEAT
        from kconsole.tui.screens.add import NoSeatDialog

        async def answered(key: str | None) -> None:
            if key == "f":
                self.listing = AccountQuery(domain=self.listing.domain)  # those who never logged in, then the oldest
                await self.use_filter(FREES_A_SEAT)
            elif key == "a":
                self._ask_to_add(again)

        lines = [*self.why_refused(decision), *filter(None, [again])]
        hint = safe_text(sentences(decision.hints, self.voice))
        self.app.push_screen(NoSeatDialog(lines, hint, bool(again)), answered)

    def add(self, operation: "AddAccount", added: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Add an account and go to it. `added` is called when the server's answer was lost, too."""

        def done(done: Done) -> None:
            if done.failures:  # the server refused it
                (outcome,) = done.failures
                said = (sentence(outcome.message, self.voice), sentences(outcome.hints, self.voice))
                failed(safe_text(f"{outcome.address}: {' '.join(said)}"))
                return
            added()
            self.show_result(done)
            self.go_to(done.outcomes[0].address)
            if warnings := done.outcomes[0].hints:
                self.tell_news("Added", [safe_text(sentences(warnings, self.voice))])

        def problem(error: ConsoleError) -> None:
            asked = (each for each in self.session.state.pending_changes.values() if each.operation == "add")
            if canonical_address(operation.address) in {
                canonical_address(target.address) for each in asked for target in each.targets
            }:
                added()
                self.tell_problem(error)
            else:
                failed(safe_text(whole(error, self.voice)))

        self.change(operation, done=done, failed=problem)

    # Delete

    def action_delete(self) -> None:
        self._ask_to_delete(self.targets)

    def _ask_to_delete(self, entries: Sequence[Entry], news: Sequence[str] = (), reason: str = "") -> None:
        from kconsole.operations.accounts import DeleteAccounts
        from kconsole.operations.deleting import to_delete
        from kconsole.tui.screens.delete import Choice, DeleteDialog, WhoGoes
        from kconsole.tui.screens.question import Question

        chosen = to_delete(entries, self.session)
        changed, gone = chosen.changed, chosen.gone
        if not changed:
            if chosen.only_there:
                hint = sentences([message("do-it-there-and-sync")], self.voice)
                self.tell_news("Refused", [*news, *texts.accounts_only_lines(chosen.only_there)], hint)
            elif not chosen.decision.allowed:
                self.refuse("delete", chosen.decision, entries, news)
            else:
                self.tell_nothing_to_do(self._nothing_to_do(entries, "disabled" if chosen.off else "deleted"), news)
            return

        def delete(choice: Choice | None) -> None:
            if choice is not None:
                addresses, reason = tuple(entry.address for entry in changed), dialog.given_reason
                operation = DeleteAccounts(addresses, choice.fate, choice.transfer_to, reason, tuple(changed))
                self.change(operation, lambda news: self._ask_to_delete(self._as_now(entries), news, reason))

        verb = "Delete" if gone else "Disable"
        question = Question(
            questions.change_question(verb, changed),
            [
                *(self.where_it_is_done("delete", for_good=bool(gone)) if chosen.on_the_server else ()),
                *texts.pause_lines(changed, chosen.own),
            ],
            verb,
            [
                *self._not_listed(changed),
                *texts.passed_over_lines(entries, changed, "deleted"),
                *texts.accounts_only_note(chosen.only_there),
                *texts.deletion_notes(len(changed) - len(gone), len(changed), chosen.seats),
            ],
            news,
            len(changed) if chosen.must_type_number else 0,
            words.entries_noun(changed),
            bool(gone),
            self.session.history.recent_reasons,
            reason,
        )
        dialog = DeleteDialog(question, chosen.mailboxes, WhoGoes(changed, chosen.own, self.session.clock.now()))
        self.app.push_screen(dialog, delete)

    @property
    def _accounts(self) -> int:
        """How many accounts there are."""
        return sum(map(self.session.seats.policy.is_account, self.session.state.live_entries()))

    # Record what happened elsewhere

    def action_connect(self) -> None:
        from kconsole.operations.accounts import Connect
        from kconsole.operations.explaining import explanation_of

        entry = self.accounts.highlighted
        if entry is None:
            self.tell(texts.nothing_here(entry))
            return
        decision = explanation_of(entry, self.session).access
        if not decision.allowed:
            news = [f"{safe_address(entry.address)} would be refused at login."]
            self.refuse("connect", decision, [entry], news)
            return
        self.confirm(
            "Record a login?",
            texts.named([entry]),
            "Record it",
            [
                "It would be let in now: " + texts.why_let_in(entry, self.session.seats.report()),
                "kconsole does not log in: it records that the user did.",
            ],
            lambda: self.change(Connect(entry.address)),
        )

    def action_restarted(self) -> None:
        from kconsole.operations.server import RecordRestart

        held = self.session.seats.held()
        if not held:
            self.tell(questions.NOTHING_HELD)
            return
        self.confirm(
            questions.WAS_RESTARTED,
            questions.restart_lines(held),
            "It was restarted",
            [questions.ONLY_RECORDED],
            lambda: self.change(RecordRestart()),
        )

    # Tag

    def action_tag(self) -> None:
        from kconsole.tui.screens.tags import TagsDialog

        if entries := self.targets:
            self.app.push_screen(TagsDialog(entries, self.save))
        else:
            self.tell(texts.nothing_here(self.accounts.highlighted))

    def action_keep(self) -> None:
        from kconsole.tui.screens.keep import KeepDialog

        if entries := self.targets:
            self.app.push_screen(KeepDialog(entries, self.session, self.save))
        else:
            self.tell(texts.nothing_here(self.accounts.highlighted))

    def action_offboard(self) -> None:
        from kconsole.tui.screens.offboard import OffboardDialog

        entries = self.targets
        if len(entries) > 1:
            self.tell("One user leaves at a time: unmark the others.")
        elif not entries:
            self.tell(texts.nothing_here(self.accounts.highlighted))
        elif not (decision := guards.may_disable(entries[0], self.session.seats.policy)).allowed:
            self.refuse("offboard", decision, entries)
        else:
            self.app.push_screen(OffboardDialog(entries[0], self.session, self.save))

    # What questions say

    def _as_now(self, entries: Iterable[Entry]) -> list[Entry]:
        return [now for entry in entries if (now := self.session.state.live_entry(entry.id)) is not None]

    def _not_listed(self, chosen: Sequence[Entry]) -> list[str]:
        notes, folded = [], self.accounts.left_folded
        if folded:
            that = f"{words.count(folded, 'account')} that never logged in {words.are(folded)}"
            notes.append(f"{that} folded away and not among them.")
        if away := self.accounts.not_listed(entry.id for entry in chosen):
            which = "It is" if len(chosen) == 1 else f"{away:,} of them {words.are(away)}"
            notes.append(f"{which} not in the list now: {'it was' if away == 1 else 'they were'} marked before.")
        return notes

    def _owner_behind(self, entries: Sequence[Entry]) -> tuple[Sequence[Entry], list[str]]:
        """The account that a single alias delivers to, in its place, and what the question says about that."""
        from kconsole.operations.search.lookup import owner_of

        if len(entries) != 1 or entries[0].kind != "alias":
            return entries, []
        owner = owner_of(entries[0], self.session.state)
        return ([owner], [texts.delivery_line(entries[0])]) if owner is not None else (entries, [])

    def _nothing_to_do(self, entries: Sequence[Entry], state: str) -> str:
        if not entries:
            return texts.nothing_here(self.accounts.highlighted)
        return texts.nothing_to_do_line(entries, state, self.session.seats.policy)
