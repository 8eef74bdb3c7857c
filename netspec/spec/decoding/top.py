"""The top of a spec: its sections, each read by its own module, as one document."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from netspec.data import Data
from netspec.diagnostics.problems import FILE_START, Problems, Span
from netspec.spec.decoding.blocks import names_of, read_block
from netspec.spec.decoding.foreign import is_of_another_tool
from netspec.spec.decoding.inputs import read_inputs
from netspec.spec.decoding.nodes import NodeReader
from netspec.spec.decoding.outputs import read_outputs
from netspec.spec.decoding.params import read_params, read_variants
from netspec.spec.decoding.settings import read_defaults, read_settings
from netspec.spec.decoding.unknown import as_meant, unknown_key
from netspec.spec.decoding.values import ValueReader, noun
from netspec.spec.decoding.version import check_version, is_of_another_version
from netspec.spec.decoding.weights import read_weights
from netspec.spec.document import Block, Document, Step
from netspec.spec.keys import TOP_KEYS
from netspec.spec.limits import Limits
from netspec.spec.names import MAX_NAME, Identifier
from netspec.spec.training_settings import Train
from netspec.syntax.tree import Entry, Mapping, Sequence, SourceText, span_of

if TYPE_CHECKING:
    from netspec.spec.decoding.keeping import KeptSteps
    from netspec.spec.decoding.use import Library, Using

_NAME = Identifier()


def decode(
    source: SourceText,
    problems: Problems,
    kept: KeptSteps | None = None,
    moved: set[int] | None = None,
    library: Library | None = None,
) -> Document | None:
    """The document, as far as it could be understood; None where nothing can be said beyond `problems`.

    Args:
        source: The text with its tree.
        problems: Takes what is wrong.
        kept: What was read of the text before, for who reads almost the same again and again.
        moved: Parts of the tree that are those of the text before, but for their places; it is emptied.
        library: Finds the blocks of other files; without, they are known by their names only.
    """
    root = source.tree
    if root is None:
        return None
    if not isinstance(root, Mapping):
        hint = "; put it under `layers:`" if isinstance(root, Sequence) else ""
        message = f"a spec is a map with `netspec`, `input` and `layers`, not {noun(root)}{hint}"
        problems.add("NS207", message, span_of(root))
        return None
    if is_of_another_version(problems, root) or is_of_another_tool(problems, root):
        return None
    unknown = {
        name: unknown_key(problems, entry.key, "a spec", TOP_KEYS)
        for name, entry in root.entries.items()
        if name not in TOP_KEYS
    }
    if unknown:
        root = Mapping(as_meant(root.entries, unknown), root.flow, root.start, root.end)
    entries = root.entries
    head = _head(root)
    check_version(problems, root, head)
    written = entries.get("params")
    names = tuple(written.value.entries) if written is not None and isinstance(written.value, Mapping) else ()
    values = ValueReader(problems, source, names)
    blocks = values.entries(entries.get("blocks"), "blocks", "block names to {params, layers}")
    using = _using(values, entries.get("use"), blocks, library)
    nodes = NodeReader(values, {**(using.params if using else {}), **names_of(blocks)}, kept)
    if "requires" in entries:
        from netspec.spec.decoding.requires import read_requires  # most specs name none

        nodes.missing = read_requires(values, entries["requires"])
    nodes.defaults = read_defaults(values, nodes, entries.get("defaults"))
    if kept is not None:
        kept.begin(nodes.blocks, nodes.defaults, moved if moved is not None else set())
    used = None if using is None else using.read(nodes.defaults)
    params, param_keys = read_params(values, entries.get("params"))
    variants = read_variants(values, entries.get("variants"), params)
    inputs = read_inputs(values, root, head)
    decoded = {name: _block(values, nodes, name, entry) for name, entry in blocks.items()}
    own = {name: block for name, block in decoded.items() if block is not None}
    document = Document(
        source=source,
        name=_name(values, entries.get("name"), source.path),
        description=values.text(entries.get("description"), "description"),
        params=params,
        param_keys=param_keys,
        variants=variants,
        inputs=inputs,
        defaults=nodes.defaults,
        blocks=own if used is None else {**own, **used.blocks},
        body=_layers(nodes, root, head),
        outputs=read_outputs(values, entries.get("outputs")),
        weights=read_weights(values, entries.get("weights"), variants),
        limits=read_settings(nodes, entries.get("limits"), Limits),
        data=read_settings(nodes, entries.get("data"), Data),
        train=read_settings(nodes, entries.get("train"), Train),
        names_used=frozenset(values.names_used),
        blocks_used=frozenset(nodes.blocks_used),
        used=used,
        steps=nodes.count,
    )
    if kept is not None:
        kept.end()
    return document


def _using(values: ValueReader, entry: Entry | None, blocks: dict[str, Entry], library: Library | None) -> Using | None:
    if entry is None:
        return None
    from netspec.spec.decoding.use import Using  # most specs use no other file

    return Using(values, entry, tuple(blocks), library)


def _block(values: ValueReader, nodes: NodeReader, name: str, entry: Entry) -> Block | None:
    if nodes.kept is None:
        return read_block(values, nodes, name, entry)
    return nodes.kept.block(name, entry, nodes, lambda: read_block(values, nodes, name, entry))


def default_name(path: str) -> str:
    """The file's stem, made an identifier; what comes from no file is just a network."""
    if path.startswith("<"):
        return "network"
    stem = os.path.basename(path).split(".")[0]
    stem = re.sub(r"[^A-Za-z0-9_]", "_", stem)[:MAX_NAME] or "model"
    return stem if not stem[0].isdigit() else f"_{stem}"


def _head(root: Mapping) -> Span:
    """Where to report what the whole spec lacks."""
    first = next(iter(root.entries.values()), None)
    return span_of(first.key) if first is not None else FILE_START


def _name(values: ValueReader, entry: Entry | None, path: str) -> str:
    if entry is None:
        return default_name(path)
    name = values.constant(entry.value, _NAME, "`name`")
    return name if isinstance(name, str) else default_name(path)


def _layers(nodes: NodeReader, root: Mapping, head: Span) -> tuple[Step, ...]:
    entry = root.entries.get("layers")
    if entry is None:
        is_of_blocks = "blocks" in root.entries and not {"input", "inputs"} & {*root.entries}
        hint = "; a file of blocks alone is checked with the specs that `use` it" if is_of_blocks else ""
        nodes.problems.add("NS203", f"a spec needs `layers`: the list of its nodes{hint}", head)
        return ()
    layers = entry.value
    body = nodes.body(layers, "layers")
    if not body and (not isinstance(layers, Sequence) or not layers.items) and not isinstance(layers, Mapping):
        nodes.problems.add("NS203", "`layers` is empty; a network has at least one node", span_of(entry.key))
    return body
