"""The commands that share a store."""

import grp
import os
import stat
from pathlib import Path

import pytest

from tests.cli.console import Console

GROUP = next(group for group in grp.getgrall() if group.gr_gid in {os.getegid(), *os.getgroups()})


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


def test_a_store_is_shared_from_the_beginning_or_later(tmp_path: Path) -> None:
    console = Console(tmp_path / "s")
    said = console.done("init", "--group", GROUP.gr_name)
    assert f"shared with the group {GROUP.gr_name}" in said.err
    assert modes(console.folder) == {0o2770, 0o660}
    console.done("share", "off")
    assert modes(console.folder) == {0o700, 0o600}
    console.done("share", "on", "--group", GROUP.gr_name)
    console.done("domains", "add", "north.example")
    assert modes(console.folder) == {0o2770, 0o660}
    assert console.done("status", "--json").json["read_only"] is False
    assert console.done("status", "--json", "--read-only").json["read_only"] is True


def test_a_group_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    console = Console(tmp_path / "s")
    assert console("init", "--group", "no-such-group-here").code == 3
    assert not console.folder.exists()
    console.done("init")
    assert console("share", "on", "--group", "no-such-group-here").code == 3
    assert console("share", "on").code == 2
    assert modes(console.folder) == {0o700, 0o600}


def test_a_folder_that_others_of_the_group_cannot_reach_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(0o700)
    said = Console(tmp_path / "closed" / "s").done("init", "--group", GROUP.gr_name)
    assert str(tmp_path / "closed") in said.err


@pytest.mark.parametrize("arguments", [["share", "off"], ["share", "on", "--group", GROUP.gr_name]])
def test_without_a_store_there_is_nothing_to_share(tmp_path: Path, arguments: list[str]) -> None:
    assert Console(tmp_path / "none")(*arguments).code == 3
    assert not (tmp_path / "none").exists()
