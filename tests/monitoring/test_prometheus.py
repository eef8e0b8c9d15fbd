"""Prometheus' own tools, and the collector of node_exporter, take what kconsole writes."""

import math
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT

from prometheus_client.parser import text_string_to_metric_families

from kconsole.text.metrics import HELP
from tests.cli.console import Console, account
from tests.cli.test_hostile import hostile_dump
from tests.limits import PATIENCE
from tests.monitoring import DATA, program

RULES = DATA / "monitoring" / "prometheus"


def ran(*command: str | Path, text: str = "") -> str:
    """What a command says, which must succeed."""
    ended = subprocess.run(command, input=text.encode(), stdout=PIPE, stderr=STDOUT, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended.stdout.decode()
    return ended.stdout.decode()


def test_promtool_has_nothing_to_say_of_the_metrics(office: Console, tmp_path: Path) -> None:
    hostile = Console(tmp_path / "store").restore(hostile_dump())
    unlimited = Console(tmp_path / "other").fill(account("anna"), seats=None)
    for console in (office, hostile, unlimited):
        assert ran(program("promtool"), "check", "metrics", text=console.done("metrics").out) == ""


def test_the_alerts_are_right_and_fire_when_they_should() -> None:
    assert "SUCCESS" in ran(program("promtool"), "check", "rules", RULES / "kconsole.rules.yml")
    assert "SUCCESS" in ran(program("promtool"), "test", "rules", RULES / "kconsole.rules.test.yml")


def test_the_alerts_ask_for_metrics_that_there_are() -> None:
    text = (RULES / "kconsole.rules.yml").read_text()
    names = {
        word
        for word in text.replace("(", " ").replace("{", " ").replace(")", " ").split()
        if word.startswith("kconsole_")
    }
    assert names
    assert names <= set(HELP)


@contextmanager
def collecting(folder: Path) -> Iterator[str]:
    """A node_exporter that collects the files of a folder; gives where it answers."""
    command = [
        program("prometheus-node-exporter"), "--collector.disable-defaults", "--collector.textfile",
        f"--collector.textfile.directory={folder}", "--web.listen-address=127.0.0.1:0", "--log.level=info",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=PIPE, text=True)
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "address=127.0.0.1" in line)
        yield f"http://{line.split('address=')[1].split()[0]}/metrics"
    finally:
        process.kill()
        process.communicate()


def test_the_collector_of_node_exporter_takes_the_file(office: Console, tmp_path: Path) -> None:
    hostile = Console(tmp_path / "store").restore(hostile_dump())
    folder = tmp_path / "textfile"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    office.done("metrics", "--output", str(folder / "kconsole.prom"), "--context", "office")
    hostile.done("metrics", "--output", str(tmp_path / "elsewhere" / "other.prom"), "--context", "hostile")
    (folder / "other.prom").symlink_to(tmp_path / "elsewhere" / "other.prom")
    with collecting(folder) as url:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            text = answer.read().decode()
        families = {family.name: family for family in text_string_to_metric_families(text)}
        assert [sample.value for sample in families["node_textfile_scrape_error"].samples] == [0]
        used = {sample.labels["context"]: sample.value for sample in families["kconsole_seats_used"].samples}
        assert used["office"] == 113
        assert set(used) == {"office", "hostile"}
        assert math.inf in [sample.value for sample in families["kconsole_domain_seats_limit"].samples]
