"""Names and texts of a stranger's, where they come out again: terminals, pages, annotations, code (CVE-2026-12479)."""

from __future__ import annotations

import ast
import io
import json
import os
from pathlib import Path

import pytest

from netspec.backends.keras.script import script
from netspec.cli import main
from netspec.pipeline import check_text

# A file name that ends a Python text, a line, an annotation and a tag, colours a terminal and turns the writing round.
NAME = "a\x1b[31m\u202e\n::error::\r\"\"\"'''; import os; os.abort() # <script>alert(1)<!--.yaml"
WRONG = 'netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - "co\\e]0;x\\a\\u202e\\n::error::nv": {filters: 4}\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


def is_plain(text: str) -> bool:
    """Nothing in it that a terminal obeys or that turns letters round; and UTF-8 can say it."""
    text.encode()
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize("name", [NAME, os.fsdecode(b"not UTF-8 \xff.yaml"), "-.yaml", "a b%0A.yaml"])
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_problems(name: str, form: str) -> None:
    Path(name).write_text(WRONG)
    status, out, err = run("validate", "--format", form, "--", name)
    assert (status, err) == (1, "")
    assert is_plain(out)
    if form in ("json", "sarif"):
        json.loads(out)
    if form == "github":
        assert len(out.splitlines()) == 1
    assert not any(line.lstrip().startswith("::") for line in out.splitlines() if form != "github")


@pytest.mark.parametrize(
    "command",
    [
        ["inspect"],
        ["explain"],
        ["build"],
        *(pytest.param([name], marks=pytest.mark.backend) for name in ("train", "evaluate")),
    ],
    ids=str,
)
@pytest.mark.parametrize("exists", [True, False])
def test_commands_that_name_a_file(command: list[str], exists: bool) -> None:
    if exists:
        Path(NAME).write_text(WRONG)
    status, out, err = run(*command, NAME)
    assert status in (1, 2)
    assert is_plain(out + err)
    assert "Traceback" not in err
    assert "internal error" not in err


def test_a_fix_names_its_file() -> None:
    Path(NAME).write_text("netspec: 0\ninput: [8]\nlayers: [relu]\n")
    status, out, err = run("validate", "--fix", NAME)
    assert status == 0
    assert is_plain(out + err)
    assert Path(NAME).read_text() == "netspec: 1\ninput: [8]\nlayers: [relu]\n"


# --- a script ---------------------------------------------------------------------------------------------------------


def written(text: str, path: str = "spec.yaml") -> ast.Module:
    """The script of a spec, parsed."""
    spec = check_text(text)
    assert spec.ok, spec.problems
    assert spec.graph is not None
    return ast.parse(script(spec.graph, path))


def test_a_file_name_in_a_script() -> None:
    text = "netspec: 1\nname: small\ninput: [8]\nlayers: [relu]\n"
    assert ast.dump(written(text, NAME)) == ast.dump(written(text))


TEXTS = """\
netspec: 1
name: exec
description: "\\"\\"\\"\\nimport os\\nos.abort()\\n'''"
input: [8, 8, 1]
layers:
  - conv: {filters: 1, kernel_size: 1, kernel_initializer: {constant: {value: 1e-3}}, name: __import__}
  - relu: {name: __name__}
  - relu: {name: class}
  - relu: {name: keras}
  - relu: {name: keras_}
  - relu: {name: model}
  - relu: {name: float}
  - relu: {name: print}
  - dense: {units: 1, name: eval}
  - dense: {units: 1, name: eval_layer}
  - dense: {units: 1, name: last, share: eval}
"""


def test_names_in_a_script() -> None:
    module = written(TEXTS)
    assigned = [
        target.id
        for n in module.body
        if isinstance(n, ast.Assign)
        for target in n.targets
        if isinstance(target, ast.Name)
    ]
    assert len(set(assigned)) == len(assigned)
    assert not {"__name__", "class", "keras", "float"} & set(assigned)
    # All that is called is a part of Keras, a layer or a model that was made of one.
    for call in (n for n in ast.walk(module) if isinstance(n, ast.Call)):
        root = call.func
        while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
            root = root.func if isinstance(root, ast.Call) else root.value
        assert isinstance(root, ast.Name)
        assert root.id in {"keras", "model", "eval_layer_"}
    imports = [n for n in ast.walk(module) if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(n) for n in imports] == ["import keras"]
