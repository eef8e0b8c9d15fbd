"""Which store a command line means: by option, environment or configuration file."""

import os
from typing import Final

import click

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, ReadOnly, Refused
from kconsole.operations.contexts import CONTEXT_VARIABLE, Choice, Context, choose
from kconsole.operations.locations import Location, location_of
from kconsole.operations.system import STORE_VARIABLE

LONGEST_WAIT: Final = 86_400
"""The longest `--wait`, in seconds."""


def read_patience(context: click.Context, param: click.Parameter, value: float) -> float:
    """The value of `--wait`."""
    if not 0 <= value <= LONGEST_WAIT:
        raise click.BadParameter(f"it is a number of seconds from 0 to {LONGEST_WAIT:,}.", context, param)
    return value


def location_named(name: str, where: str) -> Location:
    """The folder of this name, or the database at this address."""
    if not name.strip():
        raise click.UsageError(f"{where} is empty; name a folder.")
    try:
        return location_of(name)
    except RuntimeError:
        raise click.UsageError(f"{where} is '{name}', but that home folder is unknown.") from None


def choice_of(location: Location | None, context: str, is_confined: bool) -> Choice:
    """The store that is meant. An option goes before the environment, and a store before a context.

    Raises:
        click.UsageError: two stores are named in one place.
        BadInput, NotFound: the contexts do not say which it is.
    """
    if location is not None:
        if context:
            raise click.UsageError("Use --store or --context, not both.")
        return Choice(location)
    by_variable = os.environ.get(CONTEXT_VARIABLE, "").strip()
    store = os.environ.get(STORE_VARIABLE)
    if store and not context:
        if by_variable:
            raise click.UsageError(f"{STORE_VARIABLE} and {CONTEXT_VARIABLE} are both set; unset one of them.")
        return Choice(location_named(store, STORE_VARIABLE))
    if is_confined:  # an operator cannot choose: the forced command names store or context, or there is one only
        try:
            return choose(context)
        except BadInput as error:
            raise BadInput("forced-command-names-no-store", "ask-full-admin") from error
    return choose(context or by_variable)


def check_changeable(context: Context | None) -> None:
    """Refuse changes in a context that is configured as read-only."""
    if context is not None and context.read_only:
        raise ReadOnly("context-read-only", "change-context-or-file", context=context.name)


def check_confirmed(context: Context | None, confirmed: str, is_big: bool) -> None:
    """Refuse to delete accounts, or change many, in a context that wants its name for that, and did not get it."""
    if confirmed and (context is None or confirmed != context.name):
        raise Refused("context-name-differs", "nothing-changed", context="" if context is None else context.name)
    if is_big and context is not None and context.confirm_name and not confirmed:
        raise Refused("context-wants-name", message("give-context-name", context=context.name), context=context.name)
