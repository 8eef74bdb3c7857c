"""The lock files of Node's packages say versions and digests, and no place to fetch them from: that is the machine's to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = sorted(path for path in ROOT.glob("*/*/package-lock.json") if "node_modules" not in path.parts)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.parent.name)
def test_versions_and_digests_alone(path: Path) -> None:
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((path.parent / "package.json").read_text(encoding="utf-8"))
    own = packages.pop("")
    assert len(packages) > 5
    assert [name for name, each in packages.items() if "resolved" in each or "integrity" not in each] == []
    for kind in ("dependencies", "devDependencies"):
        assert own.get(kind) == wanted.get(kind)
        for name, version in wanted.get(kind, {}).items():
            assert packages[f"node_modules/{name}"]["version"] == version
