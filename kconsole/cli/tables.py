"""Prints tables. It stands by itself, because `status` prints one and needs nothing else of `output`."""

from collections.abc import Collection, Iterable, Sequence

import click

from kconsole.cli.streams import terminal_width
from kconsole.text import columns


def put_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Collection[int] = (),
    whole: Collection[int] = (),
    drops: Sequence[int] = (),
) -> None:
    """Print a table as wide as the terminal; `columns.table` explains the positions of columns."""
    for line in columns.table(header, rows, right=right, whole=whole, drops=drops, width=terminal_width()):
        click.echo(line)
