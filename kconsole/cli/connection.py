"""Connections to other servers on the command line: which certificate is trusted, and the password."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from kconsole.cli.context import FilePath, read_text
from kconsole.cli.streams import has_person
from kconsole.net.secrets import Secret, secret_from
from kconsole.operations.files import whole_path
from kconsole.text.safe_text import safe_text


def _read_path(context: click.Context, param: click.Parameter, value: str) -> str:
    return str(whole_path(read_text(context, param, value))) if value else ""


def trust_options(command: Any) -> Any:
    """Give a command the options --ca, --fingerprint and --insecure."""
    insecure = click.option(
        "--insecure", is_flag=True, help="Do not check the certificate; others may read the password."
    )
    fingerprint = click.option(
        "--fingerprint", callback=read_text, default="", metavar="SHA256", help="The only certificate to trust."
    )
    ca_file = click.option(
        "--ca", "ca_file", callback=_read_path, default="", metavar="FILE", help="File of the CA certificates to trust."
    )
    return ca_file(fingerprint(insecure(command)))


def password_option(server: str, variable: str) -> Callable[[Any], Any]:
    """The option --password-file, with the words for the server and the environment variable with the password."""
    return click.option(
        "--password-file",
        type=FilePath(),
        metavar="FILE",
        help=f"File of mode 0600 with the password to the {server} (default: {variable}, or a prompt).",
    )


def password_of(user: str, file: Path | None, variable: str) -> Secret:
    """The password of a user: from the file, else from the environment, else by a prompt."""
    prompt = partial(click.prompt, hide_input=True, err=True, default="", show_default=False)
    return secret_from(file, variable, partial(prompt, f"Password of {safe_text(user)}") if has_person() else None)
