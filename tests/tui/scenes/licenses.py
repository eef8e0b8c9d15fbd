"""The license, its forms, and seats over time."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from kconsole.core.errors import EncodingUnconfirmed
from kconsole.operations.license_files import read_license
from kconsole.text.terminals import TerminalProfile
from tests.importers.license_writer import license_key
from tests.tui.activity import begin_grace, end_license, end_maintenance
from tests.tui.console import NARROW, WIDE
from tests.tui.scenes.walks import ALL, Scene, Walk, back, happens, waits_for


def _finds_unknown_encoding(path: Path, encoding: str | None = None) -> None:
    """Read a license file of which the encoding is not known, as if it had this path."""
    del encoding
    with TemporaryDirectory() as folder:
        file = Path(folder, "license.key")
        file.write_bytes(license_key().replace(b"Northwind Traders", "Růžena Dvořáková".encode("cp1250")))
        try:
            read_license(file)
        except EncodingUnconfirmed as error:
            raise EncodingUnconfirmed(str(path), error.encoding, error.details) from None


WALKS: Final = (
    Walk(
        "small",
        (
            Scene("small", "A small store."),
            Scene("license-trial", "A trial.", ("l",), (WIDE, NARROW)),
            Scene(
                "license-trial-expired", "A trial that is over.", (happens(lambda _, clock: clock.forward(days=20)),)
            ),
        ),
    ),
    Walk(
        "office",
        (
            Scene("license", "A license that is in order.", ("l",), (WIDE, NARROW)),
            Scene("register", "The customer of a license.", ("B",)),
            Scene("buy", "What was bought.", ("escape", "b")),
            Scene("terms", "Seats and days by hand.", ("escape", "D")),
            Scene("terms-wrong", "A number that is none.", (*"lots", "enter", "enter", "enter")),
            Scene(
                "license-over-limit",
                "Fewer seats than are in use.",
                ("escape", "D", "7", "0", "enter", "enter", "enter"),
            ),
            Scene("install", "A license file.", ("escape", "i", *"/mnt/license.key")),
            Scene("encoding", "A license file whose encoding is not known.", ("enter", waits_for("reads right"))),
            Scene("license-maintenance-expired", "Software Maintenance is over.", ("escape", happens(end_maintenance))),
            Scene("license-expired", "A license that is over.", (happens(end_license),), (WIDE, NARROW)),
            Scene("expired", "The main screen then: no one can log in.", (back,)),
            Scene("license-grace", "An older license in its grace period.", (happens(begin_grace), "l")),
        ),
        patches={"kconsole.tui.screens.license_forms.read_regular": _finds_unknown_encoding},
    ),
    Walk(
        "office",
        (
            Scene(
                "history",
                "Seats over time, and how likely it is that none is free.",
                ("H", waits_for("Known")),
                ALL,
            ),
            Scene("history-days", "Each day of them, below.", (*["ctrl+f"] * 2,)),
            Scene("history-year", "A year of it.", ("p", "g")),
            Scene("price", "What a seat costs.", ("escape", "l", "percent_sign", *"24.50", "enter", *"eur")),
            Scene(
                "renewal",
                "How many seats the next renewal needs.",
                ("enter", "dollar_sign", waits_for("The next renewal")),
                (WIDE, NARROW),
            ),
        ),
        with_past=True,
    ),
    Walk(
        "small",
        (Scene("history-new", "A store without a past.", ("H", waits_for("Too little"))),),
        look={"profile": TerminalProfile(ascii_only=True)},
    ),
)
