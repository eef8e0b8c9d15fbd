"""What is measured, in the text formats of Prometheus and OpenMetrics.

Sources: the text-based format 0.0.4 (Prometheus, "Exposition formats"), and OpenMetrics 1.0 (RFC draft). Help texts and
names are a promise: where two files have the same name with other help, the scrape of both fails.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from kconsole.licensing.monitoring import Measured, expiry_timestamps, reading_timestamp
from kconsole.text.safe_text import escaped

Format = Literal["prometheus", "openmetrics"]

HELP: Final[Mapping[str, str]] = {
    "kconsole_seats_limit": "Seats of the license; +Inf without a limit.",
    "kconsole_seats_used": "Seats that are used, held ones among them; absent where some users were not read.",
    "kconsole_seats_free": "Seats that are free; +Inf without a limit.",
    "kconsole_seats_over": "Seats beyond the limit of the license.",
    "kconsole_seats_held": "Seats of deleted accounts, held until the server is restarted.",
    "kconsole_seats_reserved": "Seats that are reserved now; they are not used.",
    "kconsole_seats_latent": "Used seats of accounts that have no mailbox yet.",
    "kconsole_seats_locked_out": "Accounts that would be refused at login.",
    "kconsole_domain_seats_used": "Seats used by the accounts of a domain.",
    "kconsole_domain_seats_limit": "Accounts that a domain may have by its own limit; +Inf without one.",
    "kconsole_domain_seats_free": "Accounts that can still be created in a domain; +Inf without a limit.",
    "kconsole_accounts": "Accounts and other entries of a domain, by the rule that decides on their seat.",
    "kconsole_license_expiry_timestamp_seconds": "When a part of the license ends, in seconds since 1970.",
    "kconsole_component_used": "Accounts that use an optional component of the license.",
    "kconsole_component_limit": "Accounts that may use an optional component of the license; +Inf without a limit.",
    "kconsole_forecast_full_probability": "The chance that no seat is free within so many days, from 0 to 1.",
    "kconsole_reading_timestamp_seconds": "When the server was last read whole, in seconds since 1970; 0 for never.",
    "kconsole_reading_complete": "1 if all users were read, 0 if some were not, so that figures may be missing.",
    "kconsole_unconfirmed_changes": "Changes that the server was asked for and has not confirmed.",
    "kconsole_offboardings_due": "Accounts whose user has left, and that are not offboarded yet.",
    "kconsole_journal_sequence": "The number of the last line of the log.",
    "kconsole_metrics_timestamp_seconds": "When these figures were taken, in seconds since 1970.",
    "kconsole_build_info": "The version of kconsole.",
}
"""The help of each metric, in the order of the output."""

_INFO: Final = "_info"


class Sample(NamedTuple):
    """One value, with what tells it from others of its name. No address is ever a label."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


def exposition(measured: Measured, version: str, context: str, form: Format) -> str:
    """All metrics as a text. It has no timestamps: with one, the collector of node_exporter refuses a file."""
    samples: dict[str, list[Sample]] = {}
    for sample in [*_samples(measured), Sample("kconsole_build_info", 1, {"version": version})]:
        samples.setdefault(sample.name, []).append(sample)
    is_open = form == "openmetrics"
    lines = [
        line
        for name, text in HELP.items()
        if name in samples
        for line in _family(name, text, samples[name], context, is_open)
    ]
    return "\n".join([*lines, "# EOF"] if is_open else lines) + "\n"


def _family(name: str, text: str, samples: Sequence[Sample], context: str, is_open: bool) -> Iterator[str]:
    family, kind = name, "gauge"
    if is_open and name.endswith(_INFO):
        family, kind = name.removesuffix(_INFO), "info"
    yield f"# HELP {family} {text}"
    yield f"# TYPE {family} {kind}"
    if is_open and name.endswith("_seconds"):
        yield f"# UNIT {family} seconds"
    for sample in samples:
        labels = {"context": context, **sample.labels} if context else sample.labels
        shown = ",".join(f'{label}="{_label(value)}"' for label, value in labels.items())
        yield f"{name}{{{shown}}} {number(sample.value)}" if shown else f"{name} {number(sample.value)}"


def number(value: float) -> str:
    """A number as both formats write it, whatever the locale."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)


def _label(value: str) -> str:
    r"""A label's value; two that differ stay different, whatever is hidden in them. `\`, `"` and line feeds escape."""
    return escaped(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _samples(measured: Measured) -> Iterator[Sample]:
    facts = measured.facts
    report, known = facts.report, facts.known
    figures: Mapping[str, float | None] = {
        "seats_limit": known.limit,
        "seats_used": known.used,
        "seats_free": known.free,
        "seats_over": known.over,
        "seats_held": report.held,
        "seats_reserved": report.reserved,
        "seats_latent": known.latent,
        "seats_locked_out": known.locked_out,
        "reading_timestamp_seconds": None if facts.server is None else reading_timestamp(facts.server) or 0,
        "reading_complete": int(facts.is_read),
        "unconfirmed_changes": len(facts.pending),
        "offboardings_due": measured.offboardings_due,
        "journal_sequence": measured.sequence,
        "metrics_timestamp_seconds": facts.now.timestamp(),
    }
    for name, value in figures.items():
        if value is not None:
            yield Sample(f"kconsole_{name}", value)
    for each in measured.domains:
        label = {"domain": each.name}
        if each.used is not None:
            yield Sample("kconsole_domain_seats_used", each.used, label)
        yield Sample("kconsole_domain_seats_limit", math.inf if each.limit is None else each.limit, label)
        if each.free is not None:
            yield Sample("kconsole_domain_seats_free", each.free, label)
        for code, accounts in sorted((each.accounts or {}).items()):
            yield Sample("kconsole_accounts", accounts, {**label, "verdict": code})
    for kind, at in expiry_timestamps(facts.status).items():
        yield Sample("kconsole_license_expiry_timestamp_seconds", at, {"kind": kind})
    for use in measured.components:
        label = {"component": use.component.name}
        if facts.is_read:
            yield Sample("kconsole_component_used", len(use.users), label)
        yield Sample("kconsole_component_limit", math.inf if use.seats is None else use.seats, label)
    for days, chance in measured.chances:
        yield Sample("kconsole_forecast_full_probability", chance, {"days": str(days)})
