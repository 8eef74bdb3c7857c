"""Limits and budgets."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS601",
        "error",
        "Over the spec's own limits",
        "`limits` sets a budget of parameters, multiply-accumulates or memory, or a receptive field that "
        "the outputs must have, and the network does not keep it. The message names the nodes that cost "
        "most.",
        "Make those nodes cheaper, or raise the limit. A `1x1` that reduces channels before a large window, "
        "a `global_pool` in place of `flatten`, and a stride early on save most.",
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
        "Beyond any machine",
        "A tensor or a layer's weights would hold more than 2**53 numbers, a tensor has more than 7 dimensions beside the batch "
        "(TensorFlow's kernels stop there), or this machine's memory was not enough.",
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
