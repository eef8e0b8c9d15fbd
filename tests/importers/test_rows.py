"""Rows that are none, blanks and marks around them, encodings, and limits: at every kind of CSV file."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kconsole.core.codes import Message
from kconsole.core.errors import BadInput, EncodingUnconfirmed
from kconsole.importers.code_pages import is_mostly_utf8
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.kerio_csv import CsvAccount, KerioExport, read_kerio_export
from kconsole.importers.login_csv import read_login_csv
from tests.clocks import noon
from tests.limits import EXAMPLES, PATIENCE

NOW = noon().now()
HEADER = "Name;FullName;MailAddress"


def read(text: str | bytes, encoding: str | None = None, domain: str = "north.example") -> KerioExport:
    document = text if isinstance(text, bytes) else text.encode()
    return read_kerio_export(document, "users.csv", encoding, domain)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\nanna;Anna Berg;a.berg\n",
        f"\ufeff{HEADER}\r\nanna;Anna Berg;a.berg\r\n\x1a",
        f"{HEADER};\r\nanna;Anna Berg;a.berg;\r\n\x1a\0\0",
        f"{HEADER}\r\rannA;Anna Berg;a.berg;;;\r",
        f'{HEADER}\nanna; "Anna Berg" ;"a.berg"\xa0\n',
        f'{HEADER}\n\xa0anna\xa0;\u3000"Anna Berg"\u3000;\ufeffa.berg\ufeff\n',
        f"sep=;\r\n{HEADER}\r\n;;\r\n\xa0;;\r\n\"\";\"\";\"\"\r\nanna;Anna Berg;a.berg@North.Example\r\n",
        f"{HEADER}\nanna@north.example;Anna Berg;anna@north.example,a.berg@NORTH.example\n",
        f"{HEADER}\nanna;Anna Berg;a.berg\r\n{HEADER}\r\n",
        f"{HEADER}\n\ufeff{HEADER}\r\n\ufeffanna;Anna Berg;a.berg\r\n",
        f"{HEADER}\nanna;Anna Berg;a.berg\n\f\n\u3000;\xa0\v;\n",
        f"sep=;\n{HEADER}\nsep=;\n NAME ;\"fullname\";MailAddress;\n\x1aanna;Anna Berg;a.berg\n",
    ],
)  # fmt: skip
def test_the_same_account_in_many_forms_of_one_file(text: str) -> None:
    export = read(text)
    assert export.faults == ()
    (account,) = export.accounts
    assert (account.login.lower(), account.full_name, account.further) == ("anna", "Anna Berg", ("a.berg",))


def test_a_header_in_the_middle_is_reported_and_is_no_account() -> None:
    export = read(f"{HEADER}\nanna;Anna;\n{HEADER}\nberg;Berg;\n")
    assert [account.login for account in export.accounts] == ["anna", "berg"]
    assert export.notes == (LineMessage(3, "header-again"),)
    logins = read_login_csv(b"address;time\na@x.example;2026-08-05T09:00Z\nAddress;Time\n", "l.csv", NOW)
    assert (logins.rows, logins.faults, logins.notes) == (1, (), (LineMessage(3, "header-again"),))


@pytest.mark.parametrize(
    "other",
    ["FullName;Name;MailAddress", "Name;FullName", "Name,FullName,MailAddress", "Name;Password;FullName;MailAddress"],
)
def test_another_header_in_the_middle_is_refused(other: str) -> None:
    with pytest.raises(BadInput, match="csv-other-header") as caught:
        read(f"{HEADER}\nanna;Anna;\n{other}\nberg;Berg;\n")
    assert caught.value.params["line"] == 3


def test_a_login_may_be_the_name_of_a_column() -> None:
    assert [account.login for account in read("Name\nname\nfullname\nName\n").accounts] == ["name", "fullname"]


@pytest.mark.parametrize("domain", ["south.example", ""])
def test_an_address_in_another_domain_is_a_fault(domain: str) -> None:
    export = read(f"{HEADER}\nanna@north.example;;\nberg;;b@north.example\n", domain=domain)
    assert [fault.code for fault in export.faults] == ["bad-login", "further-with-domain"]


def test_an_address_in_the_other_form_of_the_domain_is_taken() -> None:
    export = read(f"{HEADER}\ngina;;g@xn--bcher-kva.example\n", domain="BÜCHER.example")
    assert export.accounts == (CsvAccount(2, "gina", "", "", ("g",)),)


# Encodings


def test_a_byte_that_is_none_costs_its_own_row_only() -> None:
    export = read(f"{HEADER}\njosé;José;\nzoe;Zoë Brontë;\n".encode() + b"andre;Andr\xe9;\nanna;Anna;\n")
    assert export.encoding == "UTF-8"
    assert [account.full_name for account in export.accounts] == ["Zoë Brontë", "Anna"]
    assert export.faults[1] == LineMessage(4, "not-in-encoding", {"encoding": "UTF-8", "byte": "E9", "at": 11})


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Иван Петров", "cp1251"),
        ("Иван Петров", "koi8-r"),
        ("Tomáš Žižka", "iso-8859-2"),
        ("Γιώργος", "iso-8859-7"),
        ("山田太郎", "shift_jis"),
        ("山田太郎", "gb18030"),
        ("Jiří", "utf-16-le"),
        ("Jiří", "utf-32"),
        ("Håkan", "cp037"),
    ],
)
def test_any_encoding_that_python_knows_may_be_named(text: str, encoding: str) -> None:
    document = f"{HEADER}\r\nanna;{text};\r\n".encode(encoding)
    assert [account.full_name for account in read(document, encoding).accounts] == [text]


def test_a_guess_shows_words_in_several_code_pages() -> None:
    with pytest.raises(EncodingUnconfirmed) as caught:
        read(f"{HEADER}\r\nivan;Иван Петров;\r\n".encode("cp1251"))
    assert Message("encoding-example", {"encoding": "CP1251", "words": ["Иван Петров"]}) in caught.value.details


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters='\0\r\n;"\x1a', exclude_categories=["Cc", "Zs", "Zl", "Zp"])
)


@pytest.mark.thorough
@settings(max_examples=3 * EXAMPLES)
@given(st.lists(NAMES.filter(lambda name: name == name.strip("\ufeff\u200b\u2060'")), max_size=5), st.data())
def test_no_text_changes_without_a_word(names: list[str], data: st.DataObject) -> None:
    """Whatever encoding a file is in: its names are read as they are, or the file is refused, or its rows are.

    Bytes that are UTF-8 by chance are UTF-8.
    """
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1250", "cp1251", "koi8-r"]))
    names = [name for name in names if name.encode(encoding, "ignore").decode(encoding) == name]
    document = ("Name;FullName\r\n" + "".join(f"u{at};{name}\r\n" for at, name in enumerate(names))).encode(encoding)
    assume(encoding.startswith("utf") or document.isascii() or not is_mostly_utf8(document))
    try:
        export = read(document)
    except EncodingUnconfirmed:
        export = read(document, encoding)
    except BadInput as error:
        assert error.code.startswith("csv-")  # noqa: PT017
        return
    faulty = {fault.line for fault in export.faults}
    assert [each.full_name for each in export.accounts] == [n for at, n in enumerate(names) if at + 2 not in faulty]


# Limits

_READ = """
import sys
from kconsole.importers.kerio_csv import read_kerio_export
print(len(read_kerio_export(open(sys.argv[1], "rb").read(), "users.csv").faults))
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("row", "rows", "faults", "megabytes"),
    [("no good;x\n", 200_000, 200_000, 120), ('bob;"Bžb\n', 60_000, 60_000, 120), ("x" * 60, 10**6, 1, 600)],
)
def test_a_file_of_faults_takes_bounded_memory(
    tmp_path: Path, row: str, rows: int, faults: int, megabytes: int
) -> None:
    file = tmp_path / "users.csv"
    file.write_text("Name;FullName\n" + row * rows)
    run = subprocess.run(
        [sys.executable, "-c", _READ, str(file)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024**2,) * 2),
        capture_output=True, text=True, timeout=2 * PATIENCE, check=False,
    )  # fmt: skip
    assert (run.stdout.strip(), run.returncode) == (str(faults), 0), run.stderr[-500:]


def test_a_file_has_at_most_so_many_bytes_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconsole.importers.csv_table.MOST_LINES", 5)
    with pytest.raises(BadInput, match="csv-too-many-lines"):
        read("Name\n" + "anna\n" * 5)
    monkeypatch.setattr("kconsole.importers.csv_table.LARGEST", 5)
    with pytest.raises(BadInput, match="document-too-large"):
        read("Name\nanna\n")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_for_each_letter_without_a_mark_are_recognised(encoding: str) -> None:
    document = f"{HEADER}\r\nanna;Zoë Berg;a.berg\r\n".encode(encoding)
    with pytest.raises(EncodingUnconfirmed) as caught:
        read_kerio_export(document, "x.csv")
    assert caught.value.encoding == encoding.upper()
    assert read_kerio_export(document, "x.csv", encoding).accounts[0].full_name == "Zoë Berg"
