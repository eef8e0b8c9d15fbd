"""The command line in processes of its own: exit codes, streams, encodings, and what is never imported."""

import gc
import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest
from filelock import FileLock

from kconsole.cli.main import run
from tests.cli.console import Console, account
from tests.importers.exports import NORTHWIND
from tests.limits import PATIENCE

ROOT = Path(__file__).parent.parent.parent


def test_a_day_with_the_command_line(console: Console, tmp_path: Path) -> None:
    assert console.process("init", "--seats", "126").code == 0
    assert console.process("import", "csv", str(NORTHWIND), "--domain", "northwind.example").code == 0
    assert console.process("add", "new@northwind.example", "--name", "Łukasz 王").code == 0
    refused = console.process("add", "more@northwind.example")
    assert (refused.code, refused.out) == (4, "")
    assert "You cannot add more users" in refused.err
    assert console.process("disable", "costa@northwind.example").code == 0
    assert console.process("delete", "new@northwind.example", "--yes").code == 0
    seats = console.process("status", "--json").json["seats"]
    assert (seats["counted"], seats["held"], seats["used"], seats["free"]) == (124, 1, 125, 1)
    assert console.process("restarted").code == 0
    assert console.process("status", "--json").json["seats"]["used"] == 124
    assert console.process("accounts", "--never", "--csv").out.count("\n") == 126
    explained = console.process("explain", "costa@northwind.example", "--json").json
    assert explained[0]["verdict"] == "disabled"
    dump = console.process("dump").out
    assert Console(tmp_path / "copy").process("restore", "-", text=dump).code == 0
    assert Console(tmp_path / "copy").process("dump").out == dump


def test_every_exit_code(console: Console) -> None:
    assert console.process("status").code == 3
    assert console.process("nonsense").code == 2
    console.fill(account("anna"), seats=1)
    assert console.process("status").code == 0
    assert console.process("disable", "anna@north.example", "missing").code == 1
    assert console.process("explain", "missing").code == 3
    console.process("enable", "anna@north.example")
    assert console.process("add", "berg@north.example").code == 4
    with FileLock(console.folder / "lock"):
        assert console.process("disable", "anna@north.example", "--wait", "0.1").code == 6
    (console.folder / "store.json").write_text("{")
    rebuilt = console.process("status", "--json")
    assert (rebuilt.code, rebuilt.json["seats"]["used"]) == (0, 1)
    assert "was damaged" in rebuilt.err
    (console.folder / "journal.jsonl").unlink()
    assert console.process("status").code == 7


def test_a_store_in_the_default_place_is_private(home: Path) -> None:
    nowhere = Console(Path())
    assert nowhere.process("init", KCONSOLE_STORE="").code == 0
    folder = home / ".local" / "share" / "kconsole"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["journal.jsonl", "lock", "store.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert nowhere.process("status", KCONSOLE_STORE="").code == 0


IMPORTED = """
import sys
from kconsole.cli.main import run
code = run(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        "status",
        "status --json",
        "license",
        "license show --json",
        "accounts",
        "disable anna@north.example",
        "--help",
    ],
)
def test_a_command_imports_neither_the_screen_nor_what_it_does_not_need(console: Console, arguments: str) -> None:
    console.fill(account("anna"))
    command = [sys.executable, "-c", IMPORTED, "--store", str(console.folder), *arguments.split()]
    ended = subprocess.run(command, capture_output=True, check=True, text=True)
    modules = set(ended.stderr.splitlines()[-1].split())
    packages = {name.partition(".")[0] for name in modules}
    assert {"kconsole", "click"} <= packages
    assert not packages & {"textual", "rich", "pydantic", "pydantic_core", "httpx", "ldap3", "tinydb", "filelock"}
    if arguments == "status":
        unneeded = {"kconsole.cli.output", "kconsole.operations.search.filters", "orjson"}
        assert not modules & unneeded


# Encodings


@pytest.mark.thorough
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252", "LANG": "de_DE.ISO-8859-1"},
    ],
    ids=lambda environment: environment["PYTHONIOENCODING"],
)
def test_a_terminal_that_cannot_show_everything_breaks_nothing(console: Console, environment: dict[str, str]) -> None:
    encoding = environment["PYTHONIOENCODING"].replace("ascii", "utf-8")  # click takes ASCII for a mistake
    console.fill(
        account("anna", full_name="Łukasz 王小明 😀 Müller", description="\u202e\x9b"), account("off", enabled=False)
    )
    for arguments in ("status", "accounts", "accounts --csv", "explain anna@north.example", "domains", "--help"):
        said = console.process(*arguments.split(), encoding=encoding, **environment)
        assert (said.code, "Traceback" in said.err) == (0, False)
        assert said.is_harmless()
    for arguments in ("accounts --json", "dump", "explain --json anna@north.example"):
        said = console.process(*arguments.split(), encoding=encoding, **environment)
        assert said.json == console.done(*arguments.split()).json
    assert console.process("status", encoding=encoding, **environment).out.startswith("#####....")
    said = console.process("disable", "anna@north.example", "王", encoding=encoding, **environment)
    assert said.code == 1
    assert said.talk[-1] in ("1 > 0 of 10 seats used", "1 → 0 of 10 seats used")


def test_an_encoding_that_no_text_is_in_breaks_nothing(console: Console) -> None:
    console.fill(account("anna"))
    for encoding in ("idna", "undefined"):
        assert "1 of 10 seats used" in console.process("status", encoding="utf-8", PYTHONIOENCODING=encoding).out


def test_a_locale_without_utf_8_breaks_nothing(console: Console) -> None:
    console.fill(account("anna", full_name="Łukasz"))
    said = console.process("accounts", "--json", LANG="de_DE.ISO-8859-1", PYTHONUTF8="0")
    assert said.json[0]["full_name"] == "Łukasz"


@pytest.mark.thorough
def test_bytes_that_are_no_text_are_refused_where_they_would_be_kept(console: Console, tmp_path: Path) -> None:
    console.fill()
    refused: list[list[str | bytes]] = [
        ["add", "anna@north.example", "--name", b"M\xfcller"],
        ["add", "anna@north.example", "--description", b"M\xfcller"],
        ["add", "anna@north.example", "--reason", b"M\xfcller"],
        ["restarted", "--reason", b"\xff"],
        ["connect", "anna@north.example", "--via", b"\xff"],
        ["domains", "add", "x.example", "--description", b"\xff"],
        ["add", b"M\xfcller@north.example"],
        ["domains", "add", b"\xff.example"],
    ]
    for arguments in refused:
        said = console.process(*arguments)
        assert (said.code, said.out, "Traceback" in said.err) == (2, "", False)
        assert said.is_harmless()
    assert console.process("explain", b"\xff").code == 3
    assert (console.accounts(), console.dump["last_restart"]) == ([], None)
    name = os.fsencode(tmp_path) + b"/d\xfcmp.json"
    assert console.process("dump", name).code == 0
    said = console.process("restore", name)
    assert (said.code, said.is_harmless()) == (0, True)


# Streams


def shell(console: Console, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script of bash, in which `k` is the command line."""
    script = f'k() {{ "{sys.executable}" -m kconsole "$@"; }}; set -o pipefail; {script}'
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "KCONSOLE_STORE": str(console.folder)},
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def crowded(console: Console) -> Console:
    return console.fill(*[account(f"a{number}", description="x" * 100) for number in range(3000)], seats=None)


@pytest.mark.parametrize("arguments", ["accounts", "accounts --json", "accounts --csv", "log --json"])
def test_a_reader_that_has_seen_enough_is_no_error(crowded: Console, arguments: str) -> None:
    ended = shell(crowded, f"k {arguments} | head -1")
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 1)
    assert "Traceback" not in ended.stderr
    assert "Broken" not in ended.stderr


@pytest.mark.parametrize("arguments", ["dump", "dump -", "backup -"])
def test_a_reader_that_goes_away_from_a_copy_is_an_error(crowded: Console, arguments: str) -> None:
    ended = shell(crowded, f"k {arguments} | head -c 1")
    assert (ended.returncode, ended.stderr) == (1, "kconsole: The output cannot be written: Broken pipe.\n")


@pytest.mark.parametrize("command", ["dump", "backup"])
def test_a_reader_that_goes_away_from_a_named_stream_is_the_same_error(crowded: Console, command: str) -> None:
    ended = shell(crowded, f"k {command} /dev/stdout | head -c 1")
    assert (ended.returncode, ended.stderr) == (1, "kconsole: /dev/stdout cannot be written: Broken pipe.\n")


def test_what_another_program_writes_is_imported_and_waited_for(console: Console, tmp_path: Path) -> None:
    console.fill(account("anna"))
    os.mkfifo(fifo := tmp_path / "fifo")
    command = [sys.executable, "-m", "kconsole", "import", "csv", "--domain", "north.example"]
    options = {"env": {**os.environ, "KCONSOLE_STORE": str(console.folder)}, "text": True, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, str(fifo)], **options) as waiting:  # type: ignore[call-overload]
        fifo.write_text("Name;Password;FullName;Description;MailAddress;Groups\nberg;;;;;\n")  # waits for a reader
        assert (waiting.communicate(timeout=PATIENCE)[1], waiting.returncode)[1] == 0
    reader, writer = os.pipe()
    os.write(writer, b"Name;Password;FullName;Description;MailAddress;Groups\ncosta;;;;;\n")
    os.close(writer)
    substituted = subprocess.run([*command, f"/dev/fd/{reader}"], pass_fds=[reader], timeout=PATIENCE, **options)  # type: ignore[call-overload]
    os.close(reader)
    assert substituted.returncode == 0
    assert [entry["address"] for entry in console.dump["entries"]] == [
        f"{login}@north.example" for login in ("anna", "berg", "costa")
    ]


def test_ctrl_c_ends_the_wait_for_another_program_in_words(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    console.fill(account("anna"))
    monkeypatch.setattr(Path, "open", interrupted)
    said = console("import", "csv", str(tmp_path / "fifo"), "--domain", "north.example")
    assert (said.code, said.err) == (130, "\nInterrupted.\n")


def test_a_full_disk_behind_the_output_is_reported(console: Console) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    console.fill(account("anna"))
    ended = shell(console, "k status > /dev/full")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "kconsole: The output cannot be written: No space left on device.\n"


@pytest.mark.thorough
def test_closed_streams_break_nothing(console: Console) -> None:
    console.fill(account("anna"))
    for script in ("k status >&-", "k accounts --json >&- 2>&-", "k disable anna@north.example 2>&-"):
        ended = shell(console, script)
        assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), script


def test_data_go_one_way_and_talk_the_other(console: Console) -> None:
    console.fill(account("anna"))
    ended = shell(console, "k accounts --json 2>/dev/null | python3 -m json.tool > /dev/null && k dump | k restore -")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "restored 1 entry in 1 domain\n")


def test_a_dump_into_a_device_leaves_the_device(console: Console) -> None:
    console.fill(account("anna"))
    ended = shell(console, "k dump /dev/stdout 2>/dev/null")
    assert json.loads(ended.stdout) == console.dump
    assert Path("/dev/stdout").is_symlink()
    assert shell(console, "k dump /dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("columns", ["60", "200"])
def test_a_table_fits_the_terminal(console: Console, columns: str) -> None:
    console.fill(account("anna", full_name="A very long name indeed " * 3))
    reader, terminal = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "kconsole", "accounts"],
            stdout=terminal,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "KCONSOLE_STORE": str(console.folder), "COLUMNS": columns},
            timeout=PATIENCE,
            check=True,
        )
        lines = os.read(reader, 10_000).decode().splitlines()
    finally:
        os.close(reader)
        os.close(terminal)
    assert (len(lines) > 2) == (columns == "60")
    assert all(len(line) <= int(columns) for line in lines)
    assert "anna@north.example" in lines[1]
    assert "".join(lines).count("indeed") == 3


def test_ctrl_c_ends_without_a_traceback(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    console.fill(account("anna"))
    monkeypatch.setattr("kconsole.cli.context.Session.open", interrupted)
    said = console("status")
    assert (said.code, said.out, "Traceback" in said.err) == (130, "", False)


def test_the_entry_point_exits_with_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from kconsole.__main__ import main

    monkeypatch.setattr("sys.argv", ["kconsole", "--store", str(tmp_path / "none"), "status"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert gc.get_freeze_count() > 0  # the end of the process need not look for garbage
    assert caught.value.code == run(["--store", str(tmp_path / "none"), "status"]) == 3


# The package


@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed: no wheel can be built here")
def test_the_wheel_ships_the_samples(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "screenshots", "tests"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=copy, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    shipped = {f"kconsole/{path.relative_to(ROOT)}" for path in (ROOT / "data").rglob("*") if path.is_file()}
    assert shipped <= names
    assert {"kconsole/py.typed", "kconsole/data/office.json"} <= names
    assert any(name.endswith(".tcss") for name in names)
    assert not any(name.startswith("tests/") for name in names)
