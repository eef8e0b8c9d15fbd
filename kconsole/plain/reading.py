"""The views that change no account: status, seats over time, license, manual; and reading the server."""

from collections.abc import Sequence
from typing import Final

from kconsole.licensing.components import use_of
from kconsole.operations.renewal import license_renewal
from kconsole.operations.seat_history import seat_forecast, seat_history
from kconsole.operations.server import RecordRestart
from kconsole.operations.server_errors import server_to_ask
from kconsole.operations.sync.access import read_server, seldom
from kconsole.operations.sync.pull import Sync, begin_reading, recovered
from kconsole.plain.changes import Changes, Question
from kconsole.plain.pages import Pages
from kconsole.text import manual, questions, spoken
from kconsole.text import screen as texts
from kconsole.text.details import Detail
from kconsole.text.licenses import license_sections
from kconsole.text.renewal import renewal_lines
from kconsole.text.safe_text import safe_text
from kconsole.text.seat_history import forecast_lines, summary
from kconsole.text.server import missing_texts, reading_words, remark_texts, server_rows

SHOWN_DAYS: Final = 90
"""Days of the history of the seats."""

BEYOND: Final = 3
"""Accounts beyond the seats of a component that are named."""


class Reading:
    """Views that change no account."""

    def __init__(self, changes: Changes) -> None:
        self._changes, self._session, self._terminal = changes, changes.session, changes.terminal

    def status(self) -> None:
        """Say how many seats are used, what the license allows, and how old the data is."""
        session = self._session
        server, bound = session.state.server, session.authority.is_bound
        self._terminal.say_all(
            spoken.status_lines(session.seats.report(), session.license_status, server, session.clock.now(), bound)
        )
        if unconfirmed := texts.unconfirmed_words(session.state.pending_changes.values()):
            self._changes.say(
                f"Warning: {unconfirmed}:", *texts.unconfirmed_lines(session.state.pending_changes.values())
            )

    def seats_over_time(self) -> None:
        """Say the forecast, and go through the days, the last one first."""
        self._changes.say("Reading the log.")
        every_day = seat_history(self._session).days
        self._terminal.say_all(forecast_lines(seat_forecast(self._session, every_day)))
        days = every_day[-SHOWN_DAYS:]
        self._changes.say(summary(days))
        lines = [f"{spoken.day_line(day)}." for day in reversed(days)]
        pages = Pages(self._terminal, "Days", len(lines), lambda first, last: lines[first:last], "the last day first")
        pages.run("n, p or b:", ["n: earlier days. p: later days."])

    def license(self) -> None:
        """Say all that is known of the license."""
        session = self._session
        whole = session.store.state.live_entries()
        use = use_of(session.state.license, whole, session.seats.policy, session.authority.sees)
        for section in license_sections(
            session.state.license, session.license_status, session.seats.report(), use, BEYOND
        ):
            if section.heading:
                self._changes.say(f"{section.heading}:")
            self._changes.say_details(
                Detail(row.label, f"{row.text}, warning" if row.severity else row.text) for row in section.rows
            )
        self._changes.say("The next renewal:", *renewal_lines(license_renewal(session)))

    def manual(self) -> None:
        """Ask for a topic of the manual, and say it."""
        topics = list(manual.topics().values())
        lines = [f"{number}: {each.title}." for number, each in enumerate(topics, 1)]

        def chosen(numbers: Sequence[int]) -> None:
            self._terminal.say_all(filter(None, map(manual.plain, manual.page(topics[numbers[0] - 1], quotes=True))))

        pages = Pages(self._terminal, "Topics", len(lines), lambda first, last: lines[first:last])
        pages.run("Number of a topic, n or b:", ["A number says that topic to its end."], chosen, one=True)

    # The server

    def sync(self) -> None:
        """Read the server, and say what is new."""
        session = self._session
        if not self._changes.check_runs("sync"):
            return
        access = server_to_ask(session.state, session.offline).access
        secret = self._changes.secret_of(access)
        if secret is None:
            self._changes.say("The server was not read.")
            return
        begun = begin_reading(session, access)
        self._changes.say(f"Reading {safe_text(access.url, 200)}. ctrl+c cancels that.")
        tell = seldom(lambda far: self._changes.say(f"{reading_words(*far)}."))
        try:
            state = read_server(access, secret, tell)
        except KeyboardInterrupt:
            self._changes.say(questions.NOTHING_TAKEN)
            return
        done = session.do(Sync(state, begun))
        server = session.state.server
        missing = [] if server is None else missing_texts(server)
        notes = [] if server is None else remark_texts(server)
        self._changes.say(f"Done: {texts.synced_words(done, len(missing))}.")
        self._changes.say(*(f"Not read: {text}" for text in texts.some(missing)))
        self._changes.say(*(f"Note: {text}" for text in texts.some(notes)))
        if resolved := recovered(done):
            self._changes.say("Unconfirmed changes are resolved:", *texts.outcome_lines(resolved, sign=""))

    def server(self) -> None:
        """Say which server the store follows, and how old the data is."""
        server = self._session.state.server
        if server is not None:
            self._changes.say_details(server_rows(server, self._session.clock.now()))

    def restarted(self) -> None:
        """Ask whether the server was restarted, which frees the seats of deleted accounts."""
        held = self._session.seats.held()
        if not self._changes.check_runs("restarted"):
            return
        if not held:
            self._changes.say(questions.NOTHING_HELD)
            return
        lines = questions.restart_lines(held)
        question = Question(questions.WAS_RESTARTED, lines, "record that", [questions.ONLY_RECORDED])
        if (reason := self._changes.confirm(question)) is not None:
            self._changes.change(RecordRestart(reason=reason))
