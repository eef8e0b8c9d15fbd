"""The server's numbers beside ours, and what is behind a difference."""

from datetime import timedelta

import pytest

from kconsole.core.records import Domain, Inventory
from kconsole.core.server import Server, ServerNumbers
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console, until_shown
from tests.tui.following import access_of, comparison, following, read
from tests.tui.mappings import log_in


@pytest.mark.quick
async def test_the_servers_numbers_stand_beside_ours_with_what_is_behind_a_difference(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        await read(screen, mail)
        screen.session.commit(AddAccount("own@north.example"))
        await screen.press("equals_sign")
        assert "Figures · mail · server as of 12:03 · " in screen.text
        row = next(line for line in screen.text.splitlines() if "Accounts that take a seat" in line)
        assert "!" in row
        assert row.split()[-4:-1] == ["3", "2", "-1"]
        await screen.press("right_square_bracket")
        assert "Likely causes:" in screen.text
        assert "never on the server:" in screen.text
        assert "own@north.example" in screen.text
        await screen.press("enter")
        screen.expect_dialog("Accounts that take a seat", "own@north.example", "Difference")
        await screen.press("escape", "question_mark", *["pagedown"] * 4)
        screen.expect_dialog("the server counts another number")
        await screen.press("escape", "escape")
        screen.expect_focus_on("accounts")


async def test_it_follows_what_is_done_and_read(mail: KerioServer) -> None:
    async with console(following(mail), WIDE) as screen:
        await screen.press("equals_sign")
        assert "The server mail was never read. Press r to read it now." in screen.text
        await screen.press("f5")
        await log_in(screen, mail.password)
        await until_shown(screen, "server read:")
        figures = comparison(screen).figures
        (counted,) = [row for row in figures.rows if row.name == "counted"]
        assert counted.agrees
        screen.other().commit(AddAccount("own@north.example"))
        await screen.tick()
        (counted,) = [row for row in figures.rows if row.name == "counted"]
        assert (counted.ours, counted.theirs) == (3, 2)
        await screen.press("right_square_bracket", "right_square_bracket")
        assert figures.highlighted is not None
        assert not figures.highlighted.agrees


async def test_without_a_server_there_is_nothing_to_compare() -> None:
    async with console("small", NARROW) as screen:
        await screen.press("equals_sign")
        assert "No server is configured" in screen.text
        await screen.press("enter", "right_square_bracket")
        screen.expect_no_dialog()
        assert comparison(screen).status.left == "No difference."


async def test_a_figure_that_was_not_read_is_no_difference() -> None:
    access = Access(url="https://mail.example", user="eye")
    server = Server(
        name="mail",
        access=access,
        synced_at=None,
        role="account_admin",
        unread=("the license: no right",),
        numbers=ServerNumbers(current=0),
    )
    async with console(Inventory(domains=(Domain(name="north.example"),), server=server), NARROW) as screen:
        await screen.press("equals_sign")
        assert "no difference · 3 not read" in screen.text
        assert "The server did not report it to this login (account admin)" in screen.text
        assert "· the license: no right" in screen.text


async def test_many_accounts_are_compared_beside_the_screen(mail: KerioServer) -> None:
    for number in range(1500):
        mail.world.add_user(f"u{number:04}@north.example")
    mail.world.set_license(users=2000)
    async with console(following(mail), WIDE) as screen:
        screen.session.do(Sync(read_server(access_of(mail), Secret(mail.password)), SyncStart(access_of(mail))))
        await screen.press("equals_sign")
        await until_shown(screen, "Accounts that take a seat")
        screen.session.commit(AddAccount("own@north.example"))
        await until_shown(screen, "1,503")


async def test_older_numbers_say_of_which_day_they_are(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        await read(screen, mail)
        await screen.press("equals_sign")
        screen.clock.forward(hours=20)
        await screen.tick()
        assert "server as of yesterday 12:03" in screen.text
        screen.clock.moment += timedelta(days=3)
        await screen.tick()
        assert "Figures · mail · server as of 2026-08-05" in screen.text
