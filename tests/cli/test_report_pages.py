"""The HTML of reports in a real browser: it fetches nothing, complains of nothing, and prints on A4."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, browser
from tests.cli.console import Console
from tests.cli.test_reports import DOMAINS, HOSTILE, hostile, in_part, office  # noqa: F401  # fixtures
from tests.limits import PATIENCE

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser") / "profile") as opened:
        yield opened


def pages(console: Console, folder: Path, kind: str, *arguments: str) -> list[Path]:
    console.done("report", kind, "--out", str(folder), *arguments)
    return sorted(folder.glob(f"kconsole-{kind}-*.html"))


def pdf_text(pdf: bytes, page: int | None = None) -> str:
    """The text of a PDF, or of one of its pages."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    which = [] if page is None else ["-f", str(page), "-l", str(page)]
    command = ["pdftotext", "-layout", *which, "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True, timeout=PATIENCE).stdout.decode()


def number_of_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def keep(name: str, content: bytes) -> None:
    """Keep a picture where a person can look at it, if that is asked for."""
    if folder := os.environ.get("KCONSOLE_PICTURES"):
        Path(folder, name).write_bytes(content)


@pytest.mark.parametrize("kind", ["seats", "review", "changes"])
def test_a_page_with_hostile_names_is_quiet(chromium: Browser, hostile: Console, tmp_path: Path, kind: str) -> None:  # noqa: F811
    in_part(hostile)
    found = pages(hostile, tmp_path / "out", kind, "--partial", *(["--by", "domain"] if kind == "seats" else []))
    for page in (
        found if len(found) == 1 else [each for each in found if re.search(r"xxx|north|td_|08-07\.", each.name)]
    ):
        chromium.open(page)
        pictures = {dark: chromium.picture(dark) for dark in (False, True)}
        keep(f"{page.stem[:60]}.png", pictures[False])
        assert pictures[False] != pictures[True]
        assert chromium.requests == [page.as_uri()]
        assert chromium.complaints == []
        assert chromium.value("document.scripts.length + document.images.length + document.links.length") == 0
        assert chromium.value("document.documentElement.scrollWidth <= innerWidth"), page.name
        assert chromium.value("window.owned") is None
    text = chromium.value("document.body.textContent")
    if kind != "seats":
        assert "</style><script>alert(1)</script>" in text


def test_scripts_and_images_are_forbidden_whatever_gets_in(chromium: Browser, office: Console, tmp_path: Path) -> None:  # noqa: F811
    (page,) = pages(office, tmp_path / "out", "seats")
    text = page.read_text()
    evil = "<script>window.owned = 1</script><img src='http://evil.example/x.png'><style>body{color:red}</style>"
    page.write_text(text.replace("<main>", f"<main>{evil}"))
    chromium.open(page)
    assert chromium.value("window.owned") is None
    assert chromium.complaints != []
    assert chromium.value("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"


def test_it_prints_on_a4_with_heads_numbers_and_what_is_missing_on_each_page(
    chromium: Browser, hostile: Console, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    people = [{"address": f"person{n:03}@north.example", "full_name": f"Person {n}"} for n in range(200)]
    hostile.restore({"domains": [{"name": "north.example"}], "license": {"seats": 500}, "entries": people})
    in_part(hostile)
    (page,) = pages(hostile, tmp_path / "out", "review", "--partial")
    chromium.open(page)
    pdf = chromium.printed()
    keep("review.pdf", pdf)
    assert re.search(rb"/MediaBox ?\[0 0 84[12]\.?\d* 59[45]\.?\d*\]", pdf)  # A4, landscape
    number = number_of_pages(pdf)
    assert number > 4
    for each in range(1, number + 1):
        text = pdf_text(pdf, each)
        assert "In part: not everything is known." in text, each
        assert f"{each} / {number}" in text
    assert all(re.search(r"Account\s+Name\s+State", pdf_text(pdf, each)) for each in range(1, 4))


def test_a_screen_reader_is_told_tables_heads_and_names(chromium: Browser, office: Console, tmp_path: Path) -> None:  # noqa: F811
    (page,) = pages(office, tmp_path / "out", "seats")
    chromium.open(page)
    roles = chromium.roles()
    assert ("heading", "Who holds which seat") in roles
    assert [name for role, name in roles if role == "table"] == ["Seats", "Domains", "What seats cost"]
    heads = [name for role, name in roles if role == "columnheader"]
    assert heads[:3] == ["Account", "Name", "Takes it as"]
    assert [name for role, name in roles if role == "rowheader"][:2] == ["jo@bücher.example", "1 seat"]
    assert chromium.value("document.documentElement.lang") == "en"
    assert chromium.value("[...document.querySelectorAll('th')].every(each => each.scope)")
