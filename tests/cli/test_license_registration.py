"""A license is registered and activated: who may be asked, and where its id comes from."""

from pathlib import Path

from kconsole.core.license import License
from tests.cli.console import Console
from tests.cli.licenses import license_of, options, with_license
from tests.clocks import FixedClock
from tests.importers.license_writer import FULL_ID
from tests.wire.terminal import terminal


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


def test_missing_details_are_named(licensed: Console) -> None:
    before = licensed.dump
    said = licensed("license", "register", *options(phone=None, zip=" "))
    assert (said.code, said.out, licensed.dump) == (2, "", before)
    assert said.talk[0] == "kconsole: The registration needs --phone and --zip. Nothing was registered."
    assert licensed("license", "register", *options(email="anna")).code == 2


def test_a_license_id_comes_from_nowhere_else_than_a_file_or_a_person(licensed: Console, tmp_path: Path) -> None:
    assert licensed("license", "register", *options(), "--ask-id").code == 2
    assert licensed("license", "register", *options(), "--id-file", str(tmp_path / "none")).code == 2
    assert licensed("license", "register", *options(), "--id-file", "-", "--ask-id").code == 2
    assert licensed("license", "register", *options(), FULL_ID).code == 2
    piped = licensed.forked("license", "register", *options(), "--id-file", "-", text="54321-ZZZZZ-9WXYZ")
    assert (piped.code, license_of(licensed)["id_end"]) == (0, "WXYZ")
    bad = licensed.forked("license", "register", *options(), "--id-file", "-", text="no id of a license")
    assert (bad.code, "no id" in bad.err) == (2, False)


def test_a_person_is_asked_for_what_is_missing_and_types_the_id_unseen(licensed: Console, home: Path) -> None:
    arguments = ["--store", str(licensed.folder), "license", "register", *options(phone=None, city=None), "--ask-id"]
    with terminal(*arguments, home=home) as screen:
        screen.wait_for("Phone:").send("777\n")
        screen.wait_for("City:").send("Žďár\n")
        screen.wait_for("License ID:").send("54321-ZZZZZ-9WXYZ\n")
        assert screen.wait_for_end() == 0
        assert b"ZZZZZ" not in screen.written
    license_ = license_of(licensed)
    assert (license_["customer"]["phone"], license_["customer"]["city"], license_["id_end"]) == ("777", "Žďár", "WXYZ")


def test_an_id_that_is_none_is_refused_and_not_shown(licensed: Console, home: Path) -> None:
    with terminal("--store", str(licensed.folder), "license", "register", *options(), "--ask-id", home=home) as screen:
        screen.wait_for("License ID:").send("54321 ZZZZZ\n")
        assert screen.wait_for_end() == 2
        assert b"ZZZZZ" not in screen.written
