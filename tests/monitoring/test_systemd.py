"""The units, users and folders that kconsole ships, judged by systemd's own tools."""

import re
import subprocess
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from kconsole.cli.main import kconsole
from kconsole.core.errors import BadInput
from kconsole.net.secrets import secret_from
from tests.limits import PATIENCE
from tests.monitoring import DATA, program

UNITS = DATA / "systemd"


def ran(*command: str | Path) -> str:
    ended = subprocess.run(command, stdout=PIPE, stderr=STDOUT, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended.stdout.decode()
    return ended.stdout.decode()


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with a program that is there."""
    for unit in UNITS.glob("kconsole-sync.*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/bin/kconsole", "/bin/true"))
    return sorted(tmp_path.glob("kconsole-sync.*"))


def test_systemd_finds_nothing_wrong(units: list[Path]) -> None:
    assert len(units) == 2
    assert ran(program("systemd-analyze"), "verify", "--man=no", *units) == ""


def test_the_service_may_do_little(units: list[Path]) -> None:
    (service,) = (unit for unit in units if unit.suffix == ".service")
    said = ran(program("systemd-analyze"), "security", "--offline=true", "--threshold=20", service)
    assert "Overall exposure level" in said


def test_its_command_lines_are_right() -> None:
    for line in re.findall(r"^Exec\w+=/usr/bin/kconsole (.*)$", (UNITS / "kconsole-sync.service").read_text(), re.M):
        name, *arguments = line.split()
        command = kconsole.get_command(kconsole.make_context("kconsole", [], resilient_parsing=True), name)
        assert command is not None
        command.make_context(name, arguments)


def test_the_user_and_its_folders(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    ran(program("systemd-sysusers"), f"--root={tmp_path}", UNITS / "kconsole.sysusers")
    assert (tmp_path / "etc" / "passwd").read_text().endswith(":/var/lib/kconsole:/bin/sh\n")
    ran(
        program("systemd-tmpfiles"),
        f"--root={tmp_path}",
        "--create",
        UNITS / "kconsole.tmpfiles",
    )
    home = tmp_path / "var" / "lib" / "kconsole"
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in home.iterdir()} == {
        ".ssh": "0o750", ".local": "0o700", ".config": "0o700", "inbox": "0o700", "exports": "0o700",
    }  # fmt: skip


def test_a_password_that_systemd_gives_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it names the user in a list of rights, the mode shows these as those of the group."""
    file = tmp_path / "server-password"
    file.write_text("open sesame")
    file.chmod(0o440)
    with pytest.raises(BadInput, match="password-file-open-to-others"):
        secret_from(file, "", None)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret_from(file, "", None).reveal() == "open sesame"
    for mode in (0o444, 0o460):
        file.chmod(mode)
        with pytest.raises(BadInput, match="password-file-open-to-others"):
            secret_from(file, "", None)
