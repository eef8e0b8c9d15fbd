"""Logins from any log."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.errors import BadInput
from kconsole.core.times import zone_named
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.login_csv import Login, LoginFile, read_login_csv
from kconsole.text.messages import words_of
from tests.clocks import noon

NOW = noon().now()
NINE = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)


def read(text: str | bytes, zone: str | None = None, encoding: str | None = None) -> LoginFile:
    document = text if isinstance(text, bytes) else text.encode()
    return read_login_csv(document, "logins.csv", NOW, None if zone is None else zone_named(zone), encoding)


@pytest.mark.parametrize(
    "text",
    [
        "address;time;protocol\na@x.example;2026-08-05T09:00Z;IMAP\n",
        "address,time,protocol\r\na@x.example,2026-08-05T09:00Z,IMAP\r\n",
        "address\ttime\tprotocol\na@x.example\t2026-08-05 09:00Z\tIMAP",
        "\ufeffAddress;Time;Protocol\n\n a@x.example ;2026-08-05T11:00+02:00;\"IMAP\"\n;;\n",
        "sep=,\nservice,password,User Name,last_login\nIMAP,\"a,b\",a@x.example,2026-08-05T09:00:00Z\n",
        "time;account\rnonsense\r",
    ],
)  # fmt: skip
def test_forms_of_such_files(text: str) -> None:
    if "nonsense" in text:
        file = read(text)
        assert (file.logins, len(file.faults)) == ((), 1)
        return
    (login,) = read(text).logins
    assert login[1:] == ("a@x.example", NINE, "IMAP")


def test_the_list_of_accounts_that_kconsole_writes_is_one() -> None:
    file = read(
        "address,login,domain,last_login_at,last_login_protocol,seat\n"
        "a@x.example,a,x.example,2026-08-05T09:00:00Z,IMAP,true\n"
        "'+b@x.example,'+b,x.example,2026-08-05T09:00:00Z,'=x,true\n"
        "c@x.example,c,x.example,,,true\n"
    )
    assert [login[1:] for login in file.logins] == [("a@x.example", NINE, "IMAP"), ("+b@x.example", NINE, "=x")]
    assert (file.rows, file.without_time, file.faults) == (2, 1, ())


def test_of_many_logins_the_last_one_stays() -> None:
    file = read(
        "address;time;protocol\n"
        "a@x.example;2026-08-01T09:00Z;POP3\n"
        "b@x.example;2026-08-01T09:00Z;\n"
        "A@X.example;2026-08-05T11:00+02:00;IMAP\n"
        "a@x.example;2026-08-03T09:00Z;POP3\n"
    )
    assert file.rows == 4
    assert file.logins == (
        Login(4, "A@X.example", NINE, "IMAP"),
        Login(3, "b@x.example", datetime(2026, 8, 1, 9, tzinfo=UTC), ""),
    )


def test_faulty_rows_are_reported_by_line_and_quote_nothing() -> None:
    file = read(
        "address;password;time;protocol\n"
        ";S3cret;2026-08-05T09:00Z;IMAP\n"
        "a@x.example;S3cret;S3cret;IMAP\n"
        "a@x.example;S3cret;1989-08-05T09:00;IMAP\n"
        "a@x.example;S3cret;2026-08-05T13:00Z;IMAP\n"
        'a@x.example;"S3cret;2026-08-05T09:00Z;IMAP\n'
        "a@x.example;S3;cret;2026-08-05T09:00Z;IMAP\n"
        "a@x.example,S3cret,2026-08-05T09:00Z,IMAP\n"
        f"{'a' * 321};S3cret;2026-08-05T09:00Z;IMAP\n"
        f"a@x.example;S3cret;2026-08-05T09:00Z;{'I' * 65}\n"
        f"a@x.example;S3cret;{'2' * 70};IMAP\n"
        f"a@x.example;{'x' * 70_000};2026-08-05T09:00Z;IMAP\n"
        "a@x.example;S3cret;2026-08-05T09:00Z\n"
        "a@x.example;S3cret;2026-08-05T12:07Z;\n"
    )
    wrong = {"expected": 4, "separator": ";"}
    assert file.faults == (
        LineMessage(2, "address-empty"),
        LineMessage(3, "time-not-iso"),
        LineMessage(4, "time-too-early"),
        LineMessage(5, "time-in-future"),
        LineMessage(6, "quote-open"),
        LineMessage(7, "wrong-fields", {"fields": 5, **wrong}),
        LineMessage(8, "wrong-fields", {"fields": 1, **wrong}),
        LineMessage(9, "value-too-long", {"column": "address", "longest": 320}),
        LineMessage(10, "value-too-long", {"column": "protocol", "longest": 64}),
        LineMessage(11, "time-not-iso"),
        LineMessage(12, "line-too-long", {"longest": 65536}),
        LineMessage(13, "wrong-fields", {"fields": 3, **wrong}),
    )
    assert not [fault for fault in file.faults if "cret" in words_of(fault.placed)]
    (login,) = file.logins  # a clock that is a few minutes ahead is no fault
    assert (login.line, login.protocol) == (14, "")


def test_times_without_a_zone_need_one() -> None:
    text = "address;time\na@x.example;2026-08-05 11:00:00\n"
    assert read(text).logins[0].at == NINE.replace(hour=11)
    assert (read(text).without_zone, read(text, "UTC").rows) == (1, 1)
    assert read(text, "Europe/Prague").logins[0].at == NINE
    assert read(text, "+02:00").logins[0].at == NINE


@pytest.mark.parametrize(
    ("document", "encoding", "address"),
    [
        ("řeka@x.example".encode("cp1250"), "CP1250", "řeka@x.example"),
        ("ærø@x.example".encode("cp1252"), "latin-1", "ærø@x.example"),
        ("řeka@x.example".encode(), None, "řeka@x.example"),
    ],
)
def test_encodings(document: bytes, encoding: str | None, address: str) -> None:
    rows = b"address;time\n" + document + b";2026-08-05T09:00Z\n"
    assert read(rows, encoding=encoding).logins[0].address == address
    wide = read(rows.decode(encoding or "utf-8", "replace").encode("utf-16"))
    assert wide.encoding == "UTF-16"
    assert len(wide.logins) == 1


@pytest.mark.parametrize(
    ("document", "encoding", "why"),
    [
        (b"", None, "csv-empty"),
        (b"\xef\xbb\xbf\r\n", None, "csv-empty"),
        (b";;\n\n", None, "csv-without-column.*address"),
        (b"name;fullname\na;b\n", None, "csv-without-column.*address"),
        (b"address;protocol\na;b\n", None, "csv-without-column.*time"),
        (b"address;time;time\na;b;c\n", None, "csv-column-twice.*time"),
        (b"address;time\n\0;b\n", None, "csv-zero-bytes"),
        (b"PK\x03\x04\x81\x8d\xff", None, "csv-without-column"),
        (b"address;time\n\xff;x\n", None, "encoding-guessed"),
        (b"\xff\xfea", None, "csv-encoding-wrong"),
        (b"address;time\n", "klingon", "unknown-encoding"),
        (b"x" * 100_000 + b"\n", None, "csv-without-column"),
        (b'"address;time\n', None, "csv-without-column"),
    ],
)
def test_what_is_no_such_file_is_refused(document: bytes, encoding: str | None, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read(document, encoding=encoding)


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"address;time\n", b"address,time,protocol\na@x,2026-08-05T09:00Z,"])
)
def test_no_document_does_harm(document: bytes, beginning: bytes) -> None:
    try:
        file = read(beginning + document)
    except BadInput:
        return
    assert all(login.at <= NOW.replace(minute=8) for login in file.logins)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_rows_are_rows_whatever_stands_in_other_columns(others: list[tuple[str, str]]) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    clean = [tuple("".join(letter for letter in text if letter not in "\r\n\0") for text in row) for row in others]
    writer.writerow(["password", "address", "comment", "time"])
    for number, (secret, comment) in enumerate(clean):
        writer.writerow([secret, f"a{number}@x.example", comment, "2026-08-05T09:00Z"])
    file = read(out.getvalue().encode("utf-8", "replace"))
    assert (file.rows, file.faults) == (len(clean), ())


@pytest.mark.thorough
def test_a_hundred_thousand_rows_take_bounded_time() -> None:
    rows = "".join(
        f"user{number % 30_000}@x.example;2026-08-05T09:00:{number % 60:02}Z;IMAP\n" for number in range(100_000)
    )
    began = time.process_time()
    file = read("address;time;protocol\n" + rows)
    assert (file.rows, len(file.logins)) == (100_000, 30_000)
    assert time.process_time() - began < 10
