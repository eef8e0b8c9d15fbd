"""The entry point of the command line: finds the command, and turns errors into a message and an exit code."""

import codecs
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from kconsole import __version__
from kconsole.cli.context import DEBUG_VARIABLE, CliContext, at_store, on_screen, say, say_error, say_failure
from kconsole.core.errors import ConsoleError

INTERRUPTED: Final = 130
"""The exit code after ctrl+c, as in shells."""

PLAIN_SIGNS: Final = "kconsole-plain-signs"
"""The name of the codec error handler for output in encodings that lack our characters."""

COMMANDS: Final = {
    "status": "kconsole.cli.status:status",
    "accounts": "kconsole.cli.seats:accounts",
    "explain": "kconsole.cli.seats:explain",
    "domains": "kconsole.cli.server:domains",
    "disable": "kconsole.cli.accounts:disable",
    "enable": "kconsole.cli.accounts:enable",
    "add": "kconsole.cli.accounts:add",
    "delete": "kconsole.cli.accounts:delete",
    "restarted": "kconsole.cli.server:restarted",
    "connect": "kconsole.cli.logins:connect",
    "license": "kconsole.cli.license:license_",
    "server": "kconsole.cli.sync:server",
    "sync": "kconsole.cli.sync:sync",
    "reconcile": "kconsole.cli.sync:reconcile",
    "map": "kconsole.cli.mapping:map_",
    "import": "kconsole.cli.imports:import_",
    "init": "kconsole.cli.server:init",
    "dump": "kconsole.cli.server:dump",
    "restore": "kconsole.cli.server:restore",
    "log": "kconsole.cli.history:log",
    "undo": "kconsole.cli.history:undo",
    "doctor": "kconsole.cli.maintenance:doctor",
    "backup": "kconsole.cli.maintenance:backup",
    "demo": "kconsole.cli.screen:demo",
    "diagnose": "kconsole.cli.diagnose:diagnose",
    "schema": "kconsole.cli.schema:schema",
}
"""The module of each command, imported only when the command runs: so none waits for the imports of others."""


class CommandGroup(click.Group):
    """A group that imports each command when it runs."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _colon, attribute = COMMANDS[name].partition(":")
        command: Any = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  # COMMANDS names commands only
        return command


@click.group(
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 partly failed, 2 usage or bad input, 3 not found, 4 refused by a guard, "
    "6 store busy, 7 store damaged, 8 server unreachable, 9 license expired.",
)
@click.version_option(__version__, prog_name="kconsole", message="%(prog)s %(version)s")
@at_store
@on_screen
@click.pass_context
def kconsole(context: click.Context, place: CliContext) -> None:
    """Show and manage the user seats of a Kerio Connect license.

    Without a command, kconsole opens the console.
    """
    if context.invoked_subcommand is None:
        from kconsole.cli.screen import open_console

        open_console(place)


def run(arguments: list[str] | None = None, place: CliContext | None = None) -> int:
    """Run one command line, and return its exit code. It never raises, and shows no traceback of an expected error.

    The command line changes the options in `place`, which tests begin with.
    """
    _prepare_streams()
    try:
        code = kconsole.main(arguments, prog_name="kconsole", standalone_mode=False, obj=place)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        _say_usage(error)
        return error.exit_code
    except ConsoleError as error:
        say_error(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # click ends the process when a pipe is closed
        _discard_output()
        return 0
    except Exception as error:  # a user gets one line, and a developer the traceback on request
        if not isinstance(error, OSError):
            return _say_unexpected(error)
        what = f"{error.filename} cannot be used" if error.filename else "The output cannot be written"
        say_failure(f"{what}: {error.strerror or error}.")
        _discard_output()
        return 1


def _prepare_streams() -> None:
    """Replace characters that the terminal's encoding lacks, and discard output to a closed stream."""
    codecs.register_error(PLAIN_SIGNS, _plain_signs)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN_SIGNS)


def _plain_signs(error: UnicodeError) -> tuple[str | bytes, int]:
    """Characters that the output cannot carry, in ASCII of the same width: an error handler for codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from kconsole.text.plain import in_ascii

    return in_ascii(error.object[error.start : error.end]), error.end


def _say_unexpected(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        raise error
    say_failure(
        f"Unexpected error: {type(error).__name__}: {error}",
        f"Please report it, with the command. {DEBUG_VARIABLE}=1 shows the traceback.",
    )
    return 1


def _say_usage(error: click.ClickException) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        for line in error.message.splitlines():
            say(line)
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        for line in error.ctx.get_usage().splitlines():
            say(line)
        say(f"Try '{error.ctx.command_path} --help'.")
    say_failure(error.format_message())


def _discard_output() -> None:
    """Keep Python from reporting at exit that the rest of the output cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
