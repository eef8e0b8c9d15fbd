"""The command that shows the stores of all contexts. It changes none."""

from collections.abc import Iterator
from typing import Any, Final

import click

from kconsole.cli.context import DONE, PARTLY_FAILED, CliContext, at_store, say
from kconsole.cli.output import csv_option, put_csv, put_json
from kconsole.cli.screen import stores_of
from kconsole.cli.tables import put_table
from kconsole.core.errors import BadInput
from kconsole.core.times import to_iso
from kconsole.operations.contexts import choose, every_context
from kconsole.operations.fleet import totals
from kconsole.operations.fleet_process import read_all
from kconsole.operations.fleet_reading import FleetRow
from kconsole.operations.settings import read_settings
from kconsole.text import fleet as texts
from kconsole.text.csv_writer import Cell

HEADER: Final = (
    "CONTEXT", "PRODUCT", "USED", "FREE", "RESERVED", "FULL IN 90 DAYS", "MAINTENANCE", "DATA", "ROLE", "ALARMS",
)  # fmt: skip

CSV: Final = (
    "context", "state", "product", "used", "limit", "free", "reserved", "chance_full_90d", "maintenance_until",
    "read_at", "alarm", "alarms", "role", "read_only",
)  # fmt: skip


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer with CSV.")
@csv_option
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    metavar="SECONDS",
    help="Give up a store that shows no progress for so long (5).",
)
@at_store
def fleet(place: CliContext, as_json: bool, as_csv: bool, timeout: float) -> int:
    """Show the stores of all contexts, a line each.

    With --context, only that one. Each is read by itself: one that is missing, damaged or does not answer is a line
    that says so, and keeps none of the others waiting. Exits with 1 if one could not be read. Seats are added up for
    stores of the same product only.
    """
    if as_json and as_csv:
        raise click.UsageError("Choose one: --json or --csv.")
    contexts = every_context(settings := read_settings())
    if settings.are_contexts_lost:
        choose(settings=settings)
    if place.context_name:
        choose(place.context_name, settings)
        contexts = [each for each in contexts if each.name == place.context_name]
    if not contexts:
        raise BadInput("no-contexts", "config-example")
    rows = read_all(stores_of(place, contexts, timeout).fleet())
    if as_json:
        put_json(
            {
                "schema": "kconsole-fleet/1",
                "as_of": to_iso(place.now),
                "stores": [document_of(row) for row in rows],
                "totals": [total._asdict() for total in totals(rows)],
            }
        )
    elif as_csv:
        put_csv(CSV, ([*_cells(row)] for row in rows))
    else:
        put_table(HEADER, [shown_cells(row) for row in rows], right={3, 4}, whole={0}, drops=(1, 4, 8, 6))
        for total in totals(rows):
            stores, used, limit, free = total.stores, total.used, total.limit, total.free
            say(f"{texts.total_words(total.product, stores, used, limit, free, total.is_whole)}.")
    unread = sum(row.state != "ok" for row in rows)
    if unread and not as_json:
        say(f"{texts.unread_words(unread)}.")
    return PARTLY_FAILED if unread else DONE


def shown_cells(row: FleetRow) -> list[str]:
    """The cells of a row of the table."""
    facts = row.facts
    if facts is None:
        return [row.context.name, *[texts.NONE] * 8, texts.problem_words(row.state, row.error)]
    return [
        row.context.name,
        facts.policy.name,
        texts.used_words(facts),
        texts.free_words(facts),
        f"{facts.report.reserved:,}",
        texts.chance_words(row.chance, row.has_forecast),
        texts.day_words(row.maintenance),
        texts.age_words(row.read_at, facts),
        texts.role_words(row.role, row.context.read_only),
        texts.alarm_words(row.alarm, row.findings),
    ]


def document_of(row: FleetRow) -> dict[str, Any]:
    """A row for programs. What is not known is null."""
    facts = row.facts
    known = None if facts is None else facts.known
    age = None if facts is None else facts.data_age
    return {
        "context": row.context.name,
        "state": row.state,
        "problem": None if row.state == "ok" else texts.problem_words(row.state, row.error),
        "note": row.context.note,
        "store_id": row.store_id or None,
        "product": None if facts is None else facts.policy.name,
        "used": None if known is None else known.used,
        "limit": None if facts is None else facts.report.limit,
        "limit_known": known is not None and known.limit is not None,
        "free": None if facts is None or known is None or known.free is None else facts.report.free,
        "reserved": None if facts is None else facts.report.reserved,
        "chance_full_90d": row.chance,
        "maintenance_until": None if row.maintenance is None else row.maintenance.isoformat(),
        "read_at": to_iso(row.read_at),
        "age_seconds": None if age is None else int(age.total_seconds()),
        "role": row.role,
        "read_only": row.context.read_only,
        "alarm": row.alarm,
        "alarms": [
            {"state": each.state, "code": each.message.code, "text": texts.finding_text(each.message)}
            for each in row.findings
        ],
    }


def _cells(row: FleetRow) -> Iterator[Cell]:
    document = document_of(row)
    document["alarms"] = document["problem"] or "; ".join(each["text"] for each in document["alarms"])
    yield from (document[name] for name in CSV)
