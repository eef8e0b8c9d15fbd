"""The live server on the screen, against a real server: read it by a key, cancel that, see how old it is."""

import gc
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.server import AddServer, RemoveServer
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.tui.screens.connecting import ReadingDialog
from tests.clocks import noon
from tests.kerio_server.faults import Held, html
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console, until, until_shown
from tests.tui.following import access_of, following, read
from tests.tui.mappings import log_in, store_of

# The plan that frees seats


async def test_a_plan_is_applied_on_the_server_and_undone_there(mail: KerioServer) -> None:
    long_ago = noon().now() - timedelta(days=400)
    for login in ("dora", "emil"):
        mail.world.add_user(f"{login}@north.example", mailbox=True, last_login=(long_ago, "IMAP"))
    policy = Policy(name="idle", brake_percent=100)

    def enabled() -> list[bool]:
        return [bool(mail.world.user(f"{login}@north.example").row["isEnabled"]) for login in ("dora", "emil")]

    async with console(replace(following(mail), policies=(policy,)), NARROW) as screen:
        await screen.press("P")
        await until_shown(screen, "No plan")
        await read(screen, mail)
        assert "would be disabled (2)" in screen.text
        await screen.press("A")
        screen.expect_dialog("takes effect on the server mail at once")
        await screen.press("2", "enter")
        await until_shown(screen, "disabled by the plan")
        assert enabled() == [False, False]
        await screen.press("u")
        await until_shown(screen, "undone: reclaim")
        assert enabled() == [True, True]


# Reading it


@pytest.mark.quick
async def test_the_server_is_read_by_a_key_and_its_age_is_reported(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        assert "server never read · all saved" in screen.text
        await screen.press("f5")
        screen.expect_dialog("Admin", f"at {mail.url}", "kept in memory until the console ends")
        await log_in(screen, mail.password)
        await until_shown(screen, "server read:")
        assert sorted(screen.listed) == [
            "Admin", "anna@north.example", "berg@north.example", "chen@south.example", "team@north.example",
        ]  # fmt: skip
        assert (screen.used, screen.session.state.license.seats) == (2, 10)
        assert screen.status.startswith("0 → 2 seats used · server read: 5 changes")
        assert "server as of 12:03 · saved 12:03" in screen.text
        screen.clock.forward(minutes=90)
        await screen.tick()
        assert "server as of 12:03" in screen.text
        screen.clock.forward(days=1)
        await screen.tick()
        assert "server as of 2026-08-05" in screen.text
        await screen.press("L")
        assert "server as of 2026-08-05" in screen.text


async def test_the_password_is_asked_for_once_and_is_nowhere(mail: KerioServer) -> None:
    async with console(following(mail), WIDE) as screen:
        await read(screen, mail)
        mail.world.add_user("dora@north.example")
        logins = mail.logins
        await screen.press("r")
        await until_shown(screen, "server read: 1 change")
        assert mail.logins == logins + 1
        assert mail.password not in screen.text
        assert mail.password.encode() not in store_of(screen)
        widgets = [widget for shown in screen.app.screen_stack for widget in shown.walk_children()]
        assert not any(mail.password in repr(vars(widget)) for widget in widgets)
        assert mail.password not in repr(vars(screen.main.workspace))
        gc.collect()


async def test_nothing_new_is_reported_as_that_and_marks_stay(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        await read(screen, mail)
        await screen.press("space", "r")
        await until_shown(screen, "server read: nothing new")
        assert len(screen.main.accounts.marked) == 1


async def test_the_environment_may_hold_the_password(mail: KerioServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER_PASSWORD, mail.password)
    async with console(following(mail)) as screen:
        await screen.press("f5")
        await until_shown(screen, "server read:")
        screen.expect_no_dialog()


async def test_a_wrong_password_is_reported_and_asked_for_again(
    mail: KerioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVER_PASSWORD, "wrong one")
    async with console(following(mail), NARROW) as screen:
        await screen.press("f5")
        await until_shown(screen, "Failed")
        assert "wrong one" not in screen.text
        assert screen.session.state.live_entries() == []
        await screen.press("escape", "f5")
        await log_in(screen, "wrong as well")
        await until_shown(screen, "Failed")
        await screen.press("escape", "f5")
        await log_in(screen, mail.password)
        await until_shown(screen, "server read:")
        await screen.press("f5")
        await until_shown(screen, "nothing new")


async def test_a_password_for_one_server_is_not_sent_to_another(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        await read(screen, mail)
        other = screen.other()
        other.do(RemoveServer())
        elsewhere = replace(access_of(mail), url="https://localhost:9")
        other.do(AddServer(Server(name="other", access=elsewhere)))
        await screen.press("f5")
        screen.expect_dialog("at https://localhost:9")


@pytest.mark.quick
async def test_escape_calls_it_off_and_nothing_is_taken(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        held = mail.faults.add(Held(), "Users.get")
        await screen.press("f5")
        await log_in(screen, mail.password)
        await until(screen, held.reached.is_set)
        await until_shown(screen, " of 2 domains, ")
        assert isinstance(screen.app.screen, ReadingDialog)
        await screen.press("escape")
        assert screen.status == "Cancelled. Nothing was taken from the server."
        held.release()
        await screen.tick()
        assert screen.session.state.live_entries() == []
        assert screen.session.state.server is not None
        assert screen.session.state.server.synced_at is None
        await screen.press("f5")  # the password has been given
        await until_shown(screen, "server read:")
        screen.expect_no_dialog()


async def test_what_was_read_of_another_server_is_not_taken(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        held = mail.faults.add(Held(), "Users.get")
        await screen.press("f5")
        await log_in(screen, mail.password)
        await until(screen, held.reached.is_set)
        other = screen.other()
        other.do(RemoveServer())
        other.do(AddServer(Server(name="other", access=replace(access_of(mail), user="eye"))))
        held.release()
        await until_shown(screen, "Failed")
        screen.expect_dialog("another server was configured for this store", "Read the new server.")
        assert screen.session.state.live_entries() == []


async def test_leaving_the_console_leaves_off(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        held = mail.faults.add(Held(), "Users.get")
        await screen.press("f5")
        await log_in(screen, mail.password)
        await until(screen, held.reached.is_set)
        await screen.press("ctrl+q")
        held.release()
        assert screen.app.failure is None


@pytest.mark.quick
async def test_a_server_that_is_away_is_reported_with_what_to_do(mail: KerioServer) -> None:
    async with console(following(mail), NARROW) as screen:
        await read(screen, mail)
        mail.stop()
        before = screen.session.state.inventory
        await screen.press("f5")
        await until_shown(screen, "Failed")
        screen.expect_dialog("Cannot connect to")
        assert screen.session.state.inventory == before
        await screen.press("escape")
        mail.start()
        mail.faults.add(html(), "Domains.get")
        await screen.press("f5")
        await until_shown(screen, "Failed")
        assert screen.session.state.inventory == before


async def test_what_the_login_may_not_read_is_reported_once_and_counted_after(mail: KerioServer) -> None:
    mail.world.add_user("eye@north.example", role="Auditor", password=mail.password)
    mail.unknowns.refused_reads["Auditor"] = frozenset({"Server.getAboutInfo"})
    inventory = following(mail, access=replace(access_of(mail), user="eye@north.example"))
    async with console(inventory, NARROW) as screen:
        await screen.press("f5")
        await log_in(screen, mail.password)
        await until_shown(screen, "Not everything could be read")
        await screen.press("escape")
        assert "not read" in screen.status
        await screen.press("f5")
        await until_shown(screen, "nothing new · ")
        screen.expect_no_dialog()


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_is_not_here_as_there_is_reported_once(mail: KerioServer, size: tuple[int, int]) -> None:
    domain = mail.world.domain("north.example")
    domain.directory, domain.directory_host = "WindowsActiveDirectory", "dc[/]\x1b[2J.example"
    async with console(following(mail), size, server_secret=Secret(mail.password)) as screen:
        await screen.press("f5")
        await until_shown(screen, "The store differs from the server")
        screen.expect_dialog("north.example is mapped from a directory (active-directory, host dc[/]")
        await screen.press("escape")
        await screen.press("f5")
        await until_shown(screen, "nothing new")
        screen.expect_no_dialog()


async def test_where_users_were_not_read_the_age_says_so(mail: KerioServer) -> None:
    mail.world.add_user("eye@north.example", role="Auditor", password=mail.password)
    mail.unknowns.refused_reads["Auditor"] = frozenset({"Users.get"})
    inventory = following(mail, access=replace(access_of(mail), user="eye@north.example"))
    async with console(inventory, NARROW, server_secret=Secret(mail.password)) as screen:
        await screen.press("f5")
        await until_shown(screen, "Not everything could be read")
        screen.expect_dialog("the users of north.example")
        await screen.press("escape")
        assert ", in part" in screen.text


async def test_a_store_without_a_server_says_how_to_name_one() -> None:
    async with console("small", NARROW) as screen:
        assert "server" not in screen.main.status.render_line(0).text
        assert "read server" not in screen.keys
        await screen.press("f5")
        screen.expect_dialog("No server is configured for this store.", "kconsole server add")


@pytest.mark.quick
async def test_read_only_reads_no_server(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, read_only=True) as screen:
        await screen.press("f5")
        screen.expect_no_dialog()
        assert screen.status.startswith("Nothing can be changed")
        assert "server never read" in screen.text
        await screen.press("equals_sign")
        assert "The server mail was never read, and this store is open read-only." in screen.text
        await screen.press("f5")
        screen.expect_no_dialog()
        assert not mail.calls


@pytest.mark.thorough
async def test_a_hostile_world_is_only_text(kerio_server: KerioServer) -> None:
    world = made_up_world(300, 4, now=kerio_server.world.now, hostile=True)
    world.admin_password = kerio_server.world.admin_password
    with KerioServer(kerio_server.certificate.file.parent / "hostile", world) as server:
        async with console(following(server), WIDE) as screen:
            await read(screen, server)
            await screen.press("escape", "n")
            assert len(screen.listed) > 300
            for keys in (("j",) * 20, ("enter",), ("escape", "equals_sign"), ("j", "enter"), ("escape", "escape", "L")):
                await screen.press(*keys)
                assert all(character.isprintable() or character == "\n" for character in screen.text)
            assert screen.app.is_running
