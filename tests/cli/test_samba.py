"""`kconsole map` from a real Active Directory, served by Samba."""

import pytest

from kconsole.net.secrets import DIRECTORY_PASSWORD
from tests.cli.console import Console
from tests.directories.test_samba import DISABLED, PEOPLE
from tests.directory_server.samba import READER, DomainController
from tests.directory_server.samba_people import BASE, ODD_LOGINS, PASSWORD


@pytest.mark.thorough
def test_a_store_is_mapped_from_it(
    console: Console, domain_controller: DomainController, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIRECTORY_PASSWORD, PASSWORD)
    console.fill(seats=None)
    words = ["--url", f"ldaps://{domain_controller.host}", "--base", BASE.replace("corp", "Corp"), "--bind-as", READER]
    words += ["--fingerprint", domain_controller.certificate.fingerprint, "--test"]
    assert console("domains", "map", "north.example", *words).code == 2
    said = console.done("domains", "map", "north.example", *words, "--kind", "active-directory")
    assert any(line.endswith(f"users below {BASE.replace('corp', 'Corp')}.") for line in said.talk)
    before = console.dump
    with domain_controller.hidden_account_restrictions():
        assert console("map", "north.example").code == 8
    assert console.dump == before
    said = console("map", "north.example", "--all")
    assert said.code == 1
    assert said.is_harmless()
    assert said.talk[-1].startswith("In part: 5 users cannot be mapped: ")
    usable = set(domain_controller.search(PEOPLE)) - {login for login, is_usable in ODD_LOGINS.items() if not is_usable}
    enabled = usable - set(domain_controller.search(DISABLED))
    assert console.done("status", "--json").json["seats"]["used"] == len(enabled)
    assert console.done("accounts").is_harmless()
    again = console("map", "north.example")
    assert (again.code, again.talk[-1]) == (1, said.talk[-1])
