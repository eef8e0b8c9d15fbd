"""Commands that change accounts: disable, enable, add, delete, tag."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kconsole.cli.context import (
    CliContext,
    FilePath,
    at_store,
    exit_code,
    read_text,
    reading,
    reason_option,
    say,
    say_outcomes,
)
from kconsole.cli.server_prompt import do_and_say, password_option
from kconsole.core.errors import NotFound
from kconsole.core.records import MailboxFate
from kconsole.licensing.guards import may_delete
from kconsole.net.secrets import secret_from
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts, only_disabled
from kconsole.operations.search.lookup import addresses_of, find_entry
from kconsole.operations.session import Session
from kconsole.operations.tags import TagAccounts
from kconsole.text import messages, words
from kconsole.text.safe_text import safe_address


def _changes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what all commands have that change accounts on the server."""
    changed: Callable[..., Any] = password_option(reason_option(at_store(command)))
    return changed


_over_reservations = click.option(
    "--over-reservations", is_flag=True, help="Take seats that are reserved for others; the log says so."
)

_addresses = click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)


@click.command()
@_addresses
@_changes
def disable(place: CliContext, addresses: tuple[str, ...], password_file: Path | None, reason: str) -> None:
    """Disable accounts: their seats are free at once.

    A disabled account keeps its mail and cannot log in.
    """
    session = place.open(unconfirmed=False)
    operation = DisableAccounts(addresses_of(addresses, session.state), reason)
    do_and_say(place, session, operation, password_file, words.BACKUP_NOTE)


@click.command()
@_addresses
@_over_reservations
@_changes
def enable(
    place: CliContext, addresses: tuple[str, ...], over_reservations: bool, password_file: Path | None, reason: str
) -> None:
    """Enable disabled accounts, as long as seats are free."""
    session = place.open(unconfirmed=False)
    operation = EnableAccounts(addresses_of(addresses, session.state), reason, over_reservations=over_reservations)
    do_and_say(place, session, operation, password_file)


@click.command()
@click.argument("address")
@click.option("--name", callback=read_text, default="", metavar="TEXT", help="The full name.")
@click.option("--description", callback=read_text, default="", metavar="TEXT", help="What the account is for.")
@click.option(
    "--account-password-file",
    "account_file",
    type=FilePath(),
    metavar="FILE",
    help="A file of mode 0600 with the account's password, for the mail server. It is not stored.",
)
@click.option("--use", default="", metavar="ID", callback=read_text, help="Take the seat of a reservation: r7.")
@_over_reservations
@_changes
def add(
    place: CliContext,
    address: str,
    name: str,
    description: str,
    account_file: Path | None,
    use: str,
    over_reservations: bool,
    password_file: Path | None,
    reason: str,
) -> None:
    """Create a local account. Refused if no seat is free."""
    session = place.open(unconfirmed=False)
    password = None
    if account_file is not None:
        if session.state.server is None:
            raise click.UsageError("--account-password-file needs a server: none is configured for this store.")
        password = secret_from(account_file, "", None)
    operation = AddAccount(address, name, description, reason, password, use, over_reservations)
    do_and_say(place, session, operation, password_file)


@reading
def _mailbox_choice(text: str) -> tuple[MailboxFate, str]:
    """What happens to the mailbox, and which account takes it over."""
    fate, _, target = text.partition(":")
    choices: dict[str, tuple[MailboxFate, str]] = {"keep": ("keep", ""), "delete": ("delete", "")}
    if text in choices:
        return choices[text]
    if fate == "transfer" and target:
        return "transfer", target
    raise ValueError("it is keep, delete or transfer:ADDRESS.")


@click.command()
@_addresses
@click.option(
    "--mailbox",
    callback=_mailbox_choice,
    default="keep",
    metavar="keep|delete|transfer:ADDRESS",
    help="What happens to the mailbox (keep).",
)
@click.option("--yes", is_flag=True, help="Confirm the deletion.")
@_changes
def delete(
    place: CliContext,
    addresses: tuple[str, ...],
    mailbox: tuple[MailboxFate, str],
    yes: bool,
    password_file: Path | None,
    reason: str,
) -> None:
    """Delete accounts. Disabling frees a seat sooner.

    The seat of a deleted account is held until the server is restarted. A mapped account is only disabled, since it
    stays in the directory.
    """
    session = place.open(unconfirmed=False)
    addresses = addresses_of(addresses, session.state)
    if not yes:
        _say_what_deleting_means(session, addresses)
        raise click.UsageError("Nothing was deleted. Add --yes to delete.")
    fate, target = mailbox
    (target,) = addresses_of([target], session.state) if target else ("",)
    do_and_say(place, session, DeleteAccounts(addresses, fate, target, reason), password_file)


def _say_what_deleting_means(session: Session, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        try:
            entry = find_entry(address, session.state)
        except NotFound as error:
            say(messages.whole(error))
            continue
        decision = may_delete(entry, session.seats.policy)
        if entry.deleted_at is not None:
            say(f"{safe_address(entry.address)} is deleted already.")
        elif not decision.allowed:
            say(f"{safe_address(entry.address)} cannot be deleted: {messages.words_of(decision.message)}.")
        elif only_disabled(entry):
            say(f"{safe_address(entry.address)} is mapped from a directory: it would only be disabled.")
        else:
            what = words.KINDS[entry.kind] if entry.role == "user" else words.ROLES[entry.role]
            say(f"{safe_address(entry.address)} ({what}) would be deleted.")


@click.command()
@click.argument("first", metavar="ADDRESS...")
@click.argument("others", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Remove the tags.")
@reason_option
@at_store
def tag(place: CliContext, first: str, others: tuple[str, ...], remove: bool, reason: str) -> int:
    """Give accounts tags, or remove them.

    The filter tag:NAME finds them. After the first address, what has an @ in it is an address, and everything else a
    tag. 'service' marks accounts that no person logs in to (is:service). Tags are kconsole's own: no sync and no
    import changes them.
    """
    session = place.open()
    addresses = addresses_of([first, *(other for other in others if "@" in other)], session.state)
    tags = tuple(other for other in others if "@" not in other)
    if not tags:
        raise click.UsageError("Name a tag.")
    done = session.do(TagAccounts(addresses, () if remove else tags, tags if remove else (), reason))
    say_outcomes(done)
    return exit_code(done.outcomes)
