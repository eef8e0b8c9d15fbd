"""Commands that free seats of accounts that are not used."""

from datetime import timedelta
from pathlib import Path

import click

from kconsole.cli.context import CliContext, FilePath, at_store, read_text, say
from kconsole.cli.output import put_document, put_json, say_missing_lines
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.reclaim_apply import apply_, due, mark
from kconsole.cli.status import put_ending_keeps
from kconsole.cli.tables import put_table
from kconsole.core.errors import NotFound
from kconsole.operations.files import writing
from kconsole.operations.reclaim.judging import Judgements, judge
from kconsole.operations.reclaim.planning import check, plan_file
from kconsole.operations.reclaim.policies import IDLE, policy_named
from kconsole.operations.search.lookup import find_entry
from kconsole.operations.session import Session
from kconsole.text import messages
from kconsole.text import reclaim as texts
from kconsole.text.safe_text import safe_address, safe_text

PENDING = 5
"""The exit code of a plan that would change something."""

policy_option = click.option(
    "--policy", default=IDLE.name, metavar="NAME", callback=read_text, help="The policy.", show_default=True
)


@click.group("reclaim", cls=RoleGroup)
def reclaim() -> None:
    """Free seats of accounts that are not used.

    A policy judges every account, and says why the others stay. Nothing changes until you apply a plan.
    """


for _command in (apply_, mark, due):
    reclaim.add_command(_command)


@reclaim.command()
@policy_option
@click.option("--out", type=FilePath(to_write=True), metavar="FILE", help="Save the plan, to apply it; - is stdout.")
@click.option(
    "--valid",
    type=click.IntRange(1, 168),
    default=24,
    show_default=True,
    metavar="HOURS",
    help="For how long it can be applied, for example over a weekend.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@at_store
def plan(place: CliContext, policy: str, out: Path | None, valid: int, as_json: bool) -> int:
    """Show what a policy would disable, and why others stay.

    Exit code 0: nothing to do; 5: changes pending; 4: the data says too little, so there is no plan.
    """
    session = place.open()
    found = judge(session, policy_named(session.state, policy))
    check(found)
    to_stdout = str(out) == "-"
    if out is not None or as_json:
        pieces = plan_file(session, found, timedelta(hours=valid))
        if as_json or to_stdout:
            place.needs_output = to_stdout
            for piece in pieces():
                put_document(piece)
        if out is not None and not to_stdout:
            with writing(out, session.store.folder) as file:
                file.writelines(pieces())
            say(f"Wrote {out}.")
    if not (as_json or to_stdout):
        _put_plan(session, found)
    return PENDING if found.to_do else 0


def _put_plan(session: Session, found: Judgements) -> None:
    rows = [[safe_address(each.entry.address), messages.words_of(each.message)] for each in found.to_do]
    done, stay = texts.plan_headings(found.policy.step, len(rows), len(found.judged) - len(rows))
    click.echo(done)
    if rows:
        put_table(["ACCOUNT", "WHY"], rows, whole={0})
    click.echo()
    click.echo(stay)
    put_table(
        ["ACCOUNTS", "WHY"], ([f"{number:,}", reason] for reason, number in texts.reason_counts(found)), right={0}
    )
    for each in session.state.protections.values():
        click.echo(f"! protected: {safe_text(each.pattern, None)}, by {safe_text(each.by)}: {safe_text(each.reason)}")
    put_ending_keeps(session)
    if unknown := texts.unknown_words(found):
        say(f"Note: {unknown}")
    say_missing_lines(session)
    say(texts.totals(found))


@reclaim.command()
@click.argument("address", callback=read_text)
@policy_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@at_store
def explain(place: CliContext, address: str, policy: str, as_json: bool) -> int:
    """Explain what a policy says of one account."""
    session = place.open()
    chosen = policy_named(session.state, policy)
    entry = find_entry(address, session.state)
    found = judge(session, chosen)
    judgement = next((each for each in found.judged if each.entry.id == entry.id), None)
    if judgement is None:
        raise NotFound("address-not-in-store", "look-it-up", address=address)  # it has been deleted
    objections = [messages.sentence(each) for each in found.objections]
    if as_json:
        document = {"address": entry.address, "policy": chosen.name, "code": judgement.code, "facts": judgement.facts}
        put_json({**document, "because": messages.words_of(judgement.message), "refused": objections})
        return 0
    click.echo(f"{safe_address(entry.address)} {safe_text(texts.verdict(judgement, chosen.step), None)}")
    for objection in objections:
        say(f"Note: {objection}")
    return 0
