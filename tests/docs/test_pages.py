"""Every command, program and spec on a page is run, and prints what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.pipeline import check_text
from tests.docs.pages import DOCS, PAGES, Runner, accuracies, blocks, commands, needs_framework, settled

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
    for block, printed in Runner().run(path.read_text(encoding="utf-8")):
        if block.language != "console":
            continue
        for command, out in zip(commands(block), printed, strict=True):
            assert settled(out) == settled(command.output), f"{path}:{block.line}: $ {command.text}"
            assert accuracies(out) == pytest.approx(accuracies(command.output), abs=0.05)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
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
