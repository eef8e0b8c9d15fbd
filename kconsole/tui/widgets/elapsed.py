"""A sign that kconsole is at work, and for how long."""

from time import monotonic
from typing import Final

from textual.content import Content
from textual.widgets import Static

TURNING: Final = "|/-\\"


class Elapsed(Static):
    """A sign that turns, and the seconds since it was shown. It is painted once a second: that takes a few bytes."""

    def on_mount(self) -> None:
        self._since = monotonic()
        self.show_seconds()
        self.set_interval(1.0, self.show_seconds)

    def show_seconds(self) -> None:
        seconds = round(monotonic() - self._since)
        self.update(Content(f"{TURNING[seconds % len(TURNING)]} {seconds} s"))
