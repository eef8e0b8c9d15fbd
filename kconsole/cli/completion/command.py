"""The command that prints the scripts for completion at the shell."""

from pathlib import Path

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script for completion in a shell.

    It completes commands, options, and what is in the store: addresses, domains, tags and more. 'kconsole help config'
    says where each shell looks for it.
    """
    click.echo(Path(__file__).with_name(f"kconsole.{shell}").read_text(encoding="utf-8"), nl=False)
