"""The forced command of an SSH key or a sudo rule: kconsole for one operator, and nothing else."""

import os
import pwd
import re
import resource
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from kconsole.cli.context import CliContext, FilePath, at_store, on_screen
from kconsole.cli.streams import has_person
from kconsole.core.errors import BadInput
from kconsole.net.secrets import secret_from
from kconsole.operations.confinement import confine_files
from kconsole.operations.settings import CONFIG_VARIABLE
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.operations.system import BROWSER_VARIABLE
from kconsole.text.messages import show_paths_within

ORIGINAL_COMMAND: Final = "SSH_ORIGINAL_COMMAND"
"""The environment variable with what the user of `ssh host WORDS` typed."""

KEPT: Final = {
    "TERM": r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}",
    "COLORTERM": r"[a-z0-9]{1,16}",
    "LANG": r"[A-Za-z0-9][A-Za-z0-9.@_-]{0,63}",
    r"LC_[A-Z]{1,20}": r"[A-Za-z0-9][A-Za-z0-9.@_-]{0,63}",
    "NO_COLOR": r"[ -~]{0,16}",
    "ACCESSIBLE": r"[A-Za-z0-9]{0,16}",
    "SSH_CONNECTION": r"[0-9A-Fa-f.:%a-z]{2,64} [0-9]{1,5} [0-9A-Fa-f.:%a-z]{2,64} [0-9]{1,5}",
    "SSH_USER_AUTH": r"/[A-Za-z0-9._/-]{1,128}",
    BROWSER_VARIABLE: r"[0-9A-Fa-f.:]{2,64}|unix",
    "SUDO_USER": r"[A-Za-z0-9_][A-Za-z0-9._$-]{0,63}",
    "SUDO_UID": r"[0-9]{1,10}",
}
"""Variables that stay, by the pattern of the name, and the pattern of a value that is taken."""

SETTINGS: Final = {CONFIG_VARIABLE: r"/.{1,4095}", r"PG(?!PASSWORD$)[A-Z]{2,30}": r"[ -~]{1,4096}"}
"""Variables that choose the configuration and the database, for who alone sets them: not a user of SSH."""

LONGEST_COMMAND: Final = 16_384
"""Characters of a command."""


@click.command()
@click.option("--operator", required=True, metavar="NAME", help="The operator of roles.toml who works here.")
@click.option("--auditor", "may_look", is_flag=True, help="Without a role in roles.toml, the operator may look.")
@click.option(
    "--password-file", type=FilePath(), metavar="FILE", help="File of mode 0600 with the password to the mail server."
)  # fmt: skip
@click.option(
    "--files",
    "base",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder with the folders inbox and exports (the home folder).",
)
@click.option("--keep-settings", is_flag=True, help="Keep variables that choose configuration and database.")
@at_store
@on_screen
@click.pass_context
def shell(
    context: click.Context,
    place: CliContext,
    operator: str,
    may_look: bool,
    password_file: Path | None,
    base: Path | None,
    keep_settings: bool,
) -> int:
    """Serve one operator, by a forced SSH command or a sudo rule.

    Without a command of the user it opens the console, or prints the status where there is no terminal. Otherwise it
    runs the user's words as a command line of kconsole, never a shell. It reads files in the folder inbox only, and
    writes files in the folder exports only. Its environment is empty but for language, terminal and connection.
    """
    command = os.environ.get(ORIGINAL_COMMAND, "")
    place.command, place.words = "", tuple(re.sub(r"[^!-~]", " ", command).split())
    secret = None if password_file is None else secret_from(password_file, "", None)
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:  # an unknown user, as in many containers
        home = Path("/")
    enclose(home, (base or home).absolute(), {**KEPT, **SETTINGS} if keep_settings else KEPT)
    if secret is not None:
        os.environ[SERVER_PASSWORD] = secret.reveal()
    place.operator_name, place.may_look = operator, may_look
    words = words_of_command(command) or ([] if has_person() else ["status"])
    group = context.find_root().command
    result = group.main(words, prog_name="kconsole", standalone_mode=False, obj=place)
    return result if isinstance(result, int) else 0


def words_of_command(command: str) -> list[str]:
    """The words of a command line of kconsole, whose name may stand first.

    Raises:
        BadInput: it has control characters, an open quote, or a command that is not for operators.
    """
    if len(command) > LONGEST_COMMAND:
        raise BadInput("command-too-long", longest=LONGEST_COMMAND)
    if not all(character.isprintable() for character in command):
        raise BadInput("command-has-control-characters", "type-the-command")
    try:
        words = shlex.split(command)
    except ValueError:
        raise BadInput("command-has-open-quote", "close-the-quote") from None
    return words[1:] if words[:1] == ["kconsole"] else words


def kept_variables(variables: Mapping[str, str], patterns: Mapping[str, str] = KEPT) -> dict[str, str]:
    """The variables that say something about the terminal, the language and the connection, if they look as they do.

    Args:
        variables: all that there are.
        patterns: of values, by those of names.
    """
    kept = {}
    for name, value in variables.items():
        pattern = next((patterns[each] for each in patterns if re.fullmatch(each, name)), None)
        if pattern is not None and re.fullmatch(pattern, value):
            kept[name] = value
    return kept


def enclose(home: Path, base: Path, patterns: Mapping[str, str] = KEPT) -> None:
    """Leave an operator nothing that runs or overwrites something else: variables, core dumps, ctrl+z, files."""
    kept = kept_variables(os.environ, patterns)
    os.environ.clear()
    os.environ.update(kept, HOME=str(home), PATH="/usr/bin:/bin")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    confine_files(base)
    show_paths_within(base)
