"""`input` and `inputs`."""

from __future__ import annotations

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.diagnostics.words import show
from netspec.expressions import Expression, is_expression
from netspec.options import Integer
from netspec.options.types import is_int
from netspec.spec.decoding.unknown import as_meant, unknown_key
from netspec.spec.decoding.values import ANY, ValueReader, in_brackets, is_null, noun
from netspec.spec.document import DTYPES, Given, Input
from netspec.spec.edits import without_first
from netspec.spec.names import is_identifier
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, span_of

_SIZE = Integer(ge=1)


def read_inputs(values: ValueReader, root: Mapping, head: Span) -> tuple[Input, ...]:
    """The inputs of a spec; `head` is where to report that it has none."""
    problems = values.problems
    one, many = root.entries.get("input"), root.entries.get("inputs")
    if one is not None and many is not None:
        problems.add(
            "NS209", "`input` and `inputs` cannot both stand; name all of them under `inputs`", span_of(many.key)
        )
    if many is not None and one is None and isinstance(many.value, Sequence):
        written = span_of(many.key)
        message = "`inputs` must be a map of names to shapes, not a list; for one input write `input`"
        candidates = (Candidate((Edit(written, "input"),), "input"),)
        problems.add("NS204", message, span_of(many.value), candidates=candidates)
        found = [_input(values, "input", many.key, many.value, True)]
    elif many is not None:
        entries = values.entries(many, "inputs", "names to shapes")
        if not entries and (isinstance(many.value, Mapping) or is_null(many.value)):
            problems.add("NS203", "`inputs` names no input", span_of(many.key))
        found = [_input(values, name, key, tree, False) for name, (key, tree) in entries.items()]
    elif one is not None:
        found = [_input(values, "input", one.key, one.value, True)]
    else:
        problems.add("NS203", "a spec needs `input`: the shape of one example, such as [224, 224, 3]", head)
        found = []
    return tuple(each for each in found if each is not None)


def _input(values: ValueReader, name: str, key: Scalar, tree: Tree, single: bool) -> Input | None:
    problems = values.problems
    dtype = "float32"
    shape: Tree | None = tree
    if isinstance(tree, Mapping):
        allowed = ("shape", "dtype", "name") if single else ("shape", "dtype")
        unknown = {
            each: unknown_key(problems, entry.key, "an input", allowed)
            for each, entry in tree.entries.items()
            if each not in allowed
        }
        entries = as_meant(tree.entries, unknown)
        if "dtype" in entries:
            dtype = values.constant(entries["dtype"].value, DTYPES, "`dtype`") or dtype
        if single and "name" in entries:
            named = entries["name"].value
            if isinstance(named, Scalar) and isinstance(named.value, str):
                name, key = named.value, named
            else:
                problems.add("NS303", f"`name` must be an identifier, not {noun(named)}", span_of(named))
        shape = entries["shape"].value if "shape" in entries else None
        if shape is None:
            problems.add("NS203", "an input needs `shape`: a list of sizes, such as [224, 224, 3]", span_of(key))
    if not is_identifier(name):
        problems.add("NS303", f"{show(name)} cannot name an input; use letters, digits and _", span_of(key))
        return None
    sizes = None if shape is None else _shape(values, name, shape)
    return Input(name, sizes or Given(None, tree, True), dtype, tree, key)  # one that is wrong is there all the same


def _shape(values: ValueReader, name: str, shape: Tree) -> Given | None:
    if isinstance(shape, Scalar) and isinstance(shape.value, str) and is_expression(shape.value):
        return values.given(shape, ANY)
    if not isinstance(shape, Sequence):
        words, candidates = in_brackets(shape)
        if isinstance(shape, Scalar) and is_int(shape.value) and shape.value > 0:
            meant = f"[{shape.text}]"
            words, candidates = f"; write `{meant}`", (Candidate((Edit(span_of(shape), meant),), meant),)
        message = f"the shape of `{name}` must be a list of sizes, such as [224, 224, 3], not {noun(shape)}{words}"
        values.problems.add("NS204", message, span_of(shape), candidates=candidates)
        return None
    unknown = next((i for i, item in enumerate(shape.items) if isinstance(item, Scalar) and item.value == -1), None)
    if unknown is not None:
        _minus_one(values, name, shape, unknown)
        return None
    sizes: list[Expression | int | None] = []
    dynamic, right = False, True
    for item in shape.items:
        written = item.value if isinstance(item, Scalar) else item
        value: Expression | int | None = None
        if isinstance(written, str) and is_expression(written):
            value = values.parse(item, written)
            dynamic = True
            right = right and value is not None
        elif written is not None:
            value = values.constant(item, _SIZE, f"a size of `{name}`")
            right = right and value is not None
        sizes.append(value)
    return Given(sizes, shape, dynamic) if right else None


def _minus_one(values: ValueReader, name: str, shape: Sequence, index: int) -> None:
    """Report a size of -1, which other frameworks write for the batch, and for what is not known until run time."""
    span = span_of(shape.items[index])
    message = f"a size of `{name}` must be a whole number of at least 1, not -1; "
    if index == 0 and len(shape.items) > 1:
        message += "if it stands for the batch, leave it out: a shape is that of one example"
        candidate = Candidate((without_first(shape),), "leave out the batch")
    else:
        message += "one that is not known until run time is `null`"
        candidate = Candidate((Edit(span, "null"),), "null")
    values.problems.add("NS205", message, span, candidates=(candidate,))
