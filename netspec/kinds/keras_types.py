"""Names for what belongs to Keras. It ships no types, and no module of the kinds may import it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Keras = Any  # the module, with netspec's own layers under `netspec_layers`; or what stands in for it
KerasObject = Any  # an initializer or a regularizer, or its name
Tensor = Any
Lowered = Callable[..., Tensor]  # a layer, or a chain of them: called on a tensor or a list of tensors
