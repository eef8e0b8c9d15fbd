"""The command that shows the license report. It is run often, so it imports no more than it prints."""

import os
from collections.abc import Iterable

import click

from kconsole.cli.context import DONE, EXPIRED, CliContext, ascii_only, at_store
from kconsole.cli.tables import put_table
from kconsole.core.codes import Message
from kconsole.core.reports import SeatReport
from kconsole.operations.session import Session
from kconsole.text import gauge
from kconsole.text.licenses import license_words, warning_words
from kconsole.text.safe_text import safe_address, safe_text

GAUGE_WIDTH = 48
"""Cells of the gauge: with its words it fits 80 columns."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@at_store
def status(place: CliContext, as_json: bool) -> int:
    """Show how many seats are used, free and held.

    Prints the totals, the figures of each domain, and warnings. Exits with 9 once the trial or the license has
    expired.
    """
    session = place.open()
    report, license_status = session.seats.report(), session.license_status
    warnings = (*report.warnings, *license_status.warnings)
    code = EXPIRED if license_status.is_expired else DONE
    if as_json:
        _put_document(session, report, warnings)
        return code
    click.echo(f"{_bar(report)}{gauge.used_words(report, 'seat', beside_state=True)}  {gauge.state_word(report)}")
    click.echo("   ".join(gauge.figures(report)))
    click.echo(f"License: {license_words(license_status)}")
    if (server := session.state.server) is not None:
        from kconsole.text.server import status_words

        click.echo(f"Server: {status_words(server, session.clock.now())}")
    if report.domains:
        click.echo()
        put_domains(report)
    if warnings:
        click.echo()
    for warning in warnings:
        click.echo(f"! {safe_text(warning_words(warning))}")
    if session.state.keeps:
        put_ending_keeps(session)
    if session.state.offboardings:
        put_leavers(session)
    if license_status.warnings:
        click.echo("  See 'kconsole license show'.")
    return code


def _bar(report: SeatReport) -> str:
    """The gauge before its words; nothing for a screen reader, which would name each block of it."""
    if os.environ.get("ACCESSIBLE"):
        from kconsole.text.terminals import wants_lines

        if wants_lines(os.environ):
            return ""
    return "".join(text for text, _ in gauge.gauge_bar(report, GAUGE_WIDTH, ascii_only=ascii_only())) + "  "


def put_ending_keeps(session: Session) -> None:
    """Print the keeps that end soon, or ended lately."""
    from kconsole.licensing.decisions import ending
    from kconsole.text.words import day

    now, entries = session.clock.now(), session.state.entries
    for keep in ending(session.state.keeps, now):
        ends = "is kept until" if now < keep.until else "was kept until"
        click.echo(f"! {safe_address(entries[keep.entry].address)} {ends} {day(keep.until)}: {safe_text(keep.reason)}")


def put_leavers(session: Session) -> None:
    """Print who leaves soon, or has left and is not offboarded yet."""
    from kconsole.licensing.decisions import ENDING
    from kconsole.text.words import day

    now, entries = session.clock.now(), session.state.entries
    for each in sorted(session.state.offboardings.values(), key=lambda each: each.due):
        if each.due <= now + ENDING:
            when = f"leaves {day(each.due)}" if now < each.due else f"left {day(each.due)}, see 'kconsole due'"
            click.echo(f"! {safe_address(entries[each.entry].address)} {when}: {safe_text(each.reason)}".rstrip(": "))


def _put_document(session: Session, report: SeatReport, warnings: Iterable[Message]) -> None:
    from kconsole.cli import license_json, output
    from kconsole.core.times import to_iso

    state, now = session.state, session.clock.now()
    output.put_json(
        {
            "schema": 1,
            "as_of": to_iso(now),
            "license": {"seats": state.license.seats, "id_end": state.license.id_end},
            "life": license_json.life_document(session, with_people=False),
            "server": output.server_age(state.server, state.pending_changes.values(), now),
            "read_only": session.store.read_only,
            "seats": output.seats_document(report),
            "domains": output.domain_documents(report),
            "warnings": license_json.warning_documents(warnings),
        }
    )


def put_domains(report: SeatReport) -> None:
    """Print the figures of the domains as a table."""
    header = ["DOMAIN", "CREATED", "COUNTED", "HELD", "DISABLED", "MAILBOXES", "LIMIT", "FREE"]
    rows = [
        [safe_address(domain.name), *("–" if figure is None else f"{figure:,}" for figure in domain[1:])]
        for domain in report.domains
    ]
    if any(domain.reserved for domain in report.domains):
        header.append("RESERVED")
    else:
        rows = [row[:-1] for row in rows]
    right, drops = set(range(1, len(header))), (1, 4, 5, 3)
    put_table(header, rows, right=right, whole={0}, drops=drops)
