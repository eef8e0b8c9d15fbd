"""Commands on policies: when an account counts as not used, and what is done then."""

from typing import Any

import click

from kconsole.cli.context import CliContext, at_store, exit_code, read_text, reason_option, say, say_outcomes
from kconsole.cli.output import put_json, put_sections
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.tables import put_table
from kconsole.core.decisions import Policy
from kconsole.core.encoding import as_json
from kconsole.operations.reclaim.policies import RemovePolicy, SetPolicy, is_stored, policies_of, policy_named
from kconsole.operations.session import Session
from kconsole.text import reclaim as texts
from kconsole.text import words


def _read_texts(context: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(read_text(context, param, value) for value in values)


@click.group("policy", cls=RoleGroup)
def policy() -> None:
    """Set when an account counts as not used.

    A policy does nothing on its own: 'kconsole reclaim plan --policy NAME' shows what it would do. The policy idle
    ships with kconsole.
    """


@policy.command("list")
@click.option("--json", "as_list", is_flag=True, help="Print the list as JSON.")
@at_store
def list_(place: CliContext, as_list: bool) -> None:
    """List the policies."""
    session = place.open()
    policies = policies_of(session.state)
    if as_list:
        return put_json([_document(each, session) for each in policies])
    put_table(texts.POLICY_COLUMNS, map(texts.policy_cells, policies), right={1, 2, 3}, whole={0})
    say(words.count(len(policies), "policy", "policies"))
    return None


@policy.command()
@click.argument("name", callback=read_text)
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
@at_store
def show(place: CliContext, name: str, as_document: bool) -> None:
    """Show all settings of a policy."""
    session = place.open()
    found = policy_named(session.state, name)
    if as_document:
        return put_json(_document(found, session))
    put_sections([("", texts.policy_details(found, is_stored(found, session.state)))])
    return None


@policy.command("set")
@click.argument("name", callback=read_text)
@click.argument("settings", metavar="[KEY=VALUE...]", nargs=-1, callback=_read_texts)
@reason_option
@at_store
def set_(place: CliContext, name: str, settings: tuple[str, ...], reason: str) -> int:
    """Create a policy, or change settings of one that exists.

    \b
    where=FILTER         which accounts, as 'kconsole accounts --filter' has it
    inactive=DAYS        since the last login (180, at least 30)
    never=DAYS|keep      since an account that never logged in is known
    grace=DAYS           between the mark and the step (14)
    stop_when_free=N     free seats that are enough, or none
    brake_accounts=N     the most accounts of one run (10)
    brake_percent=N      the same as a part of all; the smaller counts (10)
    max_data_age=HOURS   beyond which there is no plan (26)
    step=disable|delete  what is done; delete needs 90 days disabled
    """  # noqa: D301  # the sign by which click keeps lines
    pairs: dict[str, str] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or key in pairs:
            raise click.UsageError(f"'{text}' is not KEY=VALUE." if not equals else f"{key} stands there twice.")
        pairs[key] = value
    done = place.open().do(SetPolicy(name, pairs, reason))
    say_outcomes(done)
    return exit_code(done.outcomes)


@policy.command()
@click.argument("name", callback=read_text)
@reason_option
@at_store
def remove(place: CliContext, name: str, reason: str) -> int:
    """Remove a policy."""
    done = place.open().do(RemovePolicy(name, reason))
    say_outcomes(done)
    return exit_code(done.outcomes)


def _document(found: Policy, session: Session) -> dict[str, Any]:
    settings = {name: as_json(getattr(found, name)) for name in Policy.__struct_fields__}
    return {**settings, "shipped": not is_stored(found, session.state)}
