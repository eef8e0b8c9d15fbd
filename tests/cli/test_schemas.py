"""The schemas that `kconsole schema` prints, against what the commands print."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from kconsole.cli.maintenance import DOCUMENTS
from kconsole.cli.schemas import schema_of
from tests.cli.console import Console

V0_1 = Path(__file__).parent.parent / "fixtures" / "v0_1"

PRINTED: dict[str, tuple[str, ...]] = {
    "status": ("status", "--json"),
    "accounts": ("accounts", "--json"),
    "log": ("log", "--json"),
    "head": ("log", "head", "--json"),
    "server": ("server", "--json"),
    "dump": ("dump",),
    "config-check": ("config", "check", "--json"),
    "settings": ("config", "show", "--json"),
    "keeps": ("keep", "--json"),
    "protections": ("protect", "--json"),
    "reservations": ("reserve", "list", "--json"),
    "offboardings": ("offboard", "--json"),
    "due": ("due", "--json"),
    "policies": ("policy", "list", "--json"),
    "marks": ("reclaim", "due", "--json"),
    "metrics": ("metrics", "--format", "json"),
    "report": ("report", "review", "--since", "10y", "--format", "json", "--partial"),
    "renewal": ("license", "renewal", "--json"),
    "shared": ("suggest", "shared", "--json"),
    "history": ("history", "--since", "10y", "--by", "domain", "--json"),
    "forecast": ("forecast", "--backtest", "--json"),
}


def faults(document: str, value: Any) -> list[str]:
    validator = Draft202012Validator(schema_of(document), format_checker=FormatChecker())
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]


@pytest.fixture(params=["store_local", "store_server", "store_office", "store_expired", "store_empty"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Console:
    """A copy of a store that an earlier version made."""
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    for file in (V0_1 / request.param).iterdir():
        if file.is_file():
            Path(shutil.copy(file, folder)).chmod(0o600)
    return Console(folder)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_has_a_schema(tmp_path: Path, name: str) -> None:
    schema = Console(tmp_path / "none").done("schema", name).json
    Draft202012Validator.check_schema(schema)
    assert schema == json.loads(json.dumps(schema_of(name)))


def test_what_commands_print_fits_the_schemas(old: Console) -> None:
    for document, arguments in PRINTED.items():
        said = old(*arguments)
        if document == "server" and said.code == 3:  # none is configured
            continue
        assert (document, faults(document, said.json)) == (document, [])
    addresses = [account["address"] for account in old("accounts", "--json").json]
    assert faults("explain", old("explain", *addresses, "--json").json if addresses else []) == []


def test_the_configuration_file_fits_its_schema() -> None:
    assert faults("config", tomllib.loads('theme = "terminal"\nmouse = true\n[keys]\nundo = "u,f9"\n')) == []
    assert len(faults("config", tomllib.loads('theme = "x"\nmouse = 3\ncolor = 1\n[keys]\nundo = ","\n'))) == 4


def test_an_unknown_document_is_a_usage_error(tmp_path: Path) -> None:
    assert Console(tmp_path)("schema", "inventory").code == 2
