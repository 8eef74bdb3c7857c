"""The top of a spec: inputs, params, blocks, settings, outputs."""

from __future__ import annotations

import os
import re
from typing import Any

from netspec.data import Data
from netspec.diagnostics.foreign import Place
from netspec.diagnostics.problems import FILE_START, Candidate, Edit, Problems, Span
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.expressions import is_expression
from netspec.kinds import KINDS
from netspec.kinds.composition import Body
from netspec.options import Declared, Integer
from netspec.spec.decoding.nodes import NODE_PATH, Nodes
from netspec.spec.decoding.values import ANY, Field, noun
from netspec.spec.document import (
    BLOCK_NAME,
    DTYPES,
    FORMAT_VERSION,
    IDENTIFIER,
    MAX_NAME,
    TOP_KEYS,
    Block,
    Document,
    Given,
    Input,
    Section,
    Step,
)
from netspec.spec.limits import Limits
from netspec.spec.training_settings import Train
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Source, Tree, span_of

_PLACES: dict[str, Place] = {"train": "train", "limits": "limits"}


def decode(source: Source, problems: Problems) -> Document | None:
    """The document, as far as it could be understood; None where nothing can be said beyond `problems`."""
    if source.tree is None:
        return None
    if not isinstance(source.tree, Mapping):
        hint = "; put it under `layers:`" if isinstance(source.tree, Sequence) else ""
        problems.add(
            "NS207",
            f"a spec is a map with `netspec`, `input` and `layers`, not {noun(source.tree)}{hint}",
            span_of(source.tree),
        )
        return None
    return _Decoder(source, problems).document(source.tree)


class _Decoder(Nodes):
    def document(self, root: Mapping) -> Document | None:
        entries = root.entries
        for name, entry in entries.items():
            if name not in TOP_KEYS:
                self._unknown_key(entry.key, "a spec", TOP_KEYS)
        self._version(root)
        blocks = self._section_map(entries.get("blocks"), "blocks", "block names to {params, layers}")
        self.block_names = tuple(name for name in blocks if BLOCK_NAME.match(name))
        self._defaults(entries.get("defaults"))
        params, param_keys = self._params(entries.get("params"))
        variants = self._variants(entries.get("variants"), params)
        inputs = self._inputs(root)
        decoded = {name: self._block(name, entry) for name, entry in blocks.items()}
        body: tuple[Step, ...] = ()
        if "layers" not in entries:
            self.problems.add("NS203", "a spec needs `layers`: the list of its nodes", _head(root))
        else:
            layers = entries["layers"].value
            body = self.body(layers, "layers")
            if not body and (not isinstance(layers, Sequence) or not layers.items) and not isinstance(layers, Mapping):
                self.problems.add(
                    "NS203",
                    "`layers` is empty; a network has at least one node",
                    span_of(entries["layers"].key),
                )
        return Document(
            source=self.source,
            name=self._name(entries.get("name")),
            description=self._text(entries.get("description"), "description"),
            params=params,
            param_keys=param_keys,
            variants=variants,
            inputs=inputs,
            defaults=self.defaults,
            blocks={name: block for name, block in decoded.items() if block is not None},
            body=body,
            outputs=self._outputs(entries.get("outputs")),
            limits=self._settings(entries.get("limits"), Limits),
            data=self._settings(entries.get("data"), Data),
            train=self._settings(entries.get("train"), Train),
            names_used=frozenset(self.names_used),
            blocks_used=frozenset(self.blocks_used),
        )

    def _version(self, root: Mapping) -> None:
        entry = root.entries.get("netspec")
        if entry is None:
            start = Span(_head(root).line, _head(root).column, _head(root).line, _head(root).column)
            candidate = Candidate((Edit(start, f"netspec: {FORMAT_VERSION}\n"),), f"netspec: {FORMAT_VERSION}")
            candidates = () if root.flow else (candidate,)
            self.problems.add(
                "NS208",
                f"the format version is missing; write `netspec: {FORMAT_VERSION}` at the top",
                _head(root),
                candidates=candidates,
            )
            return
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if value != FORMAT_VERSION or isinstance(value, bool):
            self.problems.add(
                "NS208",
                f"this netspec reads format {FORMAT_VERSION}, not {noun(entry.value)}",
                span_of(entry.value),
                candidates=(
                    Candidate((Edit(span_of(entry.value), str(FORMAT_VERSION)),), f"netspec: {FORMAT_VERSION}"),
                ),
            )

    def _name(self, entry: Entry | None) -> str:
        if entry is None:
            return default_name(self.source.path)
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if not isinstance(value, str) or not IDENTIFIER.match(value) or len(value) > MAX_NAME:
            self.problems.add(
                "NS303",
                f"`name` must be an identifier (letters, digits, _), not {noun(entry.value)}",
                span_of(entry.value),
            )
            return default_name(self.source.path)
        return value

    def _params(self, entry: Entry | None) -> tuple[dict[str, Given], dict[str, Scalar]]:
        params: dict[str, Given] = {}
        keys: dict[str, Scalar] = {}
        for name, (key, tree) in self._section_map(entry, "params", "names to default values").items():
            if not self._param_name(key):
                continue
            if isinstance(tree, Scalar) and tree.value is None:
                self.problems.add("NS203", f"the param `{name}` needs a value, its default", span_of(key))
            elif self._param_value(tree, f"the param `{name}`"):
                params[name] = self._given(tree, ANY)
                keys[name] = key
        return params, keys

    def _variants(self, entry: Entry | None, params: dict[str, Given]) -> dict[str, dict[str, Given]]:
        variants: dict[str, dict[str, Given]] = {}
        for name, (key, tree) in self._section_map(entry, "variants", "variant names to params").items():
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) or len(name) > MAX_NAME:
                self.problems.add(
                    "NS303",
                    f"{show(name)} cannot name a variant; use letters, digits, _, . and -",
                    span_of(key),
                )
                continue
            values: dict[str, Given] = {}
            if not isinstance(tree, Mapping):
                if not (isinstance(tree, Scalar) and tree.value is None):
                    self.problems.add(
                        "NS204",
                        f"the variant `{name}` must be a map of params, not {noun(tree)}",
                        span_of(tree),
                    )
            else:
                for param, (param_key, value) in tree.entries.items():
                    if param not in params:
                        hint = did_you_mean(param, tuple(params))
                        message = f"the variant `{name}` sets `{param}`, which is not among `params`{hint}"
                        self.problems.add("NS507", message, span_of(param_key))
                    elif self._param_value(value, f"the param `{param}`"):
                        values[param] = self._given(value, ANY)
            variants[name] = values
        return variants

    def _inputs(self, root: Mapping) -> tuple[Input, ...]:
        one, many = root.entries.get("input"), root.entries.get("inputs")
        if one is not None and many is not None:
            self.problems.add(
                "NS209",
                "`input` and `inputs` cannot both stand; name all of them under `inputs`",
                span_of(many.key),
            )
        if many is not None:
            found = [
                self._input(name, key, tree, False)
                for name, (key, tree) in self._section_map(many, "inputs", "names to shapes").items()
            ]
            if (
                not found
                and not isinstance(many.value, Sequence)
                and (isinstance(many.value, Mapping) or many.value.value is None)
            ):
                self.problems.add("NS203", "`inputs` names no input", span_of(many.key))
            return tuple(i for i in found if i is not None)
        if one is None:
            self.problems.add(
                "NS203", "a spec needs `input`: the shape of one example, such as [224, 224, 3]", _head(root)
            )
            return ()
        single = self._input("input", one.key, one.value, True)
        return () if single is None else (single,)

    def _input(self, name: str, key: Scalar, tree: Tree, single: bool) -> Input | None:
        dtype = "float32"
        shape: Tree | None = tree
        if isinstance(tree, Mapping):
            allowed = ("shape", "dtype", "name") if single else ("shape", "dtype")
            for entry in tree.entries.values():
                if entry.key.text not in allowed:
                    self._unknown_key(entry.key, "an input", allowed)
            if "dtype" in tree.entries:
                checked = self._static(tree.entries["dtype"].value, DTYPES, Field("`dtype`"))
                dtype = checked if isinstance(checked, str) else dtype
            if single and "name" in tree.entries:
                named = tree.entries["name"].value
                if isinstance(named, Scalar) and isinstance(named.value, str):
                    name = named.value
                    key = named
                else:
                    self.problems.add("NS303", f"`name` must be an identifier, not {noun(named)}", span_of(named))
            shape = tree.entries["shape"].value if "shape" in tree.entries else None
            if shape is None:
                self.problems.add(
                    "NS203", "an input needs `shape`: a list of sizes, such as [224, 224, 3]", span_of(key)
                )
                return None
        if not IDENTIFIER.match(name) or len(name) > MAX_NAME:
            self.problems.add("NS303", f"{show(name)} cannot name an input; use letters, digits and _", span_of(key))
            return None
        if isinstance(shape, Scalar) and isinstance(shape.value, str) and is_expression(shape.value):
            return Input(name, self._given(shape, ANY), dtype, tree, key)
        if not isinstance(shape, Sequence):
            assert shape is not None
            self.problems.add(
                "NS204",
                f"the shape of `{name}` must be a list of sizes, such as [224, 224, 3], not {noun(shape)}",
                span_of(shape),
            )
            return None
        sizes: list[Any] = []
        dynamic = False
        for item in shape.items:
            value = item.value if isinstance(item, Scalar) else item
            if isinstance(value, str) and is_expression(value):
                value = self._parse(item, value)
                dynamic = True
            elif value is not None:
                value = self._static(item, Integer(ge=1), Field(f"a size of `{name}`"))
                if not isinstance(value, int):
                    value = None
            sizes.append(value)
        return Input(name, Given(sizes, shape, dynamic), dtype, tree, key)

    def _outputs(self, entry: Entry | None) -> tuple[tuple[str, str, Span], ...] | None:
        if entry is None:
            return None
        tree = entry.value
        found: list[tuple[str, str, Span]] = []
        if isinstance(tree, Sequence):
            pairs: list[tuple[Scalar | None, Tree]] = [(None, item) for item in tree.items]
        elif isinstance(tree, Mapping):
            pairs = [(e.key, e.value) for e in tree.entries.values()]
        elif isinstance(tree, Scalar) and isinstance(tree.value, str):
            pairs = [(None, tree)]
        else:
            self.problems.add(
                "NS204",
                f"`outputs` must be a list of node names, or a map of names to nodes, not {noun(tree)}",
                span_of(tree),
            )
            return None
        if not pairs:
            self.problems.add("NS204", "`outputs` names no node", span_of(tree))
            return None
        for key, item in pairs:
            node = item.value if isinstance(item, Scalar) else None
            if not isinstance(node, str) or not NODE_PATH.match(node):
                self.problems.add("NS301", f"an output is the name of a node, not {noun(item)}", span_of(item))
                continue
            name = node if key is None else key.text
            if key is not None and (not IDENTIFIER.match(name) or len(name) > MAX_NAME):
                self.problems.add(
                    "NS303", f"{show(name)} cannot name an output; use letters, digits and _", span_of(key)
                )
                continue
            found.append((name, node, span_of(item)))
        return tuple(found)

    def _defaults(self, entry: Entry | None) -> None:
        for word, (key, tree) in self._section_map(entry, "defaults", "kinds to hyperparameters").items():
            cls = KINDS.get(word)
            if cls is None:
                self._unknown_kind(key, only_kinds=True)
                continue
            if isinstance(tree, Scalar) and tree.value is None:
                continue
            if not isinstance(tree, Mapping):
                self.problems.add(
                    "NS204",
                    f"the defaults of `{word}` must be a map of hyperparameters, not {noun(tree)}",
                    span_of(tree),
                )
                continue
            values: dict[str, Given] = {}
            for name, item in tree.entries.items():
                opt = cls.options.get(name)
                if opt is None:
                    self._unknown_option(item.key, word, tuple(cls.options))
                elif isinstance(opt.type, Body):
                    self.problems.add(
                        "NS204",
                        f"`{name}` of `{word}` has no default; write it at the node",
                        span_of(item.key),
                    )
                else:
                    given = self._option(word, opt, item.value)
                    if given is not None:
                        values[name] = given
            self.defaults[word] = values
        for word, cls in KINDS.items():
            if cls.defaults_from in self.defaults:  # it starts from those, then its own
                inherited = {n: g for n, g in self.defaults[cls.defaults_from].items() if n in cls.options}
                self.defaults[word] = {**inherited, **self.defaults.get(word, {})}

    def _block(self, name: str, entry: Entry) -> Block | None:
        key, tree = entry
        if not BLOCK_NAME.match(name) or len(name) > MAX_NAME:
            capital = name[:1].upper() + name[1:]
            hint = f"; write {show(capital)}" if BLOCK_NAME.match(capital) else ""
            self.problems.add(
                "NS303",
                f"a block's name starts with a capital letter, unlike {show(name)}{hint}",
                span_of(key),
            )
        if not isinstance(tree, Mapping):
            self.problems.add(
                "NS204", f"the block `{name}` must be a map with `layers`, not {noun(tree)}", span_of(tree)
            )
            return None
        for item in tree.entries.values():
            if item.key.text not in ("params", "layers", "description"):
                self._unknown_key(item.key, "a block", ("params", "layers", "description"))
        self._text(tree.entries.get("description"), "description")
        params: dict[str, Given | None] = {}
        keys: dict[str, Scalar] = {}
        for param, (param_key, value) in self._section_map(
            tree.entries.get("params"), "params", "names to default values"
        ).items():
            if not self._param_name(param_key):
                continue
            keys[param] = param_key
            if isinstance(value, Scalar) and value.value is None:
                params[param] = None
            elif self._param_value(value, f"the param `{param}`"):
                params[param] = self._given(value, ANY)
        layers = tree.entries.get("layers")
        if layers is None:
            self.problems.add("NS203", f"the block `{name}` needs `layers`: the list of its nodes", span_of(key))
            return Block(name, key, params, keys, ())
        return Block(name, key, params, keys, self.body(layers.value, "layers"))

    def _settings(self, entry: Entry | None, declared: type[Declared]) -> Section | None:
        if entry is None:
            return None
        tree = entry.value
        word = declared.word
        values: dict[str, Given] = {}
        if isinstance(tree, Scalar) and tree.value is None:
            entries: dict[str, Entry] = {}
        elif isinstance(tree, Mapping):
            entries = tree.entries
        else:
            self.problems.add(
                "NS204",
                f"`{word}` must be a map with {listing(list(declared.options)[:4])}, not {noun(tree)}",
                span_of(tree),
            )
            return None
        for name, item in entries.items():
            opt = declared.options.get(name)
            if opt is None:
                self._unknown_key(item.key, f"`{word}`", tuple(declared.options), _PLACES.get(word, "key"))
                continue
            if name == "augment" and not (isinstance(item.value, Scalar) and item.value.value is None):
                self._augmentation(item.value)
                values[name] = Given(self.body(item.value, "augment"), item.value, False)
                continue
            given = self._option(word, opt, item.value)
            if given is not None:
                values[name] = given
        for name in declared.required:
            if name not in entries:
                self.problems.add(
                    "NS203",
                    f"`{word}` needs `{name}`: {declared.options[name].type.describe()}",
                    span_of(entry.key),
                )
        return Section(declared, values, entry.key)

    def _augmentation(self, tree: Tree) -> None:
        for item in tree.items if isinstance(tree, Sequence) else ():
            key = next(iter(item.entries.values())).key if isinstance(item, Mapping) and item.entries else item
            word = key.text if isinstance(key, Scalar) else ""
            cls = KINDS.get(word)
            if cls is not None and cls.family not in ("preprocessing", "regularisation"):
                self.problems.add(
                    "NS206",
                    f"`augment` takes preprocessing nodes such as random_flip, not `{word}`",
                    span_of(key),
                )


def _head(root: Mapping) -> Span:
    first = next(iter(root.entries.values()), None)
    return span_of(first.key) if first is not None else FILE_START


def default_name(path: str) -> str:
    """The file's stem, made an identifier."""
    stem = os.path.basename(path).split(".")[0]
    stem = re.sub(r"[^A-Za-z0-9_]", "_", stem)[:MAX_NAME] or "model"
    return stem if not stem[0].isdigit() else f"_{stem}"
