"""The entry point of the command line: finds the command, and turns errors into a message and an exit code."""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from kconsole import __version__
from kconsole.cli.context import (
    DEBUG_VARIABLE,
    PARTLY_FAILED,
    CliContext,
    at_store,
    on_screen,
    say,
    say_error,
    say_failure,
)
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.streams import lost_output, prepare_streams
from kconsole.core.codes import message
from kconsole.core.errors import BadInput, ConsoleError, StoreBusy
from kconsole.text.messages import sentence, templates, whole
from kconsole.text.safe_text import one_line

INTERRUPTED: Final = 130
"""The exit code after ctrl+c, as in shells."""

CHECK: Final = "check"
"""The command whose exit codes are those of monitoring plugins."""

UNKNOWN: Final = 3
"""The code of a plugin that could not find out: whatever keeps `check` from it, it must not look like a WARNING."""

SAVED_BEFORE: Final = "Changes made before that are saved; 'kconsole log' shows them."

COMMANDS: Final = {
    "status": "kconsole.cli.status:status",
    "check": "kconsole.cli.check:check",
    "metrics": "kconsole.cli.metrics:metrics",
    "accounts": "kconsole.cli.seats:accounts",
    "explain": "kconsole.cli.seats:explain",
    "domains": "kconsole.cli.server:domains",
    "disable": "kconsole.cli.accounts:disable",
    "enable": "kconsole.cli.accounts:enable",
    "add": "kconsole.cli.accounts:add",
    "delete": "kconsole.cli.accounts:delete",
    "tag": "kconsole.cli.accounts:tag",
    "restarted": "kconsole.cli.server:restarted",
    "keep": "kconsole.cli.decisions:keep",
    "protect": "kconsole.cli.decisions:protect",
    "reserve": "kconsole.cli.reservations:reserve",
    "offboard": "kconsole.cli.offboarding:offboard",
    "due": "kconsole.cli.offboarding:due",
    "policy": "kconsole.cli.policies:policy",
    "reclaim": "kconsole.cli.reclaim:reclaim",
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
    "report": "kconsole.cli.reports:report",
    "suggest": "kconsole.cli.suggest:suggest",
    "history": "kconsole.cli.seat_history:history",
    "forecast": "kconsole.cli.seat_history:forecast",
    "doctor": "kconsole.cli.maintenance:doctor",
    "backup": "kconsole.cli.maintenance:backup",
    "journal": "kconsole.cli.maintenance:journal",
    "share": "kconsole.cli.sharing:share",
    "store": "kconsole.cli.store:store",
    "service-user": "kconsole.cli.service_user:service_user",
    "demo": "kconsole.cli.screen:demo",
    "diagnose": "kconsole.cli.diagnose:diagnose",
    "roles": "kconsole.cli.roles:roles",
    "schema": "kconsole.cli.maintenance:schema",
    "help": "kconsole.cli.help:help_",
    "config": "kconsole.cli.config:config",
    "context": "kconsole.cli.contexts:context",
    "fleet": "kconsole.cli.fleet:fleet",
    "completion": "kconsole.cli.completion.command:completion",
    "shell": "kconsole.cli.shell:shell",
    "serve": "kconsole.cli.serve:serve",
}
"""The module of each command, imported only when the command runs: so none waits for the imports of others."""


OWNERS_ONLY: Final = frozenset(
    {"completion", "context", "demo", "fleet", "serve", "shell", "init", "service-user", "share", "store"}
)
"""Commands that make, choose, share or hand out a store: none of an operator under a forced command."""


def _is_shell(context: click.Context) -> bool:
    place = context.find_object(CliContext)
    return place is not None and bool(place.operator_name)


class CommandGroup(RoleGroup):
    """A group that imports each command when it runs."""

    def all_commands(self, context: click.Context) -> list[str]:
        return [name for name in COMMANDS if not (_is_shell(context) and name in OWNERS_ONLY)]

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        context.ensure_object(CliContext).command = arguments[0]
        return super().resolve_command(context, arguments)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if _is_shell(context) and name in OWNERS_ONLY:
            raise BadInput("not-under-forced-command", "leave-it-out", what=name)
        module, _colon, attribute = COMMANDS[name].partition(":")
        command: Any = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  # COMMANDS names commands only
        return command


@click.group(
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 partly failed, 2 usage or bad input, 3 not found, 4 refused by a guard, "
    "5 changes pending, 6 store busy, 7 store damaged, 8 server unreachable, 9 license expired.",
)
@click.version_option(__version__, prog_name="kconsole", message="%(prog)s %(version)s")
@at_store
@on_screen
@click.pass_context
def kconsole(context: click.Context, place: CliContext) -> None:
    """Show and manage the user seats of a Kerio Connect license.

    Without a command, kconsole opens the console. 'kconsole help' lists the topics of the manual.
    """
    templates()  # while files can be opened: an error that says that they cannot needs words too
    if context.invoked_subcommand is None:
        from kconsole.cli.screen import open_console

        open_console(place)


def run(arguments: list[str] | None = None, place: CliContext | None = None) -> int:
    """Run one command line, and return its exit code. It never raises, and shows no traceback of an expected error.

    The command line changes the options in `place`, which tests begin with.
    """
    prepare_streams()
    place = place or CliContext()
    place.words = place.words or tuple(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(arguments, place)
    except Exception as error:  # also in the words of an error
        code = _say_failed(error, place)
        if place.has_changed:
            say(SAVED_BEFORE)
    sys.stdout.flush()
    lost = lost_output()
    # A reader that has seen enough, or one that wants to see nothing.
    if lost is None or (lost.errno in (errno.EPIPE, errno.EBADF) and not place.needs_output):
        return code
    if place.has_changed:
        say(f"The change is done, but its output cannot be written: {lost.strerror}.")
        return code
    say_failure(f"The output cannot be written: {lost.strerror}.")
    return code or (UNKNOWN if _is_check(place) else PARTLY_FAILED)


def _run(arguments: list[str] | None, place: CliContext) -> int:
    try:
        code = kconsole.main(arguments, prog_name="kconsole", standalone_mode=False, obj=place)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        if _is_check(place):
            return _unknown(error.format_message())
        _say_usage(error)
        return error.exit_code
    except ConsoleError as error:
        if _is_check(place):
            # Who else is saving would be a name.
            return _unknown(sentence(message("check-busy")) if isinstance(error, StoreBusy) else whole(error))
        say_error(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        if error.__cause__ is None:  # otherwise click has left the line where the terminal shows ^C
            say("")
        say(f"Interrupted. {SAVED_BEFORE}" if place.has_changed else "Interrupted.")
        return INTERRUPTED


def _is_check(place: CliContext) -> bool:
    """Whether this is the plugin, also where a wrong option before its name kept click from finding it."""
    return place.command == CHECK or (not place.command and CHECK in place.words)


def _unknown(text: str) -> int:
    """Answer as a plugin that could not find out: on standard output, as nothing else is shown of it."""
    click.echo(f"SEATS UNKNOWN - {one_line(text)}")
    return UNKNOWN


def _say_failed(error: Exception, place: CliContext) -> int:
    """Print one line for a user; a developer gets the traceback on request."""
    if _is_check(place) and not os.environ.get(DEBUG_VARIABLE):
        why = f": {error}" if isinstance(error, OSError | ImportError) else ", see 'kconsole status'"  # no names
        return _unknown(f"{type(error).__name__}{why}")
    if isinstance(error, ImportError):  # each command imports what it needs, whose file cannot be read just now
        say_failure(f"A part of the program cannot be loaded: {error}.")
    elif isinstance(error, OSError):
        what = f"{error.filename} cannot be used" if error.filename else "The system refused"
        if not error.filename and not _has_working_folder():
            what = "The working folder cannot be used"
        say_failure(f"{what}: {error.strerror or error}.")
    else:
        if os.environ.get(DEBUG_VARIABLE):
            raise error
        say_failure(
            f"Unexpected error: {type(error).__name__}: {error}",
            f"Please report it, with the command. {DEBUG_VARIABLE}=1 shows the traceback.",
        )
    return PARTLY_FAILED


def _has_working_folder() -> bool:
    try:
        return bool(Path.cwd())
    except OSError:
        return False


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
