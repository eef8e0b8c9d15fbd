"""Icinga and the monitoring plugins run the check."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT

import pytest

from tests.cli.console import Console
from tests.limits import PATIENCE, wait_until
from tests.monitoring import DATA, program
from tests.monitoring.conftest import PROGRAM

SHIPPED = DATA / "monitoring" / "icinga2"

CONFIGURATION = """
include <itl>
library "checker"
object CheckerComponent "checker" {{ }}
library "perfdata"
object PerfdataWriter "perfdata" {{
  service_perfdata_path = "{folder}/seen"
  service_temp_path = "{folder}/perfdata"
  rotation_interval = 1s
  service_format_template = "$service.state$|$service.output$|$service.perfdata$"
}}
object Host "mail" {{
  check_command = "dummy"
  vars.kconsole = true
  vars.kconsole_store = "{store}"
  vars.kconsole_detail = true
}}
template Service "generic-service" {{ }}
include "{folder}/kconsole-*.conf"
"""


def test_a_plugin_that_runs_plugins_understands_it(office: Console) -> None:
    negate = [program("negate"), "--substitute", "-w", "OK", "-t", str(int(PATIENCE))]
    ended = subprocess.run(
        [*negate, *PROGRAM, "--store", str(office.folder), "check"], stdout=PIPE, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"SEATS OK - 113 of 120 used")


def configured(folder: Path, store: Path) -> list[str]:
    """An Icinga in a folder of its own, with the files that are shipped; gives the command for it."""
    for file in SHIPPED.glob("*.conf"):
        shutil.copy(file, folder)
    command = folder / "kconsole-command.conf"
    text = command.read_text()
    ours = ", ".join(f'"{word}"' for word in (*PROGRAM, "check"))
    assert '[ "/usr/bin/sudo"' in text
    begin, _, rest = text.partition('[ "/usr/bin/sudo"')
    command.write_text(f"{begin}[ {ours} ]{rest.partition(']')[2]}".replace("timeout = 45s", f"timeout = {PATIENCE}s"))
    service = folder / "kconsole-service.conf"
    service.write_text(service.read_text().replace("check_interval = 15m", "check_interval = 1s"))
    (folder / "icinga2.conf").write_text(CONFIGURATION.format(folder=folder, store=store))
    folders = {"DataDir": "data", "CacheDir": "cache", "LogDir": "log", "InitRunDir": "run", "SpoolDir": "spool"}
    defined = [f"-D{name}={folder / path}" for name, path in folders.items()]
    for path in folders.values():
        (folder / path).mkdir()
    return [program("icinga2"), "daemon", "-c", str(folder / "icinga2.conf"), *defined]


def test_the_shipped_command_is_valid_as_it_is(tmp_path: Path) -> None:
    command = configured(tmp_path, tmp_path)
    shutil.copy(SHIPPED / "kconsole-command.conf", tmp_path)
    user = ["-DRunAsUser=root", "-DRunAsGroup=root"] if os.geteuid() == 0 else []
    ended = subprocess.run([*command, "-C", *user], stdout=PIPE, stderr=STDOUT, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended.stdout.decode()


@pytest.mark.thorough
def test_icinga_runs_the_check(office: Console, tmp_path: Path) -> None:
    user = ["-DRunAsUser=root", "-DRunAsGroup=root"] if os.geteuid() == 0 else []
    daemon = subprocess.Popen([*configured(tmp_path, office.folder), *user], stdout=DEVNULL, stderr=DEVNULL)
    seen: list[str] = []

    def has_checked() -> bool:
        """Whether a whole line is there: a file is written in parts, and another of the same second replaces it."""
        with suppress(FileNotFoundError):
            seen.extend(text for file in tmp_path.glob("seen*") if (text := file.read_text()).endswith("\n"))
        return bool(seen)

    try:
        wait_until(has_checked, "a check")
    finally:
        daemon.terminate()
        daemon.wait(PATIENCE)
    state, output, figures = seen[0].split("|")
    assert state == "WARNING"
    assert output.startswith("SEATS WARNING - 113 of 120 used, 7 free (3 held); the free seats are outside of 10:")
    assert "Anti-spam ends in" in output.splitlines()[-2]  # of --detail, which is no part of the first line
    assert figures.startswith("used=113;;;0;120 free=7;10:;3:;0;120")


def test_the_rule_of_sudo_is_valid() -> None:
    command = [program("visudo"), "-cf", str(SHIPPED / "kconsole-check.sudoers")]
    ended = subprocess.run(command, stdout=PIPE, stderr=STDOUT, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended.stdout.decode()
