"""The commands that suggest how seats come free for good."""

from collections.abc import Sequence
from typing import Any

import click

from kconsole.cli.context import CliContext, at_store, read_text, say
from kconsole.cli.output import csv_option, csv_style, put_csv, put_json, put_text, say_missing_lines
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.tables import put_table
from kconsole.core.encoding import as_json
from kconsole.core.errors import NotFound
from kconsole.core.times import to_iso
from kconsole.licensing.shared_mailboxes import Found
from kconsole.operations.shared_mailboxes import gaps_of, shared_mailboxes
from kconsole.text import shared_mailboxes as texts
from kconsole.text import words
from kconsole.text.messages import sentence
from kconsole.text.safe_text import safe_address, safe_text

_FIELDS = ("address", "name", "purpose", "word", "way", "reasons", "against", "unknown", "last_login", "forwards_to")


@click.group("suggest", cls=RoleGroup)
def suggest() -> None:
    """Suggest how seats come free for good."""


@suggest.command("shared")
@click.option("--domain", default="", callback=read_text, metavar="D", help="Only this domain.")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@csv_option
@at_store
def shared(place: CliContext, domain: str, as_document: bool, as_csv: bool) -> None:
    """Suggest shared mailboxes that need no seat.

    Lists accounts that take a seat and look like info@, scanner@ or noreply@, or only forward mail: what speaks for
    it, what speaks against it, and what could take their place without a seat. Nothing is changed.
    """
    if as_document and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    csv_style(as_csv)
    session = place.open()
    if domain:
        known = session.state.domain_named(domain)
        if known is None:
            raise NotFound("no-such-domain", "see-domains", domain=domain)
        domain = known.name
    found, gaps = shared_mailboxes(session, domain), list(gaps_of(session))
    if as_document:
        put_json(
            {
                "schema": "kconsole-shared/1",
                "as_of": to_iso(session.clock.now()),
                "gaps": [{"code": gap.code, "text": sentence(gap)} for gap in gaps],
                "accounts": [{**_document(each), "command": texts.command_for(each) or None} for each in found],
            }
        )
    elif as_csv:
        rows = (
            [" ".join(cell) if isinstance(cell, list) else cell for cell in _document(each).values()] for each in found
        )
        put_csv(_FIELDS, rows)
    else:
        _put_shared(found)
    for gap in gaps:
        say(f"Note: {sentence(gap)}")
    say_missing_lines(session)


def _put_shared(found: Sequence[Found]) -> None:
    if found:
        rows = [
            [safe_address(each.entry.address), texts.why(each), texts.but(each), texts.WAYS[each.way]] for each in found
        ]
        put_table(["ACCOUNT", "WHY", "BUT", "BECOMES"], rows, whole={0})
        click.echo()
    for way in texts.WAYS:
        if any(each.way == way for each in found):
            put_text(f"{texts.WAYS[way].capitalize()}: ", texts.STEPS[way])
    for command in filter(None, map(texts.command_for, found)):
        click.echo(f"  {safe_text(command, None)}")
    say(f"{words.count(len(found), 'account')} that may need no seat.")


def _document(found: Found) -> dict[str, Any]:
    entry = found.entry
    login = None if entry.last_login is None else to_iso(entry.last_login.at)
    values = (
        entry.address, entry.full_name, found.purpose, found.word, found.way, list(found.reasons), list(found.against),
        list(found.unknown), login, list(entry.delivers_to),
    )  # fmt: skip
    return dict(zip(_FIELDS, map(as_json, values), strict=True))
