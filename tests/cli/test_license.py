"""The license by command: shown, registered, changed, and what is said before it is."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.encoding import inventory_document
from kconsole.core.license import Component, Customer, License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from tests.cli.console import Console, Said, account
from tests.cli.test_hostile import HOSTILE, harmless
from tests.clocks import FixedClock, noon
from tests.importers.license_writer import FULL_ID, SIGNATURE, license_key, trial_key
from tests.wire.terminal import terminal

NOON = noon().now()
TODAY = NOON.date()
DAY = timedelta(days=1)
DETAILS = {
    "organization": "Northwind Traders", "person": "Anna Berg", "email": "anna@north.example", "phone": "1 234",
    "street": "High St 1", "zip": "60200", "city": "Brno", "country": "CZ",
}  # fmt: skip
CUSTOMER = Customer(**DETAILS)
ACTIVATED = License(
    seats=10, id_end="GHIJ", registered_at=NOON - DAY, activated_at=NOON - DAY, customer=CUSTOMER,
    maintenance_until=TODAY + 200 * DAY,
)  # fmt: skip
EAS = LastLogin(NOON - DAY, "EAS")


def options(**changed: str | None) -> list[str]:
    """The options of a registration; a detail that is None is left out."""
    details = {**DETAILS, **changed}
    return [word for name, text in details.items() if text is not None for word in (f"--{name}", text)]


@pytest.fixture
def clock() -> FixedClock:
    return noon()


@pytest.fixture
def office(tmp_path: Path, clock: FixedClock) -> Console:
    """Ten seats, of which five are used; three accounts have a mailbox, one of them by ActiveSync."""
    return with_license(Console(tmp_path / "store", clock), ACTIVATED)


def with_license(console: Console, license_: License, *more: Entry) -> Console:
    entries = (
        account("anna", mailbox=True, last_login=EAS),
        account("berg", mailbox=True),
        account("chen", mailbox=True),
        account("new"),
        account("map", origin="directory"),
        account("off", enabled=False),
        *more,
    )
    domains = (Domain(name="north.example", primary=True),)
    return console.restore(inventory_document(Inventory(license=license_, domains=domains, entries=entries)))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "license.key"
    path.write_bytes(license_key())
    return path


def license_of(console: Console) -> Any:
    return console.dump["license"]


# show


def test_show_tells_everything(office: Console) -> None:
    said = office.done("license", "show")
    assert office.done("license").out == said.out
    lines = said.out.splitlines()
    assert lines[0].startswith("State ")
    assert "ACTIVATED" in lines[0]
    for text in ("5 of 10 used", "*****-*****-*GHIJ", "Northwind Traders", "Software Maintenance", "Antivirus"):
        assert text in said.out
    assert "!" not in said.out


def test_show_in_json_has_the_shape_that_was_agreed_on(office: Console) -> None:
    answer = office.done("license", "show", "--json").json
    assert answer == office.done("license", "--json").json
    assert list(answer) == [
        "schema", "as_of", "state", "word", "meaning", "allows", "next", "source", "suspended", "expired", "endings",
        "components", "update", "registration", "price", "warnings", "seats",
    ]  # fmt: skip
    assert (answer["schema"], answer["as_of"]) == (1, "2026-08-05T12:03:00Z")
    assert (answer["state"], answer["suspended"], answer["expired"]) == ("activated", False, False)
    assert answer["endings"] == [
        {"what": "maintenance", "on": "2027-02-21", "days_left": 200, "over": False, "warned_at": None}
    ]
    assert answer["registration"] == {
        "registered_at": "2026-08-04T12:03:00Z",
        "activated_at": "2026-08-04T12:03:00Z",
        "id_end": "GHIJ",
        "id": "*****-*****-*GHIJ",
        "customer": {**DETAILS, "state": "", "web": "", "comment": ""},
    }
    assert (answer["components"], answer["update"], answer["warnings"]) == ([], None, [])
    assert (answer["seats"]["used"], answer["seats"]["limit"]) == (5, 10)


def test_status_has_the_same_life_without_people(office: Console) -> None:
    office.done("license", "component", "activesync", "--seats", "0")
    shown = office.done("license", "show", "--json").json
    status = office.done("status", "--json")
    life = status.json["life"]
    assert status.json["license"] == {"seats": 10, "id_end": "GHIJ"}
    assert shown["registration"].pop("customer")
    assert shown["components"][0].pop("beyond") == ["anna@north.example"]
    assert {name: shown[name] for name in life} == life
    assert "anna" not in status.out
    assert "Northwind" not in status.out
    assert "License: maintenance until 2027-02-21" in office.done("status").out


@pytest.mark.parametrize(
    ("license_", "state", "code"),
    [
        (License(seats=10), "unregistered", 0),
        (License(seats=10, trial_until=TODAY), "trial", 0),
        (License(seats=10, trial_until=TODAY - DAY), "trial-expired", 9),
        (replace(ACTIVATED, activated_at=None), "registered", 0),
        (ACTIVATED, "activated", 0),
        (replace(ACTIVATED, maintenance_until=TODAY - DAY), "maintenance-expired", 0),
        (replace(ACTIVATED, expires=TODAY - DAY), "license-expired", 9),
    ],
)
def test_an_expired_license_ends_with_a_code_of_its_own(
    tmp_path: Path, clock: FixedClock, license_: License, state: str, code: int
) -> None:
    console = with_license(Console(tmp_path / "store", clock), license_)
    for arguments in ("license", "license show", "license show --json", "status", "status --json"):
        said = console(*arguments.split())
        assert (said.code, said.err) == (code, "")
        assert said.out
    answer = console("status", "--json").json
    assert (answer["life"]["state"], answer["life"]["expired"]) == (state, code == 9)
    if state not in ("activated", "registered", "unregistered"):
        assert answer["life"]["warnings"][0] in answer["warnings"]
        assert f"! {answer['life']['warnings'][0]['text']}" in console("status").out


def test_grace_of_old_is_expired_too(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2023, 5, 3, tzinfo=UTC))
    console = with_license(
        Console(tmp_path / "store", clock), License(expires=datetime(2023, 4, 30, tzinfo=UTC).date())
    )
    said = console("license", "show", "--json")
    assert (said.code, said.json["suspended"], said.json["expired"]) == (9, False, True)


# trial


def test_a_trial_is_recorded(tmp_path: Path, clock: FixedClock) -> None:
    console = with_license(Console(tmp_path / "store", clock), License(seats=10))
    said = console.done("license", "trial", "--begun", "2026-07-10", "--json", "--reason", "new server")
    assert said.talk == ["trial of 30 days recorded, its last day is 2026-08-09"]
    assert (said.json["outcome"], said.json["license"]["state"]) == ("done", "trial")
    assert console("license", "trial").code == 4
    assert console.done("log", "--json").json[-2]["reason"] == "new server"


@pytest.mark.parametrize("day", ["2026-08-06", "9999-12-31", "soon", "2026-02-30"])
def test_a_trial_has_begun_by_now(tmp_path: Path, clock: FixedClock, day: str) -> None:
    console = with_license(Console(tmp_path / "store", clock), License(seats=10))
    assert console("license", "trial", "--begun", day).code == 2
    assert license_of(console)["trial_until"] is None


# register and activate


def test_a_registration(tmp_path: Path, clock: FixedClock) -> None:
    console = with_license(Console(tmp_path / "store", clock), License(seats=10))
    id_file = tmp_path / "id"
    id_file.write_text(FULL_ID + "\n")
    said = console.done("license", "register", *options(comment="by phone"), "--id-file", str(id_file), "--json")
    assert said.talk == [
        "registered to Northwind Traders; Software Maintenance until 2027-08-05",
        "Next: Activate it on this installation.",
    ]
    assert said.json["license"]["registration"]["customer"]["comment"] == "by phone"
    assert said.json["license"]["registration"]["id_end"] == "GHIJ"
    assert console.done("license", "activate").talk == ["activated on this installation"]
    assert console.done("license", "activate", "--json").json["outcome"] == "unchanged"
    changed = console.done("license", "register", *options(person="Jan Novák"))
    assert changed.talk == ["the registration is changed: Northwind Traders"]
    assert license_of(console)["maintenance_until"] == "2027-08-05"
    assert license_of(console)["id_end"] == "GHIJ"


def test_missing_details_are_named(office: Console) -> None:
    before = office.dump
    said = office("license", "register", *options(phone=None, zip=" "))
    assert (said.code, said.out, office.dump) == (2, "", before)
    assert said.talk[0] == "kconsole: The registration needs --phone and --zip. Nothing was registered."
    assert office("license", "register", *options(email="anna")).code == 2


def test_a_license_id_comes_from_nowhere_else_than_a_file_or_a_person(office: Console, tmp_path: Path) -> None:
    assert office("license", "register", *options(), "--ask-id").code == 2
    assert office("license", "register", *options(), "--id-file", str(tmp_path / "none")).code == 2
    assert office("license", "register", *options(), "--id-file", "-", "--ask-id").code == 2
    assert office("license", "register", *options(), FULL_ID).code == 2
    piped = office.forked("license", "register", *options(), "--id-file", "-", text="54321-ZZZZZ-9WXYZ")
    assert (piped.code, license_of(office)["id_end"]) == (0, "WXYZ")
    bad = office.forked("license", "register", *options(), "--id-file", "-", text="no id of a license")
    assert (bad.code, "no id" in bad.err) == (2, False)


def test_a_person_is_asked_for_what_is_missing_and_types_the_id_unseen(office: Console, home: Path) -> None:
    arguments = ["--store", str(office.folder), "license", "register", *options(phone=None, city=None), "--ask-id"]
    with terminal(*arguments, home=home) as screen:
        screen.wait_for("Phone:").send("777\n")
        screen.wait_for("City:").send("Žďár\n")
        screen.wait_for("License ID:").send("54321-ZZZZZ-9WXYZ\n")
        assert screen.wait_for_end() == 0
        assert b"ZZZZZ" not in screen.written
    license_ = license_of(office)
    assert (license_["customer"]["phone"], license_["customer"]["city"], license_["id_end"]) == ("777", "Žďár", "WXYZ")


def test_an_id_that_is_none_is_refused_and_not_shown(office: Console, home: Path) -> None:
    with terminal("--store", str(office.folder), "license", "register", *options(), "--ask-id", home=home) as screen:
        screen.wait_for("License ID:").send("54321 ZZZZZ\n")
        assert screen.wait_for_end() == 2
        assert b"ZZZZZ" not in screen.written


# update


def test_what_was_bought_is_reported_until_it_arrives(office: Console, clock: FixedClock) -> None:
    assert "No purchase is pending." in office.done("license", "update").err
    assert office.done("license", "update", "--json").json == {"schema": 1, "update": None}
    bought = office.done("license", "update", "--buy", "10", "--component", "antivirus", "--json")
    assert bought.talk == ["10 seats and Antivirus bought, due within 24 hours"]
    assert bought.json["license"]["update"]["due_at"] == "2026-08-06T12:03:00Z"
    assert office("license", "update", "--buy", "1").code == 4
    clock.forward(hours=25)
    assert "OVERDUE" in office.done("license", "update").out
    pending = office.done("license", "update", "--json").json["update"]
    assert (pending["overdue"], len(pending["steps"])) == (True, 3)
    assert office.done("license", "update", "--arrived").talk == [
        "10 seats and Antivirus arrived: the license has 20 seats now"
    ]
    assert office("license", "update", "--arrived").code == 4
    office.done("license", "update", "--component", "antispam")
    assert office.done("license", "update", "--cancel").talk == ["Anti-spam cancelled"]


def test_a_license_is_changed_by_hand(office: Console) -> None:
    said = office.done(
        "license", "update", "--seats", "20", "--maintenance-until", "2028-03-01", "--expires", "2028-03-01", "--json"
    )
    assert said.talk == [
        "What would change:",
        "  Seats: 10 → 20",
        "  Maintenance until: 2027-02-21 → 2028-03-01",
        "  Expires: – → 2028-03-01",
        "the license has 20 seats now; activated",
    ]
    assert (said.json["outcome"], said.json["needs_over_limit"], said.json["seats_after"]["limit"]) == (
        "done",
        False,
        20,
    )
    assert {"what": "Seats", "text": "10 → 20"} in said.json["changes"]
    again = office.done("license", "update", "--seats", "20")
    assert again.talk == ["Nothing would change.", "The license already has these terms."]
    free = office.done(
        "license", "update", "--seats", "unlimited", "--maintenance-until", "never", "--expires", "never"
    )
    assert free.talk[1:4] == [
        "  Seats: 20 → unlimited",
        "  Maintenance until: 2028-03-01 → –",
        "  Expires: 2028-03-01 → –",
    ]
    assert license_of(office)["seats"] is license_of(office)["expires"] is None
    office.done("undo")
    assert license_of(office)["seats"] == 20


def test_a_smaller_license_says_who_would_be_locked_out(office: Console) -> None:
    before = office.dump
    for more in ([], ["--dry-run"]):
        said = office("license", "update", "--seats", "4", "--json", *more)
        assert (said.code, office.dump) == (4, before)
        assert said.talk[2:4] == [
            "The license will be exceeded by 1 seat: 5 of 4 seats used.",
            "1 of 2 accounts without a mailbox would be refused at login, the last of these to log in: "
            "new@north.example and map@north.example.",
        ]
        assert "--over-limit" in said.talk[-1]
        assert (said.json["outcome"], said.json["over"], said.json["needs_over_limit"]) == ("refused", 1, True)
        assert said.json["at_login"] == {
            "without_mailbox": 2,
            "let_in": 1,
            "refused": 1,
            "accounts": ["new@north.example", "map@north.example"],
        }
    dry = office.done("license", "update", "--seats", "4", "--over-limit", "--dry-run", "--json")
    assert (dry.json["outcome"], dry.talk[-1]) == ("dry-run", "Nothing was changed: this was a dry run.")
    assert office.dump == before
    office.done("license", "update", "--seats", "4", "--over-limit")
    assert office.done("status", "--json").json["seats"]["state"] == "exceeded"
    office.done("undo")
    assert office.dump == before


def test_a_change_that_suspends_everything_says_so(office: Console) -> None:
    said = office.done("license", "update", "--expires", "2026-08-04", "--dry-run")
    assert any(line.startswith("The license would be: license expired.") for line in said.talk)


@pytest.mark.parametrize(
    "arguments",
    [
        "update --buy 0",
        "update --buy 5 --arrived",
        "update --arrived --cancel",
        "update --seats 5 --buy 5",
        "update --seats -1",
        "update --expires 1970-01-01",
        "trial --begun 1601-01-01",
        "update --expires soon",
        "update --expires unlimited",
        "update --seats never",
        "update --dry-run",
        "update --buy 5 --over-limit",
        "update --component firewall",
        "component firewall",
        "component --seats 5",
        "component --remove",
        "component antivirus --remove --seats 5",
        "component antivirus --expires soon",
        "install",
        "install none.key",
        "--json trial",
        "trial --begun soon",
    ],
)
def test_what_makes_no_sense_changes_nothing(office: Console, arguments: str) -> None:
    before = office.dump
    said = harmless(office("license", *arguments.split()))
    assert (said.code, said.out, office.dump) == (2, "", before)
    assert said.err


# component


def test_components_are_licensed_one_by_one(office: Console) -> None:
    office.done("license", "component", "activesync", "--seats", "0", "--expires", "2026-08-10")
    assert office.done("license", "component", "activesync", "--seats", "0").talk == [
        "Exchange ActiveSync already has these terms"
    ]
    said = office.done("license", "component", "antivirus", "--json")
    assert said.json["text"] == "Antivirus is licensed"
    listed = office.done("license", "component")
    assert "1 of 0 seats   until 2026-08-10, 5 days left   !" in listed.out
    assert "! 1 account beyond its seats: anna@north.example" in listed.out
    assert office.done("license", "component", "--json").json == [
        {"name": "antivirus", "expires": None, "seats": None, "users": 5, "over": 0, "beyond": []},
        {
            "name": "activesync",
            "expires": "2026-08-10",
            "seats": 0,
            "users": 1,
            "over": 1,
            "beyond": ["anna@north.example"],
        },
    ]
    assert {"code": "activesync-ends", "text": "Exchange ActiveSync ends in 5 days (2026-08-10)"} in office.done(
        "status", "--json"
    ).json["warnings"]
    office.done("license", "component", "activesync", "--remove")
    assert [component["name"] for component in license_of(office)["components"]] == ["antivirus"]


# install


def test_a_license_file_is_installed_once_it_is_confirmed(office: Console, key_file: Path) -> None:
    before = office.dump
    dry = office.done("license", "install", str(key_file), "--dry-run", "--json")
    assert dry.talk[0] == "What would change:"
    assert "  Seats: 10 → 25" in dry.talk
    assert "  Exchange ActiveSync: not licensed → 5 seats until 2027-01-01" in dry.talk
    assert "Its signature is not checked: only the server can do that." in dry.talk
    assert (dry.json["outcome"], dry.json["notes"]) == (
        "dry-run",
        ["Its signature is not checked: only the server can do that."],
    )
    unasked = office("license", "install", str(key_file))
    assert (unasked.code, office.dump) == (2, before)
    assert "--yes" in unasked.talk[-1]
    office.done("license", "install", str(key_file), "--yes", "--reason", "renewed")
    assert (license_of(office)["seats"], license_of(office)["expires"]) == (25, "2027-05-04")
    assert office.done("license", "install", str(key_file)).talk[-1] == "The license already has these terms."
    office.done("undo")
    assert office.dump == before


@pytest.mark.parametrize(("answer", "seats"), [("y", 25), ("n", 10), ("", 10)])
def test_a_person_is_asked_whether_to_install(
    office: Console, key_file: Path, home: Path, answer: str, seats: int
) -> None:
    with terminal("--store", str(office.folder), "license", "install", str(key_file), home=home) as screen:
        screen.wait_for("Seats: 10 → 25", "signature is not checked", "Install it?").send(f"{answer}\n")
        assert screen.wait_for_end() == 0
    assert license_of(office)["seats"] == seats


def test_a_file_smaller_than_what_is_in_use(office: Console, key_file: Path) -> None:
    key_file.write_bytes(license_key(users="4"))
    assert office("license", "install", str(key_file), "--yes").code == 4
    office.done("license", "install", str(key_file), "--yes", "--over-limit")
    assert license_of(office)["seats"] == 4


def test_a_file_from_a_pipe_is_not_asked_about(office: Console) -> None:
    text = license_key().decode()
    assert office.forked("license", "install", "-", text=text).code == 2
    assert office.forked("license", "install", "-", "--yes", text=text).code == 0


def test_files_that_are_refused(office: Console, tmp_path: Path) -> None:
    before = office.dump
    path = tmp_path / "given.key"
    for content, code in ((trial_key(), 4), (b"", 2), (license_key(users="-3"), 2), (b"\xff\x00" * 99, 2)):
        path.write_bytes(content)
        for more in ([], ["--dry-run"]):
            said = harmless(office("license", "install", str(path), "--yes", *more))
            assert (said.code, said.out, office.dump) == (code, "", before)


# Everywhere


def test_connect_in_json(office: Console) -> None:
    said = office.done("connect", "new@north.example", "--json")
    assert said.json == {
        "schema": 1,
        "address": "new@north.example",
        "outcome": "done",
        "may_connect": True,
        "why": "logged in, the mailbox was created",
    }
    office.done("license", "update", "--seats", "4", "--over-limit")
    refused = office("connect", "map@north.example", "--json")
    assert (refused.code, refused.json["outcome"], refused.json["may_connect"]) == (4, "refused", False)
    assert refused.json["why"].startswith("AuthLicense: ")
    assert office("connect", "none@north.example", "--json").json["outcome"] == "not-found"
    office.done("license", "update", "--expires", "2026-08-04")
    expired = office("connect", "anna@north.example", "--json")
    assert (expired.code, expired.json["why"]) == (4, "License is expired: all functions are suspended")


def test_read_only_shows_and_changes_nothing(office: Console, key_file: Path) -> None:
    before = office.dump
    for arguments in (
        ["show"], [], ["component"], ["update"], ["update", "--seats", "20", "--dry-run"],
        ["install", str(key_file), "--dry-run"],
    ):  # fmt: skip
        assert office("--read-only", "license", *arguments).code == 0
    for arguments in (
        ["trial"], ["register", *options()], ["activate"], ["update", "--buy", "5"], ["update", "--seats", "20"],
        ["component", "antispam"], ["install", str(key_file), "--yes"],
    ):  # fmt: skip
        assert office("license", *arguments, "--read-only").code == 4
    assert office.dump == before


def test_no_secret_is_kept_or_reported(office: Console, key_file: Path, tmp_path: Path) -> None:
    id_file = tmp_path / "id"
    said: list[Said] = []
    id_file.write_text(FULL_ID)
    said.append(office("license", "register", *options(), "--id-file", str(id_file), "--json"))
    said.append(office("license", "install", str(key_file), "--dry-run", "--json"))
    said.append(office("license", "install", str(key_file), "--yes"))
    id_file.write_text(f"{FULL_ID} {FULL_ID}")
    said.append(office("license", "register", *options(), "--id-file", str(id_file)))
    key_file.write_bytes(license_key("Users: many"))
    said.append(office("license", "install", str(key_file)))
    assert [each.code for each in said] == [0, 0, 0, 2, 2]
    said += [
        office(*line.split()) for line in ("license", "license --json", "log", "log --json", "dump", "status --json")
    ]
    kept = b"".join(path.read_bytes() for path in office.folder.rglob("*") if path.is_file()).decode()
    for text in (kept, *(each.out + each.err for each in said)):
        for secret in (FULL_ID, FULL_ID[:-4], "ABCDE", SIGNATURE):
            assert secret not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_reach_no_terminal(office: Console, tmp_path: Path, text: str) -> None:
    plain = text.replace("\x00", "")
    harmless(office("license", "register", *options(organization=plain, comment=plain)))
    path = tmp_path / "hostile.key"
    line = plain.replace("\n", "").replace("\r", "")
    path.write_bytes(
        license_key(f"Company: {line}", f"Features: {line}", f"Odd {line[:9]}: 1", license_id=f"1-2-{line}")
    )
    harmless(office("license", "install", str(path), "--dry-run", "--json"))
    harmless(office("license", "install", str(path), "--yes"))
    for arguments in ("license", "license --json", "status", "status --json", "log", "log --json"):
        harmless(office(*arguments.split()))
    path.write_bytes(license_key(users=line))
    assert harmless(office("license", "install", str(path))).code == 2


def test_a_hostile_dump_is_shown_harmlessly(office: Console) -> None:
    for text in HOSTILE:
        document = office.dump
        document["license"] |= {"id_end": text[:4], "customer": dict.fromkeys(document["license"]["customer"], text)}
        office.restore(json.loads(json.dumps(document)))
        for arguments in ("license", "license --json", "status --json", "log"):
            harmless(office(*arguments.split()))


def test_components_beyond_their_seats_are_all_in_json_and_some_on_a_terminal(
    tmp_path: Path, clock: FixedClock
) -> None:
    console = with_license(
        Console(tmp_path / "store", clock),
        replace(ACTIVATED, components=(Component(name="activesync", seats=1),)),
        *(account(f"m{number:02}", last_login=EAS) for number in range(30)),
    )
    assert len(console.done("license", "--json").json["components"][0]["beyond"]) == 30
    assert "and 10 more" in console.done("license").out
