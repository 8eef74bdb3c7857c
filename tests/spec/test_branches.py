"""A branch that may be absent: a map of `when` and `body`."""

from __future__ import annotations

import pytest

from netspec.pipeline import check_text

NEEDS = "`inception`: the branch `b` needs `{}` too, or is a list of nodes alone"
TAKES = "`inception`: the branch `b` takes `when` and `body`, not {}"


@pytest.mark.parametrize(
    ("branch", "said"),
    [
        ("{when: true, body: [relu]}", []),
        ("{when: true}", [("NS203", NEEDS.format("body"))]),
        ("{body: [relu]}", [("NS203", NEEDS.format("when"))]),
        ("{body: [relu], wen: true}", [("NS202", TAKES.format("'wen'; did you mean `when`?"))]),
        ("{when: true, relu: {}}", [("NS202", TAKES.format("'relu'")), ("NS203", NEEDS.format("body"))]),
    ],
)
def test_a_branch_says_whether_it_is_there_and_what_it_is(branch: str, said: list[tuple[str, str]]) -> None:
    text = f"netspec: 1\ninput: [4, 4, 3]\nlayers:\n  - inception: {{branches: {{a: [relu], b: {branch}}}}}\n"
    found = sorted((each.code, each.message) for each in check_text(text, repairs=False).problems)
    assert found == said
