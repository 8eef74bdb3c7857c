"""Every command, program and spec on a page is run, and prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.kinds import KINDS
from netspec.pipeline import check_text
from tests.docs.pages import DOCS, FENCE, PAGES, TASKS, blocks, check, needs_framework

# What a part of a spec needs around it to be a whole one, by the form of the part.
AROUND = "netspec: 1\ninput: [32, 32, 64]\nlayers:\n"
BEFORE = "netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - flatten\n  - dense: {units: 10, activation: softmax}\n"
LANGUAGES = {"bash", "console", "css", "diff", "json", "lua", "python", "text", "toml", "yaml"}


def pages() -> list[object]:
    """The pages that are run, those that load Keras marked."""
    return [
        pytest.param(
            path,
            id=str(path.relative_to(DOCS)),
            marks=[pytest.mark.backend] if needs_framework(path.read_text(encoding="utf-8")) else [],
        )
        for path in PAGES
    ]


@pytest.mark.parametrize("path", pages())
def test_a_page_runs_as_it_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    check(path)


@pytest.mark.parametrize("path", [*PAGES, *TASKS], ids=lambda path: str(path.relative_to(DOCS)))
def test_every_spec_on_a_page_is_valid(path: Path) -> None:
    for block in blocks(path.read_text(encoding="utf-8")):
        assert block.language in LANGUAGES, f"{path}:{block.line}"
        if block.language != "yaml" or block.title:
            continue  # a file is validated by a command of the page, which may show what is wrong with it
        text = block.text
        if not text.lstrip("# \n").startswith(("netspec:", "yaml-language-server:")):
            text = AROUND + text if text.startswith("- ") else BEFORE + text
        errors = [problem.message for problem in check_text(text, repairs=False).problems if problem.is_error]
        assert not errors, f"{path}:{block.line}"


# --- the arithmetic of the explanations -----------------------------------------------------------------------------------

EXPLANATIONS = sorted((DOCS / "explanation").glob("*.md"))
SUM = re.compile(r"(?<![\w.,])([-(\d][-\d()·+−*/ ]*[-·+−*/][-\d()·+−*/ ]*) = (\d+(?:\.\d+)?)(?![\d,]*[·\d])")


@pytest.mark.parametrize("path", EXPLANATIONS, ids=lambda path: path.name)
def test_every_sum_comes_out(path: Path) -> None:
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    sums = SUM.findall(prose)
    assert sums
    for left, right in sums:
        value = eval(left.replace("·", "*").replace("−", "-"))  # digits and operators
        assert value == float(right), f"{left} = {right}"


@pytest.mark.parametrize("path", EXPLANATIONS, ids=lambda path: path.name)
def test_every_large_number_is_one_that_netspec_printed(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    printed = "".join(block.text for block in blocks(page) if block.language == "console")
    for number in re.findall(r"\d{1,3}(?:,\d{3})+", FENCE.sub("", page)):
        assert re.search(rf"(?<![\d,]){number}(?![\d,])", printed), number


# --- the tables of other frameworks' words --------------------------------------------------------------------------------

MIGRATING = DOCS / "howto" / "migrating.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    text = MIGRATING.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_layers_of_keras_are_those_that_kinds_become() -> None:
    table = rows("Layers")
    assert len(table) > 20
    for theirs, _, _, ours in table:
        kinds = [word for word in re.findall(r"`([\w]+)`", ours) if word in KINDS]
        assert kinds, ours
        known = {re.sub(r"[123]D", "", layer) for kind in kinds for layer in KINDS[kind].keras_layers}
        for layer in re.findall(r"`(\w+)`", theirs):
            assert re.sub(r"[123]D", "", layer) in known, layer


def test_the_hyperparameters_are_ours() -> None:
    options = {name for cls in KINDS.values() for name in cls.options}
    for *_, ours in rows("Hyperparameters"):
        words = [word.partition(":")[0] for word in re.findall(r"`([^`]+)`", ours)]
        assert set(words) <= options, ours
