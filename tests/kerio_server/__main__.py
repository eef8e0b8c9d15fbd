"""python -m tests.kerio_server: the server alone, to look at, to measure with, and to try other clients on.

It can be made faulty from outside: by `--fault` and `--unknown`, and while it runs by lines of its input (`help`).
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from kconsole.operations.samples import SAMPLES, load_sample
from tests.kerio_server import named_faults, named_unknowns
from tests.kerio_server.inventories import world_of
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.named_unknowns import Wrong, set_unknown
from tests.kerio_server.server import KerioServer
from tests.kerio_server.switches import HELP, Switches
from tests.kerio_server.unknowns import Unknowns
from tests.kerio_server.world import World, system_clock


def main() -> int:
    """Run until interrupted."""
    words = _words()
    given = words.parse_args()
    if given.list_faults or given.list_unknowns:
        _say(named_faults.listed() if given.list_faults else named_unknowns.listed())
        return 0
    if given.domains < 1 or given.accounts < 0:
        words.error("there is at least one domain, and no account at least")
    unknowns = Unknowns()
    try:
        chosen = [set_unknown(unknowns, text) for text in given.unknown]
    except Wrong as wrong:
        words.error(f"--unknown: {wrong}")
    world: World
    if given.sample:
        world = world_of(load_sample(given.sample, system_clock()), unknowns=unknowns)
    else:
        world = made_up_world(given.accounts, given.domains, seed=given.seed, seats=given.seats, unknowns=unknowns)
    with tempfile.TemporaryDirectory() as folder:
        server = KerioServer(given.folder or Path(folder), world)
        users = f"{server.user} (built-in administrator)"
        if not given.sample:  # which has the people that it has
            auditor = f"auditor@{next(iter(world.domains.values())).name}"
            world.add_user(auditor, "Auditor of the test server", role="Auditor", password=server.password)
            users += f", {auditor} (Auditor)"
        switches = Switches(server)
        try:
            planned = [switches.obey(f"fault {text}") for text in given.fault]
        except Wrong as wrong:
            words.error(f"--fault: {wrong}")
        done = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: done.set())
        # In the background of a terminal, reading would stop the process: so it is an error, and the input has ended.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        with server.start(given.port, given.host):
            lines = (
                "kconsole TEST SERVER, not Kerio Connect: made-up domains and people, no mail",
                f"url          {server.url}",
                f"users        {users}",
                f"password     {server.password}",
                f"certificate  {server.ca_file}",
                f"SHA-256      {server.fingerprint}",
                f"holds        {len(world.users)} users in {len(world.domains)} domains, {world.seats_used} of "
                f"{world.license.users} seats used",
                *(f"unknown      {each}" for each in chosen),
                *(f"fault        {each.partition(' ')[2]}" for each in planned),
                "ready",
            )
            _say("\n".join(lines))
            threading.Thread(
                target=_obey_input, args=(switches, done if given.until_input_ends else None), daemon=True
            ).start()
            done.wait()
    return 0


def _words() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(
        prog="python -m tests.kerio_server",
        description="A test server, no Kerio Connect.",
        epilog=f"While it runs it obeys lines on its standard input:\n\n{HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--accounts", type=int, default=200)
    words.add_argument("--domains", type=int, default=3)
    words.add_argument("--seats", type=int, help="of the license; a tenth more than accounts if not given")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--sample", choices=SAMPLES, help="hold what this sample of kconsole holds instead")
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=4040, help="0 is any that is free")
    words.add_argument("--folder", type=Path, help="where to put the certificate")
    words.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar='"METHOD NAME [N]"',
        help="the next N (1, or 'always') calls of METHOD (or 'any') meet this fault; may be said again",
    )
    words.add_argument("--list-faults", action="store_true", help="the faults that there are")
    words.add_argument(
        "--unknown",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="do otherwise where no one knows what a real server does; may be said again",
    )
    words.add_argument("--list-unknowns", action="store_true", help="what is unknown, and what can be chosen")
    words.add_argument("--until-input-ends", action="store_true", help="end with the process that started it")
    return words


def _obey_input(switches: Switches, done: threading.Event | None) -> None:
    """Obey line by line, and then the end of the input, if that is asked for."""
    try:
        for line in _input():
            if line.strip():
                _say(switches.answer(line))
    finally:
        if done is not None:
            done.set()


def _input() -> Iterator[str]:
    """The lines of the input until it ends, is closed, or can't be read."""
    if sys.stdin is None:  # it was closed from the beginning, and something else may have its number now
        return
    # Without a buffer of Python's: a thread that waits with its lock is in the way when the process ends.
    with contextlib.suppress(OSError), os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            yield line.decode("utf-8", "replace")


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # no one listens: no reason to end
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
