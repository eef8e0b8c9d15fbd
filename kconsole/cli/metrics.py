"""The command for monitoring systems that collect figures."""

import math
import re
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import click

from kconsole import __version__
from kconsole.cli.context import CliContext, FilePath, at_store, reading, say
from kconsole.cli.output import put_json, put_utf8
from kconsole.core.errors import StoreUnusable
from kconsole.core.times import to_iso
from kconsole.licensing.monitoring import Measured, expiry_timestamps, reading_timestamp
from kconsole.operations.confinement import shown_path
from kconsole.operations.files import write_document
from kconsole.operations.monitoring import damage_of, measured
from kconsole.operations.settings import read_settings
from kconsole.text.metrics import exposition

MODES: Final = ("600", "640", "644")

_CONTEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@reading
def _context(text: str) -> str:
    if not _CONTEXT.fullmatch(text):
        raise ValueError("it is a short name of letters, digits and . _ - only.")
    return text


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(("prometheus", "openmetrics", "json")),
    default="prometheus",
    help="The format (prometheus).",
)
@click.option(
    "--output", type=FilePath(to_write=True), metavar="FILE", help="Write a file, whole or not at all; - is the screen."
)
@click.option(
    "--mode", type=click.Choice(MODES), help="Who may read the file (600: its owner; 644: everyone on this machine)."
)
@click.option(
    "--context",
    callback=_context,
    metavar="NAME",
    help="The store by its name in the configuration file; also a label.",
)
@click.option("--no-forecast", is_flag=True, help="Leave out the forecast, which reads the whole log.")
@partial(at_store, labels=True)
def metrics(
    place: CliContext,
    form: Literal["prometheus", "openmetrics", "json"],
    output: Path | None,
    mode: str | None,
    context: str | None,
    no_forecast: bool,
) -> None:
    """Print the figures of the seats for Prometheus, or as JSON.

    With --output a file is replaced whole. If that fails the old one stays, and the time in it shows its age. The
    collector of node_exporter takes files that end with .prom, and must be allowed to read them: --mode 644. No address
    is among the labels, and what is not known is left out.
    """
    file = None if output is None or str(output) == "-" else output
    if mode and file is None:
        raise click.UsageError("--mode is for a file: name it with --output.")
    if output is not None and output.suffix == ".prom" and form != "prometheus":
        raise click.UsageError("A .prom file must have the prometheus format: node_exporter takes no other.")
    context = _chosen(place, context)
    session = place.open(notices=False)
    if (damage := damage_of(session)) is not None:
        raise StoreUnusable(damage)
    found = measured(session, with_forecast=not no_forecast)
    if file is None:
        if form == "json":
            return put_json(_document(found, context))
        return put_utf8(exposition(found, __version__, context or "", form))
    if form == "json":
        import orjson

        content = orjson.dumps(_document(found, context), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    else:
        content = exposition(found, __version__, context or "", form).encode(errors="replace")
    write_document(file, content, place.store_folder, mode=None if mode is None else int(mode, 8))
    say(f"Wrote {shown_path(file)}.")
    return None


def _chosen(place: CliContext, label: str | None) -> str | None:
    """Choose the store of a context, and return the label: its name, or another that is given."""
    if label is not None and place.location is None and not place.operator_name and label in read_settings().contexts:
        place.context_name = label
    context = place.choice.context
    return label if label is not None or context is None else context.name


def _document(found: Measured, context: str | None) -> dict[str, Any]:
    facts = found.facts
    report, known = facts.report, facts.known
    return {
        "schema": "kconsole-metrics/1",
        "as_of": to_iso(facts.now),
        "version": __version__,
        "context": context,
        "seats": {
            "limit": _finite(known.limit),
            "limit_known": known.limit is not None,
            "used": known.used,
            "free": _finite(known.free),
            "over": known.over,
            "held": report.held,
            "reserved": report.reserved,
            "latent": known.latent,
            "locked_out": known.locked_out,
        },
        "domains": [
            {
                "name": each.name,
                "used": each.used,
                "limit": each.limit,
                "free": _finite(each.free),
                "accounts": each.accounts,
            }
            for each in found.domains
        ],
        "license": {"state": facts.status.state, "expiry_timestamps": expiry_timestamps(facts.status)},
        "components": [
            {"name": use.component.name, "used": len(use.users) if facts.is_read else None, "limit": use.seats}
            for use in found.components
        ],
        "forecast": {str(days): chance for days, chance in found.chances},
        "reading": {
            "complete": facts.is_read,
            "timestamp": None if (at := reading_timestamp(facts.server)) is None else int(at),
        },
        "unconfirmed_changes": len(facts.pending),
        "offboardings_due": found.offboardings_due,
        "journal": {"sequence": found.sequence, "head": found.head},
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value
