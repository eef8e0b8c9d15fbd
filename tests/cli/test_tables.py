"""Tables in a narrow terminal: nothing of an address or a time is cut, and what is long goes on below."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.cli import history, output, tables
from kconsole.core.history import Operator
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.session import Session
from kconsole.text.columns import cell_width
from kconsole.text.details import Detail
from tests.cli.console import Console, account
from tests.cli.golden import FOLLOWING
from tests.clocks import noon

LONG = f"{'assistant.to.the.' * 3}manager@north.example"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


def filled(folder: Path, follows: bool) -> Console:
    """A store with long addresses; one that follows a server has numbers that differ, one without has a long log."""
    entries = [account(LONG.partition("@")[0], full_name="The assistant to the regional manager of everything")]
    entries += [account(f"a.rather.long.login.{number}", mailbox=True) for number in range(3)]
    inventory = replace(FOLLOWING, server=FOLLOWING.server if follows else None, entries=(*FOLLOWING.entries, *entries))
    session = Session.create(folder, inventory, Operator("anna"), noon())
    if not follows:
        reason = "left the company in the summer of the year before last"
        session.do(DisableAccounts((LONG, entries[1].address), reason))
    session.close()
    return Console(folder, noon())


COMMANDS = ("accounts", "domains", "log", "license show", f"explain {LONG}", "doctor", "server", "reconcile")


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_an_address_or_a_time_is_cut_at_80_columns(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = filled(tmp_path / "store", command in ("server", "reconcile"))
    piped = console(*command.split()).out
    for module in (history, output, tables):
        monkeypatch.setattr(module, "terminal_width", lambda: 80)
    narrow = console(*command.split()).out
    addresses = set(re.findall(r"\S+@\S+", piped))
    assert set(re.findall(r"\S*@\S*", narrow)) <= addresses
    assert len(MOMENT.findall(narrow)) == len(MOMENT.findall(piped))
    wide = [line for line in narrow.splitlines() if cell_width(line) > 80]
    assert [line for line in wide if "@" not in line] == []


@pytest.mark.parametrize("width", [None, 60])
def test_one_long_label_pushes_no_other_text_out_of_sight(
    width: int | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda: width)
    output.put_sections([("New (2)", [Detail(LONG, "Anna of the long name"), Detail("berg@north.example", "Berg")])])
    lines = capsys.readouterr().out.splitlines()
    assert f"  berg@north.example{' ' * 14}  Berg" in lines
    assert lines[1] == f"  {LONG}" if width else f"  {LONG}  Anna of the long name"
