"""The server's license file: what is read, what is passed over, and what is refused."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, EncodingUnconfirmed
from kconsole.core.license import ID_SHOWN, Component
from kconsole.importers.license_file import LARGEST_FILE, MOST_NOTES, LicenseFile, read_license_file
from kconsole.text.messages import error_words, hint_words, words_of
from tests.importers.license_writer import FULL_ID, SIGNATURE, key, license_key, trial_key


def read(content: bytes) -> LicenseFile:
    return read_license_file(content, "license.key")


def refusal(content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read(content)
    assert "license.key" in error_words(caught.value)
    assert hint_words(caught.value)
    return error_words(caught.value)


def test_a_whole_file_is_read() -> None:
    assert read(license_key()) == LicenseFile(
        product="Kerio Connect",
        id_end="GHIJ",
        is_trial=False,
        company="Northwind Traders",
        email="anna@north.example",
        says_users=True,
        seats=25,
        expires=date(2027, 5, 4),
        maintenance_until=date(2027, 5, 4),
        components=(
            Component(name="activesync", expires=date(2027, 1, 1), seats=5),
            Component(name="antispam"),
            Component(name="antivirus", expires=date(2027, 4, 4)),
        ),
        notes=(),
        says_expires=True,
    )


def test_neither_id_nor_signature_are_kept() -> None:
    kept = repr(read(license_key("Add-On-ID: 99999-ADDON-IDIDI", "Odd: 1")))
    for secret in (FULL_ID, FULL_ID[:-ID_SHOWN], "ABCDE", "ADDON", SIGNATURE):
        assert secret not in kept


@pytest.mark.parametrize("day", ["1970-01-01", "01 Jan 1601", "0001-01-01", "31 Dec 9999", "0", "-1", "00-00-0000"])
def test_never_as_a_date_is_no_end(day: str) -> None:
    file = read(key("Users: 5", f"License-Expires: {day}", f"Subscription-Expires: {day}"))
    assert (file.says_expires, file.expires, file.maintenance_until) == (True, None, None)


@pytest.mark.parametrize("day", ["unknown", "?", "null", "n/a", "-"])
def test_an_unknown_end_is_not_never(day: str) -> None:
    refusal(key("Users: 5", f"License-Expires: {day}"))


def test_bytes_that_are_no_text_matter_only_where_they_are_read() -> None:
    assert read(license_key() + b"\xff\xfe\xe9").company == "Northwind Traders"
    assert read(license_key().replace(SIGNATURE.encode(), b"\xe9\x80")).seats == 25
    good = license_key("Company: Zoë Brontë").replace(b"E-Mail: anna@", b"E-Mail: ann\xe9@")
    assert "line 10" in refusal(good)
    with pytest.raises(EncodingUnconfirmed) as caught:
        read(license_key().replace(b"Northwind", "Dvořák".encode("cp1250")))
    assert caught.value.encoding == "CP1250"
    assert "Dvořák Traders" in words_of(caught.value.details[0])


def test_what_stands_in_a_signature_is_not_read() -> None:
    assert read(license_key(users="7")).seats == 7
    assert read(b"--LICENSE--\nUsers: 5\n--SIGNATURE--\nUsers: 6\n--END--\nUsers: 7\n").seats == 5


def test_a_trial_is_reported_by_its_type() -> None:
    trial = read(trial_key())
    assert (trial.is_trial, trial.expires, trial.seats) == (True, date(2026, 8, 30), 50)
    assert not read(license_key()).is_trial


@pytest.mark.parametrize("users", ["-2", "-1", "unlimited", "Unlimited"])
def test_users_may_be_without_limit(users: str) -> None:
    file = read(key(f"Users: {users}"))
    assert (file.says_users, file.seats) == (True, None)


@pytest.mark.parametrize(
    ("users", "seats"), [("0", 0), ("1", 1), ("0025", 25), ("1000000000", 10**9)]
)  # fmt: skip
def test_users_are_a_number(users: str, seats: int) -> None:
    assert read(key(f"Users: {users}")).seats == seats


@pytest.mark.parametrize("users", ["", "-3", "many", "1.5", "1e3", "1,000", "99999999999", "1000000001", "٣", "5 5"])
def test_other_users_are_refused_with_their_line(users: str) -> None:
    assert "line 2: " in refusal(key(f"Users: {users}"))
    assert "line 3: " in refusal(key("Feature-Begin: ActiveSync", f"Users: {users}", "Feature-End"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("04 May 2026", date(2026, 5, 4)),
        ("4 may 2026", date(2026, 5, 4)),
        ("04-May-2026", date(2026, 5, 4)),
        ("29 February 2028", date(2028, 2, 29)),
        ("2026-05-04", date(2026, 5, 4)),
        ("2026-05-04T23:59:59Z", date(2026, 5, 4)),
        ("never", None),
        ("Unlimited", None),
        ("", None),
    ],
)
def test_a_day_has_several_forms(text: str, day: date | None) -> None:
    file = read(key("Users: 1", f"License-Expires: {text}", f"Subscription-Expires: {text}"))
    assert (file.expires, file.maintenance_until, file.says_expires) == (day, day, True)


@pytest.mark.parametrize(
    "text",
    ["soon", "31 Feb 2026", "00 May 2026", "04 Mai 2026", "2026-13-01", "04/05/2026", "04 May 20261"],
)
def test_what_is_no_day_is_refused_with_its_line(text: str) -> None:
    assert "line 3: " in refusal(key("Users: 1", f"License-Expires: {text}"))
    assert "line 2: " in refusal(key(f"Antivirus-Expires: {text}", "Users: 1"))


def test_what_the_file_does_not_say_is_distinguished_from_what_is_without_limit() -> None:
    file = read(key(f"Base-ID: {FULL_ID}"))
    assert (file.says_users, file.says_expires, file.components) == (False, False, ())


def test_an_id_in_a_field_that_is_not_its_own_is_not_kept_either() -> None:
    other = "VWXYZ-12345-67890"
    lines = (f"Base-ID: {FULL_ID}", f"Company: North ({FULL_ID})", f"E-Mail: {FULL_ID}@north.example", "Users: 5")
    file = read(key(*lines, f"Product: {other}", f"Features: {FULL_ID}", f"{other}: 1", f"Feature-Begin: {other}"))
    assert file.id_end == FULL_ID[-4:]
    assert file.company == "North (*****-*****-*GHIJ)"
    for secret in (FULL_ID, FULL_ID[:-4], other, other[:-4]):
        assert secret.lower() not in repr(file).lower()


def test_of_a_field_that_is_said_twice_the_last_holds() -> None:
    assert read(b"--LICENSE--\nUsers: 5\n--END--\n--PRODUCT-LICENSE--\nUsers: 6\n--PRODUCT-END--").seats == 6


def test_a_feature_that_is_not_closed_does_not_reach_into_the_next_block() -> None:
    file = read(
        b"--LICENSE--\nUsers: 50\nFeature-Begin: ActiveSync\nUsers: 5\n--END--\n"
        b"--PRODUCT-LICENSE--\nUsers: 60\n--PRODUCT-END--"
    )
    assert (file.seats, file.components) == (60, (Component(name="activesync", seats=5),))


def test_what_follows_a_feature_is_of_the_license_again() -> None:
    for end in ("Feature-End", "Feature-End: ActiveSync", "feature-end"):
        file = read(key("Feature-Begin: ActiveSync", "Users: 5", end, "Users: 50"))
        assert (file.seats, file.components) == (50, (Component(name="activesync", seats=5),))


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        ("ActiveSync", "activesync"),
        ("Exchange ActiveSync", "activesync"),
        ("Kerio Antivirus", "antivirus"),
        ("Sophos", "antivirus"),
        ("Anti-Spam", "antispam"),
    ],
)
def test_features_have_several_names(feature: str, name: str) -> None:
    for line in (f"Features: Other, {feature}", f"Feature-Begin: {feature}"):
        assert [component.name for component in read(key("Users: 1", line)).components] == [name]


def test_what_is_not_known_is_passed_over_and_reported() -> None:
    file = read(
        key("Users: 1", "Weather: fine", "Features: Time travel, Antispam", "Feature-Begin: Cold fusion", "Users: 3")
    )
    assert file.seats == 1
    assert file.notes == (
        message("license-field-unknown", line=3, field="weather"),
        message("license-feature-unknown", line=4, feature="Time travel"),
        message("license-feature-unknown", line=5, feature="Cold fusion"),
    )
    many = read(key("Users: 1", *(f"Odd{chr(97 + n // 26)}{chr(97 + n % 26)}: 1" for n in range(100))))
    assert (len(many.notes), many.notes[-1]) == (MOST_NOTES + 1, message("more-notes", more=80))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Users: 5",
        b"\x00\xff" * 100,
        b"<config/>",
        b"--LICENSE--\n--END--",
        b"--LICENSE--\nProduct: Kerio Connect\n--END--",
        "--LICENSE--\nUsers: 5\n--END--".encode("utf-16-le"),
        b"--LICENSE--\nUsers: 5\nCompany: Caf\xe9\n--END--",
        b"--LICENSE--\nUsers: 5\n--END--" + b" " * LARGEST_FILE,
    ],
)
def test_what_is_no_license_file_is_refused(content: bytes) -> None:
    assert refusal(content)


def test_a_byte_order_mark_and_long_texts_break_nothing() -> None:
    assert read(b"\xef\xbb\xbf" + key("Users: 5")).seats == 5
    assert read(key("Users: 5").decode().encode("utf-16") + b"\x1a\0").seats == 5
    assert read(key("Users: 5").replace(b"\n", b"\r") + b"\x1a").seats == 5
    assert len(read(key("Users: 5", f"Company: {'x' * 10_000}")).company) == 200


lines = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(license_key("Weather: fine").split(b"\r\n")),
    st.tuples(
        st.sampled_from(["Users", "License-Expires", "Base-ID", "Features", "Feature-Begin", "Expires", "Company"]),
        st.text(max_size=12) | st.from_regex(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}", fullmatch=True),
    ).map(lambda pair: f"{pair[0]}: {pair[1]}".encode(errors="replace")),
)


@given(st.binary(max_size=200) | st.lists(lines, max_size=20).map(lambda parts: b"\n".join([b"--LICENSE--", *parts])))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(BadInput):
        file = read(content)
        assert len(file.id_end) <= ID_SHOWN
        assert file.seats is None or file.seats >= 0
        names = [component.name for component in file.components]
        assert names == sorted(set(names))
