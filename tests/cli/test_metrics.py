"""`kconsole metrics`: what Prometheus and OpenMetrics read, and the file that node_exporter collects."""

import json
import math
import stat
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as of_openmetrics
from prometheus_client.parser import text_string_to_metric_families as of_prometheus

from kconsole import __version__
from kconsole.core.license import Component, License
from kconsole.core.records import Domain
from kconsole.text.metrics import HELP, Sample, _family, number
from tests.cli.console import Console, account
from tests.cli.test_hostile import harmless, hostile_dump
from tests.cli.watched import NOW, SERVER, STORE, again
from tests.clocks import noon
from tests.limits import EXAMPLES

FROZEN: Final = Path(__file__).parent / "files" / "metrics-help.txt"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(families: Iterable[Metric]) -> Samples:
    found: Samples = {}
    for family in families:
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found  # a second one would bring the scrape down
            assert sample.timestamp is None
            found[key] = sample.value
    return found


PARSERS: Final[dict[str, Callable[[str], Iterable[Metric]]]] = {
    "prometheus": of_prometheus,
    "openmetrics": of_openmetrics,
}


def measured(console: Console, *arguments: str) -> Samples:
    """What both parsers read, which is the same."""
    console.clock = console.clock or noon()
    both = [samples(PARSERS[form](console.done("metrics", "--format", form, *arguments).out)) for form in PARSERS]
    assert both[0] == both[1]
    return both[0]


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"kconsole_{name}", frozenset(labels.items())))


def test_the_figures(following: Console) -> None:
    found = measured(following)
    names = ("limit", "used", "free", "held", "latent", "locked_out", "over")
    assert [of(found, f"seats_{name}") for name in names] == [20, 13, 7, 1, 5, 0, 0]
    assert of(found, "domain_seats_used", domain="north.example") == 12
    assert of(found, "domain_seats_limit", domain="north.example") == math.inf
    assert of(found, "domain_seats_free", domain="secret.example") == 0
    assert of(found, "accounts", domain="north.example", verdict="local") == 11
    assert of(found, "accounts", domain="north.example", verdict="held") == 1
    end = NOW.replace(hour=0, minute=0) + timedelta(days=93)
    assert of(found, "license_expiry_timestamp_seconds", kind="license") == end.timestamp()
    assert of(found, "reading_timestamp_seconds") == (NOW - timedelta(seconds=240)).timestamp()
    assert of(found, "reading_complete") == 1
    assert of(found, "journal_sequence") == 1
    assert of(found, "metrics_timestamp_seconds") == NOW.timestamp()
    assert of(found, "build_info", version=__version__) == 1
    assert {name for name, _ in found} <= set(HELP)


def test_what_is_not_known_is_left_out(following: Console) -> None:
    unread = replace(SERVER, uncounted=("secret.example",), counted=("north.example",))
    parts = replace(STORE.license, components=(Component(name="antivirus"),))
    part = again(following, replace(STORE, server=unread, license=parts))
    assert part.done("metrics", "--format", "json").json["components"] == [
        {"name": "antivirus", "used": None, "limit": 20}
    ]
    found = measured(part)
    assert of(found, "component_used", component="antivirus") is None
    assert of(measured(again(following, replace(STORE, license=parts))), "component_used", component="antivirus") == 12
    unknown = ("used", "free", "over", "latent", "locked_out")
    assert [of(found, f"seats_{name}") for name in unknown] == [None] * 5
    assert of(found, "seats_limit") == 20
    assert of(found, "reading_complete") == 0
    assert of(found, "domain_seats_used", domain="north.example") == 12
    assert of(found, "domain_seats_used", domain="secret.example") is None
    assert of(found, "accounts", domain="secret.example", verdict="local") is None
    never = measured(again(following, replace(STORE, server=replace(SERVER, synced_at=None))))
    assert (of(never, "seats_used"), of(never, "reading_timestamp_seconds"), of(never, "reading_complete")) == (
        None,
        0,
        0,
    )
    hidden = replace(STORE, license=License(), server=replace(SERVER, numbers=None))
    assert of(measured(again(following, hidden)), "seats_limit") is None


def test_without_a_limit_and_without_a_server(console: Console) -> None:
    found = measured(console.fill(account("anna"), seats=None))
    assert [of(found, f"seats_{name}") for name in ("limit", "free", "over")] == [math.inf, math.inf, 0]
    assert of(found, "reading_timestamp_seconds") is None
    document = console.done("metrics", "--format", "json").json
    assert (document["seats"]["limit"], document["seats"]["limit_known"]) == (None, True)


def test_a_forecast_is_there_where_something_is_forecast(following: Console) -> None:
    full = replace(STORE, license=License(seats=13))
    assert of(measured(again(following, full)), "forecast_full_probability", days="90") == 1
    assert of(measured(again(following, full), "--no-forecast"), "forecast_full_probability", days="90") is None
    assert of(measured(following), "forecast_full_probability", days="90") is None


def test_help_and_types_are_a_promise() -> None:
    """Two versions on one machine that differ here make each scrape of both fail."""
    shown = {form: _described(form == "openmetrics") for form in PARSERS}
    assert shown["prometheus"] == FROZEN.read_text()
    assert shown["openmetrics"].count("# UNIT") == 3
    assert "# TYPE kconsole_build info" in shown["openmetrics"]
    assert " info\n" not in shown["prometheus"]  # the collector takes no such type


def _described(is_open: bool) -> str:
    return "".join(f"{line}\n" for name, text in HELP.items() for line in _family(name, text, (), "", is_open))


def test_hostile_domains_are_labels_that_differ(console: Console) -> None:
    console.restore(hostile_dump())
    found = measured(console)
    domains = {dict(labels)["domain"] for name, labels in found if name == "kconsole_domain_seats_used"}
    assert len(domains) == len(console.done("domains", "--json").json) > len(hostile_dump()["domains"])
    harmless(console.done("metrics"))
    harmless(console.done("metrics", "--format", "json"))


@settings(max_examples=EXAMPLES // 2)
@given(st.dictionaries(st.sampled_from(["domain", "kind"]), st.text()), st.floats(allow_nan=False))
def test_any_label_and_number_is_read_back(labels: dict[str, str], value: float) -> None:
    lines = "\n".join(_family("kconsole_x", "X.", [Sample("kconsole_x", value, labels)], "", is_open=True))
    for form, parse in PARSERS.items():
        ((key, found),) = samples(parse(lines + ("\n# EOF\n" if form == "openmetrics" else "\n"))).items()
        assert found == value
        assert {name for name, _ in key[1]} == set(labels)
    assert "," not in number(value)


def test_no_address_is_ever_a_label(following: Console) -> None:
    for form in ("prometheus", "openmetrics", "json"):
        assert "@" not in following.done("metrics", "--format", form).out


def test_a_context_tells_stores_apart(following: Console) -> None:
    found = measured(following, "--context", "brno-1")
    assert all(dict(labels)["context"] == "brno-1" for _, labels in found)
    assert following.done("metrics", "--format", "json", "--context", "x").json["context"] == "x"
    assert following("metrics", "--context", 'a"b').code == 2


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_the_file_is_private_unless_asked_otherwise(following: Console, tmp_path: Path) -> None:
    file = tmp_path / "kconsole.prom"
    assert following.done("metrics", "--output", str(file)).out == ""
    assert mode(file) == 0o600
    assert file.read_bytes().endswith(b"\n")
    following.done("metrics", "--output", str(file), "--mode", "644")
    assert mode(file) == 0o644
    following.done("metrics", "--output", str(file))
    assert mode(file) == 0o644  # as whoever it is for has it
    following.done("metrics", "--output", str(file), "--mode", "600")
    assert mode(file) == 0o600
    document = tmp_path / "kconsole.json"
    following.done("metrics", "--output", str(document), "--format", "json")
    assert json.loads(document.read_bytes())["schema"] == "kconsole-metrics/1"
    assert sorted(path.name for path in tmp_path.glob("*kconsole*")) == ["kconsole.json", "kconsole.prom"]
    assert following.done("metrics", "--output", "-").out.startswith("# HELP")


def test_a_failed_run_leaves_the_old_file(following: Console, tmp_path: Path) -> None:
    file = tmp_path / "kconsole.prom"
    following.done("metrics", "--output", str(file))
    before = file.read_bytes(), file.stat()
    assert following("metrics", "--output", str(tmp_path / "none" / "x.prom")).code == 2
    assert following("metrics", "--output", str(following.folder / "x.prom")).code == 2
    (following.folder / "journal.jsonl").write_bytes(b"nonsense\n")
    assert following("metrics", "--output", str(file)).code == 7
    assert following("metrics", "--read-only", "--output", str(file)).code == 7
    assert (file.read_bytes(), file.stat()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        "--output x.prom --format openmetrics", "--output x.prom --format json", "--mode 644", "--mode 644 --output -",
        "--mode 777 --output x", "--format influx",
    ],
)  # fmt: skip
def test_wrong_usage(following: Console, arguments: str) -> None:
    said = following("metrics", *arguments.split())
    assert (said.code, said.out) == (2, "")


def test_it_is_utf_8_whatever_the_locale(console: Console) -> None:
    console.fill(domains=[Domain(name="žluť.example")])
    for form in ("prometheus", "openmetrics"):
        said = console.process("metrics", "--format", form, PYTHONIOENCODING="iso8859-2")
        assert 'domain="žluť.example"' in said.out


def test_a_domain_of_two_spellings_is_one(console: Console) -> None:
    console.fill(account("a@bücher.example"), domains=(Domain(name="bücher.example"),))
    found: dict[str, Any] = {
        dict(key)["domain"]: value for (name, key), value in measured(console).items() if "domain_seats_used" in name
    }
    assert list(found.values()) == [1]
