"""The script that sets up a service user: what it says is valid, and what it does is what it says."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.limits import PATIENCE
from tests.users import as_root

PROGRAM = "/opt/kconsole/bin/kconsole"

NAMESPACE = """
set -eu
mount -t tmpfs none "$1"
cp -a /etc "$1/etc"
mkdir "$1/lib" "$1/log" "$1/opt" "$1/run"
cp "$2" "$1/script"
for place in etc var/lib var/log opt run; do
    mount --bind "$1/${place##*/}" "/$place"
    mountpoint -q "/$place"
done
set +e
"""
"""Everything that the script changes is a copy, which is gone with the process."""

STUB = """#!/bin/sh
echo "$(id -un) $*"
env | grep -E '^(SSH_|PYTHON|LD_|HOME=|KCONSOLE)' | sort
"""

TRIED = f"""
useradd -M anna; useradd -M berg; rm -f /etc/sudoers.d/kconsole
mkdir -p /opt/kconsole/bin; printf '%s' "$3" > {PROGRAM}; chmod 755 {PROGRAM}
as() {{
    echo "-- $*"
    user=$1
    shift
    setpriv --reuid=$user --regid=$user --clear-groups env "$@" 2>/dev/null
    echo "rc $?"
}}
chmod 777 /opt/kconsole
sh "$1/script" 2>/dev/null; echo "of all: $?"
getent passwd kconsole
chmod 755 /opt/kconsole
sh "$1/script" >/dev/null; echo "first: $?"
echo edited >> /etc/kconsole/roles.toml; echo edited >> /var/lib/kconsole/.ssh/authorized_keys
sh "$1/script" >/dev/null; echo "again: $?"
grep -c edited /etc/kconsole/roles.toml /var/lib/kconsole/.ssh/authorized_keys
getent passwd kconsole | cut -d: -f1,6,7
getent shadow kconsole | cut -d: -f1,2
cd /var/lib/kconsole && stat -c '%U:%G %a %n' . .ssh .ssh/authorized_keys .local inbox exports
cd / && stat -c '%U:%G %a %n' /etc/kconsole /etc/kconsole/roles.toml /etc/sudoers.d/kconsole
visudo -cq; echo "visudo: $?"
S="sudo -n -u kconsole {PROGRAM} shell --operator"
as anna SSH_ORIGINAL_COMMAND=status PYTHONPATH=/x LD_PRELOAD=/x KCONSOLE_STORE=/x SSH_USER_AUTH=/x $S anna
as anna $S berg
as berg $S berg
as berg $S anna
as anna $S anna --store /x
as anna $S
as anna sudo -n -u kconsole {PROGRAM} --store /x shell --operator anna
as anna sudo -n -u kconsole PYTHONPATH=/x {PROGRAM} shell --operator anna
as anna sudo -n {PROGRAM} shell --operator anna
as anna sudo -n -u kconsole {PROGRAM}
as kconsole $S anna
"""


def script(console: Console, *arguments: str) -> str:
    return console.done("service-user", "--print", "--program", PROGRAM, *arguments).out


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path / "none")


def need(program: str) -> str:
    """A program that the machine may lack; CI has all of them."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    return found or pytest.skip(f"{program} is not installed")


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_can_read_it(console: Console, tmp_path: Path, shell: str) -> None:
    (tmp_path / "script").write_text(script(console))
    subprocess.run([need(shell), "-n", tmp_path / "script"], check=True, capture_output=True)
    assert not console.folder.exists()


def test_sudo_takes_its_rules_and_they_have_no_wildcard(console: Console, tmp_path: Path) -> None:
    text = script(console, "--operator", "a.b-c", "--operator", "d_1", "--user", "seats", "--home", "/srv/seats")
    rules = text.partition("cat >\"$work/sudoers\" <<'END'\n")[2].partition("END\n")[0]
    assert f"a.b-c ALL=(seats) NOPASSWD: NOSETENV: {PROGRAM} shell --operator a.b-c\n" in rules
    assert not set(rules) & set("*?[]^\\%")
    (tmp_path / "rules").write_text(rules)
    (tmp_path / "rules").chmod(0o440)
    subprocess.run([need("visudo"), "-cf", tmp_path / "rules"], check=True, capture_output=True)


def test_its_operators_are_those_of_the_roles_file(console: Console, tmp_path: Path) -> None:
    roles = tmp_path / "roles.toml"
    roles.write_text('[operator.dora]\nrole = "helpdesk"\nuid = 61234\n[operator.emil]\nrole = "auditor"\n')
    roles.chmod(0o600)
    text = script(console, "--roles", str(roles))
    assert "\n#61234 ALL=(kconsole) NOPASSWD: NOSETENV:" in text
    assert f'#restrict,pty,command="{PROGRAM} shell --operator emil" ssh-ed25519' in text
    assert text.count("NOPASSWD") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--operator", "anna ALL=(ALL) ALL"],
        ["--operator", "a\nb"],
        ["--operator", "-x"],
        ["--operator", "*"],
        ["--user", "root;reboot"],
        ["--home", "relative"],
        ["--home", "/a b"],
        ["--home", "/a/../b"],
        ["--program", "/x/$(reboot)"],
        ["--program", "/x/y,z"],
    ],
)
def test_nothing_that_a_shell_or_sudo_could_take_for_something_else_gets_in(
    console: Console, arguments: list[str]
) -> None:
    said = console("service-user", "--print", *arguments)
    assert (said.code, said.out) == (2, "")


def test_nothing_is_printed_or_run_unasked(console: Console) -> None:
    assert console("service-user").code == 2


@as_root
@pytest.mark.thorough
def test_it_sets_up_what_it_says(console: Console, tmp_path: Path) -> None:
    for program in ("unshare", "sudo", "visudo", "useradd", "runuser", "setpriv"):
        need(program)
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", tmp_path], check=False).returncode:
        pytest.skip("this machine lets no one mount anything, not even in a namespace of their own")
    (tmp_path / "mount").mkdir()
    (tmp_path / "mount").chmod(0o755)
    (tmp_path / "script").write_text(script(console))
    ended = subprocess.run(
        ["unshare", "-m", "sh", "-c", NAMESPACE + TRIED, "sh", tmp_path / "mount", tmp_path / "script", STUB],
        capture_output=True, text=True, timeout=PATIENCE, check=False, cwd="/", umask=0o022,
    )  # fmt: skip
    operator = "sudo -n -u kconsole /opt/kconsole/bin/kconsole shell --operator"
    assert ended.stdout.splitlines() == [
        "of all: 1",
        "first: 0",
        "again: 0",
        "/etc/kconsole/roles.toml:1",
        "/var/lib/kconsole/.ssh/authorized_keys:1",
        "kconsole:/var/lib/kconsole:/bin/sh",
        "kconsole:*",
        "root:kconsole 750 .",
        "root:kconsole 750 .ssh",
        "root:kconsole 640 .ssh/authorized_keys",
        "kconsole:kconsole 700 .local",
        "kconsole:kconsole 700 inbox",
        "kconsole:kconsole 700 exports",
        "root:root 755 /etc/kconsole",
        "root:root 644 /etc/kconsole/roles.toml",
        "root:root 440 /etc/sudoers.d/kconsole",
        "visudo: 0",
        "-- anna SSH_ORIGINAL_COMMAND=status PYTHONPATH=/x LD_PRELOAD=/x KCONSOLE_STORE=/x SSH_USER_AUTH=/x "
        f"{operator} anna",
        "kconsole shell --operator anna",
        "HOME=/var/lib/kconsole",
        "SSH_ORIGINAL_COMMAND=status",
        "rc 0",
        f"-- anna {operator} berg",
        "rc 1",
        f"-- berg {operator} berg",
        "kconsole shell --operator berg",
        "HOME=/var/lib/kconsole",
        "rc 0",
        f"-- berg {operator} anna",
        "rc 1",
        f"-- anna {operator} anna --store /x",
        "rc 1",
        f"-- anna {operator}",
        "rc 1",
        "-- anna sudo -n -u kconsole /opt/kconsole/bin/kconsole --store /x shell --operator anna",
        "rc 1",
        "-- anna sudo -n -u kconsole PYTHONPATH=/x /opt/kconsole/bin/kconsole shell --operator anna",
        "rc 1",
        "-- anna sudo -n /opt/kconsole/bin/kconsole shell --operator anna",
        "rc 1",
        "-- anna sudo -n -u kconsole /opt/kconsole/bin/kconsole",
        "rc 1",
        f"-- kconsole {operator} anna",
        "rc 1",
    ], ended.stderr
