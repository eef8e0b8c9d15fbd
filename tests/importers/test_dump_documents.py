"""The door for dumps: what is taken, what is refused, and how the refusal is reported."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.consistency import LARGEST_LIMIT, MOST_PROBLEMS, checked
from kconsole.core.directory import Directory
from kconsole.core.encoding import inventory_document
from kconsole.core.errors import BadInput
from kconsole.core.license import License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.importers.dump_documents import read_dump
from kconsole.text.messages import sentences, whole
from tests.licensing.strategies import directories, full_licenses, inventories

JUNE = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def read(document: object) -> Inventory:
    return read_dump(json.dumps(document).encode(), "dump.json")


def read_entry(**fields: object) -> Entry:
    (entry,) = read({"entries": [{"address": "anna@north.example", **fields}]}).entries
    return entry


def refusal(document: object) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(document)
    assert caught.value.exit_code == 2
    assert caught.value.params["file"] == "dump.json"
    assert whole(caught.value)
    assert sentences(caught.value.details) or not caught.value.details
    return caught.value


def test_what_is_left_out_gets_its_default() -> None:
    assert read({}) == Inventory()
    assert read_entry() == Entry(address="anna@north.example")
    assert read({"domains": [{"name": "north.example"}]}).domains == (Domain(name="north.example"),)
    assert read({"license": {}}).license == License(seats=None)
    assert read_entry(last_login={"at": "2026-06-01T12:00:00Z"}).last_login == LastLogin(JUNE, "")


def test_fields_that_are_not_known_are_passed_over() -> None:
    document = {
        "schema": 1,
        "written_by": "another",
        "license": {"seats": 5, "edition": "x"},
        "domains": [{"name": "north.example", "quota": {}}],
        "entries": [{"address": "anna@north.example", "phone": None}],
    }
    assert read(document) == Inventory(
        license=License(seats=5),
        domains=(Domain(name="north.example"),),
        entries=(Entry(address="anna@north.example"),),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-01T12:00:00Z", JUNE),
        ("2026-06-01T12:00:00+00:00", JUNE),
        ("2026-06-01T14:00:00+02:00", JUNE),
        ("2026-06-01 12:00:00", JUNE),
        ("2026-06-01T12:00:00.250Z", JUNE.replace(microsecond=250_000)),
    ],
)
def test_moments_come_in_utc(text: str, moment: datetime) -> None:
    read_at = (
        read({"last_restart": text}).last_restart,
        read_entry(deleted_at=text).deleted_at,
        getattr(read_entry(last_login={"at": text, "protocol": "IMAP"}).last_login, "at", None),
    )
    for at in read_at:
        assert at == moment
        assert at is not None
        assert at.tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_out_of_the_calendar_is_refused(text: str) -> None:
    assert refusal({"last_restart": text}).code == "time-beyond-calendar"
    assert refusal({"entries": [{"address": "a", "deleted_at": text}]}).code == "time-beyond-calendar"
    reservation = {"subject": "a", "count": 1, "start": JUNE.isoformat(), "until": JUNE.isoformat(), "at": text}
    for field in ("start", "until", "at"):
        document = {"reservations": [{**reservation, field: text}]}
        assert refusal(document).code == "time-beyond-calendar" or field == "at"  # it ends before it starts


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", None),
        ("address", 5),
        ("kind", "person"),
        ("kind", "USER"),
        ("origin", "ldap"),
        ("enabled", "true"),
        ("enabled", 1),
        ("enabled", None),
        ("role", "root"),
        ("full_name", None),
        ("mailbox", "yes"),
        ("last_login", "2026-06-01T12:00:00Z"),
        ("last_login", {"protocol": "IMAP"}),
        ("last_login", {"at": "yesterday", "protocol": "IMAP"}),
        ("deleted_at", 5),
        ("deleted_at", "2026-06-01"),
        ("deleted_at", False),
        ("delivers_to", "anna@north.example"),
        ("mailbox_fate", "burn"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(field: str, value: object) -> None:
    first, second = {"address": "berg@north.example"}, {"address": "anna@north.example", field: value}
    error = refusal({"entries": [first, second]})
    assert error.details
    assert all(detail.params["place"].startswith(f"entries[1].{field}") for detail in error.details)
    assert (error.code, error.hints) == ("not-a-dump", (Message("what-a-dump-is"),))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"license": {"seats": "5"}}, "license.seats"),
        ({"license": {"seats": 5.0}}, "license.seats"),
        ({"license": {"seats": True}}, "license.seats"),
        ({"license": None}, "license"),
        ({"domains": {}}, "domains"),
        ({"domains": [{}]}, "domains[0].name"),
        ({"domains": [{"name": "x", "user_limit": "1"}]}, "domains[0].user_limit"),
        ({"entries": ["anna"]}, "entries[0]"),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(document: object, place: str) -> None:
    assert refusal(document).details[0].params["place"] == place


@pytest.mark.parametrize("content", [b"", b" ", b"{", b'{"entries": [}', b"\xff\xfe{}"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="not-a-dump") as caught:
        read_dump(content, "dump.json")
    assert (caught.value.details[0].code, caught.value.details[0].params["place"]) == ("dump-not-json", "")


def test_a_dump_may_have_a_mark_or_be_in_utf_16() -> None:
    document = '{"license":{"seats":5},"entries":[{"address":"ž@x.example"}]}'
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert read_dump(document.encode(encoding), "dump.json").entries[0].address == "ž@x.example"
    for end in ("\r\n\x1a", "\0\0"):
        assert read_dump(f"{document}{end}".encode(), "dump.json").license.seats == 5


def test_blanks_around_addresses_and_names_are_no_part_of_them() -> None:
    document = (
        '{"license":{"seats":5},"domains":[{"name":"x.example\\r\\n"}],'
        '"entries":[{"address":" a@x.example\\r\\n"},{"address":"\ufeffb@x.example\xa0"}]}'
    )
    inventory = read_dump(document.encode(), "dump.json")
    assert [entry.address for entry in inventory.entries] == ["a@x.example", "b@x.example"]
    assert [domain.name for domain in inventory.domains] == ["x.example"]


def test_a_dump_that_is_not_text_is_refused_with_the_line_and_the_byte() -> None:
    with pytest.raises(BadInput, match="not-in-encoding-at") as caught:
        read_dump(b'{\n"entries":[{"address":"\xff"}]}', "dump.json")
    place = {"encoding": "UTF-8", "line": 2, "byte": "FF", "at": 24}
    assert caught.value.params == {"file": "dump.json", **place}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("enabled", "yes", message("dump-wrong-type", found='"yes"', allowed="true-or-false")),
        ("full_name", ["a"], message("dump-wrong-type", found="a list", allowed="text")),
        (
            "role",
            "r" * 60,
            message(
                "dump-not-one-of", found=f'"{"r" * 38}…', allowed="'user', 'auditor', 'account_admin' or 'full_admin'"
            ),
        ),
        ("deleted_at", 5, message("dump-wrong-type", found="5", allowed="time")),
    ],
)
def test_an_error_says_what_was_found_and_what_is_allowed(field: str, value: object, problem: Message) -> None:
    (detail,) = refusal({"entries": [{"address": "a@north.example", field: value}]}).details
    assert detail == Message(problem.code, {"place": f"entries[0].{field}", **problem.params})


def test_half_a_character_in_an_escape_is_refused() -> None:
    refusal({"entries": [{"address": "a", "full_name": "\ud800"}]})


@pytest.mark.parametrize("schema", [0, -1, "1", 1.0, True, None, []])
def test_a_schema_that_is_no_number_is_refused(schema: object) -> None:
    assert refusal({"schema": schema}).code == "dump-schema-invalid"


def test_a_newer_schema_is_refused_before_its_content_is_judged() -> None:
    error = refusal({"schema": 2, "license": "another shape"})
    assert (error.code, error.params["schema"], error.params["newest"]) == ("dump-too-new", 2, 1)


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ({"license": {"seats": -1}}, message("limit-negative", place="license.seats")),
        (
            {"license": {"seats": LARGEST_LIMIT + 1}},
            message("limit-too-large", place="license.seats", largest=LARGEST_LIMIT),
        ),
        ({"license": {"seats": 10**400}}, message("limit-too-large", place="license.seats", largest=LARGEST_LIMIT)),
        ({"domains": [{"name": "n", "user_limit": -1}]}, message("limit-negative", place="user_limit of domain n")),
        (
            {"domains": [{"name": "n", "user_limit": 10**30}]},
            message("limit-too-large", place="user_limit of domain n", largest=LARGEST_LIMIT),
        ),
        ({"domains": [{"name": ""}]}, message("has-no-name", place="domains[0]")),
        (
            {"domains": [{"name": "N.example"}, {"name": "n.Example"}]},
            message("listed-twice", name="domain n.example", times=2),
        ),
        ({"entries": [{"address": ""}]}, message("has-no-address", place="entries[0]")),
        ({"entries": [{"address": "@north.example"}]}, message("has-no-address", place="entries[0]")),
        (
            {"entries": [{"address": "Anna@north.example"}, {"address": "anna@North.example", "kind": "alias"}]},
            message("listed-twice", name="address anna@north.example", times=2),
        ),
        (
            {"entries": [{"address": "e\u0301@n.example"}, {"address": "\u00e9@n.example"}]},
            message("listed-twice", name="address \u00e9@n.example", times=2),
        ),
    ],
)
def test_a_dump_that_contradicts_itself_is_refused(document: object, detail: Message) -> None:
    error = refusal(document)
    assert error.details == (detail,)
    assert (error.code, error.hints) == ("contradicts-itself", (Message("nothing-changed"),))


def test_limits_up_to_the_largest_are_taken() -> None:
    document = {"license": {"seats": LARGEST_LIMIT}, "domains": [{"name": "n", "user_limit": 0}]}
    assert read(document).license.seats == LARGEST_LIMIT


def test_deleted_entries_may_share_an_address_with_each_other_and_with_a_live_one() -> None:
    deleted = {"address": "anna@north.example", "deleted_at": "2026-06-01T12:00:00Z"}
    assert len(read({"entries": [deleted, deleted, {"address": "anna@north.example"}]}).entries) == 3


def test_only_the_first_problems_are_reported() -> None:
    typed = refusal({"entries": [{"address": 1}] * 9})
    sense = refusal({"entries": [{"address": ""}] * 9})
    for error in (typed, sense):
        assert len(error.details) == MOST_PROBLEMS + 1
        assert error.details[-1] == message("more-faults", more=4)


def test_a_hostile_name_is_no_line_of_a_message() -> None:
    with pytest.raises(BadInput) as caught:
        read_dump(b"[]", "x\nkconsole: all is well")
    assert "\n" not in whole(caught.value).replace("x\nkconsole: all is well", "")
    error = refusal({"domains": [{"name": "n\nfake"}, {"name": "n\nfake"}]})
    assert len(error.details) == 1


def test_a_domain_that_only_an_address_names_is_added_once() -> None:
    inventory = read(
        {
            "domains": [{"name": "north.example"}],
            "entries": [
                {"address": "a@North.example"},
                {"address": "b@South.example"},
                {"address": "c@south.EXAMPLE"},
                {"address": "Admin", "kind": "builtin_admin"},
            ],
        }
    )
    assert [domain.name for domain in inventory.domains] == ["north.example", "South.example"]


@given(inventories())
def test_what_a_store_holds_passes_the_door_unchanged(inventory: Inventory) -> None:
    content = json.dumps(inventory_document(inventory)).encode()
    reported = inventory_document(checked(inventory, "inventory"))
    assert inventory_document(read_dump(content, "dump.json")) == reported


@given(inventories(), full_licenses, st.none() | directories)
def test_all_of_a_license_and_a_directory_come_through_the_door(
    inventory: Inventory, license_: License, directory: Directory | None
) -> None:
    entries = tuple(
        replace(entry, id=0, directory_id="6f", directory_logon=JUNE, active_sync=True) for entry in inventory.entries
    )
    domains = tuple(replace(domain, directory=directory) for domain in inventory.domains)
    given_ = checked(replace(inventory, license=license_, domains=domains, entries=entries), "given")
    assert read(inventory_document(given_)) == given_


def test_moments_of_a_license_are_brought_to_utc() -> None:
    moment = "2026-06-01T14:00:00+02:00"
    license_ = read(
        {"license": {"registered_at": moment, "activated_at": moment, "update": {"bought_at": moment}}}
    ).license
    assert license_ == License(registered_at=JUNE, activated_at=JUNE, update=PendingUpdate(bought_at=JUNE))
    assert read_entry(directory_logon=moment).directory_logon == JUNE


@pytest.mark.parametrize(
    ("license_", "problem"),
    [
        ({"id_end": "12345-ABCDE-FGHIJ"}, "license.id_end has more than 4 characters"),
        ({"components": [{"name": "antispam"}] * 2}, "component antispam is listed 2 times"),
        ({"components": [{"name": "antispam", "seats": -1}]}, "license.components.antispam.seats is negative"),
        ({"update": {"bought_at": "2026-06-01T00:00:00Z", "seats": -1}}, "license.update.seats is negative"),
        ({"components": [{"name": "firewall"}]}, "license.components[0].name"),
        ({"expires": "soon"}, "license.expires"),
        ({"registered_at": "0001-01-01T00:00:00+14:00"}, ""),
    ],
)
def test_a_license_that_contradicts_itself_is_refused(license_: dict[str, Any], problem: str) -> None:
    error = refusal({"license": license_})
    reported = f"{whole(error)} {sentences(error.details)}"
    assert problem in reported
    assert "FGHIJ" not in reported


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("address", "kind", "enabled", "last_login", "deleted_at", "delivers_to", "full_name", "id")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "schema": json_values,
            "license": json_values | st.fixed_dictionaries({"seats": json_values}),
            "last_restart": json_values,
            "domains": json_values | st.lists(st.dictionaries(st.just("name"), json_values), max_size=3),
            "entries": json_values
            | st.lists(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4), max_size=3),
        },
    )
)
def test_any_document_is_read_or_refused_and_never_breaks_the_door(document: dict[str, Any]) -> None:
    with suppress(BadInput):
        inventory = read(document)
        assert checked(inventory, "again") == inventory


def test_a_million_errors_of_a_dump_take_no_memory() -> None:
    entries = b",".join([b'{"address":1}'] * 100_000)
    with pytest.raises(BadInput, match="not-a-dump") as caught:
        read_dump(b'{"license":{},"entries":[' + entries + b"]}", "dump.json")
    assert [detail.params["place"] for detail in caught.value.details] == ["entries[0].address"]
