"""Limits and budgets."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS601",
        "error",
        "Budget exceeded",
        "`limits` sets a budget for parameters, multiply-accumulates or memory, or a minimum receptive field of "
        "the outputs, and the network violates it. The message names the most expensive nodes.",
        "Make those nodes cheaper, or raise the limit. What saves most is a `1x1` that reduces the channels "
        "before a large window, `global_pool` instead of `flatten`, and an early stride.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - flatten
  - dense: 1000
limits: {parameters: 1M}
""",
    ),
    Code(
        "NS602",
        "error",
        "Too large for any machine",
        "A tensor or the weights of a layer would have more than 2**53 elements, a tensor has more than 7 dimensions "
        "besides the batch (the maximum of TensorFlow's kernels), or this machine ran out of memory.",
        "Look for a size that was meant to be smaller, or for an `upsample` or a `flatten` where a "
        "`global_pool` belongs.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - dense: 9000000000000000
""",
    ),
)
