"""Models as others write them, in YAML or JSON too, which are no specs and can become one."""

from __future__ import annotations

from netspec.diagnostics.problems import Problems
from netspec.syntax.tree import Mapping, span_of

_MODELS = {  # by keys that stand at the top together, and in no spec
    ("class_name", "config"): "a configuration of Keras",
    ("backbone", "head"): "a model of Ultralytics",
}


def is_of_another_tool(problems: Problems, root: Mapping) -> bool:
    """Report a model that is written in another tool's words: each of these would be a problem, and none of them is the matter."""
    for keys, what in _MODELS.items():
        if root.entries.keys() >= {*keys} and not root.entries.keys() & {"netspec", "layers"}:
            message = f"this is {what}, and not a spec; `netspec import FILE` writes it as one"
            problems.add("NS207", message, span_of(root.entries[keys[0]].key))
            return True
    return False
