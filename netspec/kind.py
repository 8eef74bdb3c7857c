"""What a package needs to declare kinds of its own: import this module and nothing else of netspec's.

`docs/howto/own_kinds.md` shows how. What stands here keeps its meaning within a major version of netspec; what lies elsewhere
may change with any.
"""

from netspec.kinds.arguments import (
    Argument,
    Initializer,
    Ones,
    Regularizer,
    Zeros,
    activation,
    initializer,
    regularizer,
    vector_initializer,
)
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import (
    ALIGNED,
    ATTENDED,
    GATHERED,
    REARRANGED,
    Kind,
    OptionConflict,
    Positions,
    Reach,
    Repair,
    ShapeError,
    chain,
    floats_only,
    kind,
)
from netspec.kinds.terms import Product, Sum, WeightTerms, product
from netspec.options import Boolean, Choice, Integer, Nullable, Number, Option, Text, Type, option
from netspec.shapes import Shape, broadcast, positions, show_shape, size_of, spatial_shape

__all__ = [
    "ALIGNED",
    "ATTENDED",
    "GATHERED",
    "REARRANGED",
    "Argument",
    "Boolean",
    "Choice",
    "Initializer",
    "Integer",
    "Keras",
    "Kind",
    "Lowered",
    "Nullable",
    "Number",
    "Ones",
    "Option",
    "OptionConflict",
    "Positions",
    "Product",
    "Reach",
    "Regularizer",
    "Repair",
    "Shape",
    "ShapeError",
    "Sum",
    "Tensor",
    "Text",
    "Type",
    "WeightTerms",
    "Zeros",
    "activation",
    "broadcast",
    "chain",
    "floats_only",
    "initializer",
    "kind",
    "option",
    "positions",
    "product",
    "regularizer",
    "show_shape",
    "size_of",
    "spatial_shape",
    "vector_initializer",
]
