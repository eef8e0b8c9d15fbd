"""A real browser, Chromium, driven over a pipe: what it asks the network for, complains of, shows and prints."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.limits import PATIENCE

_SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)  # fmt: skip


def chromium() -> str:
    """Where it is; a test that needs it is passed over where it is not."""
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        pytest.skip("chromium is not installed")
    return place


class Browser:
    """One tab of it."""

    def __init__(self, to: int, of: int) -> None:
        self._to, self._of, self._numbers = to, of, count(1)
        self._read = b""
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol, and wait for its answer."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer)
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, page: Path | str) -> None:
        """Show a file or an address, and wait until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            some = os.read(self._of, 1 << 20)
            assert some, "the browser has ended"
            self._read += some
        raw, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        if "method" in message:
            self.events.append(message)
        return message

    @property
    def requests(self) -> list[str]:
        """What it asked for since the page was opened."""
        sent = (each for each in self.events if each["method"] == "Network.requestWillBeSent")
        return [each["params"]["request"]["url"] for each in sent]

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the page: in the console, of its policy, of scripts."""
        methods = (
            "Log.entryAdded",
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Page.javascriptDialogOpening",
        )
        return [json.dumps(each["params"]) for each in self.events if each["method"] in methods]

    def value(self, expression: str) -> Any:
        """What a script says of the page; the page itself has none, and allows none."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def picture(self, dark: bool = False) -> bytes:
        """The page as it is shown, as PNG."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        self.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def printed(self) -> bytes:
        """The page as it is printed, as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])

    def roles(self) -> list[tuple[str, str]]:
        """What a screen reader announces: the role and the name of each part."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        seen = (each for each in nodes if not each.get("ignored"))
        return [(each.get("role", {}).get("value", ""), each.get("name", {}).get("value", "")) for each in seen]


def _pipe() -> list[int]:
    """The ends of a pipe, with numbers that nothing else wants."""
    low = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return ends


@contextmanager
def browser(profile: Path, *switches: str) -> Iterator[Browser]:
    """A browser with a profile of its own."""
    for_it, to_it = _pipe()
    of_it, from_it = _pipe()
    command = [chromium(), *_SWITCHES, *switches, f"--user-data-dir={profile}"]
    # Chromium reads from descriptor 3 and writes to 4; sh itself knows no descriptors of two digits.
    shell = ["bash", "-c", f'exec "$@" 3<&{for_it} 4>&{from_it} {for_it}<&- {from_it}>&-', "bash", *command]
    with (profile.parent / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            shell, pass_fds=(for_it, from_it), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "HOME": str(profile.parent)},
        )  # fmt: skip
    os.close(for_it)
    os.close(from_it)
    try:
        yield Browser(to_it, of_it)
    finally:
        os.close(to_it)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(of_it)
