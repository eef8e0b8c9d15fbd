"""The command that shows the console in browsers."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kconsole.cli.context import CliContext, FilePath, at_store, reading, say
from kconsole.cli.shell import SETTINGS, kept_variables
from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput, ConsoleError, reason_of
from kconsole.operations.roles import ROLES_FILE, person_here, read_roles
from kconsole.operations.settings import CONFIG_VARIABLE, settings_path
from kconsole.operations.system import BROWSER_VARIABLE
from kconsole.text.messages import sentence

if TYPE_CHECKING:
    from kconsole.web.gate import Rules

ADDRESS: Final = "127.0.0.1:8471"

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}

OPERATOR: Final = "browser"
"""The operator of the link where none is named."""


def _read_idle(text: str) -> float:
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or not 0 < int(number) < 10_000:
        raise ValueError("it is a number of seconds, minutes or hours, such as 90s, 15m or 2h.")
    return int(number) * _UNITS[unit]


@click.command()
@click.option("--listen", "address", default=ADDRESS, metavar="ADDRESS:PORT", help=f"Where to listen ({ADDRESS}).")
@click.option(
    "--unix", "path", type=click.Path(path_type=Path), metavar="PATH", help="Listen at a socket of the file system."
)
@click.option("--origin", "origins", multiple=True, metavar="URL", help="The page's address, as browsers show it.")
@click.option(
    "--auth", type=click.Choice(["token", "header"]), default="token", show_default=True,
    help="Who opens it: by a link, or named by the proxy.",
)  # fmt: skip
@click.option("--trusted-proxy", "proxies", multiple=True, metavar="ADDRESS", help="The only address that may connect.")
@click.option("--operator", "operators", multiple=True, metavar="NAME", help=f"Whose link to print ({OPERATOR}).")
@click.option(
    "--max-sessions", type=click.IntRange(1, 200), default=8, show_default=True, help="How many consoles at once."
)
@click.option(
    "--idle", callback=reading(_read_idle), default="15m", metavar="T", help="End a console without keys (15m)."
)
@click.option(
    "--password-file", type=FilePath(), metavar="FILE", help="File of mode 0600 with the password to the mail server."
)
@click.option(
    "--files", "base", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="The folder with the folders inbox and exports (the home folder).",
)  # fmt: skip
@at_store
def serve(
    place: CliContext,
    address: str,
    path: Path | None,
    origins: tuple[str, ...],
    auth: str,
    proxies: tuple[str, ...],
    operators: tuple[str, ...],
    max_sessions: int,
    idle: float,
    password_file: Path | None,
    base: Path | None,
) -> None:
    """Show the console in browsers, until it is stopped.

    It prints a link that can be opened once, within ten minutes; signal USR1 prints another. Each console is that of
    an operator of roles.toml under the rules of 'kconsole shell'. One that roles.toml does not name may only look.
    With --auth header, a proxy names the operator in X-Remote-User. Needs kconsole[serve].
    """
    try:
        from kconsole.web.gate import Gate
        from kconsole.web.server import Limits, WebServer
    except ImportError as error:
        raise BadInput("serve-not-installed", "install-serve", missing=error.name or "") from None
    words = _words(place, auth, password_file, base)
    with closing(_listening(address, path)) as listening:
        own = None if path is None else path.lstat()
        rules = rules_of(listening, origins, proxies, auth == "header")
        gate = Gate(rules, _is_operator(place))

        def renew() -> None:
            if rules.by_header:
                _say(message("web-open", url=rules.origins[0]))
                return
            for name, link in gate.links(operators or (OPERATOR,)).items():
                _say(message("web-link", operator=name))
                click.echo(link)

        server = WebServer(gate, words, environment_at, Limits(max_sessions, idle), _say)
        try:
            asyncio.run(server.serve(listening, renew))
        finally:
            with suppress(OSError):
                if path is not None and own is not None and os.path.samestat(path.lstat(), own):
                    path.unlink()


def _say(what: Message) -> None:
    with suppress(OSError):  # a log that is full or gone ends no console
        say(sentence(what))


def _words(place: CliContext, auth: str, password_file: Path | None, base: Path | None) -> Callable[[str], list[str]]:
    """The command line of an operator's console: it opens the store of this one, as this one would."""
    context, store = place.choice.context, place.store
    words = ["--context", context.name] if context is not None else ["--store", str(_absolute(store))]
    if place.roles_file is not None:
        words += ["--roles", str(_absolute(place.roles_file))]
    words += [
        option
        for option, is_set in (
            ("--read-only", place.read_only),
            ("--offline", place.offline),
            ("--allow-network-fs", place.allow_network_fs),
        )
        if is_set
    ]
    then = ["--keep-settings", *(["--auditor"] if auth == "token" else [])]
    if password_file is not None:
        then += ["--password-file", str(_absolute(password_file))]
    if base is not None:
        then += ["--files", str(_absolute(base))]
    return lambda operator: [*words, "shell", "--operator", operator, *then]


def _absolute(place: Path | str) -> Path | str:
    return place if isinstance(place, str) else place.absolute()


def _is_operator(place: CliContext) -> Callable[[str], bool]:
    """Whether the roles file names an operator, as it is now. One that cannot be used names none."""
    file, owner = place.roles_file or ROLES_FILE, person_here(place.store).owner

    def is_operator(name: str) -> bool:
        with suppress(ConsoleError):
            return name in read_roles(file, owner)
        return False

    return is_operator


def environment_at(address: str) -> Mapping[str, str]:
    """All variables of a console for who is at an address."""
    language = {name: text for name, text in kept_variables(os.environ).items() if name.startswith(("LANG", "LC_"))}
    language.pop("LC_ALL", None)
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_CTYPE": "C.UTF-8"}
    return {**language, **terminal, **_settings(), BROWSER_VARIABLE: address, "PATH": "/usr/bin:/bin"}


def _settings() -> dict[str, str]:
    """The variables that choose the configuration and the database, for a process in another folder.

    Its home is that of the user database, so the path of the configuration file of this process is among them.
    """
    kept = kept_variables(os.environ, SETTINGS)
    kept |= {name: str(Path(text).absolute()) for name, text in kept.items() if name.endswith("FILE")}
    path = settings_path()
    if path is not None and (CONFIG_VARIABLE in os.environ or path.exists()):
        kept[CONFIG_VARIABLE] = str(path.absolute())
    return kept


def _listening(address: str, path: Path | None) -> socket.socket:
    """A socket that browsers or a proxy connect to.

    Raises:
        BadInput: there can be none.
    """
    host, _, port = address.rpartition(":")
    try:
        if path is not None:
            return _at(path)
        name = "127.0.0.1" if host == "localhost" else str(ip_address(host.strip("[]")))
        if not (port.isascii() and port.isdigit() and int(port) < 65_536):
            raise BadInput("serve-bad-address", "serve-example", address=address)
        family = socket.AF_INET6 if ":" in name else socket.AF_INET
        return socket.create_server((name, int(port)), family=family)
    except ValueError:
        raise BadInput("serve-bad-address", "serve-example", address=address) from None
    except OSError as error:
        where = address if path is None else str(path)
        raise BadInput("serve-cannot-listen", "serve-elsewhere", address=where, reason=reason_of(error)) from None


def _at(path: Path) -> socket.socket:
    """A socket of the file system, for the user and group of it. One that no server listens to any more is replaced."""
    folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    listening = socket.socket(socket.AF_UNIX)
    try:
        flock(folder, LOCK_EX | LOCK_NB)  # of two that start at once, one would take the other's socket away
        if path.is_socket():
            with socket.socket(socket.AF_UNIX) as other, suppress(ConnectionRefusedError):
                other.settimeout(1)  # one that accepts nothing any more would let it wait for ever
                other.connect(str(path))
                raise BadInput("serve-already", "serve-elsewhere", address=str(path))
            path.unlink()
        listening.bind(str(path))
        path.chmod(0o660)
        listening.listen()
    except BlockingIOError:
        listening.close()
        raise BadInput("serve-already", "serve-elsewhere", address=str(path)) from None
    except BaseException:
        listening.close()
        raise
    finally:
        os.close(folder)
    return listening


def rules_of(listening: socket.socket, origins: tuple[str, ...], proxies: tuple[str, ...], by_header: bool) -> "Rules":
    """What requests must be like.

    Raises:
        BadInput: that would let in who must not come in.
    """
    from kconsole.web.gate import Rules, origin_of

    is_socket = listening.family == socket.AF_UNIX
    known = {url: origin_of(url.lower()) for url in origins}
    if wrong := next((url for url, origin in known.items() if origin is None), None):
        raise BadInput("serve-bad-origin", "serve-origin-example", origin=wrong)
    asked = tuple(filter(None, known.values()))
    try:
        trusted = frozenset(str(ip_address(each)) for each in proxies)
    except ValueError:
        raise BadInput("serve-bad-proxy", "serve-proxy-example") from None
    is_private = is_socket or ip_address(listening.getsockname()[0]).is_loopback
    if not is_private and not (trusted and asked and all(each.startswith("https:") for each in asked)):
        raise BadInput("serve-needs-tls", "serve-behind-proxy")
    if by_header and not (is_socket or trusted):
        raise BadInput("serve-header-needs-proxy", "serve-behind-proxy")
    if (by_header or is_socket) and not asked:
        raise BadInput("serve-needs-origin", "serve-origin-example")
    if not asked:
        host, port = listening.getsockname()[:2]
        asked = (f"http://[{host}]:{port}",) if ":" in host else (f"http://{host}:{port}", f"http://localhost:{port}")
    return Rules(asked, trusted, is_socket, by_header)
