"""Exports of users: what is read of them, and which rows are faults."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.errors import BadInput
from kconsole.importers.csv_table import LONGEST_LINE
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.kerio_csv import CsvAccount, KerioExport, domain_of_file, read_kerio_export
from kconsole.text.messages import whole, words_of
from tests.importers.exports import BROKEN, FILES, HEADER, NORTHWIND, RETAIL, export_of, read


def account_named(login: str, export: KerioExport) -> CsvAccount:
    return next(account for account in export.accounts if account.login == login)


def only_fault(text: str) -> LineMessage:
    (fault,) = read(text).faults
    return fault


# Real files


def test_an_export_in_utf_8_is_read_whole() -> None:
    export = export_of(NORTHWIND)
    assert (len(export.accounts), export.faults) == (125, ())
    assert (export.encoding, export.separator) == ("UTF-8", ";")
    assert export.accounts[0] == CsvAccount(2, "moneill", "Müge O'Neill", "Warehouse", ("mge.oneill",))
    assert account_named("costa", export).description == 'Marketing "brand"'


def test_the_vendors_other_variant_in_cp1250_is_read_whole() -> None:
    export = export_of(RETAIL)
    assert (len(export.accounts), export.faults) == (40, ())
    assert (export.encoding, export.separator) == ("CP1250", ",")
    assert account_named("costa.r", export).full_name == "Łukasz Costa"
    assert account_named("pcapek.r", export).full_name == "Pavel Čapek"
    assert account_named("jdvorak.r", export) == CsvAccount(
        19, "jdvorak.r", "Jana Dvořák", "Warehouse", ("jdvorak", "jana.dvok")
    )
    assert account_named("yivanova.r", export).description == "Support; tier 2"


def test_a_broken_export_gives_its_good_rows_and_a_reason_for_each_other() -> None:
    export = export_of(BROKEN)
    assert [account.login for account in export.accounts] == ["ok.one", "ok.two"]
    assert [fault.line for fault in export.faults] == [3, 4, 5, 6]
    assert [fault.code for fault in export.faults] == ["login-empty", "bad-login", "login-twice", "quote-open"]


@pytest.mark.parametrize("name", [path.name for path in sorted(FILES.glob("*.csv"))])
def test_no_password_of_a_file_is_kept(name: str) -> None:
    reported = repr(export_of(FILES / name))
    content = (FILES / name).read_bytes().decode("latin-1")
    separator = "," if "retail" in name else ";"
    passwords = [row[1] for row in csv.reader(io.StringIO(content), delimiter=separator) if len(row) == 6]
    assert len(passwords) > 2
    assert [password for password in passwords if len(password) > 5 and password in reported] == []


# Header and separators


def test_columns_come_in_any_order_and_case_with_blanks_around_them() -> None:
    (account,) = read("\ufeff FULLNAME ;Shoe size; name;description\nBob Brown;44;bob;Sales\n").accounts
    assert account == CsvAccount(2, "bob", "Bob Brown", "Sales", ())


def test_only_the_column_name_is_required() -> None:
    export = read("Name\nbob\n\nalice\n")
    assert [(account.line, account.login) for account in export.accounts] == [(2, "bob"), (4, "alice")]


def test_a_header_in_quotes_with_commas_is_read() -> None:
    (account,) = read('"Name","Password","MailAddress"\nbob,made-up-1,"bob,robert"\n').accounts
    assert account.further == ("robert",)


def test_a_header_with_semicolons_over_rows_with_commas_is_read_as_in_the_vendors_sample() -> None:
    export = read(f'{HEADER}\nmtaylor,made-up-1,Michael Taylor,Assistant,"mtaylor,michael.taylor",all\n')
    assert export.separator == ","
    assert export.accounts == (CsvAccount(2, "mtaylor", "Michael Taylor", "Assistant", ("michael.taylor",)),)


def test_a_comma_in_a_name_does_not_pass_for_a_separator() -> None:
    export = read("Name;FullName\nbob;Brown, Bob\nal;Ash, Al\n")
    assert export.separator == ";"
    assert export.accounts[0].full_name == "Brown, Bob"


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_lines_end_in_any_way_and_are_counted_as_an_editor_does(ending: str) -> None:
    export = read(ending.join(["sep=;", HEADER, "", "bob;x;Bob;;;", ";;;;;", "al;x;Al\u2028Ash;;;", "no good;x;;;;"]))
    assert [(account.line, account.full_name) for account in export.accounts] == [(4, "Bob"), (6, "Al\u2028Ash")]
    assert [fault.line for fault in export.faults] == [7]


def test_an_export_without_accounts_is_no_error() -> None:
    assert read(HEADER + "\r\n") == KerioExport((), (), "UTF-8", ";")


# Rows


def test_doubled_quotes_and_separators_in_quotes_belong_to_the_value() -> None:
    (account,) = read(f'{HEADER}\nbob;"a"";b";"Bob ""the man"" Brown";"Sales; north";bob;all\n').accounts
    assert (account.full_name, account.description) == ('Bob "the man" Brown', "Sales; north")


def test_a_quoted_value_may_span_lines() -> None:
    export = read(f'{HEADER}\nbob;x;Bob;"First floor\n\nleft, then right";bob;all\nal;x;Al;;al;\n')
    assert export.accounts[0].description == "First floor\n\nleft, then right"
    assert export.accounts[1].line == 5


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    export = read(f'{HEADER}\nbob;x;"Bob;;;\nal;x;"Al Ash";"Sales";al;all\ncy;x;Cy;;;\n')
    assert [fault.line for fault in export.faults] == [2]
    assert [account.login for account in export.accounts] == ["al", "cy"]


def test_a_password_that_begins_with_a_separator_does_not_close_the_quote_of_another_row() -> None:
    export = read('Name;Password;FullName;Description;Groups\nbob;x;"Bob\nal;";made-up-9";Al;Sales;all\n')
    assert [fault.line for fault in export.faults] == [2]
    assert [account.full_name for account in export.accounts] == ["Al"]
    assert "made-up-9" not in repr(export)


def test_a_row_with_too_many_fields_is_a_fault_that_quotes_nothing() -> None:
    fault = only_fault(f"{HEADER}\nbob;made;up;Bob;Sales;bob;all\n")
    assert fault == LineMessage(2, "wrong-fields", {"fields": 7, "expected": 6, "separator": ";"})
    assert "made" not in words_of(fault.placed)


def test_fields_may_be_missing_at_the_end() -> None:
    (account,) = read(f"{HEADER}\nbob;x;Bob Brown\n").accounts
    assert account == CsvAccount(2, "bob", "Bob Brown", "", ())


def test_a_row_with_the_other_separator_is_not_taken_for_a_short_one() -> None:
    export = read(f"{HEADER}\nbob;x;Bob;;;\nal,made-up-1,Al,Sales,al,all\ncy;x;Cy;;;\n")
    assert export.faults == (LineMessage(3, "other-separator", {"separator": ",", "expected": ";"}),)
    assert "made-up-1" not in repr(export)


def test_a_line_far_too_long_is_a_fault_and_no_burden() -> None:
    export = read(f"{HEADER}\nbob;x;{'B' * 200_000};;;\nal;x;Al;;;\n")
    assert export.faults == (LineMessage(2, "line-too-long", {"longest": LONGEST_LINE}),)
    assert [account.login for account in export.accounts] == ["al"]


@pytest.mark.parametrize(
    ("login", "problem"),
    [
        ("bob brown", "space"),
        ("bob\u00a0brown", "space"),
        ("bob@northwind.example", "names-a-domain"),
        ("jiří", "not-ascii"),
        ("bob/brown", "sign"),
        ("bob\x07", "sign"),
        ("...", "sign"),
        ("x" * 65, "too-long"),
    ],
)
def test_what_is_no_login_is_a_fault(login: str, problem: str) -> None:
    fault = only_fault(f"{HEADER}\n{login};x;Xaver;;;\n")
    assert fault == LineMessage(2, "bad-login", {"problem": problem})
    assert login not in words_of(fault.placed)


@pytest.mark.parametrize("login", ["o'brien", "4711", "x", "a_b+c-d.e", "X" * 64])
def test_odd_logins_are_taken(login: str) -> None:
    assert read(f"{HEADER}\n{login};x;;;;\n").accounts[0].login == login


def test_a_login_that_comes_again_in_other_case_is_a_fault() -> None:
    fault = only_fault(f"{HEADER}\nbob;x;;;;\nal;x;;;;\nBOB;x;;;;\n")
    assert fault == LineMessage(4, "login-twice", {"login": "bob", "first_line": 2})


def test_a_login_whose_first_row_was_faulty_is_taken_from_the_next() -> None:
    export = read(f"{HEADER}\nbob;x;;;not this;\nbob;x;Bob;;;\n")
    assert [account.full_name for account in export.accounts] == ["Bob"]


def test_values_are_short_and_without_blanks_around_them() -> None:
    fault = only_fault(f"{HEADER}\nbob;x;{'B' * 1025};;;\n")
    assert fault == LineMessage(2, "value-too-long", {"column": "FullName", "longest": 1024})
    assert read(f"{HEADER}\n bob ;x;  Bob ;\t;;\n").accounts[0] == CsvAccount(2, "bob", "Bob", "", ())


def test_further_addresses_come_once_and_without_the_login() -> None:
    (account,) = read(f"{HEADER}\nbob;x;;;Robert, BOB,robert,,b.brown;\n").accounts
    assert account.further == ("Robert", "b.brown")


def test_a_full_further_address_is_taken_only_in_the_domain_of_the_files_name() -> None:
    text = f"{HEADER}\nbob;x;;;rob@Northwind.example;\nal;x;;;al2@elsewhere.example;\n"
    export = read(text, "users_northwind.example_2026-08-05.csv")
    assert export.accounts == (CsvAccount(2, "bob", "", "", ("rob",)),)
    assert [fault.line for fault in export.faults] == [3]
    assert [fault.line for fault in read(text).faults] == [2, 3]


def test_a_further_address_that_cannot_be_one_is_a_fault() -> None:
    assert only_fault(f"{HEADER}\nbob;x;;;two words;\n") == LineMessage(2, "bad-further", {"problem": "space"})


def test_the_guard_against_formulas_that_kconsole_writes_is_taken_off_again() -> None:
    export = read(f"{HEADER}\nbob;x;'=1+1;'-;'+al;\nal;x;'tis;O'-Neill;;\n")
    assert export.accounts == (CsvAccount(2, "bob", "=1+1", "-", ("+al",)), CsvAccount(3, "al", "'tis", "O'-Neill", ()))


# What is no export


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (b"", "csv-empty"),
        (b"\xef\xbb\xbf\r\n", "csv-empty"),
        (b"\0" * 40, "csv-empty"),
        (b"bob;secret-1;Bob\r\n", "csv-without-column"),
        (b";;;\n", "csv-without-column"),
        (b"sep=;\n", "csv-without-column"),
        (b'"Name;FullName\nbob;Bob\n', "csv-without-column"),
        (b"Name\tFullName\nbob\tBob\n", "csv-without-column"),
        (b"Name;FullName;fullname\nbob;a;b\n", "csv-column-twice"),
        (b"PK\x03\x04\0\0Name", "csv-zero-bytes"),
        (b"Name;FullName\n" + b"\0" * 3_000_000 + b"bob;Bob\n", "csv-zero-bytes"),
        (HEADER.encode("utf-16-le"), "encoding-guessed"),
        (b"\xff\xfeN\0a", "csv-encoding-wrong"),
        (b"Name\n\x81\n", "encoding-guessed"),
    ],
)
def test_what_is_no_export_is_refused_by_name_with_a_reason_and_a_hint(document: bytes, wrong: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_kerio_export(document, "some.csv")
    assert (refused.value.code, refused.value.params["file"]) == (wrong, "some.csv")
    assert refused.value.hints
    assert "secret-1" not in whole(refused.value)


@given(st.binary(max_size=200), st.sampled_from([None, "UTF-8", "UTF-16", "CP1250", "shift_jis", "cp037"]))
def test_any_bytes_are_an_export_or_refused(document: bytes, encoding: str | None) -> None:
    with suppress(BadInput):
        assert isinstance(read_kerio_export(document, "any.csv", encoding), KerioExport)


@given(
    st.lists(st.text(alphabet="ab;,\"' \r\n@é\u0159", max_size=12), max_size=12), st.sampled_from([HEADER, "Name,X"])
)
def test_any_lines_under_a_header_are_an_export_with_each_line_reported_once(lines: list[str], header: str) -> None:
    export = read("\n".join([header, *lines]))
    reported = [account.line for account in export.accounts] + [fault.line for fault in export.faults]
    assert len(reported) == len(set(reported))
    assert [account.line for account in export.accounts] == sorted(account.line for account in export.accounts)
    assert [fault.line for fault in export.faults] == sorted(fault.line for fault in export.faults)


def test_many_open_quotes_are_reported_at_once() -> None:
    export = read(HEADER + "\n" + 'bob;"\n' * 3000)
    assert len(export.faults) == 3000


# File names


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("users_northwind.example_2026-08-05.csv", "northwind.example"),
        ("users_retail.northwind.example_20260805.csv", "retail.northwind.example"),
        ("user_labs.example_all people_2026-08-05.csv", "labs.example"),
        ("users_labs.example_some_group_20260805.CSV", "labs.example"),
        ("/tmp/exports/users_labs.example_20260805 (1).csv", "labs.example"),
        ("users_broken_2026-08-05.csv", None),
        ("users_labs.example.csv", None),
        ("people.csv", None),
        ("", None),
    ],
)
def test_the_domain_is_read_from_the_name_of_a_file(name: str, domain: str | None) -> None:
    assert domain_of_file(name) == domain
