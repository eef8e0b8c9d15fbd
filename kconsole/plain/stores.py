"""The stores of several contexts, one of which is chosen before the plain console begins."""

from kconsole.core.errors import ConsoleError
from kconsole.operations.contexts import Context
from kconsole.operations.fleet_process import read_all
from kconsole.operations.fleet_reading import FleetRow
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.session import Session
from kconsole.plain.terminal import Quit, Terminal
from kconsole.text import fleet as texts
from kconsole.text.messages import error_words, hint_words


def ask_store(stores: Stores, terminal: Terminal) -> tuple[Session, Context]:
    """Say what is known of each store, ask which is meant until one can be opened, and open it.

    Raises:
        Quit: the user wants that.
    """
    terminal.say(f"kconsole, plain console. {len(stores.contexts)} stores:")
    rows = read_all(stores.fleet())
    lines = [f"{number}: {_line(row)}." for number, row in enumerate(rows, 1)]
    terminal.say(*lines)
    while True:
        answer = terminal.read_line("Number or name of a store, ? for the list, or q:")
        if answer.lower() in ("q", "quit", "exit"):
            raise Quit
        found = [row.context for number, row in enumerate(rows, 1) if answer in (str(number), row.context.name)]
        if not found:
            terminal.say(*lines)
            continue
        if rows[[row.context for row in rows].index(found[0])].state == "no-answer":
            terminal.say(f"{found[0].name} {texts.STATE_WORDS['no-answer']}.")
            continue
        try:
            return stores.opening(found[0], lambda *_: None), found[0]
        except ConsoleError as error:
            terminal.say(f"Not opened: {error_words(error)}", *filter(None, [hint_words(error)]))


def _line(row: FleetRow) -> str:
    name = f"{row.context.name}{f', {row.context.note}' if row.context.note else ''}"
    if row.facts is None:
        return f"{name}: {texts.problem_words(row.state, row.error)}".rstrip(".")
    figures = f"{texts.used_words(row.facts)} seats used, {texts.free_words(row.facts)} free"
    role = texts.role_words(row.role, row.context.read_only)
    return f"{name}: {figures}, {role}, {texts.alarm_words(row.alarm, row.findings)}"
