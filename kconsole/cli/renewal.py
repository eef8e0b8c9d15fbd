"""Commands on what the license costs: license price."""

from collections.abc import Callable
from typing import Any

import click

from kconsole.cli.context import CliContext, at_store, read_text, reason_option, say, say_outcomes
from kconsole.cli.license_json import life_document, price_document
from kconsole.cli.output import put_json
from kconsole.core.errors import BadInput
from kconsole.core.license import Price, price_of
from kconsole.operations.license import SetPrice
from kconsole.text import messages
from kconsole.text.licenses import price_words


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


def read_price(amount: str, currency: str) -> Price:
    """The price that a user wrote; BadInput if it is none."""
    try:
        return price_of(amount, currency)
    except ValueError as error:
        hint = "write-like-a-currency" if str(error) == "not-a-currency" else "write-like-an-amount"
        text = currency if str(error) == "not-a-currency" else amount
        raise BadInput(str(error), hint, effect="nothing-recorded", text=text[:40]) from None
