"""The command that prints JSON Schemas."""

from typing import Final

import click

from kconsole.cli.output import put_json

DOCUMENTS: Final = ("status", "accounts", "explain", "dump", "config", "log", "server")


@click.command()
@click.argument("document", type=click.Choice(DOCUMENTS))
def schema(document: str) -> None:
    """Print the JSON Schema of a document.

    Of what status, accounts, explain, log and server print with --json, of a dump, and of the configuration file.
    """
    from kconsole.cli.schemas import schema_of

    put_json(schema_of(document))
