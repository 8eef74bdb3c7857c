"""`params` and `variants`, and the params of blocks."""

from __future__ import annotations

from netspec.diagnostics.problems import Problems
from netspec.diagnostics.words import show, suggest
from netspec.spec.decoding.unknown import put_in_place
from netspec.spec.decoding.values import ANY, ValueReader, is_null, noun
from netspec.spec.document import Given
from netspec.spec.keys import WIRING
from netspec.spec.names import MAX_NAME, VARIANT_NAME, is_identifier
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, span_of


def read_params(values: ValueReader, entry: Entry | None) -> tuple[dict[str, Given], dict[str, Scalar]]:
    """The spec's `params`: their defaults, and their keys."""
    params: dict[str, Given] = {}
    keys: dict[str, Scalar] = {}
    for name, (key, tree) in values.entries(entry, "params", "names to default values").items():
        params[name] = Given(None, tree, True)  # not known, unless it is right: what reads it is not at fault
        if not is_param_name(values.problems, key):
            continue
        if is_null(tree):
            values.problems.add("NS203", f"the param `{name}` needs a value, its default", span_of(key))
        elif is_param_value(values.problems, tree, f"the param `{name}`"):
            params[name] = values.given(tree, ANY)
            keys[name] = key
    return params, keys


def read_variants(values: ValueReader, entry: Entry | None, params: dict[str, Given]) -> dict[str, dict[str, Given]]:
    """The spec's `variants`: for each, the params that it sets."""
    variants: dict[str, dict[str, Given]] = {}
    for name, (key, tree) in values.entries(entry, "variants", "variant names to params").items():
        if not VARIANT_NAME.match(name) or len(name) > MAX_NAME:
            values.problems.add(
                "NS303", f"{show(name)} cannot name a variant; use letters, digits, _, . and -", span_of(key)
            )
        elif isinstance(tree, Mapping):
            variants[name] = _variant(values, name, tree, params)
        else:
            if not is_null(tree):
                values.problems.add(
                    "NS204", f"the variant `{name}` must be a map of params, not {noun(tree)}", span_of(tree)
                )
            variants[name] = {}
    return variants


def _variant(values: ValueReader, name: str, tree: Mapping, params: dict[str, Given]) -> dict[str, Given]:
    found: dict[str, Given] = {}
    for param, (key, value) in tree.entries.items():
        if param not in params:
            meant = suggest(param, tuple(params))
            message = f"the variant `{name}` sets `{param}`, which is not among `params`"
            message += meant.question() if meant is not None else ""
            values.problems.add("NS507", message, span_of(key), candidates=put_in_place(meant, span_of(key)))
        elif is_param_value(values.problems, value, f"the param `{param}`"):
            found[param] = values.given(value, ANY)
    return found


def is_param_name(problems: Problems, key: Scalar) -> bool:
    """May a param be called so? Where not, a problem is reported."""
    if not is_identifier(key.text):
        problems.add("NS303", f"{show(key.text)} cannot name a param; use letters, digits and _", span_of(key))
        return False
    if key.text in WIRING:
        problems.add("NS508", f"a param cannot be called `{key.text}`, which every node takes already", span_of(key))
        return False
    return True


def is_param_value(problems: Problems, tree: Tree, what: str) -> bool:
    """May a param hold such a value? Where not, a problem is reported."""
    items = tree.items if isinstance(tree, Sequence) else [tree]
    for item in items:
        if isinstance(item, Mapping) or (isinstance(item, Sequence) and item is not tree and not _is_flat(item)):
            message = f"{what} must be a number, true or false, text or a list of those, not {noun(item)}"
            problems.add("NS204", message, span_of(item))
            return False
    return True


def _is_flat(tree: Sequence) -> bool:
    return all(isinstance(item, Scalar) for item in tree.items)
