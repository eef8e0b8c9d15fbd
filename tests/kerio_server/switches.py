"""The server in the hand of who is not in its process: options, and lines of its input, make it faulty."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from tests.kerio_server import named_faults, named_unknowns
from tests.kerio_server.faults import Held
from tests.kerio_server.named_unknowns import Wrong, set_unknown
from tests.kerio_server.records import User
from tests.kerio_server.rpc import METHOD_NAMES
from tests.kerio_server.server import KerioServer

ANY: Final = "any"
ALWAYS: Final = "always"

HELP: Final = f"""\
fault METHOD NAME [N]    the next N calls of METHOD (or '{ANY}') meet this fault; N is 1, or '{ALWAYS}'
release                  calls that are held go on, and no more are held
clear                    the same, and nothing goes wrong any more
unknown NAME=VALUE       do otherwise where no one knows what a real server does
faults, unknowns         what there is of these
calls                    how often each method was called
user ADDRESS CHANGE      disable, enable, remove, add, replace (another person gets the login) or return (who was
                         removed comes back) it, as another administrator does
restart                  sessions are over, connections cut, held seats free, and the server has a new start time
help                     this"""


class Switches:
    """Obeys commands, each a line of words."""

    def __init__(self, server: KerioServer) -> None:
        self._server = server
        self._held: list[Held] = []
        self._removed: dict[str, User] = {}
        self._commands: Final[dict[str, Callable[[str], str]]] = {
            "fault": self._fault,
            "unknown": self._unknown,
            "user": self._user,
        }
        self._alone: Final[dict[str, Callable[[], str]]] = {
            "release": self._release,
            "clear": self._clear,
            "faults": named_faults.listed,
            "unknowns": named_unknowns.listed,
            "calls": self._calls,
            "restart": self._restart,
            "help": lambda: HELP,
        }

    def answer(self, line: str) -> str:
        """What is said to a command: what was done, or that it was wrong. One line, but for lists."""
        try:
            return self.obey(line)
        except Wrong as wrong:
            return f"wrong: {wrong}; nothing was changed"

    def obey(self, line: str) -> str:
        """Do what a command says; returns what was done.

        Raises:
            Wrong: it is not understood, and nothing was changed.
        """
        command, _, rest = line.strip().partition(" ")
        if not rest.isprintable():
            raise Wrong(f"{rest!r} has more in it than text")
        if command in self._commands:
            return self._commands[command](rest.strip())
        if command not in self._alone:
            raise Wrong(f"{command!r} is no command, see 'help'")
        if rest:
            raise Wrong(f"nothing comes after '{command}'")
        return self._alone[command]()

    def _fault(self, rest: str) -> str:
        words = rest.split()
        if len(words) not in (2, 3):
            raise Wrong(f"METHOD NAME [N] is wanted, not {rest!r}")
        method, name, times = (*words, "1")[:3]
        if method != ANY and method not in METHOD_NAMES:
            raise Wrong(f"{method!r} is no method of this server, nor '{ANY}'")
        if name not in named_faults.FAULTS:
            raise Wrong(f"{name!r} is no fault of --list-faults")
        if times != ALWAYS and not (times.isdecimal() and 0 < int(times[:10]) < 10**9):
            raise Wrong(f"{times!r} is no number of calls, nor '{ALWAYS}'")
        fault = named_faults.FAULTS[name].make()
        if isinstance(fault, Held):
            self._held.append(fault)
        self._server.faults.add(
            fault, None if method == ANY else method, times=None if times == ALWAYS else int(times[:10])
        )
        return f"fault {method} {name} {times}: {named_faults.FAULTS[name].reported}"

    def _release(self) -> str:
        for held in self._held:
            self._server.faults.drop(held)
            held.release()
        self._held.clear()
        return "released"

    def _clear(self) -> str:
        self._server.faults.clear()
        self._release()
        return "cleared"

    def _unknown(self, rest: str) -> str:
        return f"unknown {set_unknown(self._server.world.unknowns, rest)}"

    def _calls(self) -> str:
        # A client may have sent any name.
        names = (seen.method if seen.method in METHOD_NAMES else "(no method)" for seen in self._server.calls)
        return f"calls {', '.join(f'{name} {count}' for name, count in sorted(Counter(names).items())) or 'none'}"

    def _user(self, rest: str) -> str:
        address, _, operation = rest.partition(" ")
        login, _, domain = address.rpartition("@")
        world = self._server.world
        operations: dict[str, Callable[[], object]] = {
            "disable": lambda: world.change_user(address, isEnabled=False),
            "enable": lambda: world.change_user(address, isEnabled=True),
            "remove": lambda: self._removed.update({address: world.remove_user(address)}),
            "add": lambda: world.add_user(address),
            "replace": lambda: world.replace_user(address),
            "return": lambda: world.insert(self._removed.pop(address)),
        }
        if operation not in operations:
            raise Wrong(f"LOGIN@DOMAIN and one of {', '.join(operations)} is wanted, not {rest!r}")
        with world.lock:
            if not login or domain not in (each.name for each in world.domains.values()):
                raise Wrong(f"{address!r} is no address in a domain of this server")
            comes = operation in ("add", "return")
            if (world.find(address) is None) is not comes:
                raise Wrong(f"{address!r} is {'there already' if comes else 'not on this server'}")
            if operation == "return" and address not in self._removed:
                raise Wrong(f"{address!r} was not removed")
            operations[operation]()
        return f"user {address} {operation}: {world.seats_used} seats used"

    def _restart(self) -> str:
        self._server.restart()
        return f"restarted {self._server.world.started.isoformat(timespec='seconds')}"
