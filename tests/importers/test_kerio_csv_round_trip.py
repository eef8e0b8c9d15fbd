"""What is written in any variant of the format is read back the same, and no password gets out."""

import csv
import io
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.identity import stripped
from kconsole.core.records import fold
from kconsole.importers.kerio_csv import read_kerio_export
from tests.importers.exports import COLUMNS, read

SECRET = "madeup"


class Person(NamedTuple):
    login: str
    full_name: str
    description: str
    further: tuple[str, ...]
    password: str


def _is_plain(text: str) -> bool:
    """Whether nothing is taken off it in reading."""
    return text == stripped(text) and "\x1a" not in text and not (text[:1] == "'" and text[1:2] in tuple("-=+@"))


LOGINS = st.from_regex(r"[A-Za-z0-9._+'-]{0,6}[a-z0-9][A-Za-z0-9._+-]{0,6}", fullmatch=True).filter(_is_plain)
EUROPEAN = st.text(alphabet="aeáéöüßbcBC ;,\"'=-.", max_size=10).filter(_is_plain)
VALUES = EUROPEAN | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=10).filter(
    _is_plain
)


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    logins = draw(st.lists(LOGINS, min_size=1, max_size=6, unique_by=fold))
    found = []
    for login in logins:
        further = draw(st.lists(LOGINS, max_size=3, unique_by=fold))
        others = tuple(part for part in further if fold(part) != fold(login))
        password = draw(st.text(alphabet="a;,\"' é", max_size=4)) + SECRET + draw(st.text(alphabet='a;,"', max_size=4))
        found.append(Person(login, draw(VALUES), draw(VALUES), others, password))
    return found


def written(persons: list[Person], columns: list[str], header_separator: str, separator: str, ending: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=header_separator, lineterminator=ending).writerow(columns)
    writer = csv.writer(out, delimiter=separator, lineterminator=ending)
    for person in persons:
        cells = {
            "Name": person.login,
            "Password": person.password,
            "FullName": person.full_name,
            "Description": person.description,
            "MailAddress": ",".join((person.login, *person.further)),
            "Groups": "all,read",
        }
        writer.writerow([cells[column] for column in columns])
    return out.getvalue()


def can_hold(codec: str, text: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeError:
        return False
    return True


@given(
    people(),
    st.permutations(COLUMNS),
    st.sampled_from([(";", ";"), (",", ","), (";", ",")]),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.booleans(),
    st.data(),
)
def test_what_is_written_in_any_variant_is_read_back_the_same(
    persons: list[Person],
    columns: list[str],
    separators: tuple[str, str],
    ending: str,
    with_password: bool,
    data: st.DataObject,
) -> None:
    columns = [column for column in columns if with_password or column != "Password"]
    text = written(persons, columns, *separators, ending)
    codecs = [codec for codec in ("utf-8", "utf-8-sig", "utf-16", "cp1250", "cp1252") if can_hold(codec, text)]
    codec = data.draw(st.sampled_from(codecs))
    asked = codec if codec.startswith("cp") else None
    export = read_kerio_export(text.encode(codec), "users.csv", asked)
    assert export.faults == ()
    assert export.separator == separators[1]
    read_back = [(one.login, one.full_name, one.description, one.further) for one in export.accounts]
    assert read_back == [person[:4] for person in persons]
    assert [account.line for account in export.accounts] == list(range(2, 2 + len(persons)))
    assert SECRET not in repr(export)


@given(people(), st.sampled_from([";", ","]), st.data())
def test_values_of_several_lines_are_read_back_the_same(
    persons: list[Person], separator: str, data: st.DataObject
) -> None:
    lines = st.text(alphabet="ab\r\n \"'", max_size=20).filter(_is_plain)
    persons = [person._replace(description=data.draw(lines), full_name="") for person in persons]
    export = read(written(persons, list(COLUMNS), separator, separator, "\r\n"))
    assert [account.description for account in export.accounts] == [person.description for person in persons]


@given(people(), st.sampled_from([(";", ";"), (",", ","), (";", ",")]), st.booleans(), st.data())
def test_no_password_gets_out_where_a_quote_is_lost_or_one_too_many(
    persons: list[Person], separators: tuple[str, str], lost: bool, data: st.DataObject
) -> None:
    text = written(persons, list(COLUMNS), *separators, "\r\n")
    body = text.index("\n") + 1
    if lost and '"' in text[body:]:
        at = data.draw(st.sampled_from([at for at in range(body, len(text)) if text[at] == '"']))
        text = text[:at] + text[at + 1 :]
    else:
        at = data.draw(st.integers(body, len(text)))
        text = text[:at] + '"' + text[at:]
    assert SECRET not in repr(read(text))
