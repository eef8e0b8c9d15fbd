"""The JSON documents of reports, of the renewal, and of suggestions."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, get_type_hints

from pydantic import Field

from kconsole.cli.schema_models import PRICE, WARNINGS, listed, model, said
from kconsole.core.codes import Message
from kconsole.core.report_rows import TABLES, ReportKind
from kconsole.licensing.renewal import RenewalState
from kconsole.licensing.shared_mailboxes import Against, Purpose, Reason, Unknown, Way


def _row(kind: Any) -> Any:
    """A model of a row of reports. Amounts are text, with all their decimals."""
    texts: dict[Any, Any] = {Message: str, Decimal | None: str | None}
    fields = {name: texts.get(hint, hint) for name, hint in get_type_hints(kind).items()}
    return model(kind.__name__, (kind.__doc__ or "").split("\n")[0], **fields)


REPORTS: Final[Mapping[str, Any]] = {
    "report": model(
        "Report", "What kconsole report --format json writes: its facts, and the tables of its kind.",
        schema=Literal["kconsole-report/1"], report=ReportKind,
        part=said(Literal["whole", "domain", "total"], "of --by domain: one domain, or the total"),
        domain=str | None, as_of=datetime, since=datetime,
        read_at=said(datetime | None, "how new the data is; null for not known"),
        made_by=str, organization=str, policy=str,
        head=model("ReportHead", "The last line of the log that it rests on.", store=str, sequence=int, hash=str),
        complete=said(bool, "false only with --partial"), gaps=said(WARNINGS, "what is missing or old"),
        scope=said(list[str] | None, "the domains that the operator may see; null for all"),
        **{
            name: Annotated[listed(_row(kind)), Field(default=[], description="absent from reports of other kinds")]
            for name, kind in TABLES.items()
        },
    ),
    "renewal": model(
        "Renewal",
        "What kconsole license renewal --json prints. Costs are for a year; null if no price is recorded.",
        schema=Literal["kconsole-renewal/1"], as_of=datetime,
        state=said(RenewalState, "why it is not known how many seats are needed, unless it is"),
        renews=Literal["maintenance", "license"] | None, on=date | None, days_left=int | None, limit=int | None,
        used=int,
        held=int, reserved=said(int, "seats of the reservations that begin until then"),
        needed_now=said(int, "used and reserved"), needed=said(int | None, "by the forecast, until then"),
        pack=int, smallest=said(int | None, "the smallest license, in packs"),
        reducible=said(int | None, "seats of the license beyond that"), price=PRICE, cost_now=str | None,
        cost_smallest=str | None,
        options=listed(model(
            "RenewalOption", "A smaller license.", seats=int, cost=str | None,
            accounts=said(list[str], "the unused accounts that would have to go"),
        )),
        policy=str, objections=said(WARNINGS, "why the policy says nothing now, so that there are no options"),
    ),
    "shared": model(
        "Shared", "What kconsole suggest shared --json prints.",
        schema=Literal["kconsole-shared/1"], as_of=datetime, gaps=said(WARNINGS, "what was not read, or is old"),
        accounts=listed(model(
            "SharedMailbox", "An account that may need no seat.",
            address=str, name=str, purpose=Purpose, word=said(str, "the word in its login"),
            way=said(Way, "what could take its place"), reasons=list[Reason], against=list[Against],
            unknown=list[Unknown], last_login=datetime | None, forwards_to=list[str],
            command=said(str | None, "the command that does it; null if it is done at the server"),
        )),
    ),
}  # fmt: skip
