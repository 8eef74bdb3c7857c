"""What a key makes of a text that has been read, whichever and wherever: the same tree as of one that has not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netspec.diagnostics.problems import Problems
from netspec.syntax import rereading
from netspec.syntax.reading import read_text
from netspec.syntax.rereading import Texts
from tests.support.comparing import tree

WHOLE = """\
netspec: 1
params: {a: 4, b, c: , "d": 5, 'e': }
empty:
nothing: ~
list: [1, 2, (3, 3), ]
other: [a, b, {c, d: }, "", '']
layers:
  - conv: {filters: 16, k}
  - conv: {k}
  - relu
  -
  - pool:
  - dense:
      units: 10
      activation:
  - dense: 'x y'  # comment
  - {dense: 3}
  - ''
"""


def texts() -> Iterator[str]:
    """The whole, and each line of it with another below."""
    yield WHOLE
    for line in WHOLE.splitlines():
        yield f"layers:\n{line}\nend: 1\n" if line.startswith(" ") else f"{line}\nend: 1\n"


@pytest.mark.parametrize("items", [2, rereading.MIN_ITEMS])
def test_any_key_anywhere_and_back(items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereading, "MIN_ITEMS", items)
    for text in texts():
        for at in range(len(text)):
            changed = [text[:at] + key + text[at:] for key in ("x", "1")]
            changed += [text[:at] + text[at + 1 :]] if text[at].isalnum() else []
            for now in changed:
                memory = Texts()
                memory.read(text, "x", Problems())
                for each in (now, text):
                    problems, expected = Problems(), Problems()
                    kept, plain = memory.read(each, "x", problems).tree, read_text(each, "x", expected).tree
                    assert (kept and tree(kept)) == (plain and tree(plain)), each
                    assert problems.ordered() == expected.ordered(), each
