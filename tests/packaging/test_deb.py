"""The Debian package: built, checked, and taken through its life in a fresh Debian 12."""

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.packaging import ROOT, deb, dist, environment, pyz, sbom
from tests.packaging.clean_root import CleanRoot, clean_root, fetched, need_all
from tests.packaging.lock import LOCK, pins
from tests.wire.terminal import terminal

HOME = "/var/lib/kconsole"
STORE = f"{HOME}/.local/share/kconsole/journal.jsonl"

VERSION = f"kconsole {dist.version()}\n"

PRESSES_TAB = """COMP_WORDS=(kconsole stat) COMP_CWORD=1 COMP_LINE='kconsole stat' COMP_POINT=13
$(complete -p kconsole | sed 's/.*-F \\([^ ]*\\).*/\\1/') kconsole stat kconsole; echo "${COMPREPLY[@]}"
"""

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]  # the first run makes the fresh Debian


def test_a_fresh_debian_gets_it_and_is_rid_of_it(tmp_path: Path) -> None:
    """One test, since what it needs is dear: packages, and a Debian."""
    need_all()
    built = fetched(lambda: environment.build(tmp_path / "environment", "3.11"))
    is_by_the_schema(sbom.document(built.parts))
    package, one_file = deb.build(tmp_path, built), pyz.build(tmp_path, built)
    has_no_errors(package)
    is_the_same_when_built_again(package, built, tmp_path / "again")
    (tmp_path / "root").mkdir()
    with clean_root(tmp_path / "root") as root:
        before = root.files()
        root.put(package, "/tmp/kconsole.deb")
        root.apt("install", "/tmp/kconsole.deb")
        works(root)
        demo_stands(root)
        takes_libraries_of_debian(root)
        stands_where_debian_looks(root)
        root.put(one_file, "/tmp/kconsole.pyz")
        assert root.run("env", "SHIV_ROOT=/tmp/shiv", "python3.11", "/tmp/kconsole.pyz", "--version") == VERSION

        root.run("kconsole", "init", "--seats", "7", user="kconsole")
        root.run("sh", "-c", "kconsole service-user --print --operator anna | sh")
        root.apt("install", "--reinstall", "/tmp/kconsole.deb")
        works(root)
        root.apt("remove", "kconsole")
        stays = left(root, before)
        assert {"/etc/kconsole/roles.toml", STORE} <= stays
        assert all(path.startswith(("/etc/kconsole", HOME)) for path in stays), stays
        root.apt("purge", "kconsole")
        stays = left(root, before)
        assert STORE in stays
        assert all(path.startswith(HOME) for path in stays), stays
        assert root.run("getent", "passwd", "kconsole")

        root.run("rm", "-r", f"{HOME}/.local/share")
        root.run("dpkg", "--install", "/tmp/kconsole.deb")
        root.run("dpkg", "--purge", "kconsole")
        assert left(root, before) == set()
        root.run("getent", "passwd", "kconsole", code=2)


def has_no_errors(package: Path) -> None:
    """What lintian would find and is meant stands in `debian/overrides`, with the reason.

    Man pages have tests of their own; lintian formats each, which takes half of its time.
    """
    command = ["lintian", "--allow-root", "--dont-check-part", "documentation/manual", str(package)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, ""), said.stderr


def is_the_same_when_built_again(package: Path, built: environment.Environment, folder: Path) -> None:
    """The same files, in another folder and under another umask; and none names a folder."""
    folder.mkdir()
    before = os.umask(0o077)
    try:
        again = deb.build(folder, built, "none")
    finally:
        os.umask(before)
    for part in ("--fsys-tarfile", "--ctrl-tarfile"):
        first, second = (
            subprocess.run(["dpkg-deb", part, each], capture_output=True, check=True).stdout
            for each in (package, again)
        )
        assert first == second
        with tarfile.open(fileobj=io.BytesIO(first)) as files:
            assert {each.mtime for each in files} == {dist.epoch()}
        assert not [place for place in (ROOT, folder, package.parent) if bytes(place) in first]


def is_by_the_schema(document: str) -> None:
    """CycloneDX takes it, each part has hashes of the lock, and a license that SPDX knows."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from license_expression import get_spdx_licensing

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None
    locked = pins(LOCK.read_text())
    components = json.loads(document)["components"]
    assert {each["name"]: each["version"] for each in components} == {name: pin.version for name, pin in locked.items()}
    for each in components:
        assert each["hashes"][0]["content"] in locked[each["name"]].hashes
        assert not get_spdx_licensing().validate(each["licenses"][0]["expression"]).errors, each


def works(root: CleanRoot) -> None:
    assert root.run("kconsole", "--version") == VERSION
    compiled, sources = (
        int(root.run("sh", "-c", f"find /usr/lib/kconsole -name '*.{kind}' | wc -l")) for kind in ("pyc", "py")
    )
    assert compiled == sources
    others = ("!", "-name", "*.cpython-311-*", "!", "-name", "*.abi3.so")
    assert root.run("find", "/usr/lib/kconsole", "-name", "*.so", *others) == "", "of another Python"
    assert root.run("stat", "-c", "%U:%G %a", HOME, "/etc/kconsole").split("\n")[:2] == [
        "root:kconsole 750",
        "root:root 755",
    ]


def demo_stands(root: CleanRoot) -> None:
    """The screen of the sample stands, for a user who may write nowhere but at home; q ends it."""
    with terminal("demo", program=root.command("kconsole", user="kconsole")) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        screen.send("q")
        assert screen.wait_for_end() == 0


def takes_libraries_of_debian(root: CleanRoot) -> None:
    """PostgreSQL's, which has another TLS in it as a wheel."""
    said = "import psycopg, sys; print(psycopg.pq.__impl__, sys.prefix)"
    assert root.run("/usr/lib/kconsole/bin/python3", "-I", "-c", said) == "python /usr/lib/kconsole\n"


def stands_where_debian_looks(root: CleanRoot) -> None:
    """Man pages, completion of three shells, units, and the list of parts."""
    for page in ("kconsole", "kconsole-status", "kconsole.toml"):
        assert root.run("man", "--where", page).startswith("/usr/share/man/man")
    completes(root)
    units = root.run("sh", "-c", "ls -d /usr/lib/systemd/system/kconsole*").split()
    root.run("systemd-analyze", "verify", *units)
    assert json.loads(root.run("cat", "/usr/share/doc/kconsole/kconsole.cdx.json"))["bomFormat"] == "CycloneDX"


def completes(root: CleanRoot) -> None:
    loads = "source /usr/share/bash-completion/bash_completion; _completion_loader kconsole; complete -p kconsole"
    assert root.run("bash", "-c", loads).rstrip().endswith(" kconsole")
    assert root.run("zsh", "-fc", "autoload -U compinit; compinit -D; echo $_comps[kconsole]").strip()
    assert "status" in root.run("fish", "--command", "complete --do-complete 'kconsole stat'")
    assert "status" in root.run("bash", "-c", f"{loads}; {PRESSES_TAB}")


def left(root: CleanRoot, before: set[str]) -> set[str]:
    """What is there that was not there before, and belongs to no other package."""
    return root.files() - before - root.of_packages()
