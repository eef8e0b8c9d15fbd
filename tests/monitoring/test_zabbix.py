"""The template for Zabbix asks for what is there. A Zabbix 6.0 has imported it and read values by it."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from tests.cli.console import Console
from tests.monitoring import DATA

TEMPLATE = json.loads((DATA / "monitoring" / "zabbix" / "kconsole-template.json").read_text())["zabbix_export"]
(KCONSOLE,) = TEMPLATE["templates"]


def every(node: Any, name: str) -> Iterator[Any]:
    """All values of a field, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == name:
                yield value
            yield from every(value, name)
    elif isinstance(node, list):
        for each in node:
            yield from every(each, name)


def test_its_ids_are_what_zabbix_takes() -> None:
    ids = [uuid.UUID(each) for each in every(TEMPLATE, "uuid")]
    assert {each.version for each in ids} == {4}
    assert len(set(ids)) == len(ids)


def test_what_it_names_is_there() -> None:
    items = {item["key"] for item in KCONSOLE["items"]}
    assert {master["key"] for master in every(KCONSOLE, "master_item")} <= items
    expressions = " ".join(every(KCONSOLE, "expression"))
    assert set(re.findall(r"/Kconsole/([^,)]+(?:\[[^]]*\])?)", expressions)) <= items | {
        "vfs.file.time[{$KCONSOLE.FILE}"
    }
    macros = {macro["macro"] for macro in KCONSOLE["macros"]}
    assert set(re.findall(r"\{\$[A-Z.]+\}", json.dumps(KCONSOLE))) == macros


def test_its_paths_lead_to_figures(office: Console) -> None:
    document = office.done("metrics", "--format", "json").json
    paths = [step["parameters"][0] for step in every(KCONSOLE["items"], "preprocessing") for step in step[:1]]
    missing = object()
    for path in paths:
        found: Any = document
        for name in re.findall(r"\.(\w+)|\['(\w+)'\]", path):
            found = found.get("".join(name), missing)
            if found is missing:
                break
        if found is missing:
            assert path == "$.license.expiry_timestamps.trial"
    assert len(paths) == len(KCONSOLE["items"]) - 2
    (rule,) = KCONSOLE["discovery_rules"]
    names = {path.rpartition(".")[2] for path in every(rule, "path")}
    figures = {found for each in every(rule, "parameters") for found in re.findall(r"\]\.(\w+)\.first\(\)", each[0])}
    assert names | figures == {"name", "used", "free"} <= set(document["domains"][0])
