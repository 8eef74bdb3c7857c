"""Names for what belongs to Keras.

Keras ships no types: to a type checker all that comes from it is Any, once, here, under names that say what it is.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]  # what goes into a model or comes out of it, once it is NumPy's

Keras = ModuleType  # the module, on the backend in use
KerasModel = Any
KerasLayer = Any
KerasVariable = Any
KerasTensor = Any  # of the backend in use, symbolic or not
KerasObject = Any  # an optimizer, a schedule, a loss, a metric, a callback, a distribution, an initializer
