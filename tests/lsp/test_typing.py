"""Random typing: the server never dies, answers for the text of the moment, and ends with what `netspec validate` says.

A share of `python tools/keys.py`, which types a thousand keys into every spec of the zoo.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lsp_client import Editor
from tests.support.typing import at_random

SPECS = Path(__file__).parent.parent.parent / "specs"


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet", "unet", "densenet", "efficientnet_v2"])
def test_random_typing(editor: Editor, name: str) -> None:
    at_random(editor, (SPECS / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.netspec.yaml", 60, seed=1)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_line_ends(editor: Editor, newline: str) -> None:
    text = (SPECS / "lenet5.yaml").read_text(encoding="utf-8").replace("\n", newline)
    uri = editor.open(text)
    assert editor.published(uri) == []
    if newline == "\r\n":
        at_random(editor, text, "crlf.netspec.yaml", 60, seed=2)
