"""The list of parts (SBOM) in CycloneDX: versions, licenses, and the hashes of the very wheels that were taken."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.packaging import dist
from tests.packaging.environment import Environment, Part
from tests.packaging.lock import LOCK, pins


def build(folder: Path, environment: Environment) -> Path:
    """Write the list into a folder."""
    made = folder / f"kconsole-{dist.version()}.cdx.json"
    made.write_text(document(environment.parts))
    return made


def document(parts: Sequence[Part]) -> str:
    """The list of parts of kconsole, the same bytes for the same parts."""
    root = f"pkg:pypi/kconsole@{dist.version()}"
    purls = {part.name: _purl(part) for part in parts}
    needs: dict[str, list[str]] = {root: [], **{purl: [] for purl in purls.values()}}
    needed = [(name, parent) for name, pin in pins(LOCK.read_text()).items() for parent in pin.needed_by]
    for name, parent in needed:
        if name in purls:  # the Debian package leaves one out
            needs[root if parent == "kconsole" else purls[parent]].append(purls[name])
    made = datetime.fromtimestamp(dist.epoch(), UTC)
    content: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": made.isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "kconsole",
                "version": dist.version(),
                "purl": root,
                "licenses": [{"license": {"id": "MIT"}}],
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": _purl(part),
                "name": part.name,
                "version": part.version,
                "description": part.summary,
                "purl": _purl(part),
                "licenses": [{"expression": part.license}],
                "hashes": [{"alg": "SHA-256", "content": part.sha256}],
            }
            for part in parts
        ],
        "dependencies": [{"ref": ref, "dependsOn": sorted(of)} for ref, of in sorted(needs.items())],
    }
    content["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))}"
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _purl(part: Part) -> str:
    return f"pkg:pypi/{part.name}@{part.version}"
