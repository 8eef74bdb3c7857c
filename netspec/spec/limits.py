"""The `limits` section of a spec."""

from __future__ import annotations

from netspec.options import Declared, Integer, Nullable, Quantity, declare, option


@declare("limits")
class Limits(Declared):
    """Budgets that `netspec validate` enforces."""

    parameters: int | None = option(Nullable(Quantity()), "Maximum number of parameters.", None)
    macs: int | None = option(Nullable(Quantity()), "Maximum number of multiply-accumulates for one example.", None)
    activation_memory: int | None = option(
        Nullable(Quantity(is_bytes=True)), "Maximum size in bytes of all nodes' outputs for one example.", None
    )
    receptive_field: int | None = option(Nullable(Integer(ge=1)), "Minimum receptive field of the outputs.", None)
