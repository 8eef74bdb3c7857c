"""`netspec upgrade`: specs of earlier versions, by a pretended history of the format, since there is only one version yet."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.diagnostics.problems import Edit
from netspec.syntax.tree import Mapping, Scalar, Sequence, SourceText, Tree, span_of
from netspec.upgrading import REWRITES

FIRST = """\
# A network of the first version.
netspec:   1   # the format
params: {width: 8}
variants:
  wide: {width:  16}   # two spaces
input: [8,8,3]
nodes:   # what is `layers` in version 2
  # the stem
  - conv: {filters: $width, kernel_size: 3, padding:   zero}   # `same` in version 3

  - relu
  - conv:
      filters: 4
      kernel_size: 3
      padding: 'zero'
"""
THIRD = """\
# A network of the first version.
netspec:   3   # the format
params: {width: 8}
variants:
  wide: {width:  16}   # two spaces
input: [8,8,3]
layers:   # what is `layers` in version 2
  # the stem
  - conv: {filters: $width, kernel_size: 3, padding:   same}   # `same` in version 3

  - relu
  - conv:
      filters: 4
      kernel_size: 3
      padding: same
"""


def _layers_for_nodes(source: SourceText, root: Mapping) -> tuple[Edit, ...]:
    """From 1 to 2: a key has another name."""
    return (Edit(span_of(root.entries["nodes"].key), "layers"),) if "nodes" in root.entries else ()


def _same_for_zero(source: SourceText, root: Mapping) -> tuple[Edit, ...]:
    """From 2 to 3: a value is another, wherever it stands."""
    found: list[Edit] = []
    stack: list[Tree] = [root]
    while stack:
        tree = stack.pop()
        if isinstance(tree, Sequence):
            stack += tree.items
        elif isinstance(tree, Mapping):
            for name, entry in tree.entries.items():
                if name == "padding" and isinstance(entry.value, Scalar) and entry.value.value == "zero":
                    found.append(Edit(span_of(entry.value), "same"))
                stack.append(entry.value)
    return tuple(found)


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """A netspec that reads version 3, which is as version 1 really is."""
    for module in ("netspec.upgrading", "netspec.spec.decoding.version", "netspec.spec.document"):
        monkeypatch.setattr(f"{module}.FORMAT_VERSION", 3)
    monkeypatch.setitem(REWRITES, 1, _layers_for_nodes)
    monkeypatch.setitem(REWRITES, 2, _same_for_zero)


def run(*arguments: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    status = main(["upgrade", *map(str, arguments)], out, err)
    return status, out.getvalue(), err.getvalue()


def written(folder: Path, text: str) -> Path:
    path = folder / "net.yaml"
    path.write_bytes(text.encode())
    return path


def test_there_is_one_version_and_nothing_to_rewrite(tmp_path: Path) -> None:
    path = written(tmp_path, THIRD.replace("3   # the", "1   # the"))
    before = path.read_bytes(), path.stat().st_mtime_ns
    said = (0, f"{path}: already version 1, nothing to do\n", "")
    assert REWRITES == {}
    assert run(path) == said
    assert run(path, "--check") == said
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert run(path, "-o", tmp_path / "copy.yaml") == (0, f"wrote {tmp_path}/copy.yaml: version 1, as it was\n", "")
    assert (tmp_path / "copy.yaml").read_bytes() == before[0]


@pytest.mark.usefixtures("third")
def test_rewrites_are_made_in_order_and_nothing_else_changes(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    assert run(path, "--check") == (1, f"{path}: version 1, would be written as version 3\n", "")
    assert path.read_text() == FIRST
    assert run(path) == (0, f"{path}: version 3 now, was version 1\n", "")
    assert path.read_text() == THIRD
    assert run(path, "--check") == (0, f"{path}: already version 3, nothing to do\n", "")
    assert [each.name for each in tmp_path.iterdir()] == ["net.yaml"]  # what was written beside has its name


@pytest.mark.usefixtures("third")
def test_a_text_begins_where_its_version_says(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST.replace("1   # the", "2   # the").replace("nodes:", "layers:"))
    assert run(path) == (0, f"{path}: version 3 now, was version 2\n", "")
    assert path.read_text() == THIRD


@pytest.mark.usefixtures("third")
@pytest.mark.parametrize("make", [lambda t: t.replace("\n", "\r\n"), lambda t: f"\ufeff{t}"], ids=["ends", "mark"])
def test_ends_of_lines_and_a_mark_at_the_beginning_stay(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = written(tmp_path, make(FIRST))
    assert run(path)[0] == 0
    assert path.read_bytes().decode() == make(THIRD)


@pytest.mark.usefixtures("third")
def test_json_stays_json(tmp_path: Path) -> None:
    text = '{"netspec": 1, "input": [8, 8, 3],\n "nodes": [{"conv": {"filters": 4, "kernel_size": 3, "padding": "zero"}}]}\n'
    path = written(tmp_path, text)
    assert run(path)[0] == 0
    assert path.read_text() == text.replace('"netspec": 1', '"netspec": 3').replace("nodes", "layers").replace(
        "zero", "same"
    )


@pytest.mark.usefixtures("third")
def test_what_would_be_wrong_is_not_written(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST.replace("- relu", "- rleu"))
    status, out, err = run(path)
    assert (status, out) == (1, "")
    assert err.startswith(f"{path}:11:5: error NS201: there is no kind 'rleu'; did you mean `relu`?\n")
    assert "11 |   - rleu" in err
    assert path.read_text() == FIRST.replace("- relu", "- rleu")


@pytest.mark.usefixtures("third")
def test_another_file_is_kept_unless_it_is_told(tmp_path: Path) -> None:
    path, other = written(tmp_path, FIRST), tmp_path / "other.yaml"
    other.write_text("mine")
    refused = f"{other}: error NS709: the file exists; choose another with -o, or replace it with --force\n"
    assert run(path, "-o", other) == (1, "", refused)
    assert other.read_text() == "mine"
    assert run(path, "-o", other, "--force") == (0, f"wrote {other}: version 3, was version 1\n", "")
    assert (path.read_text(), other.read_text()) == (FIRST, THIRD)


@pytest.mark.usefixtures("third")
def test_elsewhere_an_earlier_version_is_told(tmp_path: Path) -> None:
    out = StringIO()
    path = written(tmp_path, FIRST)
    assert main(["validate", str(path)], out, StringIO()) == 1
    assert out.getvalue() == (
        f"{path}:2:12: error NS208: this is format 1, and this netspec reads format 3; "
        "`netspec upgrade FILE` writes it as that\n"
        "    2 | netspec:   1   # the format\n      |            ^\n1 file, 1 error\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "netspec: 2\nwords: 3\n",
            "1:10: error NS208: this netspec knows format 1, and this is format 2, which needs a ",
        ),
        ("input: [8]\n", "1:1: error NS208: the format version is missing; write `netspec: 1` at the top\n"),
        ("netspec: '1'\n", "1:10: error NS208: this netspec reads format 1, not '1'\n"),
        ("netspec: 0\n", "1:10: error NS208: this netspec reads format 1, not 0\n"),
        ("- conv\n", "1:1: error NS207: a spec is a map with `netspec`, `input` and `layers`, not a list"),
        ("a: [\n", "1:5: error NS101: not YAML: a `]` is missing at the end of this line\n"),
        ("{}\n", "1:1: error NS208: the format version is missing; write `netspec: 1` at the top\n"),
    ],
)
def test_what_is_of_no_version_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    status, out, err = run(path)
    assert (status, out) == (1, "")
    assert err.startswith(f"{path}:{said}")
    assert path.read_text() == text
