"""The command that shares a store with the colleagues of a system group, or with no one any more."""

from pathlib import Path

import click

from kconsole.cli.context import CliContext, at_store, say
from kconsole.operations import sharing
from kconsole.text.messages import sentence


@click.group()
def share() -> None:
    """Share the store with the members of a system group."""


@share.command("on")
@click.option("--group", "name", metavar="NAME", required=True, help="The system group; you have to be a member.")
@at_store
def share_on(place: CliContext, name: str) -> None:
    """Let every member of a group work with the store.

    The folder gets mode 2770 and this group, and every file in it 0660, now and ever after, whatever the umask of
    whoever makes it. Only the owner of the store, or root, can do this.
    """
    place.check_writable()
    folder, group = place.own_folder("share"), sharing.group_named(name)
    sharing.share(folder, group, place.operator, place.patience, place.allow_network_fs)
    say_shared(folder, group)


@share.command("off")
@at_store
def share_off(place: CliContext) -> None:
    """Let no one but its owner work with the store.

    The folder gets mode 0700, and its files 0600. Files of colleagues become the owner's. What a colleague has open
    can be read until it is closed, and not be changed.
    """
    place.check_writable()
    sharing.share(place.own_folder("share"), None, place.operator, place.patience, place.allow_network_fs)
    say(f"Only its owner can use the store in {place.store_folder} now.")


def say_shared(folder: Path, group: int) -> None:
    """Say with which group a store is shared, and what keeps its members out."""
    say(f"The store in {folder} is shared with the group {sharing.group_name(group)}.")
    if (trouble := sharing.not_reached(folder, group)) is not None:
        say(f"Note: {sentence(trouble)}")
