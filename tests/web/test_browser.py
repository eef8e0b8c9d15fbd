"""The console in a real browser, Chromium."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from tests.browser import Browser, browser
from tests.cli.console import Console
from tests.limits import PATIENCE
from tests.web.conftest import TWO
from tests.web.served import Served, served, wait_for
from tests.web.test_server import SOON, journal

pytestmark = pytest.mark.thorough

DENIED = ("Refused to", "violates", "net::ERR_BLOCKED_BY_CSP")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    # A name that an attacker lets point to this machine, and one of the attacker's pages.
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP seats.example 127.0.0.1"
    with browser(tmp_path_factory.mktemp("browser") / "profile", rules, "--window-size=1280,900") as opened:
        yield opened


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> None:
    if "chromium" in request.fixturenames:
        request.getfixturevalue("chromium").call("Network.clearBrowserCookies")


@pytest.fixture
def site(console: Console, tmp_path: Path) -> Iterator[Served]:
    with served(console, tmp_path / "files", *TWO, links=3) as started:
        yield started


class Tab:
    """What the terminal in a tab was sent: what it draws cannot be read, as it is a picture."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self._chromium = chromium
        self._screen = pyte.Screen(200, 60)
        self._stream, self._read = pyte.ByteStream(self._screen), 0
        chromium.open(url)

    def sees(self, text: str) -> bool:
        self._chromium.call("Page.enable")  # events come with answers; scripts cannot be asked while a page loads
        return any(text in line for line in self.lines)

    @property
    def lines(self) -> list[str]:
        events, self._read = self._chromium.events[self._read :], len(self._chromium.events)
        for event in events:
            if event["method"] == "Network.webSocketFrameReceived" and event["params"]["response"]["opcode"] == 2:
                data = base64.b64decode(event["params"]["response"]["payloadData"])
                self._stream.feed(data.replace(b"\x1b[<u", b""))  # which pyte does not know
        return list(self._screen.display)

    def wait(self, what: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < until, (self.lines, self._chromium.complaints)
            time.sleep(0.05)

    def see(self, text: str) -> None:
        self.wait(lambda: self.sees(text))

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            typed = {"text": key} if kind == "keyDown" and len(key) == 1 else {}
            number = {"windowsVirtualKeyCode": 27} if key == "Escape" else {}
            self._chromium.call("Input.dispatchKeyEvent", type=kind, key=key, **typed, **number)

    def keep(self, name: str) -> None:
        """Keep a picture where a person can look at it, if that is asked for."""
        if folder := os.environ.get("KCONSOLE_PICTURES"):
            self._chromium.picture()
            time.sleep(1.5)
            Path(folder, name).write_bytes(self._chromium.picture())


def test_a_link_opens_the_console_and_keys_reach_it(chromium: Browser, site: Served, console: Console) -> None:
    tab = Tab(chromium, site.links[0])
    tab.see("helpdesk")
    assert chromium.value("location.href") == f"{site.origin}/"
    assert chromium.value("document.cookie") == ""
    assert all(each.startswith(site.origin) for each in chromium.requests)
    assert not [each for each in chromium.complaints if any(words in each for words in (*DENIED, "Uncaught"))]
    assert chromium.value("document.fonts.check('16px \"Roboto Mono\"')")
    tab.keep("browser.png")
    tab.press("?")
    tab.see("type to search")
    tab.keep("browser-help.png")
    tab.press("Escape")
    tab.wait(lambda: not tab.sees("type to search"))
    chromium.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    tab.press("y")
    tab.wait(lambda: asked(chromium, "navigator.clipboard.readText()") == "mara@north.example")
    tab.press("d")
    tab.see("Disable 1 account?")
    tab.press("y")
    wait_for(lambda: json.loads(journal(console).splitlines()[-1]).get("deed") == "disable")


def test_hostile_names_are_text(chromium: Browser, site: Served) -> None:
    tab = Tab(chromium, site.links[1])
    for name in ("a[/]b [@click=", "<script>alert"):
        tab.see(name)
    assert chromium.value("document.title") == "kconsole"
    assert chromium.value("[...document.scripts].every(each => each.src.startsWith(location.origin))")
    assert not any("Dialog" in each["method"] for each in chromium.events)
    raw = "".join(tab.lines)
    assert not {"\u202e", "\u2066", "\x07"} & set(raw)
    tab.keep("browser-hostile.png")


def test_two_roles_see_what_they_may(chromium: Browser, site: Served, console: Console) -> None:
    Tab(chromium, site.links[0]).see("helpdesk")
    chromium.call("Network.clearBrowserCookies")
    tab = Tab(chromium, site.links[1])
    tab.see("auditor")
    before = journal(console)
    for key in "dydy":
        tab.press(key)
    tab.see("auditor")
    tab.keep("browser-auditor.png")
    assert b'"deed":"disable"' not in journal(console).removeprefix(before)


def test_a_link_opens_one_browser_only(chromium: Browser, site: Served) -> None:
    chromium.open(f"{site.origin}/")
    assert "kconsole serve" in chromium.value("document.body.innerText")
    assert not site.consoles()
    Tab(chromium, site.links[1]).see("auditor")
    chromium.call("Network.clearBrowserCookies")
    chromium.open(site.links[1])
    wait_for(lambda: "used before" in chromium.value("document.body.innerText"))
    wait_for(lambda: not site.consoles(), SOON)


def test_a_tab_that_is_closed_leaves_no_process(chromium: Browser, site: Served) -> None:
    target = chromium.call("Target.createTarget", url=site.links[1])["targetId"]
    wait_for(lambda: bool(site.consoles()))
    wait_for(lambda: "opened" in site.said)
    chromium.call("Target.closeTarget", targetId=target)
    wait_for(lambda: not site.consoles(), SOON)


SOCKET = """new Promise(done => {{
  const socket = new WebSocket("ws://{host}/ws?width=80&height=24");
  socket.onopen = () => done("open");
  socket.onerror = () => done("refused");
}})"""


def asked(chromium: Browser, expression: str) -> object:
    answer = chromium.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
    return answer["result"].get("value")


def test_no_other_page_reaches_the_console(chromium: Browser, site: Served, tmp_path: Path) -> None:
    """The user has a console open, and then a page of someone else."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text(f'<iframe id="frame" src="{site.origin}/"></iframe>')

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path / "page"))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    Tab(chromium, site.links[0]).see("helpdesk")
    here = asked(chromium, SOCKET.format(host=site.host))
    assert here == "open"
    chromium.open("about:blank")
    wait_for(lambda: not site.consoles(), SOON)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        port = other.server_address[1]
        try:
            # A foreign page; one of the same host, whose requests have the cookie; and a name that leads here.
            for page in (f"http://evil.example:{port}/", f"http://127.0.0.1:{port}/"):
                chromium.open(page)
                assert asked(chromium, SOCKET.format(host=site.host)) == "refused"
                read = f"fetch('{site.origin}/').then(a => a.text()).catch(() => 'refused')"
                assert asked(chromium, read) == "refused"
            chromium.open(f"http://evil.example:{site.host.rpartition(':')[2]}/")
            assert "does not have that address" in chromium.value("document.body.innerText")
            assert asked(chromium, SOCKET.format(host=f"evil.example:{site.host.rpartition(':')[2]}")) == "refused"
        finally:
            other.shutdown()
    assert not site.consoles()
    assert site.said.count("opened a console") == 2


def test_a_console_that_ends_says_so(chromium: Browser, site: Served) -> None:
    tab = Tab(chromium, site.links[1])
    tab.see("auditor")
    tab.press("q")
    tab.wait(lambda: chromium.value("document.querySelector('.ended').checkVisibility()") is True)
    tab.keep("browser-ended.png")
