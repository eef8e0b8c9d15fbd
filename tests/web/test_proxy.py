"""The examples of the manual, in the proxies that they are for."""

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from kconsole.text.manual import FOLDER
from tests.cli.console import Console
from tests.limits import PATIENCE
from tests.ports import kept_port, number_of
from tests.web.served import BrowserSocket, Served, served, wait_for
from tests.web.test_server import SOON

pytestmark = pytest.mark.thorough

HERE = {"Host": "seats.example"}


def example(language: str) -> str:
    """The example for a proxy."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", (FOLDER / "browser.md").read_text(), re.M | re.S)
    return str(found)


def program(name: str) -> str:
    place = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if place is None:
        pytest.skip(f"{name} is not installed")
    return place


def nginx(folder: Path, port: int) -> list[str]:
    (folder / "users").write_text("anna:{PLAIN}secret\neve:{PLAIN}secret\n")
    site = re.sub(r" *ssl_.*\n", "", example("nginx")).replace("443 ssl", f"127.0.0.1:{port}")
    site = site.replace("/etc/nginx/kconsole.users", f"{folder}/users").replace("/run/kconsole-web", str(folder))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; events {{}} http {{ access_log off; "
        + "".join(
            f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"{site} }}"
    )
    return [program("nginx"), "-c", f"{folder}/nginx.conf", "-p", str(folder), "-e", f"{folder}/errors"]


def caddy(folder: Path, port: int) -> list[str]:
    place = program("caddy")
    secret = subprocess.run(
        [place, "hash-password", "--plaintext", "secret"], capture_output=True, text=True, check=True, timeout=PATIENCE
    ).stdout.strip()
    site = example("caddyfile").replace("seats.example {", f"http://seats.example:{port} {{\nbind 127.0.0.1", 1)
    site = site.replace("anna $2a$14$...", f"anna {secret}\neve {secret}").replace("//run/kconsole-web", f"/{folder}")
    version = subprocess.run([place, "version"], capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    if tuple(map(int, version.lstrip("v").split(".")[:2])) < (2, 8):
        site = site.replace("basic_auth", "basicauth")
    (folder / "Caddyfile").write_text(f"{{\nadmin off\nauto_https off\n}}\n{site}")
    return [place, "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """A proxy that runs."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def answers() -> bool:
        assert process.poll() is None, (folder / "proxy.log").read_text()
        return subprocess.run(["bash", "-c", f"</dev/tcp/127.0.0.1/{port}"], capture_output=True).returncode == 0

    try:
        wait_for(answers)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def password(name: str, word: str = "secret") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()}


@pytest.mark.parametrize("proxy", [nginx, caddy])
async def test_an_example_works(console: Console, tmp_path: Path, proxy: object) -> None:
    kept = kept_port()
    port, folder = number_of(kept), tmp_path / "proxy"
    folder.mkdir()
    command = (nginx if proxy is nginx else caddy)(folder, port)
    if proxy is caddy:
        kept.close()
    with (
        served(console, tmp_path / "files", "--auth", "header", path=folder / "web.sock", links=0) as site,
        running(command, folder, port),
    ):
        kept.close()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            forged = {"X-Remote-User": "anna"}
            for headers, status in (
                ({}, 401),
                (forged, 401),
                (password("anna", "wrong"), 401),
                (password("eve"), 403),
                (password("eve") | forged, 403),
                (password("anna"), 200),
                (password("anna") | {"Origin": "https://evil.example"}, 403),
            ):
                async with session.get("/", headers=HERE | headers) as answer:
                    assert answer.status == status, headers
            await socket(session, site)


async def socket(session: aiohttp.ClientSession, site: Served) -> None:
    headers = HERE | password("anna") | {"X-Forwarded-For": "203.0.113.9"}
    for origin in ({}, {"Origin": "http://evil.example"}):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect("/ws", headers=headers | origin)
    async with session.ws_connect("/ws", headers=headers | {"Origin": "https://seats.example"}) as opened:
        await BrowserSocket(opened).see("helpdesk")
        assert "anna opened a console from 127.0.0.1" in site.said
    wait_for(lambda: not site.consoles(), SOON)
