"""Commands that look back and ahead: history, forecast."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, get_args

import click

from kconsole.cli.context import CliContext, at_store, reading, say
from kconsole.cli.output import csv_option, csv_style, put_csv, put_json, say_missing_lines
from kconsole.cli.tables import put_table
from kconsole.core.times import day_of, to_iso
from kconsole.licensing.forecast import Backtest, Forecast
from kconsole.licensing.seat_history import Group, GroupBy, SeatDay
from kconsole.operations import seat_history as operations
from kconsole.operations.session import Session
from kconsole.text import ages
from kconsole.text import seat_history as texts
from kconsole.text.csv_writer import Cell


@reading
def _since(text: str) -> timedelta | date:
    with suppress(ValueError):
        return day_of(text)
    with suppress(ValueError):
        return ages.parse_age(text)
    raise ValueError(f"'{text}' is neither a day (2026-08-05) nor an age (90d, 6m, 1y).")


@click.command()
@click.option("--since", callback=_since, default="90d", metavar="T", help="The first day, or an age: 90d (default).")
@click.option("--by", type=click.Choice(get_args(GroupBy)), help="Sum up what each domain, operation or operator did.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@csv_option
@at_store
def history(place: CliContext, since: timedelta | date, by: GroupBy | None, as_json: bool, as_csv: bool) -> None:
    """Show the seats used each day, from the log.

    Days are those of UTC. Joins are accounts that took a seat, leaves are seats that came free. Days without a sync
    are marked: what the next one found is spread evenly over them.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    csv_style(as_csv)
    session = place.open()
    today = session.clock.now().date()
    first = today - since if isinstance(since, timedelta) else since
    found = operations.seat_history(session, by, first)
    days = [day for day in found.days if day.day >= first]
    if as_json:
        put_json(_history_document(session, days, by, found.groups))
    elif as_csv and by:
        put_csv([by, "joins", "leaves", "reclaimed"], found.groups)
    elif as_csv:
        put_csv(list(_day_document(days[0])) if days else ["day"], map(_csv_row, days))
    elif by:
        rows = [[texts.group_name(each, by), *(f"{figure:,}" for figure in each[1:])] for each in found.groups]
        put_table([by.upper(), "JOINS", "LEAVES", "RECLAIMED"], rows, right={1, 2, 3}, whole={0})
    else:
        right = range(1, len(texts.COLUMNS) - 1)
        put_table(texts.COLUMNS, map(texts.day_cells, days), right=right, whole={0}, drops=(4, 7, 2))
    if not (as_json or as_csv):
        say(texts.summary(days))
    say_missing_lines(session)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@click.option("--backtest", is_flag=True, help="Also show how often past forecasts held.")
@at_store
def forecast(place: CliContext, as_json: bool, backtest: bool) -> None:
    """Show how likely it is that seats run out, and when.

    It counts who joined and left in the log, without imports, restored dumps, seats freed by a plan, and what was
    undone. The same log gives the same answer all day. The exit code is 0 whatever it says.
    """
    session = place.open()
    days = operations.seat_history(session).days
    found = operations.seat_forecast(session, days)
    past = operations.past_forecasts(session, days) if backtest else None
    if as_json:
        put_json(_forecast_document(session, found, past))
        return
    for line in (*texts.forecast_lines(found), *map(texts.backtest_words, past or ())):
        click.echo(line)
    say_missing_lines(session)


def _day_document(day: SeatDay) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "used": day.used,
        "peak": day.peak,
        "limit": day.limit,
        "held": day.held,
        "joins": day.joins,
        "leaves": day.leaves,
        "reclaimed": day.reclaimed,
        "read": day.is_read,
        "breaks": day.breaks,
    }


def _csv_row(day: SeatDay) -> list[Cell]:
    return list({**_day_document(day), "breaks": " ".join(day.breaks)}.values())


def _history_document(
    session: Session, days: Iterable[SeatDay], by: GroupBy | None, groups: Iterable[Group]
) -> dict[str, Any]:
    return {
        "schema": "kconsole-history/1",
        "as_of": to_iso(session.clock.now()),
        "days": list(map(_day_document, days)),
        "by": by,
        "groups": [group._asdict() for group in groups] if by else [],
    }


def _forecast_document(session: Session, found: Forecast, past: Iterable[Backtest] | None) -> dict[str, Any]:
    basis, points = found.basis, {"p10": found.early, "p50": found.even, "p90": found.late}
    document = {
        "schema": "kconsole-forecast/1",
        "as_of": to_iso(session.clock.now()),
        "state": found.state,
        "trend": found.trend,
        "basis": {
            "since": None if basis.since is None else basis.since.isoformat(),
            "days": basis.days,
            "joins": basis.joins,
            "leaves": basis.leaves,
            "unread_days": basis.unread,
            "used": found.used,
            "partial": found.is_partial,
            "limit": found.limit,
            "reserved": found.reserved,
            "head": session.store.head.hash,
        },
        "p_full": {str(days): chance for days, chance in found.chances} or None,
        "days": points,
        "dates": {name: None if days is None else found.day(days).isoformat() for name, days in points.items()},
        "purchase": None
        if found.purchase is None
        else {"seats": found.purchase.seats, "until": found.purchase.until.isoformat()},
    }
    return document if past is None else {**document, "backtest": [each._asdict() for each in past]}
