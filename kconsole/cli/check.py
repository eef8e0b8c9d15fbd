"""The command for monitoring systems that run plugins. It is run often, so it imports no more than it needs."""

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import click

from kconsole import __version__
from kconsole.cli.context import CliContext, at_store, reading
from kconsole.core.codes import message
from kconsole.licensing.monitoring import FORECAST_DAYS, Range, State, Thresholds, judge, range_of, worst
from kconsole.operations.monitoring import damage_of, facts_of
from kconsole.text import ages, monitoring
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_text

EXIT_CODES: Final[dict[State, int]] = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
"""As monitoring plugins have them. They are not those of the other commands."""

UNKNOWN: Final = EXIT_CODES["unknown"]

_DAYS: Final = re.compile(r"\d+(\.\d+)?", re.ASCII)


class PluginCommand(click.Command):
    """A command whose help and version end with 3: a monitoring system that gets them has checked nothing."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        try:
            return super().parse_args(context, arguments)
        except click.exceptions.Exit:
            raise click.exceptions.Exit(UNKNOWN) from None


def _range(text: str) -> Range:
    try:
        return range_of(text)
    except ValueError:
        raise ValueError(f"'{safe_text(text, 40)}' is no range, such as 10: (10 or more), 5:50 or @0:5.") from None


def _ends(text: str) -> Range:
    """A range of days left, or an age: to be warned of with less left than that."""
    if _DAYS.fullmatch(text.strip()):
        raise ValueError(f"write {text.strip()}d or {text.strip()}: for fewer than {text.strip()} days left.")
    try:
        return range_of(text)
    except ValueError:
        return range_of(f"{ages.parse_age(text) / timedelta(days=1):g}:")


@click.command(cls=PluginCommand)
@click.option(
    "-w", "--warning", callback=reading(_range), metavar="RANGE", help="WARNING unless the free seats are in it."
)
@click.option(
    "-c", "--critical", callback=reading(_range), metavar="RANGE", help="CRITICAL unless they are in it (1:)."
)
@click.option(
    "--expiry-warning", callback=reading(_ends), metavar="T", help="Warn with less left of the license (30d)."
)
@click.option("--expiry-critical", callback=reading(_ends), metavar="T", help="Critical with less left of it (7d).")
@click.option(
    "--data-age-warning", callback=reading(ages.parse_age), metavar="T", help="Warn if the last sync is older (26h)."
)
@click.option(
    "--forecast-warning",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help=f"Warn from this chance on that no seat is free within {FORECAST_DAYS} days. Reads the whole log.",
)
@click.option(
    "-t", "--timeout", type=click.IntRange(1, 3600), default=30, metavar="SECONDS", help="Give up after this time (30)."
)
@click.option("--detail", is_flag=True, help="Add lines that may name domains and accounts, and the log's head.")
@click.option("--exit-ok", is_flag=True, help="Exit with 0 also on WARNING and CRITICAL.")
@click.version_option(__version__, "-V", "--version", prog_name="kconsole", message="%(prog)s %(version)s")
@at_store
def check(place: CliContext, timeout: int, detail: bool, exit_ok: bool, **options: Any) -> int:
    """Check the seats and the license, as a monitoring plugin.

    Prints one line for Icinga, Nagios, Checkmk or Naemon, and exits with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN. It
    is CRITICAL if no seat is free, the limit is exceeded, accounts are locked out, or the license has expired. What
    cannot be known is UNKNOWN: a store that is missing or damaged, users that were not read, data older than 7 days.

    A RANGE is one of the monitoring plugins: 10: alerts on fewer than 10, @0:5 on 0 to 5. T is 30d, 26h, 2w, or for the
    license a range of days.
    """
    thresholds = _thresholds(**options)
    with_forecast = thresholds.forecast is not None
    deadline = Deadline(timeout)
    try:
        session = place.open(notices=False)
        damage = damage_of(session)
        if (away := session.store.away) is not None:  # what was read before may look all right
            deadline.end()
            click.echo(monitoring.answer("unknown", words_of(away.why)))
            return UNKNOWN
        if damage is not None:
            deadline.end()
            click.echo(monitoring.answer("unknown", words_of(message("check-damaged", what=damage))))
            return UNKNOWN
        deadline.stage = "reading-the-log" if with_forecast else "judging"
        facts = facts_of(session, with_forecast)
        findings = judge(facts, thresholds)
        line = monitoring.judged_line(facts, findings, thresholds)
        more = monitoring.detail_lines(facts, session.store.sequence, session.store.head.hash) if detail else ()
        deadline.end()
    finally:
        deadline.end()
    for each in (line, *more):
        click.echo(each)
    code = EXIT_CODES[worst(findings)]
    return 0 if exit_ok and code != UNKNOWN else code


def _thresholds(
    warning: Range | None,
    critical: Range | None,
    expiry_warning: Range | None,
    expiry_critical: Range | None,
    data_age_warning: timedelta | None,
    forecast_warning: int | None,
) -> Thresholds:
    usual = Thresholds()
    return Thresholds(
        warning,
        critical or usual.free_critical,
        expiry_warning or usual.expiry_warning,
        expiry_critical or usual.expiry_critical,
        data_age_warning,
        forecast_warning,
    )


class Deadline:
    """Ends the process with an answer when the time is over, also while a read from a dead file system hangs.

    Only the end of the process ends such a read: a signal handler of Python would wait for it.
    """

    def __init__(self, seconds: int, leave: Callable[[int], Any] = os._exit) -> None:
        self.stage = "opening"
        self._seconds, self._leave = seconds, leave
        self._answered, self._has_ended = threading.Lock(), False
        self._timer = threading.Timer(seconds, self._over)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """There is an answer: from here on the time does not matter. It may be called again."""
        self._timer.cancel()
        if not self._has_ended and not self._answered.acquire(blocking=False):
            self._timer.join()  # it is answering just now, and ends the process
        self._has_ended = True

    def _over(self) -> None:
        if self._answered.acquire(blocking=False):
            stage = message(f"stage-{self.stage}")
            text = words_of(message("check-timed-out", seconds=self._seconds, stage=stage))
            with suppress(OSError):  # whoever asked may be gone
                os.write(1, f"{monitoring.answer('unknown', text)}\n".encode())
            self._leave(UNKNOWN)
