"""`report` as a command: its files, all or none, safe whatever names are in them, and only where they may go."""

import csv
import errno
import io
import json
import os
import re
import signal
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kconsole.core.records import Domain, Entry
from kconsole.operations import report_writing
from kconsole.operations.report_writing import name_of_domain
from kconsole.operations.reports import since_of
from kconsole.operations.session import Session
from kconsole.store.file_engine.files import place_new
from tests.cli.console import Console, account
from tests.cli.test_schemas import faults
from tests.cli.test_shell import FAR, Remote, remote, write_roles  # noqa: F401  # a fixture
from tests.clocks import FixedClock, noon
from tests.operations.sessions import leave_unconfirmed

HOSTILE = (
    "</style><script>alert(1)</script>", "</title><img src=x onerror=alert(1)>", '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe", "\x1b]0;owned\x07", "[x](javascript:alert(1)) | `b` <b>", "a" * 3000, "\u200f\u200e\u2066x",
    "e" + "\u0301" * 500, "-2+3|cmd", "@SUM(1)", "&#60;script&#62;",
)  # fmt: skip
DOMAINS = (
    "bücher.example", "a_b.example", "../../etc", "CON", "-rf.example", "ev/il.example", "x" * 300, "ev_il.example",
    "\u202ex.example", ".hidden", "a..b", "</td>.example",
)  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Console:
    """Two domains, with a price and a leaver."""
    console = Console(tmp_path / "store", noon())
    domains = (Domain(name="north.example", primary=True), Domain(name="bücher.example"))
    people = (account("anna", full_name="Anna Berg"), account("old", enabled=False), account("jo@bücher.example"))
    console.fill(*people, domains=domains)
    console.done("license", "price", "24.50", "EUR")
    console.done("disable", "anna@north.example", "--reason", "left us")
    return console


@pytest.fixture
def hostile(tmp_path: Path) -> Console:
    console = Console(tmp_path / "store", noon())
    people = [Entry(address=f"a{n}@north.example", full_name=text, description=text) for n, text in enumerate(HOSTILE)]
    people += [Entry(address=f"x@{name}") for name in DOMAINS]
    console.fill(*people, seats=None, domains=tuple(map(_domain, ("north.example", *DOMAINS))))
    console.done("disable", "a1@north.example", "--reason", HOSTILE[0])
    return console


def in_part(console: Console) -> None:
    """A change that the server has not confirmed: not everything is known."""
    with closing(Session.open(console.folder, "berg", console.clock, patience=0)) as session:
        leave_unconfirmed(session.store, "anna@north.example")


def clock(console: Console) -> FixedClock:
    assert isinstance(console.clock, FixedClock)
    return console.clock


def _domain(name: str) -> Domain:
    return Domain(name=name)


def test_each_domain_has_a_file_and_the_total_one(office: Console, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "reports"
    said = office.done("report", "seats", "--by", "domain", "--out", str(folder))
    names = sorted(file.name for file in folder.iterdir())
    assert names == [
        "kconsole-seats-2026-08-05-north.example.html", "kconsole-seats-2026-08-05-xn--bcher-kva.example.html",
        "kconsole-seats-2026-08-05.html",
    ]  # fmt: skip
    assert sorted(map(os.path.basename, said.out.split())) == names
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    before = {file: file.read_bytes() for file in folder.iterdir()}
    assert office("report", "seats", "--by", "domain", "--out", str(folder)).code == 2
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    office.done("report", "seats", "--by", "domain", "--out", str(folder), "--force")


@pytest.mark.parametrize("form", ["csv", "html", "md", "json"])
@pytest.mark.parametrize("kind", ["seats", "review", "changes"])
def test_every_format_names_the_log_and_what_is_missing(office: Console, tmp_path: Path, form: str, kind: str) -> None:
    head = office.done("log", "head", "--json").json["hash"]
    for arguments in ([], ["--by", "domain"]):
        folder = tmp_path / f"complete{len(arguments)}"
        office.done("report", kind, "--format", form, "--out", str(folder), *arguments)
        assert all(head in file.read_text() for file in folder.iterdir())
    in_part(office)
    said = office("report", kind, "--format", form, "--out", str(tmp_path / "old"), "--by", "domain")
    assert (said.code, said.out) == (4, "")
    assert not (tmp_path / "old").exists()
    office.done("report", kind, "--format", form, "--out", str(tmp_path / "old"), "--by", "domain", "--partial")
    for file in (tmp_path / "old").iterdir():
        text = file.read_text()
        if form == "json":
            assert (json.loads(text)["complete"], faults("report", json.loads(text))) == (False, [])
        else:
            assert "in part: not everything is known." in text.lower()
    if form == "html":
        assert all("@top-center" in file.read_text() for file in (tmp_path / "old").iterdir())


def test_html_is_in_the_encoding_that_it_names(console: Console) -> None:
    console.fill(account("jo", full_name="Žluťoučký"))
    for code in ("iso8859-2", "utf-8", "ascii"):
        assert "Žluťoučký" in console.process("report", "seats", "--format", "html", PYTHONIOENCODING=code).out


def test_csv_has_the_same_columns_and_numbers_in_the_style_of_the_reader(office: Console, tmp_path: Path) -> None:
    out = tmp_path / "out"
    office.done("report", "seats", "--format", "csv", "--out", str(out), "--csv-style", "semicolon")
    names = {file.name.removeprefix("kconsole-seats-2026-08-05"): file for file in out.iterdir()}
    assert set(names) == {".csv", "_domains.csv", "_costs.csv", "_reservations.csv", "_keeps.csv", "_protections.csv"}
    header, jo, *_ = csv.reader(names[".csv"].read_text().splitlines(), delimiter=";")
    row = dict(zip(header, jo, strict=True))
    assert (row["address"], row["since_known"], row["cost"], row["currency"]) == (
        "jo@bücher.example", "at-least-since", "24,50", "EUR",
    )  # fmt: skip
    empty = next(csv.reader(names["_keeps.csv"].read_text().splitlines(), delimiter=";"))
    assert empty == ["address", "domain", "until", "reason", "by", "at"]


def test_the_json_of_each_kind_fits_its_schema(office: Console) -> None:
    for kind in ("seats", "review", "changes"):
        answer = office.done("report", kind, "--format", "json").json
        assert (kind, faults("report", answer)) == (kind, [])
    assert answer["head"]["sequence"] == office.done("log", "head", "--json").json["sequence"]
    changed = [row for row in answer["changes"] if row["operation"] == "disable"]
    assert [(row["subject"], row["change"], row["reason"]) for row in changed] == [
        ("anna@north.example", "disabled", "left us")
    ]


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ALLOWED = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body main h1 h2 section dl dt dd div table caption thead tbody tfoot tr th td b"
        " p ul li bdi",
    )
)


@pytest.mark.parametrize("kind", ["seats", "review", "changes"])
def test_hostile_names_are_harmless_in_html(hostile: Console, tmp_path: Path, kind: str) -> None:
    hostile.done("report", kind, "--out", str(tmp_path / "out"), "--by", "domain", "--partial")
    for file in (tmp_path / "out").iterdir():
        text = file.read_text()
        found = Tags(text).found
        assert {tag for tag, _ in found} <= ALLOWED
        names = {name for _, attributes in found for name in attributes}
        assert names <= {
            "lang", "charset", "http-equiv", "content", "name", "class", "scope", "colspan", "id", "role", "tabindex",
            "aria-label", "aria-labelledby",
        }  # fmt: skip
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.S)
        digest = b64encode(sha256(style.encode()).digest()).decode()
        assert f"default-src 'none'; style-src 'sha256-{digest}'" in text
        assert not re.search("[\x00-\x08\x0b-\x1f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text)
        assert "url(" not in style
        assert "@import" not in style


def test_hostile_names_are_harmless_in_files_names_csv_and_markdown(hostile: Console, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for form in ("csv", "md", "json"):
        hostile.done("report", "review", "--out", str(out), "--by", "domain", "--format", form)
    assert {path.name for path in tmp_path.iterdir()} >= {"out"}
    names = [file.name for file in out.iterdir()]
    assert all(re.fullmatch(r"kconsole-review-2026-08-05[a-z0-9._-]*", name) for name in names)
    assert len([name for name in names if name.endswith(".json")]) == len(DOMAINS) + 2
    for file in out.glob("*.csv"):
        for row in csv.reader(io.StringIO(file.read_text(), newline="")):
            assert not [cell for cell in row if cell[:1] in "=+-@\t\r" and cell]
    for file in out.glob("*.md"):
        assert not re.search(r"(?<!\\)(<script|<img|\]\(javascript)", file.read_text())


def test_names_of_files_differ_for_all_domains() -> None:
    names = [name_of_domain(domain) for domain in (*DOMAINS, "x" * 301, "ev:il.example")]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", name.lstrip("_")) for name in names)
    assert name_of_domain("NORTH.example") == "north.example"


def fails_at(number: int, problem: int) -> Callable[..., None]:
    """A step that fails for the time with a number."""
    calls = []

    def step(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == number:
            raise OSError(problem, os.strerror(problem))
        place_new(*arguments)  # type: ignore[arg-type]

    return step


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_full_disk_leaves_all_as_it_was(
    office: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(report_writing, "place_new", fails_at(number, errno.ENOSPC))
    folder = tmp_path / "out"
    assert office("report", "seats", "--by", "domain", "--out", str(folder)).code == 2
    assert not folder.exists()
    monkeypatch.undo()
    office.done("report", "seats", "--by", "domain", "--out", str(folder))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    last = max(folder.iterdir())
    last.unlink()  # so that two are replaced before one that is new fails
    monkeypatch.setattr(report_writing, "place_new", fails_at(1, errno.ENOSPC))
    clock(office).forward(hours=1)
    assert office("report", "seats", "--by", "domain", "--out", str(folder), "--force").code == 2
    before.pop(last.name)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_ends_it_leaves_nothing_behind(office: Console, tmp_path: Path, number: int, code: int) -> None:
    ended = f"""
import os
from kconsole.operations import report_writing
real = report_writing._write
report_writing._write = lambda *given: (real(*given), os.kill(os.getpid(), {number}))
"""
    (tmp_path / "old").mkdir()
    for folder in (tmp_path / "new", tmp_path / "old"):
        assert (
            office.forked("report", "seats", "--partial", "--by", "domain", "--out", str(folder), code=ended).code
            == code
        )
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "old").iterdir()) == []


def test_nothing_is_written_into_the_store_or_over_a_link(office: Console, tmp_path: Path) -> None:
    assert office("report", "seats", "--out", str(office.folder)).code == 2
    assert office("report", "seats", "--out", str(office.folder / "reports")).code == 2
    (tmp_path / "out").mkdir()
    (tmp_path / "target").write_text("mine")
    (tmp_path / "out" / "kconsole-seats-2026-08-05.html").symlink_to(tmp_path / "target")
    for force in ([], ["--force"]):
        assert office("report", "seats", "--out", str(tmp_path / "out"), *force).code == 2
    assert (tmp_path / "target").read_text() == "mine"
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["kconsole-seats-2026-08-05.html"]


def test_under_a_forced_command_reports_go_to_exports_only(remote: Remote) -> None:  # noqa: F811
    assert remote("report seats --out exports --partial").code == 0
    (file,) = (remote.files / "exports").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    for folder in ("/tmp", "exports/x", "..", "inbox", ".", "~", "exports/.."):
        assert remote(f"report seats --out {folder} --partial").code == 2, folder
    assert remote("report seats --partial --format json").json["report"] == "seats"


def test_a_bound_operator_gets_reports_of_own_domains_only(remote: Remote, tmp_path: Path) -> None:  # noqa: F811
    write_roles(tmp_path, "auditor", domains=(FAR,))
    assert remote("report review --by domain --out exports --partial --format json").code == 0
    texts = [file.read_text() for file in (remote.files / "exports").iterdir()]
    assert len(texts) == 2
    assert not [text for text in texts if "north.example" in text]
    assert {json.loads(text)["scope"][0] for text in texts} == {FAR}
    assert "north.example" not in remote("suggest shared --json").out
    assert "north.example" not in remote("license renewal --json").out


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("2026-Q3", "2026-07-01T00:00"), ("2026q1", "2026-01-01T00:00"), ("2026-03-29", "2026-03-29T00:00"),
        ("2026-08-05T10:00", "2026-08-05T10:00"), ("30d", "2026-07-06T12:03"), ("12h", "2026-08-05T00:03"),
    ],
)  # fmt: skip
def test_since(text: str, begin: str) -> None:
    assert since_of(text, noon().now()).isoformat().startswith(begin)


@pytest.mark.parametrize("text", ["", "2026-Q5", "Q3", "yesterday", "0d", "9999999y", "=1", "2026-Q4", "2030-01-01"])
def test_what_is_no_beginning_is_refused(office: Console, text: str) -> None:
    assert office("report", "seats", "--since", text).code == 2


def test_options_that_make_no_sense_together(office: Console, tmp_path: Path) -> None:
    for arguments in (["--by", "domain"], ["--force"], ["--format", "html", "--csv-style", "excel"]):
        assert office("report", "seats", *arguments).code == 2
    assert office("report", "nothing").code == 2
    assert office("report", "seats", "--policy", "none", "--out", str(tmp_path)).code == 3
