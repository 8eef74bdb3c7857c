"""`blocks`."""

from __future__ import annotations

from netspec.diagnostics.problems import Candidate, Edit
from netspec.diagnostics.words import show
from netspec.spec.decoding.forms import Params
from netspec.spec.decoding.nodes import NodeReader
from netspec.spec.decoding.params import is_param_name, is_param_value
from netspec.spec.decoding.unknown import unknown_key
from netspec.spec.decoding.values import ANY, ValueReader, is_null, noun
from netspec.spec.document import Block, Given
from netspec.spec.names import BLOCK_NAME, MAX_NAME
from netspec.syntax.tree import Entry, Mapping, Scalar, span_of

_KEYS = ("params", "layers", "description")


def names_of(blocks: dict[str, Entry]) -> Params:
    """The blocks that nodes may use, with the names of their params, before anything in them is read."""
    return {name: _param_names(entry) for name, entry in blocks.items() if BLOCK_NAME.match(name)}


def _param_names(block: Entry) -> tuple[str, ...]:
    if not isinstance(block.value, Mapping) or "params" not in block.value.entries:
        return ()
    params = block.value.entries["params"].value
    return tuple(params.entries) if isinstance(params, Mapping) else ()


def read_block(values: ValueReader, nodes: NodeReader, name: str, entry: Entry) -> Block | None:
    """A block; None where it is not a map."""
    problems = values.problems
    key, tree = entry
    if not BLOCK_NAME.match(name) or len(name) > MAX_NAME:
        capital = name[:1].upper() + name[1:]
        hint = f"; write {show(capital)}" if BLOCK_NAME.match(capital) else ""
        message = f"a block's name starts with a capital letter, unlike {show(name)}{hint}"
        problems.add("NS303", message, span_of(key), candidates=_renamed(nodes, key, capital) if hint else ())
    if not isinstance(tree, Mapping):
        problems.add("NS204", f"the block `{name}` must be a map with `layers`, not {noun(tree)}", span_of(tree))
        return None
    for item in tree.entries.values():
        if item.key.text not in _KEYS:
            unknown_key(problems, item.key, "a block", _KEYS)
    values.text(tree.entries.get("description"), "description")
    params, keys = _params(values, tree.entries.get("params"))
    layers = tree.entries.get("layers")
    if layers is None:
        problems.add("NS203", f"the block `{name}` needs `layers`: the list of its nodes", span_of(key))
        return Block(name, key, params, keys, ())
    values.own = frozenset(params)
    body = nodes.body(layers.value, "layers")
    values.own = frozenset()
    return Block(name, key, params, keys, body)


def _renamed(nodes: NodeReader, key: Scalar, capital: str) -> tuple[Candidate, ...]:
    """Another name for a block, where it is defined and where it is used."""
    edits = dict.fromkeys((span_of(key), *map(span_of, nodes.words.get(key.text, ()))), capital)
    return (Candidate(tuple(Edit(span, text) for span, text in edits.items()), capital),)


def _params(values: ValueReader, entry: Entry | None) -> tuple[dict[str, Given | None], dict[str, Scalar]]:
    params: dict[str, Given | None] = {}
    keys: dict[str, Scalar] = {}
    for name, (key, value) in values.entries(entry, "params", "names to default values").items():
        if not is_param_name(values.problems, key):
            continue
        keys[name] = key
        if is_null(value):
            params[name] = None
        elif is_param_value(values.problems, value, f"the param `{name}`"):
            params[name] = values.given(value, ANY)
        else:
            params[name] = Given(None, value, True)  # not known: what reads it is not at fault
    return params, keys
