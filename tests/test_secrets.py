"""No password and no full license ID is in a store, a journal, an answer, an error or a picture of a screen."""

from pathlib import Path

import pytest

from kconsole.net.secrets import DIRECTORY_PASSWORD
from kconsole.operations.session import Session
from kconsole.tui.app import KConsoleApp
from kconsole.tui.widgets.labelled import DetailsPane
from tests.cli.console import Console, Said
from tests.clocks import noon
from tests.directory_server.server import CREW, DirectoryServer
from tests.importers.kerio_writer import SECRET, user, users_file
from tests.tui.console import until

LICENSE_ID = "48213-QZX7T-9W2KM"
OTHER_ID = "51177-HHRTA-0PLQV"
CSV_PASSWORD = "Csv-Tr0ub4dor&3"
PASSWORDS = (DirectoryServer.password, SECRET, CSV_PASSWORD)
SECRETS = (*PASSWORDS, LICENSE_ID, OTHER_ID, LICENSE_ID[:11], OTHER_ID[:11], LICENSE_ID[-6:], OTHER_ID[-6:])

LICENSE = f"""--LICENSE--
Base-ID: {OTHER_ID}
Product: Kerio Connect
License-Expires: 04 May 2036
Subscription-Expires: 04 May 2036
Users: 40
Company: North
--SIGNATURE--
c2lnbmF0dXJlIG9mIHRoZSB2ZW5kb3I=
--END--
"""
CUSTOMER = [
    word
    for name in ("organization", "person", "phone", "country", "city", "street", "zip")
    for word in (f"--{name}", f"some {name}")
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for kind in ("DATA", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    monkeypatch.setenv(DIRECTORY_PASSWORD, DirectoryServer.password)
    return home


def everything_done(console: Console, server: DirectoryServer, folder: Path) -> list[Said]:
    """A day of everything that meets a secret, with what goes wrong on the way."""
    (folder / "id").write_text(f"{LICENSE_ID}\n")
    (folder / "bad-id").write_text(f"{LICENSE_ID} and more\n")
    (folder / "license.key").write_text(LICENSE)
    (folder / "bad.key").write_text(LICENSE.replace("04 May 2036", f"the {OTHER_ID}th"))
    (folder / "users_north.example_2026-08-05.csv").write_text(f"Name;Password\nberg;{CSV_PASSWORD}\n")
    (folder / "bad.csv").write_text(f'Name;Password\n"berg;{CSV_PASSWORD}\n')
    (folder / "kerio").mkdir()
    (folder / "kerio" / "users.cfg").write_bytes(users_file(user("chen", Password=SECRET)))
    at = {name: str(folder / name) for name in ("id", "bad-id", "license.key", "bad.key", "bad.csv", "kerio")}
    csv = str(folder / "users_north.example_2026-08-05.csv")
    directory = ["--url", server.ldaps_url, "--base", CREW, "--bind-as", server.bind_dn, "--ca", server.ca_file]
    register = ["license", "register", *CUSTOMER, "--email", "it@north.example"]
    lines = [
        ["init", "--seats", "30"],
        ["domains", "add", "north.example"],
        [*register, "--id-file", at["bad-id"]],
        [*register, "--id-file", at["id"]],
        ["license", "activate"],
        ["license", "show"],
        ["license", "show", "--json"],
        ["license", "install", at["bad.key"]],
        ["license", "install", at["license.key"], "--dry-run"],
        ["license", "install", at["license.key"], "--yes"],
        ["license", "install", at["license.key"], "--yes"],
        ["import", "csv", csv, "--domain", "north.example"],
        ["import", "csv", at["bad.csv"], "--domain", "north.example"],
        ["import", "kerio", at["kerio"]],
        ["domains", "map", "north.example", *directory, "--test"],
        ["domains", "map", "north.example", "--json"],
        ["map", "north.example"],
        ["map", "north.example", "--json", "--dry-run"],
        ["status", "--json"],
        ["status"],
        ["log"],
        ["log", "--json"],
        ["dump"],
        ["doctor"],
        ["backup", str(folder / "backup.tar")],
        ["diagnose", "--json"],
    ]
    return [console(*words) for words in lines]


def test_no_secret_is_anywhere(tmp_path: Path, directory_server: DirectoryServer) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    console = Console(tmp_path / "store")
    said = everything_done(console, directory_server, folder)
    codes = [each.code for each in said]
    assert codes[:2] == [0, 0]
    assert (codes.count(2), codes.count(0)) == (3, len(codes) - 3), [each for each in said if each.code not in (0, 2)]
    kept = [*console.folder.rglob("*"), *(tmp_path / "home").rglob("*"), folder / "backup.tar"]
    contents = [path.read_bytes().decode(errors="replace") for path in kept if path.is_file()]
    assert any("fry@north.example" in content for content in contents)
    assert any(f'"id_end":"{OTHER_ID[-4:]}"' in content for content in contents)
    for secret in SECRETS:
        for text in (*contents, *(each.out for each in said), *(each.err for each in said)):
            assert secret not in text, (secret, text[max(text.index(secret) - 80, 0) :][:200])


async def test_no_secret_is_on_a_screen(tmp_path: Path, directory_server: DirectoryServer) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    console = Console(tmp_path / "store")
    everything_done(console, directory_server, folder)
    session = Session.open(console.folder, "anna", noon(), patience=0)
    app = KConsoleApp(session, "mail.north.example", "helpdesk")
    pictures = []
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.screen.query(DetailsPane))
        for keys in ((), ("enter",), ("escape", "l"), ("escape", "M"), ("escape", "L"), ("j", "enter"), ("escape",)):
            await pilot.press(*keys)
            await pilot.pause()
            pictures.append(app.export_screenshot())
    session.close()
    assert any(OTHER_ID[-4:] in picture for picture in pictures)
    for picture in pictures:
        for secret in SECRETS:
            assert secret not in picture.replace("&#160;", " ")
