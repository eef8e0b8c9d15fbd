"""Commands that change accounts: disable, enable, add, delete."""

import click

from kconsole.cli.context import Place, at_store, exit_code, pass_place, read_text, reason_option, say, say_outcomes
from kconsole.display import words
from kconsole.licensing.guards import may_delete
from kconsole.model.errors import NotFound
from kconsole.model.records import MailboxFate
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts, only_deactivated
from kconsole.operations.deeds import Deed
from kconsole.operations.session import Session

_addresses = click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)


@click.command()
@_addresses
@reason_option
@at_store
@pass_place
def disable(place: Place, addresses: tuple[str, ...], reason: str) -> None:
    """Disable accounts: their seats come free at once.

    A disabled account keeps its mail and cannot log in.
    """
    _do(place.open(), DisableAccounts(addresses, reason))


@click.command()
@_addresses
@reason_option
@at_store
@pass_place
def enable(place: Place, addresses: tuple[str, ...], reason: str) -> None:
    """Enable disabled accounts again, as long as there are seats."""
    _do(place.open(), EnableAccounts(addresses, reason))


@click.command()
@click.argument("address")
@click.option("--name", callback=read_text, default="", metavar="TEXT", help="The full name.")
@click.option("--description", callback=read_text, default="", metavar="TEXT", help="What it is for.")
@reason_option
@at_store
@pass_place
def add(place: Place, address: str, name: str, description: str, reason: str) -> None:
    """Create a local account. Refused when no seat is free."""
    _do(place.open(), AddAccount(address, name, description, reason))


def _read_mailbox_choice(context: click.Context, param: click.Parameter, value: str) -> tuple[MailboxFate, str]:
    """What shall become of a mailbox, and who takes it."""
    fate, colon, target = value.partition(":")
    if not colon and fate == "keep":
        return "keep", ""
    if not colon and fate == "delete":
        return "delete", ""
    if fate == "transfer" and target:
        return "transfer", target
    raise click.BadParameter("it is keep, delete or transfer:ADDRESS.", context, param)


@click.command()
@_addresses
@click.option(
    "--mailbox",
    callback=_read_mailbox_choice,
    default="keep",
    metavar="keep|delete|transfer:ADDRESS",
    help="What becomes of the mailbox (keep).",
)
@click.option("--yes", is_flag=True, help="Really delete.")
@reason_option
@at_store
@pass_place
def delete(place: Place, addresses: tuple[str, ...], mailbox: tuple[MailboxFate, str], yes: bool, reason: str) -> None:
    """Delete accounts; disabling frees a seat sooner.

    The seat of a deleted account is held until the server is restarted. A mapped account is only deactivated, since
    it stays in the directory.
    """
    session = place.open()
    if not yes:
        _say_what_deleting_means(session, addresses)
        raise click.UsageError("Nothing was deleted. To really delete, say --yes.")
    fate, target = mailbox
    _do(session, DeleteAccounts(addresses, fate, target, reason))


def _say_what_deleting_means(session: Session, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        try:
            entry = session.find(address)
        except NotFound as error:
            say(error.message)
            continue
        decision = may_delete(entry)
        if entry.deleted_at is not None:
            say(f"{entry.address} is deleted already.")
        elif not decision.allowed:
            say(f"{entry.address} cannot be deleted: {decision.reason}.")
        elif only_deactivated(entry):
            say(f"{entry.address} is mapped: it would only be deactivated, and stay in the directory.")
        else:
            say(f"{entry.address} ({words.kind_word(entry)}) would be deleted.")


def _do(session: Session, deed: Deed) -> None:
    done = session.do(deed)
    say_outcomes(done)
    click.get_current_context().exit(exit_code(done.outcomes))
