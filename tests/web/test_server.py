"""`kconsole serve` as browsers and others meet it, but for what only a real browser shows."""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from kconsole.web.connections import MOST_WAITING
from kconsole.web.pages import FILES
from kconsole.web.session import LONGEST_MESSAGE, MOST_MESSAGES
from tests.cli.console import Console
from tests.limits import PATIENCE
from tests.web.conftest import TWO
from tests.web.served import STRANGE, Served, is_there, served, wait_for

SOON = 5.0
"""Seconds within which a console that is left has ended: a promise."""


def journal(console: Console) -> bytes:
    return (console.folder / "journal.jsonl").read_bytes()


async def turned_away(site: Served, status: int, **headers: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with site.socket(**headers):
            pass
    assert refused.value.status == status
    assert not site.consoles()


@pytest.mark.parametrize("path", ["/", "/static/page.css", "/login", "/ws", "/nothing"])
def test_a_foreign_host_or_origin_gets_nothing(site: Served, cookies: list[str], path: str) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Host": site.host.replace("127.0.0.1", "evil.example")},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{site.origin}.evil.example"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
    ):
        answer = site.ask(path, Cookie=cookies[0], **headers)
        assert answer.status == 403
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_the_socket_wants_the_origin_of_the_page(site: Served, cookies: list[str]) -> None:
    for origin in ("", "http://evil.example", "null", site.origin.replace("http:", "https:")):
        await turned_away(site, 403, Cookie=cookies[0], Origin=origin)
    await turned_away(site, 403, Cookie=cookies[0], Host="evil.example")
    await turned_away(site, 401)
    await turned_away(site, 401, Cookie="kconsole=made-up")
    await turned_away(site, 401, X_Remote_User="anna")


def test_a_token_is_for_one_browser(site: Served, cookies: list[str]) -> None:
    token = site.links[0].partition("#")[2]
    assert site.ask("/login", "POST", token, Origin=site.origin).status == 403
    assert site.ask("/login", "POST", token).status == 403
    assert site.ask("/login", "POST", "x" * 10_000, Origin=site.origin).status == 413
    assert site.ask().status == site.ask(Cookie="kconsole=x").status == site.ask(f"/?token={token}").status == 401
    assert site.ask(Cookie=cookies[0]).status == 200


@pytest.mark.thorough
def test_the_cookie_is_closed_to_scripts_and_other_pages(console: Console, tmp_path: Path) -> None:
    with served(console, tmp_path / "files") as site:
        site.process.send_signal(signal.SIGUSR1)
        assert site.process.stdout is not None
        second = site.process.stdout.readline().strip().partition("#")[2]
        first = site.links[0].partition("#")[2]
        assert site.ask("/login", "POST", first, Origin=site.origin).status == 403
        cookie = site.ask("/login", "POST", second, Origin=site.origin).headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/login", 200),
        *((f"/static/{name}", 200) for name in FILES),
        *(
            (path, 404)
            for path in (
                "/static", "/static/", "/static/../server.py", "/static/%2e%2e/server.py", "/static/js/textual.js",
                "/static/%2fetc%2fpasswd", "/static/page.html", "/download/x", "/favicon.ico", "//etc/passwd",
            )
        ),
        ("/ws", 400),
    ],
)  # fmt: skip
def test_only_what_is_named_is_served(site: Served, cookies: list[str], path: str, status: int) -> None:
    answer = site.ask(path, Cookie=cookies[0], **({"Origin": site.origin} if path == "/ws" else {}))
    assert answer.status == status
    headers = answer.headers
    for directive in ("default-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"):
        assert directive in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert "Python" not in headers["Server"]
    for text in ("href", "src", "data-session-websocket-url"):
        for found in answer.text.split(f' {text}="')[1:] if path == "/" else ():
            assert found.startswith(("/", f"ws://{site.host}/ws"))


def test_what_is_no_request_is_passed_over(site: Served) -> None:
    host, _, port = site.host.rpartition(":")
    for sent in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(sent + b"\r\n\r\n")
            assert connection.recv(1024).split()[1] in (b"400", b"403")
    assert site.ask().status == 401
    assert "Traceback" not in site.said


def test_other_methods_are_refused(site: Served, cookies: list[str]) -> None:
    for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"):
        assert site.ask("/", method, Cookie=cookies[0], Origin=site.origin).status in (400, 405)


@pytest.mark.thorough
async def test_each_operator_has_the_console_of_their_role(site: Served, cookies: list[str]) -> None:
    for cookie, role in zip(cookies, ("helpdesk", "auditor", "auditor"), strict=True):
        async with site.socket(Cookie=cookie) as browser:
            await browser.see(role)
            await browser.see("petra")
            assert not [code for code in ("\x1b]0", "\x1b]2;", "\x1b]8", "\x1b]52") if code in browser.shown]
            (pid,) = site.consoles()
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            names = {each.partition(b"=")[0] for each in variables if each}
            assert b"KCONSOLE_BROWSER=127.0.0.1" in variables
            assert not names & {b"TEXTUAL_DRIVER", b"COLUMNS", b"SSH_CONNECTION", b"HOME", b"PYTHONPATH", b"PGPASSWORD"}
            assert b"\0-I\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        wait_for(lambda pid=pid: not is_there(pid), SOON)  # type: ignore[misc]
    assert "anna" in site.said


@pytest.mark.thorough
async def test_a_change_names_the_operator_and_claims_the_address(console: Console, tmp_path: Path) -> None:
    with served(console, tmp_path / "files", *TWO, links=3) as site:
        async with site.socket(Cookie=site.log_in(site.links[0])) as browser:
            await browser.see("mara")
            await browser.type("d")
            await browser.see("Disable")
            await browser.type("y")
            wait_for(lambda: json.loads(journal(console).splitlines()[-1]).get("deed") == "disable")
    (line,) = (each for each in console.process("log", "--json").json if each["deed"] == "disable")
    assert (line["operator_name"], line["claims"]["ssh_connection"]) == ("anna", "browser 127.0.0.1")


@pytest.mark.thorough
async def test_a_user_has_two_consoles_and_all_have_some(site: Served, cookies: list[str]) -> None:
    async with site.socket(Cookie=cookies[0]) as first, site.socket(Cookie=cookies[0]) as second:
        await first.see("helpdesk")
        await second.see("helpdesk")
        async with site.socket(Cookie=cookies[0]) as third:
            assert await third.end() == 1013
            assert "2 consoles open" in third.shown
        host, _, port = site.host.rpartition(":")
        strangers = [socket.create_connection((host, int(port)), PATIENCE) for _ in range(2 * MOST_WAITING)]
        await first.ping()
        first.shown = ""
        await first.type("?")
        await first.see("type to search")
        for stranger in strangers:
            stranger.close()
        assert len(site.consoles()) == 2
    wait_for(lambda: not site.consoles(), SOON)


@pytest.mark.thorough
async def test_no_more_consoles_than_allowed(console: Console, tmp_path: Path) -> None:
    with served(console, tmp_path / "files", *TWO, "--max-sessions", "1", links=3) as site:
        anna, berg, _ = map(site.log_in, site.links)
        async with site.socket(Cookie=anna) as first:
            await first.see("helpdesk")
            async with site.socket(Cookie=berg) as second:
                assert await second.end() == 1013


RUBBISH = {
    "no JSON": "keys",
    "another thing": '{"stdin": "x"}',
    "another name": '["open_url", "file:///etc/passwd"]',
    "no text": '["stdin", 5]',
    "no size": '["resize", {"width": "8", "height": null}]',
    "too deep": "[" * 100_000,
    "bytes": b"\x1b[2J",
    "too long": json.dumps(["stdin", "x" * LONGEST_MESSAGE]),
}


@pytest.mark.thorough
@pytest.mark.parametrize("sent", RUBBISH.values(), ids=RUBBISH)
async def test_what_no_browser_sends_ends_it(site: Served, cookies: list[str], sent: str | bytes) -> None:
    async with site.socket(Cookie=cookies[1]) as browser:
        wait_for(lambda: bool(site.consoles()))
        await browser.send(sent)
        await browser.end()
        wait_for(lambda: not site.consoles(), SOON)
    assert "not served" not in site.said


@pytest.mark.thorough
async def test_more_than_anyone_types_ends_it(site: Served, cookies: list[str]) -> None:
    async with site.socket(Cookie=cookies[1]) as browser:
        for _ in range(4 * MOST_MESSAGES):
            try:
                await browser.send('["blur"]')
            except ConnectionError:
                break
        await browser.end()
    wait_for(lambda: not site.consoles(), SOON)


@pytest.mark.thorough
async def test_hostile_input_changes_nothing_and_the_console_lives(console: Console, tmp_path: Path) -> None:
    with served(console, tmp_path / "files", *TWO, links=3) as site:
        async with site.socket(Cookie=site.log_in(site.links[0])) as browser:
            await browser.see("mara")
            before = journal(console)
            for text in (
                "\x1b[200~d\ry\r\x1b[20", "1~", "\x1b]52;c;ZA==\x07", "\x1bPd\x1b\\", "\x1b[?2026;2$y", "\x1a", "\x1c",
                "dy" * 40, "\x1b[8;9999;9999t", "\ud800", "\x1b[" + "9" * 5_000, "\x1b[A" * 500, "\x00" * 100,
            ):  # fmt: skip
                await browser.type(text)
                time.sleep(0.06)
            await browser.send('["resize", {"width": 999999999, "height": -5}]')
            await browser.send('["resize", {"width": 100, "height": 30}]')
            await browser.type("\x1b\x1b")
            browser.shown = ""
            await browser.type("?")
            await browser.see("Help")
            assert journal(console) == before


@pytest.mark.thorough
async def test_a_console_without_keys_ends(console: Console, tmp_path: Path) -> None:
    with served(console, tmp_path / "files", "--idle", "1s") as site:
        async with site.socket(Cookie=site.log_in(site.links[0])) as browser:
            await browser.end()
        wait_for(lambda: not site.consoles(), SOON)
        assert site.process.poll() is None


@pytest.mark.thorough
async def test_who_leaves_the_console_leaves_the_socket(site: Served, cookies: list[str]) -> None:
    async with site.socket(Cookie=cookies[1]) as browser:
        await browser.see("auditor")
        await browser.type("q")
        await browser.end()
    assert not site.consoles()


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_no_process_is_left_behind(console: Console, tmp_path: Path, number: signal.Signals) -> None:
    with served(console, tmp_path / "files", *TWO, links=3) as site:
        anna, berg, _ = map(site.log_in, site.links)
        async with site.socket(Cookie=anna) as first, site.socket(Cookie=berg) as second:
            await first.see("helpdesk")
            await second.see("auditor")
            consoles = site.consoles()
            assert len(consoles) == 2
            site.process.send_signal(number)
            wait_for(lambda: not any(map(is_there, consoles)), SOON)
        assert site.process.wait(PATIENCE) == (0 if number != signal.SIGKILL else -number)
        assert "Traceback" not in site.said


@pytest.mark.thorough
async def test_the_console_of_a_context_has_its_settings_and_ends_also_under_nohup(
    console: Console, tmp_path: Path
) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text(
        f'[contexts.south]\nstore = "{console.folder}"\nnote = "all south"\n[contexts.far]\nstore = "{tmp_path}/far"\n'
    )
    chosen = {"KCONSOLE_CONFIG": str(settings), "PGSERVICEFILE": str(tmp_path / "services")}
    variables = {**chosen, "KCONSOLE_STORE": "", "KCONSOLE_ROLES": "/nowhere"}
    unnamed = console.process("serve", **chosen | {"KCONSOLE_STORE": ""})
    with served(console, tmp_path / "files", context="south", start=("nohup",), variables=variables) as site:
        async with site.socket(Cookie=site.log_in(site.links[0])) as browser:
            await browser.see("south")
            await browser.see("mara")
            (pid,) = site.consoles()
            made = dict(each.split("=", 1) for each in Path(f"/proc/{pid}/environ").read_text().split("\0") if each)
            assert {name: made.get(name) for name in chosen} == chosen
            assert not made.keys() & STRANGE.keys()
            site.process.kill()
            wait_for(lambda: not is_there(pid), SOON)
    assert unnamed.code == 2


@pytest.mark.thorough
async def test_a_console_that_does_not_end_is_killed(console: Console, tmp_path: Path) -> None:
    with served(console, tmp_path / "files") as site:
        async with site.socket(Cookie=site.log_in(site.links[0])) as browser:
            await browser.see("auditor")
            (pid,) = site.consoles()
            os.kill(pid, signal.SIGSTOP)
            for _ in range(3):  # more than its terminal holds: the end of the connection stands behind it
                await browser.type("x" * 60_000)
        wait_for(lambda: not is_there(pid), SOON)


@pytest.mark.thorough
async def test_a_proxy_names_the_operator(console: Console, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with served(console, tmp_path / "files", "--auth", "header", path=path, links=0) as site:
        assert path.stat().st_mode & 0o777 == 0o660
        assert site.ask().status == site.ask(X_Remote_User="eve").status == 403
        assert site.ask("/login", "POST", "x", Origin=site.origin).status == 403
        assert site.ask(X_Remote_User="berg").status == 200
        async with site.socket(X_Remote_User="anna", X_Forwarded_For="203.0.113.9, 198.51.100.7") as browser:
            await browser.see("helpdesk")
            assert "198.51.100.7" in site.said
        wait_for(lambda: not site.consoles(), SOON)
        await turned_away(site, 403, X_Remote_User="eve")
        (tmp_path / "files" / "roles.toml").write_text('[operator.berg]\nrole = "auditor"\n')
        await turned_away(site, 403, X_Remote_User="anna")
        again = console.process("serve", "--unix", str(path), "--origin", "https://seats.example")
        assert again.code == 2
    assert not path.exists()


@pytest.mark.thorough
def test_a_socket_of_another_server_stays(console: Console, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with served(console, tmp_path / "files", "--auth", "header", path=path, links=0):
        path.unlink()
        path.write_text("another")
    assert path.read_text() == "another"


@pytest.mark.parametrize(
    "options",
    [
        "--listen 0.0.0.0:0",
        "--listen [::]:0 --origin https://seats.example",
        "--listen 0.0.0.0:0 --origin https://seats.example",
        "--listen 0.0.0.0:0 --origin http://seats.example --trusted-proxy 192.0.2.10",
        "--listen 0.0.0.0:0 --trusted-proxy 192.0.2.10",
        "--listen 127.0.0.1:0 --auth header --origin https://seats.example",
        "--listen 127.0.0.1:0 --auth header --trusted-proxy 192.0.2.10",
        "--listen 127.0.0.1:0 --trusted-proxy proxy.example",
        "--listen 127.0.0.1:0 --origin https://seats.example/path",
        "--listen 127.0.0.1:99999",
        "--listen 127.0.0.1",
        "--listen seats.example:80",
        "--listen 192.0.2.77:80",
        "--unix FILES/socket",
        "--unix FILES/missing/socket --origin https://seats.example",
        "--idle 0s",
        "--idle soon",
        "--max-sessions 0",
    ],
)
def test_what_would_let_in_anyone_is_refused(console: Console, tmp_path: Path, options: str) -> None:
    said = console("serve", *options.replace("FILES", str(tmp_path)).split())
    assert said.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err


def test_without_the_extra_it_says_what_to_install(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kconsole.web.server", None)
    said = console("serve", "--listen", "127.0.0.1:0")
    assert (said.code, "kconsole[serve]" in said.err) == (2, True)
