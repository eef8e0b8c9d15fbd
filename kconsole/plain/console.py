"""The plain console: a menu of numbered tasks, and what follows from each."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from kconsole.core.errors import ConsoleError, StoreUnusable
from kconsole.net.secrets import Secret
from kconsole.operations.contexts import Context
from kconsole.operations.preferences import Preferences
from kconsole.operations.session import Session
from kconsole.operations.settings import Settings
from kconsole.plain.accounts import Accounts
from kconsole.plain.changes import Changes
from kconsole.plain.log import Log
from kconsole.plain.plan import PlanView
from kconsole.plain.reading import Reading
from kconsole.plain.reports import Reports
from kconsole.plain.terminal import Back, Quit, Start, Terminal
from kconsole.text.csv_writer import STYLES
from kconsole.text.messages import Voice, error_words, sentence, sentences
from kconsole.text.questions import OPEN_READ_ONLY, role_words
from kconsole.text.roles import domains_words, who_words

KEY: Final = "{} in the main menu"


class Task(NamedTuple):
    """What the main menu offers. Its number never changes, whatever the operator may do: it can be learnt."""

    title: str
    name: str
    """What sentences call it that advise it, as `key_sync`."""
    run: Callable[[], None]
    operation: str = ""
    """What the operator must be allowed to do."""


class PlainConsole:
    """One operator's work on a session, in lines."""

    def __init__(
        self,
        session: Session,
        terminal: Terminal,
        settings: Settings,
        preferences: Preferences,
        why: str = "",
        title: str = "",
        secret: Secret | None = None,
        context: Context | None = None,
    ) -> None:
        self._session, self._terminal, self._why, self._title = session, terminal, why, title
        self._settings = settings
        keys: dict[str, str] = {}
        self._changes = Changes(session, terminal, Voice(keys), secret, context)
        log = Log(self._changes)
        self._accounts = accounts = Accounts(self._changes, preferences, log.show)
        self._reading = reading = Reading(self._changes)
        reports = Reports(self._changes, accounts, STYLES[settings.csv_style])
        self._tasks = (
            Task("Status", "status", reading.status),
            Task("Find accounts", "filter", accounts.find),
            Task("Choose a domain", "domain", accounts.ask_domain),
            Task("Free seats by a plan", "reclaim", PlanView(self._changes).choose_policy),
            Task("Undo the last change", "undo", log.undo_last, "undo"),
            Task("Activity log", "log", log.show),
            Task("Seats over time, and the forecast", "history", reading.seats_over_time),
            Task("License", "license", reading.license),
            Task("Reports, written to a file", "export", reports.ask),
            Task("Add an account", "add", accounts.add, "add"),
            Task("Read the server", "sync", reading.sync, "sync"),
            Task("Record that the server was restarted", "restarted", reading.restarted, "restarted"),
            Task("Manual", "help", reading.manual),
        )
        keys.update({task.name: KEY.format(number) for number, task in enumerate(self._tasks, 1)})
        self._scopes, self._role = session.scopes, session.authority.role
        self._trouble = ""
        terminal.before_asking = self._follow

    def run(self) -> None:
        """Say the state of the license, and serve until the user quits or no one answers any more."""
        try:
            self._begin()
            while True:
                try:
                    self._choose()
                except (Back, Start):
                    pass
                except ConsoleError as error:
                    self._changes.say_error(error)
        except Quit:
            with suppress(Quit):  # no one may be there to read it
                self._terminal.say("The console ends. Every change is saved.")

    def _begin(self) -> None:
        session = self._session
        where = self._title or session.state.primary_domain or "no domain yet"
        self._terminal.say(f"kconsole, plain console{f', {self._why}' if self._why else ''}.")
        who, _ = who_words(session.store.operator.shown, session.authority)
        if (context := self._changes.context) is not None:
            self._terminal.say(f"Context: {context.name}{f', {context.note}' if context.note else ''}.")
        self._terminal.say(f"Store: {where}. You are {who}.")
        for notice in session.store.notices:
            self._terminal.say(f"Note: {sentence(notice, self._changes.voice)}")
        if session.store.read_only:
            why = session.store.why_read_only
            self._terminal.say(OPEN_READ_ONLY if why is None else sentences(why.hints, self._changes.voice))
        for problem in self._settings.problems:
            self._terminal.say(f"Configuration: {sentence(problem)}")
        self._reading.status()
        self._say_tasks()

    def _say_tasks(self) -> None:
        self._terminal.say("Main menu:")
        for number, task in enumerate(self._tasks, 1):
            if not self._refusal(task):
                self._terminal.say(f"{number}: {task.title}")
        self._terminal.say("?: what you can type. q: quit.")

    def _refusal(self, task: Task) -> str:
        if task.operation == "sync" and self._session.state.server is None:
            return "No server is configured for this store."
        return self._changes.refusal_of(task.operation) if task.operation else ""

    def _choose(self) -> None:
        answer = self._terminal.read_line("Main menu, a number, or ? for the list:").lower()
        if answer in ("q", "quit", "exit"):
            raise Quit
        if answer in ("?", "h", "help", "b", ""):
            self._say_tasks()
        elif not (answer.isdecimal() and len(answer) < 3 and 1 <= int(answer) <= len(self._tasks)):
            self._terminal.say(f"Type a number from 1 to {len(self._tasks)}, ? or q.")
        else:
            task = self._tasks[int(answer) - 1]
            if refusal := self._refusal(task):
                self._terminal.say(refusal)
            else:
                task.run()

    def _follow(self) -> None:
        """Take in what other processes did, before each question.

        Raises:
            Start: the operator sees other domains now: nothing stays of what was shown before.
        """
        session = self._session
        try:
            commits = session.catch_up()
        except StoreUnusable as error:
            if (trouble := error_words(error, self._changes.voice)) != self._trouble:
                self._trouble = trouble
                self._changes.say_error(error)
            return
        self._trouble = ""
        if news := self._changes.news_of(commits):
            self._terminal.say(f"Meanwhile: {news}.")
        authority = session.authority
        if authority.role != self._role:
            self._role = authority.role
            self._terminal.say(role_words(authority.role))
        if session.scopes != self._scopes:
            self._scopes = session.scopes
            self._accounts.forget()
            where = domains_words(authority) if authority.is_bound else "all domains"
            self._terminal.say(f"You work in {where} now. All begins again at the main menu.")
            raise Start
