"""Finds accounts, explains them, and disables, enables, adds or deletes them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace as replaced
from typing import Final, NamedTuple

from msgspec.structs import replace

from kconsole.core.records import Entry, MailboxFate
from kconsole.licensing import guards
from kconsole.operations.accounts import (
    AddAccount,
    DeleteAccounts,
    DisableAccounts,
    EnableAccounts,
    are_many,
    must_type_number,
)
from kconsole.operations.deleting import to_delete
from kconsole.operations.explaining import explanation_of
from kconsole.operations.preferences import Preferences
from kconsole.operations.search.filters import FilterReader
from kconsole.operations.search.lookup import owner_of
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.what_if import if_toggled
from kconsole.plain.changes import Changes, Question
from kconsole.plain.pages import Pages
from kconsole.plain.terminal import Back
from kconsole.text import screen as texts
from kconsole.text import spoken, words
from kconsole.text.details import details_of
from kconsole.text.gauge import change_words
from kconsole.text.messages import parts_of, words_of
from kconsole.text.questions import change_question
from kconsole.text.safe_text import safe_address, safe_text

ORDERS: Final = ("last-login", "name", "address", "domain", "role")
"""What the list can be sorted by here."""


class _Act(NamedTuple):
    title: str
    operation: str
    run: Callable[[Sequence[Entry]], None]


class Accounts:
    """The list of accounts, page by page."""

    def __init__(self, changes: Changes, preferences: Preferences, log_of: Callable[[Entry], None]) -> None:
        self._changes, self._session, self._terminal = changes, changes.session, changes.terminal
        self._preferences = preferences
        self.query = AccountQuery()
        """What is listed: it stays from one visit to the next."""
        self._acts = (
            _Act("Disable", "disable", lambda entries: self._switch(entries, enable=False)),
            _Act("Enable", "enable", lambda entries: self._switch(entries, enable=True)),
            _Act("Delete", "delete", self._delete),
            _Act("Its lines of the activity log", "", lambda entries: log_of(entries[0])),
        )

    def forget(self) -> None:
        """Forget what was asked for, as when the operator sees other domains."""
        self.query = AccountQuery()

    # Choosing

    def find(self) -> None:
        """Ask for a filter, and go through what it lists."""
        if not self._session.state.entries:
            self._changes.say(texts.empty_text(False, "", ()))
            return
        if self.ask_filter():
            self.go_through()

    def ask_filter(self) -> bool:
        """Ask for the filter until one can be read; whether there is one."""
        explained = [f"{term}: {meaning}" for term, meaning in texts.FILTER_HELP]
        while True:
            text = self._terminal.read_text("Filter, or enter for all accounts, ? explains:", explained)
            reader = FilterReader(self._session.clock.now(), self._session.seats.policy, self._preferences.filters)
            asked = reader.read(text)
            if not asked.problems:
                self.query = replaced(self.query, text=text)
                return True
            self._changes.say(f"{words_of(asked.problems[0], self._changes.voice)}.")

    def ask_domain(self) -> None:
        """Ask for the domain whose accounts are listed."""
        domains = self._session.seats.report().domains
        help_lines = ["A number chooses a domain, 0 all domains."]

        def chosen(numbers: Sequence[int]) -> None:
            self.query = replaced(self.query, domain=domains[numbers[0] - 1].name)
            raise Back

        def letter(answer: str) -> bool:
            if answer == "0":
                self.query = replaced(self.query, domain="")
                raise Back
            return False

        lines = [
            f"Domain {number} of {len(domains)}: {spoken.domain_line(each)}." for number, each in enumerate(domains, 1)
        ]
        pages = Pages(self._terminal, "Domains", len(lines), lambda first, last: lines[first:last])
        pages.run("A number, or 0 for all domains:", help_lines, chosen, letter, one=True)
        self._changes.say(f"Domain: {safe_address(self.query.domain) or 'all'}.")

    def _ask_order(self) -> None:
        titles = [words.ORDER_WORDS[name][0] for name in ORDERS]
        self._changes.say(*(f"{number}: by {title}" for number, title in enumerate(titles, 1)), "r: reverse the order")
        answer = self._terminal.choose("Sort:", ["A number sorts by that, r reverses the order."])
        if answer == "r":
            self.query = replaced(self.query, reverse=not self.query.reverse)
        elif answer.isdecimal() and 1 <= int(answer) <= len(ORDERS):
            self.query = replaced(self.query, sort=ORDERS[int(answer) - 1], reverse=False)
        else:
            self._changes.say("The order stays as it is.")

    def go_through(self) -> None:
        """Go through the list: pages of accounts, one or several to change."""
        while self._go_through():
            pass

    def listed(self) -> list[Entry]:
        """The accounts that the query selects now."""
        return self._session.account_index.select(self.query, self._session.clock.now(), self._preferences.filters)

    def _go_through(self) -> bool:
        """Go through the list as it is now; whether it is to be made again."""
        entries, is_again = self.listed(), False
        if not entries:
            self._changes.say(spoken.nothing_listed(self.query.text, self.query.domain))
        total = len(entries)

        def lines(first: int, last: int) -> Iterable[str]:
            now, policy = self._session.clock.now(), self._session.seats.policy
            for number, entry in enumerate(entries[first:last], first + 1):
                current = self._session.state.entries.get(entry.id, entry)
                yield f"Account {number:,} of {total:,}: {spoken.account_line(current, policy, now)}."

        def chosen(numbers: Sequence[int]) -> None:
            some = [now for number in numbers if (now := self._now(entries[number - 1])) is not None]
            if not some:
                self._changes.say("It is gone: another process deleted it.")
            elif len(some) == 1:
                self._one(some[0])
            else:
                self._several(some)

        def letter(answer: str) -> bool:
            nonlocal is_again
            ask = {"f": self.ask_filter, "d": self.ask_domain, "s": self._ask_order}.get(answer)
            if ask is None:
                return False
            with suppress(Back):
                ask()
            is_again = True
            raise Back

        by, *ways = words.ORDER_WORDS[self.query.sort]
        what = f"Accounts of {safe_address(self.query.domain)}" if self.query.domain else "Accounts"
        pages = Pages(self._terminal, what, total, lines, f"by {by}, {ways[self.query.reverse]}")
        pages.run("Numbers, n, f, d, s, b or ?:", LIST_HELP, chosen, letter)
        return is_again

    def _now(self, entry: Entry) -> Entry | None:
        return self._session.state.entries.get(entry.id)

    def _one(self, entry: Entry) -> None:
        """Explain an account, and ask what to do with it."""
        self._changes.say_details(details_of(explanation_of(entry, self._session)))
        self._ask_what([entry], self._acts[-1:] if entry.deleted_at else self._acts)

    def _several(self, entries: Sequence[Entry]) -> None:
        self._changes.say(f"{words.count_entries(entries)}:", *texts.named(entries))
        self._ask_what([each for each in entries if each.deleted_at is None], self._acts[:-1])

    def _ask_what(self, entries: Sequence[Entry], acts: Iterable[_Act]) -> None:
        """Ask what to do with accounts, once: then the list goes on. What is not offered keeps its number."""
        offered = {
            str(number): each
            for number, each in enumerate(self._acts, 1)
            if each in acts and not (each.operation and self._changes.refusal_of(each.operation))
        }
        self._changes.say(*(f"{number}: {each.title}" for number, each in offered.items()))
        help_lines = ["A number does that; a change is asked about first. Enter or b goes back to the list."]
        while answer := self._terminal.choose("What to do:", help_lines):
            if answer in offered:
                offered[answer].run(entries)
                return
            self._changes.say("Type one of the numbers above, or enter for none.")

    # Changing

    @property
    def _accounts(self) -> int:
        return sum(map(self._session.seats.policy.is_account, self._session.state.live_entries()))

    def _as_now(self, entries: Iterable[Entry]) -> list[Entry]:
        return [now for entry in entries if (now := self._session.state.live_entry(entry.id)) is not None]

    def _switch(self, entries: Sequence[Entry], enable: bool) -> None:
        verb, session = "enable" if enable else "disable", self._session
        if not self._changes.check_runs(verb):
            return
        policy, behind = session.seats.policy, list[str]()
        if len(entries) == 1 and entries[0].kind == "alias" and (owner := owner_of(entries[0], session.state)):
            behind, entries = [texts.delivery_line(entries[0])], [owner]
        accounts = [entry for entry in entries if policy.is_account(entry) and entry.enabled is not enable]
        if not accounts:
            self._changes.say(spoken.nothing_chosen(entries, f"{verb}d", policy))
            return
        if enable:
            needed = guards.new_seats([(account, replace(account, enabled=True)) for account in accounts], policy)
            report, is_one = session.seats.report(), len(accounts) == 1
            decision = guards.may_take_seats(report, needed, policy, "enable" if is_one else "enable-several")
            if not decision.allowed:
                self._changes.refuse("enable", decision, accounts[0].address if is_one else "")
                return
        after = if_toggled(session.seats, accounts)
        notes = [
            *behind,
            *texts.passed_over_lines(entries, accounts, f"{verb}d", ""),
            change_words(session.seats.report(), after),
            *(() if enable else (words.BACKUP_NOTE,)),
            *self._changes.where_it_is_done(verb),
        ]
        number = len(accounts) if not enable and must_type_number(len(accounts), 0, self._accounts) else 0
        text = change_question(verb, accounts)
        reason = self._changes.confirm(
            Question(text, texts.named(accounts), verb, notes, number, is_big=are_many(len(accounts)))
        )
        if reason is not None:
            switch = EnableAccounts if enable else DisableAccounts
            operation = switch(tuple(each.address for each in accounts), reason, tuple(accounts))
            self._changes.change(operation, lambda: self._switch(self._as_now(entries), enable))

    def _delete(self, entries: Sequence[Entry]) -> None:
        session = self._session
        if not self._changes.check_runs("delete"):
            return
        chosen = to_delete(entries, session)
        if not chosen.changed:
            if chosen.only_there:
                self._changes.say(*texts.accounts_only_lines(chosen.only_there))
            elif not chosen.decision.allowed:
                self._changes.refuse("delete", chosen.decision, entries[0].address)
            else:
                done = "disabled" if chosen.off else "deleted"
                self._changes.say(spoken.nothing_chosen(entries, done, session.seats.policy))
            return
        changed, gone = chosen.changed, chosen.gone
        fate, target = self._ask_fate(chosen.mailboxes)
        verb = "delete" if gone else "disable"
        notes = [
            *texts.pause_lines(changed, chosen.own),
            *texts.passed_over_lines(entries, changed, "deleted", ""),
            *texts.accounts_only_note(chosen.only_there),
            *texts.deletion_notes(len(changed) - len(gone), len(changed), chosen.seats),
            *(self._changes.where_it_is_done("delete", for_good=bool(gone)) if chosen.on_the_server else ()),
        ]
        text = change_question(verb, changed)
        number, what = len(changed) if chosen.must_type_number else 0, words.entries_noun(changed)
        reason = self._changes.confirm(Question(text, texts.named(changed), verb, notes, number, what, True))
        if reason is not None:
            addresses = tuple(entry.address for entry in changed)
            operation = DeleteAccounts(addresses, fate, target, reason, tuple(changed))
            self._changes.change(operation, lambda: self._delete(self._as_now(entries)))

    def _ask_fate(self, mailboxes: int) -> tuple[MailboxFate, str]:
        """What happens to the mailboxes, and which account takes them over."""
        if not mailboxes:
            return "keep", ""
        self._changes.say(f"{words.count(mailboxes, 'mailbox', 'mailboxes')}:")
        self._changes.say(*(f"{number}: {meaning}" for number, (_, _, meaning, *_) in enumerate(texts.FATES, 1)))
        while True:
            answer = self._terminal.choose("What happens to it, 1 to 3:", ["A number chooses; b cancels the deletion."])
            if answer.isdecimal() and 1 <= int(answer) <= len(texts.FATES):
                fate, _, _, one, several = texts.FATES[int(answer) - 1]
                self._changes.say(one if mailboxes == 1 else several)
                target = self._terminal.read_text("The account that takes it:") if fate == "transfer" else ""
                if fate != "transfer" or target:
                    return fate, target
            else:
                self._changes.say("Type 1, 2 or 3; b cancels the deletion.")

    # Adding

    def add(self) -> None:
        """Ask for a new account, and add it."""
        session = self._session
        report = session.seats.report()
        if report.free == 0:
            decision = guards.may_create(report, Entry(address=""), session.seats.policy)
            if not (held := session.seats.held()):
                self._changes.refuse("add", decision)
                return
            self._changes.say(*(f"{part}." for part in parts_of(decision.message, self._changes.voice)))
            self._changes.say(texts.added_again_line(held))
        domain = self.query.domain or session.state.primary_domain
        login = self._terminal.read_text(
            f"Login or address, in {safe_address(domain)} without a domain; enter cancels:"
        )
        if not login:
            return
        address = login if "@" in login else f"{login}@{domain}"
        name = self._terminal.read_text("Full name, or enter for none:")
        lines = [f"{safe_address(address)}, {safe_text(name)}" if name else safe_address(address)]
        reason = self._changes.confirm(Question("Add 1 account?", lines, "add", self._changes.where_it_is_done("add")))
        if reason is not None:
            self._changes.change(AddAccount(address, name, "", reason))


LIST_HELP: Final = (
    "A number explains that account, and asks what to do with it.",
    "Several numbers, as 1,3-5, disable, enable or delete these together.",
    "n: the next page. p: the page before.",
    "f: another filter. d: another domain. s: another order.",
)
