"""Reading a live server into the store, beside nothing but fetching and validating the same bodies.

How it is measured:

- The server is the test server, in a process of its own, so that it shares the machine with whoever asks it and nothing
  else. What it takes to answer is in all times alike.
- The bare fetch asks with httpx exactly what our reading asks, which is recorded beforehand: the bodies are parsed with
  orjson and every row is validated with pydantic. It knows all questions in advance, so it never waits for one answer
  to ask the next. It is measured with one thread and with as many as ours.
- Each is measured in fresh processes, in turn; median and fastest are reported. No one collects garbage meanwhile.
- The longest wait is that of the console's event loop, without a terminal, from the key that reads the server to the
  moment at which all accounts stand on the screen: how much later than it asked a task came to its turn.
"""

import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import orjson
from pydantic import BaseModel, TypeAdapter

from kconsole.core.records import Inventory
from kconsole.core.server import Server, ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD, provider_of, read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.providers.kerio.state import AT_A_TIME
from tests.bench.timing import seconds_of

ACCOUNTS: Final = 50_000
DOMAINS: Final = 50
RUNS: Final = 5

HEARTBEAT: Final = 0.001
"""Seconds that a task of the event loop sleeps between two looks at the clock."""

Asked = list[dict[str, Any]]
"""Methods and parameters, as they are asked for."""


class Login(BaseModel):
    """A last login in an answer."""

    dateTime: int
    protocol: str


class Role(BaseModel):
    """A role in an answer."""

    userRole: str


class Size(BaseModel):
    """A size in an answer."""

    value: int
    units: str


class User(BaseModel):
    """A user in an answer: what our reading takes of one."""

    id: str
    loginName: str
    fullName: str
    description: str
    isEnabled: bool
    itemSource: str
    effectiveRole: Role
    isWritableByMe: bool
    lastLoginInfo: Login
    consumedSize: Size
    consumedItems: int


USERS: Final = TypeAdapter(list[User])
ROWS: Final = TypeAdapter(list[dict[str, Any]])
RESULT: Final = TypeAdapter(dict[str, Any])


class Reached(NamedTuple):
    """A server that runs, and how it is asked."""

    access: ServerAccess
    password: str


@contextmanager
def running(accounts: int, domains: int, folder: Path) -> Iterator[Reached]:
    """The test server, in a process of its own."""
    command = [sys.executable, "-m", "tests.kerio_server", "--port", "0", "--folder", str(folder)]
    command += ["--accounts", str(accounts), "--domains", str(domains)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: dict[str, str] = {}
        while (line := process.stdout.readline().rstrip("\n")) != "ready":
            if process.poll() is not None:
                raise ChildProcessError("the test server has ended")
            said[line[:13].rstrip()] = line[13:]
        try:
            user = said["users"].split()[0]
            access = ServerAccess(url=said["url"], user=user, fingerprint=said["SHA-256"])
            yield Reached(access, said["password"])
        finally:
            process.terminate()


def recorded(server: Reached) -> Asked:
    """What our reading asks, but for logging in and out."""
    asked: Asked = []
    stream = httpx.Client.stream

    def record(client: httpx.Client, *arguments: Any, **options: Any) -> Any:
        request = orjson.loads(options["content"])
        if not request["method"].startswith(("Session.login", "Session.logout")):
            asked.append({"method": request["method"], "params": request["params"]})
        return stream(client, *arguments, **options)

    httpx.Client.stream = record  # type: ignore[method-assign, assignment]
    try:
        read_server(server.access, Secret(server.password))
    finally:
        httpx.Client.stream = stream  # type: ignore[method-assign]
    return asked


def fetched(server: Reached, certificate: Path, asked: Asked, threads: int) -> int:
    """Ask all that, and validate every row of the answers; returns how many users there were."""
    import ssl

    context = ssl.create_default_context(cafile=str(certificate))
    limits = httpx.Limits(max_connections=threads, max_keepalive_connections=threads)
    kept = []
    with (
        httpx.Client(base_url=server.access.url, verify=context, limits=limits, timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(threads) as pool,
    ):

        def call(method: str, params: Mapping[str, Any], token: str = "") -> Any:
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, "token": token}
            headers = {"Content-Type": "application/json-rpc", "X-Token": token}
            answer = client.post("/admin/api/jsonrpc/", content=orjson.dumps(request), headers=headers)
            return orjson.loads(answer.content)["result"]

        application = {"name": "bench", "vendor": "bench", "version": "1"}
        login = {"userName": server.access.user, "password": server.password, "application": application}
        token = call("Session.login", login)["token"]

        def answered(one: Mapping[str, Any]) -> list[Any]:
            result = call(one["method"], one["params"], token)
            if one["method"] == "Users.get":
                return USERS.validate_python(result["list"])
            return ROWS.validate_python(result["list"]) if "list" in result else [RESULT.validate_python(result)]

        kept = list(pool.map(answered, asked))
        call("Session.logout", {}, token)
    return sum(len(rows) for rows in kept if rows and isinstance(rows[0], User))


class Figures(NamedTuple):
    """What one fresh process found: seconds, or megabytes."""

    seconds: float
    more: float = 0.0
    memory: float = 0.0


def in_a_process(what: str, server: Reached, folder: Path, **environment: str) -> Figures:
    """One of the things that are measured, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.sync", what, str(folder)]
    own = {SERVER_PASSWORD: server.password, "KCONSOLE_BENCH_SERVER": orjson.dumps(_document(server.access)).decode()}
    answer = subprocess.check_output(command, env={**os.environ, **own, **environment})
    return Figures(*json.loads(answer))


def report(accounts: int = ACCOUNTS, domains: int = DOMAINS, runs: int = RUNS) -> str:
    """The tables."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KCONSOLE_BENCH_DIR")) as temporary:
        folder = Path(temporary)
        with running(accounts, domains, folder) as server:
            asked = recorded(server)
            (folder / "asked.json").write_bytes(orjson.dumps(asked))
            found: dict[str, list[Figures]] = {what: [] for what in _WHAT}
            for _ in range(runs):
                for what, figures in found.items():
                    figures.append(in_a_process(what, server, folder))
    base = {what: statistics.median(one.seconds for one in figures) for what, figures in found.items()}
    lines = [
        f"| {accounts:,} users in {domains} domains, {len(asked):,} calls | median | fastest | against the fetch |",
        "|---|---:|---:|---:|",
    ]
    for what, name in _WHAT.items():
        if what != "screen":
            times = [one.seconds for one in found[what]]
            row = f"| {name} | {base[what]:.2f} s | {min(times):.2f} s | {base[what] / base[_FETCH]:.2f} x |"
            lines.append(row)
    screen, waits = found["screen"], [one.more for one in found["screen"]]
    memory = [max(one.memory for one in found[what]) for what in ("empty", "screen")]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    lines += [
        "",
        f"Memory at most: {memory[0]:.0f} MB in a process that does the first sync, {memory[1]:.0f} MB in the console."
        f" There it takes {statistics.median(one.seconds for one in screen):.2f} s from the key to all accounts on the"
        f" screen. The longest wait of its event loop meanwhile: {statistics.median(waits) * 1000:.0f} ms, in the best"
        f" run {min(waits) * 1000:.0f} ms. Load of the machine at the end, in 1, 5 and 15 minutes: {load}.",
        "",
    ]
    return "\n".join(lines)


_FETCH: Final = f"fetch {AT_A_TIME}"
_WHAT: Final = {
    "fetch 1": "httpx, orjson and pydantic alone, 1 thread",
    _FETCH: f"httpx, orjson and pydantic alone, {AT_A_TIME} threads",
    "read": f"our reading, {AT_A_TIME} threads",
    "empty": "sync into an empty store, durable",
    "again": "sync again, nothing new",
    "screen": "",
}


def _document(access: ServerAccess) -> dict[str, object]:
    return {"url": access.url, "user": access.user, "fingerprint": access.fingerprint}


def most_megabytes() -> float:
    """The most memory that this process ever occupied."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def _of_fetching(server: Reached, folder: Path, threads: int) -> Figures:
    asked = orjson.loads((folder / "asked.json").read_bytes())
    gc.disable()
    begin = time.perf_counter()
    users = fetched(server, folder / "server.pem", asked, threads)
    seconds = time.perf_counter() - begin
    assert users > 0
    return Figures(seconds)


def _of_syncing(server: Reached, again: bool) -> Figures:
    provider_of(server.access).prepare()
    with tempfile.TemporaryDirectory(dir=os.environ.get("KCONSOLE_BENCH_DIR")) as folder:
        session = Session.create(Path(folder) / "store", Inventory(), "anna")
        session.do(AddServer(Server(name="bench", access=server.access)))

        def sync() -> None:
            session.do(Sync(read_server(server.access, Secret(server.password)), SyncStart(server.access)))

        seconds = seconds_of(sync)
        memory = most_megabytes()
        if again:
            seconds = seconds_of(sync)
        session.close()
    return Figures(seconds, memory=memory)


async def _on_the_screen(server: Reached) -> Figures:
    from tests.tui.console import WIDE, console

    waits = []

    async def beat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(HEARTBEAT)
            waits.append(time.perf_counter() - before - HEARTBEAT)

    following = Inventory(server=Server(name="bench", access=server.access))
    async with console(following, WIDE) as screen:
        await asyncio.sleep(1)  # what it does at leisure after the start is not this
        heart = asyncio.create_task(beat())
        begin = time.perf_counter()
        await screen.press("f5")
        while "server read:" not in screen.main.status.left:
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - begin
        await asyncio.sleep(1)
        heart.cancel()
    return Figures(seconds, max(waits), most_megabytes())


def _child(what: str, folder: Path) -> Figures:
    access = ServerAccess(**orjson.loads(os.environ["KCONSOLE_BENCH_SERVER"]))
    server = Reached(access, os.environ[SERVER_PASSWORD])
    if what.startswith("fetch "):
        return _of_fetching(server, folder, int(what.removeprefix("fetch ")))
    if what == "screen":
        return asyncio.run(_on_the_screen(server))
    if what == "read":
        provider_of(access).prepare()
        return Figures(seconds_of(lambda: read_server(access, Secret(server.password))))
    return _of_syncing(server, what == "again")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_child(sys.argv[1], Path(sys.argv[2]))))
