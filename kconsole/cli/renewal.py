"""Commands on what the license costs, now and when it is renewed: license price, license renewal."""

from collections.abc import Callable
from typing import Any

import click

from kconsole.cli.context import REFUSED, CliContext, at_store, read_text, reason_option, say, say_outcomes
from kconsole.cli.license_json import life_document, price_document
from kconsole.cli.output import put_json, put_sections, say_missing_lines
from kconsole.cli.reclaim import policy_option
from kconsole.core.times import to_iso
from kconsole.licensing.forecast import PACK
from kconsole.licensing.renewal import Renewal
from kconsole.operations.license import SetPrice, read_price
from kconsole.operations.reclaim.judging import Judgements, judge
from kconsole.operations.reclaim.policies import policy_named
from kconsole.operations.renewal import license_renewal
from kconsole.operations.session import Session
from kconsole.text import messages
from kconsole.text.details import Detail
from kconsole.text.licenses import price_words
from kconsole.text.renewal import PACKS, WHY, renewal_rows


def _answering(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")(at_store(command))


@click.command("price")
@click.argument("amount", required=False, default="", callback=read_text)
@click.argument("currency", required=False, default="", callback=read_text)
@click.option("--remove", is_flag=True, help="Record that it is not known.")
@reason_option
@_answering
def price(place: CliContext, amount: str, currency: str, remove: bool, reason: str, as_json: bool) -> None:
    """Record what a seat costs for a year, or show it.

    AMOUNT is written like 24.50, CURRENCY by its code, like EUR. Reports and 'license renewal' compute with it, to the
    last decimal; no currency is converted into another.
    """
    if (remove and amount) or bool(amount) != bool(currency):
        raise click.UsageError("Name AMOUNT and CURRENCY, or --remove; or nothing, to show the price.")
    named = read_price(amount, currency) if amount else None
    session = place.open()
    if named is None and not remove:
        known = session.state.license.price
        if as_json:
            put_json({"schema": 1, "price": price_document(known)})
        elif known is None:
            say("What a seat costs is not recorded. Record it like this: kconsole license price 24.50 EUR")
        else:
            click.echo(price_words(known))
        return
    done = session.do(SetPrice(named, reason=reason))
    say_outcomes(done)
    if as_json:
        (outcome,) = done.outcomes
        text = messages.words_of(outcome.message)
        put_json({"schema": 1, "outcome": outcome.result, "text": text, "license": life_document(session)})


@click.command("renewal")
@policy_option
@_answering
def renewal(place: CliContext, policy: str, as_json: bool) -> int:
    """Show how many seats the next renewal needs.

    Counts the seats that are used, held and reserved, and those that the forecast expects until then, in packs of 5.
    Smaller licenses are shown with the accounts that would have to go: those that the policy calls unused. Where too
    little is known, the number is not guessed (exit code 4).
    """
    session = place.open()
    judged = judge(session, policy_named(session.state, policy), by_role=False)
    found = license_renewal(session, judged)
    if as_json:
        put_json(_renewal_document(session, found, judged))
    else:
        put_sections([("", [Detail(row.label, row.text) for row in renewal_rows(found)])])
    if found.needed is None:
        say(WHY[found.state])
    elif not as_json:
        say(PACKS)
    for objection in () if as_json else judged.objections:
        say(f"Note: {messages.sentence(objection)} So no accounts are named that could go.")
    say_missing_lines(session)
    return 0 if found.needed is not None else REFUSED


def _renewal_document(session: Session, found: Renewal, judged: Judgements) -> dict[str, Any]:
    def cost(seats: int | None) -> str | None:
        amount = found.cost(seats)
        return None if amount is None else str(amount)

    return {
        "schema": "kconsole-renewal/1",
        "as_of": to_iso(session.clock.now()),
        "state": found.state,
        "renews": found.what or None,
        "on": None if found.on is None else found.on.isoformat(),
        "days_left": found.days,
        "limit": found.limit,
        "used": found.used,
        "held": found.held,
        "reserved": found.reserved,
        "needed_now": found.needed_now,
        "needed": found.needed,
        "pack": PACK,
        "smallest": found.smallest,
        "reducible": found.reducible,
        "price": price_document(found.price),
        "cost_now": cost(found.limit),
        "cost_smallest": cost(found.smallest),
        "options": [
            {"seats": each.seats, "cost": cost(each.seats), "accounts": list(each.accounts)} for each in found.options
        ],
        "policy": judged.policy.name,
        "objections": [{"code": each.code, "text": messages.sentence(each)} for each in judged.objections],
    }
