"""What `inspect` says of a node beyond its sizes."""

from __future__ import annotations

from netspec.pipeline import check_text
from netspec.report.inspection import as_dict, rows

MASKED = """\
netspec: 1
input: {shape: [6], dtype: int32}
layers:
  - embedding: {input_dim: 9, output_dim: 4, mask_zero: true}
  - dense: 5
  - lstm: {units: 3, return_sequences: true}
  - lstm: 2
"""


def test_outputs_that_carry_a_mask_are_marked() -> None:
    graph = check_text(MASKED, "spec.yaml").graph
    assert graph is not None
    assert [row[2] for row in rows(graph, 9)] == ["6", "6 x 4, masked", "6 x 5, masked", "6 x 3, masked", "2"]
    assert [node.get("masked") for node in as_dict(graph)["nodes"]] == [True, True, True, None]
    plain = check_text(MASKED.replace(", mask_zero: true", ""), "spec.yaml").graph
    assert plain is not None
    assert [row[2] for row in rows(plain, 9)] == ["6", "6 x 4", "6 x 5", "6 x 3", "2"]
