"""python -m tests.kerio_server: the server alone, to look at, to measure with, and to try other clients on."""

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from kconsole.operations.samples import SAMPLE_NAMES
from kconsole.sources.samples import load_sample
from tests.kerio_server.inventories import world_of
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.server import KerioServer
from tests.kerio_server.world import World, system_clock


def main() -> int:
    """Run until interrupted."""
    words = argparse.ArgumentParser(prog="python -m tests.kerio_server", description="A test server, no Kerio Connect.")
    words.add_argument("--accounts", type=int, default=200)
    words.add_argument("--domains", type=int, default=3)
    words.add_argument("--seats", type=int, help="of the license; a tenth more than accounts if not given")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--sample", choices=SAMPLE_NAMES, help="hold what this sample of kconsole holds instead")
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=4040, help="0 is any that is free")
    words.add_argument("--folder", type=Path, help="where to put the certificate")
    words.add_argument("--until-input-ends", action="store_true", help="end with the process that started it")
    given = words.parse_args()
    if given.domains < 1 or given.accounts < 0:
        words.error("there is at least one domain, and no account at least")
    world: World
    if given.sample:
        world = world_of(load_sample(given.sample, system_clock()))
    else:
        world = made_up_world(given.accounts, given.domains, seed=given.seed, seats=given.seats)
    with tempfile.TemporaryDirectory() as folder:
        server = KerioServer(given.folder or Path(folder), world)
        users = f"{server.user} (built-in administrator)"
        if not given.sample:  # which has the people that it has
            auditor = f"auditor@{next(iter(world.domains.values())).name}"
            world.add_user(auditor, "Auditor of the test server", role="Auditor", password=server.password)
            users += f", {auditor} (Auditor)"
        done = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: done.set())
        if given.until_input_ends:
            threading.Thread(target=_await_end_of_input, args=(done,), daemon=True).start()
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
                "ready",
            )
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
            done.wait()
    return 0


def _await_end_of_input(done: threading.Event) -> None:
    sys.stdin.read()
    done.set()


if __name__ == "__main__":
    raise SystemExit(main())
