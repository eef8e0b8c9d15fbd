"""The CSV that kconsole prints: harmless in a spreadsheet, and read back the same."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.cli.output import put_csv
from kconsole.importers.csv_table import GUARDED
from kconsole.text.safe_text import safe_text
from tests.limits import EXAMPLES

FORMULA = re.compile(r"[-=+@＝＋－＠]")


def printed(values: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    put_csv(["value"], [[value] for value in values])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "value",
    ["=1+1", "x;=1+1", "x,=1+1", "x\t=1+1", "x|@a", 'x;"=1+1"', "x; +1", "＝1", "x;＠a", "'=1",
     "\n=1", '"=1', "-", ";;=1"],
)  # fmt: skip
def test_no_separator_makes_a_formula(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed([value], capsys).split("\n", 1)[1]
    for separator in ";,\t|":
        for row in csv.reader(io.StringIO(out), delimiter=separator):
            assert not [cell for cell in row if FORMULA.match(cell.strip(" \"'")) and "'" not in cell]
        for cell in out.split(separator):
            assert not FORMULA.match(cell.lstrip(' "'))


@settings(max_examples=3 * EXAMPLES)
@given(st.lists(st.text(alphabet="ab;,|\t\"' =+-@＝\n") | st.text(), min_size=1))
def test_what_is_printed_is_read_back_the_same(values: list[str]) -> None:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kconsole.cli.output.click.echo", lambda text, **_: out.write(text))
        put_csv(["value"], [[value] for value in values])
    rows = list(csv.reader(io.StringIO(out.getvalue())))[1:]
    assert [GUARDED.sub(r"\1", row[0]) if row else "" for row in rows] == [safe_text(value, None) for value in values]
