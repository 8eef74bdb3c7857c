"""The table of kinds, whose modules are read when a spec uses them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netspec.kinds import FAMILIES, KINDS
from netspec.kinds.table import MODULES, KindTable

READ = """
import io, sys
from netspec.cli import main
status = main({arguments!r}, io.StringIO(), io.StringIO())
print(status, *sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("netspec.kinds.")))
"""


def test_the_table_lists_what_the_modules_declare() -> None:
    declared: dict[str, list[str]] = {module: [] for module in MODULES}
    for word, cls in KINDS.items():
        declared[cls.__module__.rpartition(".")[2]].append(word)
    assert {module: sorted(words) for module, words in declared.items()} == {
        module: sorted(words) for module, words in MODULES.items()
    }


def test_every_family_is_shown_somewhere() -> None:
    assert {cls.family for cls in KINDS.values()} == set(FAMILIES)


def test_a_kind_stands_beside_the_one_whose_defaults_it_starts_from() -> None:
    """`defaults` are read before the nodes, and hand on what they say to the kinds that have been read."""
    heirs = {cls: KINDS[cls.defaults_from] for cls in KINDS.values() if cls.defaults_from}
    assert heirs
    for cls, base in heirs.items():
        assert cls.__module__ == base.__module__


@pytest.mark.parametrize(
    ("spec", "unread"),
    [("specs/lenet5.yaml", {"sequence"}), ("specs/resnet.yaml", {"sequence", "preprocessing", "shape"})],
    ids=["lenet5", "resnet"],
)
def test_a_family_that_no_node_is_of_is_not_read(spec: str, unread: set[str]) -> None:
    code = READ.format(arguments=["validate", spec])
    status, *read = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert status == "0"
    assert not unread & set(read)


def test_a_name_is_declared_once() -> None:
    table = KindTable({})
    table["probe"] = KINDS["conv"]
    assert "probe" in table
    assert len(table) == 1
    with pytest.raises(ValueError, match=r"^'probe' is declared twice$"):
        table["probe"] = KINDS["dense"]
    del table["probe"]
    assert (table.get("probe"), table.read()) == (None, ())
