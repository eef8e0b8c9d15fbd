"""Commands that show accounts and their seats: accounts, explain."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, get_args

import click

from kconsole.cli.context import (
    DONE,
    NOT_FOUND,
    PARTLY_FAILED,
    CliContext,
    at_store,
    reading,
    say,
    say_error,
)
from kconsole.cli.output import (
    ACCOUNT_FIELDS,
    account_document,
    csv_option,
    csv_style,
    put_csv,
    put_json,
    put_sections,
)
from kconsole.cli.tables import put_table
from kconsole.core.errors import NotFound
from kconsole.core.records import Entry
from kconsole.core.times import to_iso
from kconsole.licensing.explanation import Explanation
from kconsole.operations.explaining import explanation_of
from kconsole.operations.search.collation import use_locale
from kconsole.operations.search.filters import NONE_SAVED, SAVED_SIGN, FilterReader
from kconsole.operations.search.lookup import find_entry
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.search.sorting import SortField
from kconsole.operations.session import Session
from kconsole.text import ages, report
from kconsole.text.csv_writer import Cell
from kconsole.text.details import details_of
from kconsole.text.messages import words_of


def _check(classification: str, text: str, session: Session) -> None:
    """Raise BadParameter for a verdict that the policy of the store does not know, or a filter that cannot be read."""
    policy = session.seats.policy
    codes = [each.code for each in policy.classifications]
    if classification and classification not in codes:
        raise click.BadParameter(f"choose from {', '.join(codes)}.", param_hint="'--verdict'")
    asked = FilterReader(session.clock.now(), policy, _saved_filters(text)).read(text)
    if asked.problems:
        raise click.BadParameter(words_of(asked.problems[0]), param_hint="'--filter'")
    if (unused := asked.unused_tag(session.state.entries.values())) is not None:
        say(f"Note: {words_of(unused)}")


def _saved_filters(text: str) -> Mapping[str, str]:
    """The filters that were saved on the screen, if the text names one."""
    if SAVED_SIGN not in text:
        return NONE_SAVED
    from kconsole.operations.preferences import Preferences, preferences_path

    return Preferences(preferences_path()).filters


_read_age = reading(ages.parse_age)


@click.command()
@click.option("--domain", default="", metavar="D", help="Only this domain.")
@click.option(
    "--verdict",
    "classification",
    metavar="VERDICT",
    default="",
    help="Only accounts with this verdict, for example 'disabled' or 'directory-mapped'.",
)
@click.option(
    "--inactive",
    callback=_read_age,
    metavar="AGE",
    help="Only accounts whose last login is longer ago: 180d, 6m, 1y.",
)
@click.option(
    "--filter",
    "text",
    default="",
    metavar="TEXT",
    help="As typed on the screen: 'anna is:never', '(seen:>1y or is:never) -is:service'; @NAME for a saved one.",
)
@click.option("--never", is_flag=True, help="Only accounts that never logged in; with --inactive, these too.")
@click.option(
    "--sort", type=click.Choice(get_args(SortField)), default="last-login", show_default=True, help="What to sort by."
)
@click.option("--reverse", is_flag=True, help="Sort in the other direction.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@click.option(
    "--report",
    "form",
    type=click.Choice(list(report.FORMATS)),
    help="Print the table with totals, as E on the screen writes it; 'spreadsheet' has semicolons and a BOM.",
)
@csv_option
@at_store
def accounts(
    place: CliContext,
    domain: str,
    classification: str,
    inactive: timedelta | None,
    text: str,
    never: bool,
    sort: SortField,
    reverse: bool,
    as_json: bool,
    as_csv: bool,
    form: str | None,
) -> None:
    """List the accounts, the longest unused first.

    Mailing lists, resources and aliases come last. Deleted accounts whose seat is still held are listed only with
    --filter is:held.
    """
    if as_json + as_csv + bool(form) > 1:
        raise click.UsageError("--json, --csv and --report exclude each other.")
    style = csv_style(as_csv or form == "csv")
    use_locale()
    session = place.open()
    if domain and session.state.domain_named(domain) is None:
        raise NotFound("no-such-domain", "see-domains", domain=domain)
    _check(classification, text, session)
    query = AccountQuery(
        domain=domain, classification=classification, text=text, inactive=inactive, never=never, sort=sort,
        reverse=reverse,
    )  # fmt: skip
    entries = session.account_index.select(query, session.clock.now(), _saved_filters(text))
    if form:
        policy, now = session.seats.policy, session.clock.now()
        pieces = report.report_pieces(form, entries, report.DEFAULT, policy, now, text, style=style)
        return click.echo("".join(pieces), nl=False)
    if not as_json and not as_csv:
        return _put_accounts(entries, session)
    documents = [account_document(entry, session.seats.policy.listed(entry)) for entry in entries]
    if as_json:
        return put_json(documents)
    header = [*ACCOUNT_FIELDS, "last_login_at", "last_login_protocol", "seat", "verdict", "because", "tags"]
    put_csv(header, map(_csv_row, documents))


def _csv_row(document: dict[str, Any]) -> list[Cell]:
    login = document["last_login"] or {"at": "", "protocol": ""}
    cells = [*(document[field] for field in ACCOUNT_FIELDS), login["at"], login["protocol"]]
    return [*cells, document["seat"], document["verdict"], document["because"], " ".join(document["tags"])]


def _put_accounts(entries: list[Entry], session: Session) -> None:
    now, policy = session.clock.now(), session.seats.policy
    columns = [report.CELLS[name] for name in report.DEFAULT]
    rows = [[cell(entry, policy, now, report.NO_KEEPS) for _, cell in columns] for entry in entries]
    header = [title.upper() for title, _ in columns]
    put_table(header, rows, right={2}, whole={0, 4}, drops=(5, 3))
    say(report.totals(entries, policy))


@click.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@at_store
def explain(place: CliContext, addresses: tuple[str, ...], as_json: bool) -> int:
    """Explain why an account takes a seat, or takes none.

    Shows the rule, its source, and whether the account could log in now.
    """
    session = place.open()
    found: list[Explanation] = []
    for address in addresses:
        try:
            found.append(explanation_of(find_entry(address, session.state), session))
        except NotFound as error:
            say_error(error)
    if as_json:
        put_json([_explained_document(each) for each in found])
    else:
        put_sections(("", details_of(each)) for each in found)
    if len(found) == len(addresses):
        return DONE
    return PARTLY_FAILED if found else NOT_FOUND


def _explained_document(explanation: Explanation) -> dict[str, object]:
    classification = explanation.classification
    return {
        **account_document(explanation.entry, classification),
        "source": classification.source,
        "deleted_at": to_iso(explanation.entry.deleted_at),
        "held": explanation.is_held,
        "may_connect": explanation.access.allowed,
        "may_connect_because": words_of(explanation.access.message),
    }
