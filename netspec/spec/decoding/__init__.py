"""Tree to `Document`: every problem of structure, found without looking at a shape.

A hyperparameter that holds no expression is checked here, once; one that does is parsed here and checked when its
value is known. `top` puts the parts together, one for each section of a spec; they share a `ValueReader` and a `NodeReader`.
"""

from netspec.spec.decoding.top import decode, default_name
from netspec.spec.decoding.values import locate

__all__ = ["decode", "default_name", "locate"]
