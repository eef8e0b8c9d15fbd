"""README and topics tell the truth: their tables, pictures and links, and each command line that they show."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from kconsole.cli.context import CliContext
from kconsole.cli.main import kconsole
from kconsole.core.errors import ConsoleError
from kconsole.core.records import Domain, Inventory
from kconsole.operations.samples import sample_session
from tests.cli.console import account, in_process
from tests.clocks import FixedClock
from tests.importers.kerio_writer import write_files
from tests.importers.license_writer import FULL_ID, license_key
from tests.readme import README, SAME, files, meanings, with_tables

ROOT = README.parent
FILES = pytest.mark.parametrize("path", files(), ids=[path.stem for path in files()])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@FILES
def test_its_tables_are_as_the_code_has_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert with_tables(text) == text, "stale: run 'make readme'"


def test_a_letter_means_one_thing_on_all_screens() -> None:
    for letter, commands in meanings().items():
        means = {SAME.get(command.name, command.name) for _, command in commands}
        assert len(means) == 1, (letter, means)


def test_the_pictures_and_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_what_the_map_names_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    text = text[text.index("## Finding your way") :]
    named = [path for path in re.findall(r"`([\w/]+(?:\.\w+|/))`", text) if "/" in path]
    assert len(named) > 15
    assert [path for path in named if not any((folder / path).exists() for folder in (ROOT, ROOT / "kconsole"))] == []


def test_the_readme_can_be_read_at_a_sitting() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 200


# Command lines


class Block(NamedTuple):
    """A block between fences."""

    language: str
    lines: list[str]


def blocks_of(path: Path) -> Iterator[Block]:
    for language, text in FENCE.findall(path.read_text(encoding="utf-8")):
        joined = re.sub(r"\\\n\s*", "", text)
        yield Block(language, [re.sub(r"(^|\s+)# .*", "", line) for line in joined.splitlines()])


def inline_lines(path: Path) -> list[str]:
    """What stands in the text as a command line, across the ends of its lines."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    found = re.findall(r"(?<![`|\\])`(kconsole [^`|]+)`", re.sub(r"\n *", " ", text))
    return [re.sub(r"\\", "", line) for line in found]


@FILES
def test_it_names_commands_and_options_that_there_are(path: Path) -> None:
    """Also where a command line cannot run here, as under sudo."""
    for line in [*inline_lines(path), *(line for block in blocks_of(path) for line in block.lines)]:
        for words in re.findall(r"(?<!-u )\bkconsole ((?:--store \S+ )?[a-z].*)", line):
            check_words(re.split(r" > | \| |['\[]", words)[0].split(), line)


def check_words(words: list[str], line: str) -> None:
    command: click.Command = kconsole
    if words[:1] == ["--store"]:
        words = words[2:]
    while words and isinstance(command, click.Group) and not words[0].startswith("-") and words[0].islower():
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, line
        command = found
    known = {option for each in command.params for option in each.opts} | {"--help"}
    assert [word for word in words if word.startswith("--") and word not in known] == [], line


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, and the files that the examples name."""
    home = tmp_path_factory.mktemp("home")
    sample_session("office", home / "store", "anna", FixedClock(NOW)).close()
    exports = Path(__file__).parent / "importers" / "files"
    for file in (*(ROOT / "data" / "imports").iterdir(), *exports.glob("users_northwind*")):
        shutil.copy(file, home)
    (home / "license.key").write_bytes(license_key(users="150"))
    (home / "id.txt").write_text(FULL_ID)
    (home / "id.txt").chmod(0o600)
    (home / "opt" / "kerio" / "mailserver").mkdir(parents=True)
    retail = Inventory(domains=(Domain(name="retail.example"),), entries=(account("carla@retail.example"),))
    write_files(home / "opt" / "kerio" / "mailserver", retail)
    for name, language, written in (("import", "csv", "logins.csv"), ("roles", "toml", "roles.toml")):
        topic = next(path for path in files() if path.stem == name)
        lines = next(block.lines for block in blocks_of(topic) if block.language == language)
        (home / written).write_text("\n".join(lines) + "\n")
    return home


def run_lines(path: Path) -> list[str]:
    """The lines that run, in their order."""
    return [line for block in blocks_of(path) if not block.language for line in block.lines if line]


@pytest.mark.parametrize("path", [path for path in files() if run_lines(path)], ids=lambda path: path.stem)
def test_its_command_lines_run(path: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, on a copy of the sample; `init` begins on an empty store."""
    home = tmp_path / "home"
    shutil.copytree(prepared, home)
    monkeypatch.chdir(home)
    for variable in [name for name in os.environ if name.startswith("KCONSOLE_")]:
        monkeypatch.delenv(variable)
    passwords = ("KCONSOLE_SERVER_PASSWORD", "KCONSOLE_DIRECTORY_PASSWORD")
    for name, value in {"HOME": str(home), "TERM": "dumb", **dict.fromkeys(passwords, "secret")}.items():
        monkeypatch.setenv(name, value)
    store, asks_others = home / "store", False
    for line in run_lines(path):
        assert re.match(r"kconsole\b", line), f"not a command line of kconsole: {line}"
        _, *words = shlex.split(re.sub(r"(?<=\s)/(?=\w)", f"{home}/", line))
        if words[:1] == ["init"]:
            store = tmp_path / "new"
        said = in_process(words, CliContext(location=store, clock=FixedClock(NOW), patience=0))
        needs_terminal = words in ([], ["demo"]) or words[:2] == ["demo", "--sample"]
        asks_others = asks_others or words[:2] == ["server", "add"]
        asks = asks_others or words[0:1] == ["map"] or "--test" in words
        allowed = (2,) if needs_terminal else (0, 1, 5, 8) if asks else (0, 1, 5)
        allowed = (0, 1, 2, 3) if words[:1] == ["check"] else allowed  # the codes of monitoring plugins
        assert said.code in allowed, (line, said)
        assert "nexpected" not in said.err, (line, said)


def cells_of(topic: str, heading: str) -> list[str]:
    """What the first cells of the table under a heading have between backquotes."""
    text = next(path for path in files() if path.stem == topic).read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (`[^|]*`) \|", text[text.index(heading) :].split("\n\n|", 1)[1].split("\n\n")[0], re.MULTILINE
    )
    return [term for row in rows for term in re.findall("`([^`]*)`", row)]


def test_each_term_of_a_filter_is_one(prepared: Path) -> None:
    terms = [term for term in cells_of("filters", "A filter has words") if term != "@name"]
    assert len(terms) > 20
    place = CliContext(location=prepared / "store", clock=FixedClock(NOW), read_only=True)
    assert [term for term in terms if in_process(["accounts", "--filter", term], place).code] == []


def test_each_setting_of_a_policy_is_one(prepared: Path) -> None:
    place = CliContext(location=prepared / "store", clock=FixedClock(NOW), read_only=True)
    policy = in_process(["policy", "show", "idle", "--json"], place).json
    assert set(cells_of("reclaim", "## Policies")) == set(policy) - {"name", "shipped"}


def test_each_exit_code_of_an_error_is_explained() -> None:
    classes, codes = [ConsoleError], set[int]()
    for each in classes:
        classes += each.__subclasses__()
        codes.add(each.exit_code)
    text = next(path for path in files() if path.stem == "exit-codes").read_text(encoding="utf-8")
    assert [code for code in codes if f"| {code} |" not in text] == []


def test_no_measured_row_stands_twice() -> None:
    tables = (ROOT / "tests" / "bench" / "README.md").read_text(encoding="utf-8").split("\n\n")
    for table in tables:
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len(rows) == len(set(rows)), rows[0]
