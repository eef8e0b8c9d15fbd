"""The answer of `kconsole check`, as the guidelines of the monitoring plugins have it: one line, with the figures.

Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance data".
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from kconsole.core.times import to_iso
from kconsole.licensing.monitoring import (
    DATA_AGE,
    FORECAST_DAYS,
    STALE,
    Facts,
    Finding,
    State,
    Thresholds,
    end_of,
    worst,
)
from kconsole.text.licenses import warning_words
from kconsole.text.messages import words_of
from kconsole.text.safe_text import one_line, safe_address
from kconsole.text.server import missing_texts

NAME: Final = "SEATS"
"""What the answer is about: its first word."""

LONGEST: Final = 600
"""Characters of the text; with the figures it fits into what NRPE takes."""

_DAY: Final = 86_400


def answer(state: State, text: str, figures: Sequence[str] = ()) -> str:
    """The first line, and mostly the only one."""
    shown = f"{NAME} {state.upper()} - {one_line(text, LONGEST)}"
    return f"{shown} | {' '.join(figures)}" if figures else shown


def judged_line(facts: Facts, findings: Sequence[Finding], thresholds: Thresholds) -> str:
    """The line of a store that could be read."""
    parts = [seats_words(facts), *(words_of(finding.message) for finding in findings)]
    return answer(worst(findings), "; ".join(parts), list(_figures(facts, thresholds)))


def seats_words(facts: Facts) -> str:
    """The seats: "113 of 120 used, 7 free (2 reserved, 3 held)". Programs read it too, so numbers have no commas."""
    report, known = facts.report, facts.known
    least, most = ("", "") if known.used is not None else ("at least ", "at most " if report.free else "")
    limit = "" if report.limit is None else f" of {report.limit}"
    free = ", no limit" if known.limit is not None else ", limit not known"
    if report.free is not None:
        free = f", {most}{report.free} free"
    extra = [f"{number} {word}" for number, word in ((report.reserved, "reserved"), (report.held, "held")) if number]
    aside = f" ({', '.join(extra)})" if extra else ""
    return f"{least}{report.used}{limit} used{free}{aside}"


def detail_lines(facts: Facts, sequence: int, head: str) -> Iterator[str]:
    """What `--detail` adds below: what may name domains and accounts, and the head of the log, to witness it."""
    server = facts.server
    for warning in (*facts.report.warnings, *facts.status.warnings):
        yield one_line(warning_words(warning))
    if server is not None:
        yield one_line(f"Server {server.name}, last read {to_iso(server.synced_at) or 'never'}")
        yield from (one_line(f"Not read: {text}") for text in missing_texts(server))
        if server.uncounted:
            yield one_line(f"Users not read: {', '.join(map(safe_address, server.uncounted))}")
    addresses = sorted({target.address for each in facts.pending for target in each.targets})
    if addresses:
        yield one_line(f"Unconfirmed: {', '.join(map(safe_address, addresses))}")
    yield f"Log: line {sequence}, {head}"


def _figures(facts: Facts, thresholds: Thresholds) -> Iterator[str]:
    """The performance data. What is not known is left out: it is no number."""
    report, known = facts.report, facts.known
    limit = "" if report.limit is None else str(report.limit)
    if known.used is not None:
        yield _figure("used", known.used, least="0", most=limit)
    if known.free is not None and report.free is not None:
        warning = thresholds.of_free(report, facts.policy).text
        yield _figure("free", report.free, "", warning, thresholds.free_critical.text, "0", limit)
    if known.over is not None:
        yield _figure("over", known.over, critical="0", least="0")
    yield _figure("held", report.held, least="0")
    yield _figure("reserved", report.reserved, least="0")
    if known.latent is not None:
        yield _figure("latent", known.latent, least="0")
    if known.locked_out is not None:
        yield _figure("locked_out", known.locked_out, critical="0", least="0")
    yield from _endings(facts, thresholds)
    if (age := facts.data_age) is not None:
        warning_age = thresholds.data_age or DATA_AGE
        yield _figure("data_age", _seconds(age), "s", str(_seconds(warning_age)), str(_seconds(STALE)), "0")
    if facts.chance is not None and thresholds.forecast is not None:
        percent = round(facts.chance * 100)
        yield _figure(f"full_{FORECAST_DAYS}d", percent, "%", str(thresholds.forecast), "", "0", "100")


def _endings(facts: Facts, thresholds: Thresholds) -> Iterator[str]:
    warning, critical = (each.times(_DAY) for each in (thresholds.expiry_warning, thresholds.expiry_critical))
    ends = {ending.what: int(end_of(ending.on) - facts.now.timestamp()) for ending in facts.status.endings}
    stops: Iterable[int] = [ends[what] for what in ("license", "trial") if what in ends]
    if stops:
        yield _figure("expires", min(stops), "s", warning, critical)
    if "maintenance" in ends:
        yield _figure("maintenance", ends["maintenance"], "s", warning)


def _figure(
    label: str, value: int, unit: str = "", warning: str = "", critical: str = "", least: str = "", most: str = ""
) -> str:
    return f"{label}={value}{unit};{warning};{critical};{least};{most}".rstrip(";")


def _seconds(age: timedelta) -> int:
    return int(age.total_seconds())
