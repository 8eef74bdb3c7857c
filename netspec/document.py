"""Tree to `Document`: every problem of structure, found without looking at a shape.

A hyperparameter that holds no expression is checked here, once; one that does is parsed here and checked when its value is
known. What comes out mirrors the file: steps (entries of a list of nodes) in their bodies, with the tree still attached, so
that later stages can point at places and write edits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NamedTuple

from netspec.expression import Expression, ExpressionError, is_expression, parse
from netspec.kinds import KINDS, Contradiction, Kind
from netspec.kinds.composition import Body, Branches, Shortcut
from netspec.option import Boolean, Choice, Declared, Integer, Invalid, Option, Text, Type
from netspec.problems import FILE_START, Edit, Fix, Note, Problems, Span, did_you_mean, listing, nearest, show
from netspec.settings import Data, Limits, Train
from netspec.source import Entry, Mapping, Scalar, Sequence, Source, Tree, span_of

FORMAT_VERSION = 1
WIRING = ("name", "from", "repeat", "when", "share", "trainable")
TOP_KEYS = (
    "netspec",
    "name",
    "description",
    "params",
    "variants",
    "input",
    "inputs",
    "defaults",
    "blocks",
    "layers",
    "outputs",
    "limits",
    "data",
    "train",
)
DTYPES = Choice(
    ("float32", "float16", "bfloat16", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool")
)
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
BLOCK_NAME = re.compile(r"[A-Z][A-Za-z0-9_]*\Z")
MAX_NAME = 100  # characters; names become layer names and file names
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")
_REPEAT = Integer(ge=0)
_BOOLEAN = Boolean()
_ANY = Type()


class Given:
    """A value as written: checked already, or a template with expressions in it."""

    __slots__ = ("dynamic", "tree", "value")

    def __init__(self, value: Any, tree: Tree, dynamic: bool) -> None:
        self.value = value
        self.tree = tree
        self.dynamic = dynamic


class Step:
    """An entry of a list of nodes."""

    __slots__ = (
        "block",
        "cls",
        "config",
        "key",
        "name",
        "repeat",
        "share",
        "sources",
        "span",
        "trainable",
        "tree",
        "values",
        "when",
        "word",
    )

    def __init__(self, word: str, key: Scalar, tree: Tree | None) -> None:
        self.word = word
        self.key = key
        self.tree = tree  # what follows the key; None of a bare word
        self.span = span_of(key)
        self.cls: type[Kind] | None = None
        self.block: str | None = None
        self.values: dict[str, Given] = {}
        self.config: Kind | None = None  # made once where nothing in it is an expression
        self.name: Given | None = None
        self.sources: Given | None = None
        self.repeat: Given | None = None
        self.when: Given | None = None
        self.share: Given | None = None
        self.trainable: Given | None = None


class Block(NamedTuple):
    """A named body with params; a param whose default is None must be given at each use."""

    name: str
    key: Scalar
    params: dict[str, Given | None]
    param_keys: dict[str, Scalar]
    body: tuple[Step, ...]


class Input(NamedTuple):
    """An input of the network; sizes may be expressions."""

    name: str
    shape: Given
    dtype: str
    tree: Tree
    key: Scalar


class Section(NamedTuple):
    """`data`, `train` or `limits` as written."""

    declared: type[Declared]
    values: dict[str, Given]
    key: Scalar


class Document(NamedTuple):
    """A spec whose structure has been checked."""

    source: Source
    name: str
    description: str
    params: dict[str, Given]
    param_keys: dict[str, Scalar]
    variants: dict[str, dict[str, Given]]
    inputs: tuple[Input, ...]
    defaults: dict[str, dict[str, Given]]
    blocks: dict[str, Block]
    body: tuple[Step, ...]
    outputs: tuple[tuple[str, str, Span], ...] | None  # (output name, node, place)
    limits: Section | None
    data: Section | None
    train: Section | None
    names_used: frozenset[str]  # every `$name` that an expression anywhere reads
    blocks_used: frozenset[str]


def decode(source: Source, problems: Problems) -> Document | None:
    """The document, as far as it could be understood; None where nothing can be said beyond `problems`."""
    if source.tree is None:
        return None
    if not isinstance(source.tree, Mapping):
        problems.add(
            "NS207", "a spec is a map with `netspec`, `input` and `layers`, not " + _noun(source.tree), span_of(source.tree)
        )
        return None
    return _Decoder(source, problems).document(source.tree)


def _noun(tree: Tree) -> str:
    if isinstance(tree, Scalar):
        return "nothing" if tree.value is None else show(tree.value)
    return "a list" if isinstance(tree, Sequence) else "a map"


class _Decoder:
    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.block_names: tuple[str, ...] = ()
        self.names_used: set[str] = set()
        self.blocks_used: set[str] = set()
        self.has_defaults = False
        self.defaults: dict[str, dict[str, Given]] = {}

    # --- the top -------------------------------------------------------------------------------------------------------

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
            body = self.body(entries["layers"].value, "layers")
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
            fix = Fix(f"netspec: {FORMAT_VERSION}", (Edit(start, f"netspec: {FORMAT_VERSION}\n"),))
            fixes = () if root.flow else (fix,)
            self.problems.add(
                "NS208", f"the format version is missing; write `netspec: {FORMAT_VERSION}` at the top", _head(root), fixes=fixes
            )
            return
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if value != FORMAT_VERSION or isinstance(value, bool):
            self.problems.add(
                "NS208",
                f"this netspec reads format {FORMAT_VERSION}, not {_noun(entry.value)}",
                span_of(entry.value),
                fixes=(Fix(f"netspec: {FORMAT_VERSION}", (Edit(span_of(entry.value), str(FORMAT_VERSION)),)),),
            )

    def _name(self, entry: Entry | None) -> str:
        if entry is None:
            return default_name(self.source.path)
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if not isinstance(value, str) or not IDENTIFIER.match(value) or len(value) > MAX_NAME:
            self.problems.add(
                "NS303", f"`name` must be an identifier (letters, digits, _), not {_noun(entry.value)}", span_of(entry.value)
            )
            return default_name(self.source.path)
        return value

    def _text(self, entry: Entry | None, name: str) -> str:
        if entry is None:
            return ""
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if not isinstance(value, str):
            self.problems.add("NS204", f"`{name}` must be text, not {_noun(entry.value)}", span_of(entry.value))
            return ""
        return value

    def _section_map(self, entry: Entry | None, name: str, what: str) -> dict[str, Entry]:
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
            return {}
        if not isinstance(entry.value, Mapping):
            self.problems.add("NS204", f"`{name}` must be a map of {what}, not {_noun(entry.value)}", span_of(entry.value))
            return {}
        return entry.value.entries

    # --- params, variants, inputs, outputs ------------------------------------------------------------------------------

    def _params(self, entry: Entry | None) -> tuple[dict[str, Given], dict[str, Scalar]]:
        params: dict[str, Given] = {}
        keys: dict[str, Scalar] = {}
        for name, (key, tree) in self._section_map(entry, "params", "names to default values").items():
            if not self._param_name(key):
                continue
            if isinstance(tree, Scalar) and tree.value is None:
                self.problems.add("NS203", f"the param `{name}` needs a value, its default", span_of(key))
            elif self._param_value(tree, f"the param `{name}`"):
                params[name] = self._given(tree, _ANY)
                keys[name] = key
        return params, keys

    def _param_name(self, key: Scalar) -> bool:
        if not IDENTIFIER.match(key.text) or len(key.text) > MAX_NAME:
            self.problems.add("NS303", f"{show(key.text)} cannot name a param; use letters, digits and _", span_of(key))
            return False
        if key.text in WIRING:
            self.problems.add("NS508", f"a param cannot be called `{key.text}`, which every node takes already", span_of(key))
            return False
        return True

    def _param_value(self, tree: Tree, what: str) -> bool:
        items = tree.items if isinstance(tree, Sequence) else [tree]
        for item in items:
            if isinstance(item, Mapping) or (isinstance(item, Sequence) and item is not tree and not _flat(item)):
                self.problems.add("NS204", f"{what} must be a number, true or false, text or a list of those, not {_noun(item)}", span_of(item))
                return False
        return True

    def _variants(self, entry: Entry | None, params: dict[str, Given]) -> dict[str, dict[str, Given]]:
        variants: dict[str, dict[str, Given]] = {}
        for name, (key, tree) in self._section_map(entry, "variants", "variant names to params").items():
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) or len(name) > MAX_NAME:
                self.problems.add("NS303", f"{show(name)} cannot name a variant; use letters, digits, _, - and .", span_of(key))
                continue
            values: dict[str, Given] = {}
            if not isinstance(tree, Mapping):
                if not (isinstance(tree, Scalar) and tree.value is None):
                    self.problems.add("NS204", f"the variant `{name}` must be a map of params, not {_noun(tree)}", span_of(tree))
            else:
                for param, (param_key, value) in tree.entries.items():
                    if param not in params:
                        self.problems.add(
                            "NS507",
                            f"the variant `{name}` sets `{param}`, which is not among `params`{did_you_mean(param, tuple(params))}",
                            span_of(param_key),
                        )
                    elif self._param_value(value, f"the param `{param}`"):
                        values[param] = self._given(value, _ANY)
            variants[name] = values
        return variants

    def _inputs(self, root: Mapping) -> tuple[Input, ...]:
        one, many = root.entries.get("input"), root.entries.get("inputs")
        if one is not None and many is not None:
            self.problems.add("NS209", "`input` and `inputs` cannot both stand; name all of them under `inputs`", span_of(many.key))
        if many is not None:
            found = [self._input(name, key, tree, False) for name, (key, tree) in self._section_map(many, "inputs", "names to shapes").items()]
            if isinstance(many.value, Mapping) and not found:
                self.problems.add("NS203", "`inputs` names no input", span_of(many.key))
            return tuple(i for i in found if i is not None)
        if one is None:
            self.problems.add("NS203", "a spec needs `input`: the shape of one example, such as [224, 224, 3]", _head(root))
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
                checked = self._static(tree.entries["dtype"].value, DTYPES, "`dtype`")
                dtype = checked if isinstance(checked, str) else dtype
            if single and "name" in tree.entries:
                named = tree.entries["name"].value
                if isinstance(named, Scalar) and isinstance(named.value, str):
                    name = named.value
                    key = named
                else:
                    self.problems.add("NS303", f"`name` must be an identifier, not {_noun(named)}", span_of(named))
            shape = tree.entries["shape"].value if "shape" in tree.entries else None
            if shape is None:
                self.problems.add("NS203", "an input needs `shape`: a list of sizes, such as [224, 224, 3]", span_of(key))
                return None
        if not IDENTIFIER.match(name) or len(name) > MAX_NAME:
            self.problems.add("NS303", f"{show(name)} cannot name an input; use letters, digits and _", span_of(key))
            return None
        if isinstance(shape, Scalar) and isinstance(shape.value, str) and is_expression(shape.value):
            return Input(name, self._given(shape, _ANY), dtype, tree, key)
        if not isinstance(shape, Sequence):
            assert shape is not None
            self.problems.add("NS204", f"the shape of `{name}` must be a list of sizes, such as [224, 224, 3], not {_noun(shape)}", span_of(shape))
            return None
        sizes: list[Any] = []
        dynamic = False
        for item in shape.items:
            value = item.value if isinstance(item, Scalar) else item
            if isinstance(value, str) and is_expression(value):
                value = self._parse(item, value)
                dynamic = True
            elif value is not None:
                value = self._static(item, Integer(ge=1), f"a size of `{name}`")
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
            self.problems.add("NS204", f"`outputs` must be a list of node names, or a map of names to nodes, not {_noun(tree)}", span_of(tree))
            return None
        if not pairs:
            self.problems.add("NS204", "`outputs` names no node", span_of(tree))
            return None
        for key, item in pairs:
            node = item.value if isinstance(item, Scalar) else None
            if not isinstance(node, str) or not _PATH.match(node):
                self.problems.add("NS301", f"an output is the name of a node, not {_noun(item)}", span_of(item))
                continue
            name = node if key is None else key.text
            if key is not None and (not IDENTIFIER.match(name) or len(name) > MAX_NAME):
                self.problems.add("NS303", f"{show(name)} cannot name an output; use letters, digits and _", span_of(key))
                continue
            found.append((name, node, span_of(item)))
        return tuple(found)

    # --- defaults, blocks, settings -------------------------------------------------------------------------------------

    def _defaults(self, entry: Entry | None) -> None:
        for word, (key, tree) in self._section_map(entry, "defaults", "kinds to hyperparameters").items():
            cls = KINDS.get(word)
            if cls is None:
                self._unknown_kind(key, only_kinds=True)
                continue
            if isinstance(tree, Scalar) and tree.value is None:
                continue
            if not isinstance(tree, Mapping):
                self.problems.add("NS204", f"the defaults of `{word}` must be a map of hyperparameters, not {_noun(tree)}", span_of(tree))
                continue
            values: dict[str, Given] = {}
            for name, item in tree.entries.items():
                opt = cls.options.get(name)
                if opt is None:
                    self._unknown_option(item.key, word, tuple(cls.options))
                elif isinstance(opt.type, Body):
                    self.problems.add("NS204", f"`{name}` of `{word}` has no default; write it at the node", span_of(item.key))
                else:
                    given = self._option(word, opt, item.value)
                    if given is not None:
                        values[name] = given
            self.defaults[word] = values
        if "conv" in self.defaults:  # 1x1 starts from conv's, then its own
            inherited = {n: g for n, g in self.defaults["conv"].items() if n in KINDS["1x1"].options}
            self.defaults["1x1"] = {**inherited, **self.defaults.get("1x1", {})}

    def _block(self, name: str, entry: Entry) -> Block | None:
        key, tree = entry
        if not BLOCK_NAME.match(name) or len(name) > MAX_NAME:
            capital = name[:1].upper() + name[1:]
            hint = f"; write {show(capital)}" if BLOCK_NAME.match(capital) else ""
            self.problems.add("NS303", f"a block's name starts with a capital letter, unlike {show(name)}{hint}", span_of(key))
        if not isinstance(tree, Mapping):
            self.problems.add("NS204", f"the block `{name}` must be a map with `layers`, not {_noun(tree)}", span_of(tree))
            return None
        for item in tree.entries.values():
            if item.key.text not in ("params", "layers", "description"):
                self._unknown_key(item.key, "a block", ("params", "layers", "description"))
        self._text(tree.entries.get("description"), "description")
        params: dict[str, Given | None] = {}
        keys: dict[str, Scalar] = {}
        for param, (param_key, value) in self._section_map(tree.entries.get("params"), "params", "names to default values").items():
            if not self._param_name(param_key):
                continue
            keys[param] = param_key
            if isinstance(value, Scalar) and value.value is None:
                params[param] = None
            elif self._param_value(value, f"the param `{param}`"):
                params[param] = self._given(value, _ANY)
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
            self.problems.add("NS204", f"`{word}` must be a map with {listing(list(declared.options)[:4])}, not {_noun(tree)}", span_of(tree))
            return None
        for name, item in entries.items():
            opt = declared.options.get(name)
            if opt is None:
                self._unknown_key(item.key, f"`{word}`", tuple(declared.options))
                continue
            if name == "augment":
                self._augmentation(item.value)
                values[name] = Given(self.body(item.value, "augment"), item.value, False)
                continue
            given = self._option(word, opt, item.value)
            if given is not None:
                values[name] = given
        for name in declared.required:
            if name not in entries:
                self.problems.add("NS203", f"`{word}` needs `{name}`: {declared.options[name].type.words()}", span_of(entry.key))
        return Section(declared, values, entry.key)

    def _augmentation(self, tree: Tree) -> None:
        for item in tree.items if isinstance(tree, Sequence) else ():
            key = next(iter(item.entries.values())).key if isinstance(item, Mapping) and item.entries else item
            word = key.text if isinstance(key, Scalar) else ""
            cls = KINDS.get(word)
            if cls is not None and cls.family not in ("preprocessing", "regularisation"):
                self.problems.add("NS206", f"`augment` takes preprocessing nodes such as random_flip, not `{word}`", span_of(key))

    # --- nodes ---------------------------------------------------------------------------------------------------------

    def body(self, tree: Tree, what: str) -> tuple[Step, ...]:
        """A list of nodes."""
        if isinstance(tree, Scalar) and tree.value is None:
            return ()
        if not isinstance(tree, Sequence):
            hint = ""
            if isinstance(tree, Mapping) and tree.entries:
                first = next(iter(tree.entries))
                hint = f"; put `- ` before `{first}`" if first in KINDS or first in self.block_names else ""
            self.problems.add("NS204", f"`{what}` must be a list of nodes, not {_noun(tree)}{hint}", span_of(tree))
            return ()
        steps = []
        for item in tree.items:
            step = self._step(item)
            if step is not None:
                steps.append(step)
        return tuple(steps)

    def _step(self, tree: Tree) -> Step | None:
        if isinstance(tree, Scalar):
            if not isinstance(tree.value, str):
                self.problems.add("NS206", f"a node is a kind's name or a map with one key, the kind, not {_noun(tree)}", span_of(tree))
                return None
            return self._typed(Step(tree.value, tree, None))
        if isinstance(tree, Sequence):
            self.problems.add("NS206", "a node is a kind's name or a map with one key, the kind, not a list", span_of(tree))
            return None
        entries = tree.entries
        if len(entries) == 1:
            for word, (key, value) in entries.items():
                return self._typed(Step(word, key, value))
        return self._not_one_key(tree)

    def _not_one_key(self, tree: Mapping) -> Step | None:
        names = list(tree.entries)
        if not names:
            self.problems.add("NS206", "a node is a map with one key, its kind; this map is empty", span_of(tree))
            return None
        kinds = [name for name in names if name in KINDS or name in self.block_names]
        if len(kinds) == 1:
            word = kinds[0]
            strays = [name for name in names if name != word]
            message = f"{listing(strays)} {'stands' if len(strays) == 1 else 'stand'} beside `{word}`; a node has one key, its kind, and all else under it"
            self.problems.add("NS206", message, span_of(tree.entries[strays[0]].key))
            return self._typed(Step(word, *tree.entries[word]))
        if len(kinds) > 1:
            second = tree.entries[kinds[1]].key
            self.problems.add("NS206", f"a node has one key, its kind; this map has {listing(kinds)}; start each with its own `- `", span_of(second))
            return None
        typed = tree.entries.get("type") or tree.entries.get("kind")
        hint = ""
        if typed is not None and isinstance(typed.value, Scalar):
            hint = f"; write `{typed.value.text}: {{…}}`"
        self.problems.add("NS206", f"a node has one key, its kind; this map has {listing(names[:4])}{hint}", span_of(tree))
        return None

    def _typed(self, step: Step) -> Step | None:
        cls = KINDS.get(step.word)
        if cls is not None:
            step.cls = cls
            self._kind_step(step, cls)
            return step
        if step.word in self.block_names:
            step.block = step.word
            self.blocks_used.add(step.word)
            self._block_step(step)
            return step
        self._unknown_kind(step.key)
        return step  # its cls is None: what follows it reads an unknown shape

    def _kind_step(self, step: Step, cls: type[Kind]) -> None:
        word, tree = step.word, step.tree
        values = step.values
        options = cls.options
        if tree is None or (type(tree) is Scalar and tree.value is None):
            pass
        elif type(tree) is Mapping:
            for name, (key, value) in tree.entries.items():
                opt = options.get(name)
                if opt is not None:
                    given = self._option(word, opt, value)
                    if given is not None:
                        values[name] = given
                elif name in WIRING:
                    self._wire(step, name, value)
                else:
                    self._unknown_option(key, word, tuple(options))
                    values.setdefault("", Given(None, value, True))  # keeps "needs …" from following the misspelling
        elif cls.principal is None:
            self.problems.add("NS204", f"`{word}` takes a map of hyperparameters, not {_noun(tree)}", span_of(tree))
            values[""] = Given(None, tree, True)
        else:
            given = self._option(word, options[cls.principal], tree)
            if given is not None:
                values[cls.principal] = given
            else:
                values[""] = Given(None, tree, True)
        self._complete(step, cls)

    def _complete(self, step: Step, cls: type[Kind]) -> None:
        """Look for what is missing, and make the kind's object where nothing depends on an expression."""
        values = step.values
        defaults = self.defaults.get(step.word)
        if defaults:
            values = step.values = {**{n: g for n, g in defaults.items() if n not in values}, **values}
        misspelt = values.pop("", None) is not None
        tree = step.tree
        written = tree.entries if type(tree) is Mapping else ()
        whole = not misspelt
        for name in cls.required:
            if name not in values:
                whole = False
                if name not in written and not misspelt and step.share is None and (cls.principal != name or type(tree) is Mapping or tree is None or tree.value is None):  # type: ignore[union-attr]
                    self.problems.add("NS203", f"`{step.word}` needs `{name}`: {cls.options[name].type.words()}", step.span)
        if not whole or any(name not in values for name in written if name in cls.options):
            return
        for given in values.values():
            if given.dynamic:
                return
        config = cls(**{name: given.value for name, given in values.items()})
        try:
            config.check()
        except Contradiction as error:
            self.contradiction(step, error)
            return
        step.config = config

    def contradiction(self, step: Step, error: Contradiction) -> None:
        """Report hyperparameters that do not go together."""
        here = isinstance(step.tree, Mapping) and error.option in step.tree.entries
        span = span_of(step.tree.entries[error.option].key) if here else step.span  # type: ignore[union-attr]
        text = error.message if error.message.startswith("needs") else f": {error.message}"
        self.problems.add("NS209", f"`{step.word}`{' ' if text is error.message else ''}{text}", span)

    def _block_step(self, step: Step) -> None:
        tree = step.tree
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            return
        if isinstance(tree, Mapping):
            for name, entry in tree.entries.items():
                if name in WIRING:
                    self._wire(step, name, entry.value)
                elif self._param_value(entry.value, f"`{name}`"):
                    step.values[name] = self._given(entry.value, _ANY)
            return
        if self._param_value(tree, f"the first param of `{step.word}`"):
            step.values[""] = self._given(tree, _ANY)  # the principal param; elaboration knows its name

    def _wire(self, step: Step, name: str, tree: Tree) -> None:
        value = tree.value if isinstance(tree, Scalar) else None
        dynamic = isinstance(value, str) and is_expression(value)
        if name == "from":
            step.sources = self._from(tree)
        elif name in ("name", "share"):
            pattern = IDENTIFIER if name == "name" else _PATH
            if dynamic:
                given = Given(self._parse(tree, str(value)), tree, True)
            elif not isinstance(value, str) or not pattern.match(value) or len(value) > MAX_NAME:
                what = "an identifier (letters, digits, _)" if name == "name" else "the name of an earlier node"
                self.problems.add("NS303" if name == "name" else "NS301", f"`{name}` must be {what}, not {_noun(tree)}", span_of(tree))
                return
            elif name == "name" and value == "input":
                self.problems.add("NS303", "a node cannot be called `input`, which is what enters its body", span_of(tree))
                return
            else:
                given = Given(value, tree, False)
            if name == "name":
                step.name = given
            else:
                step.share = given
        else:
            type_ = _REPEAT if name == "repeat" else _BOOLEAN
            given_or_none = self._checked(tree, type_, f"`{name}`")
            if given_or_none is not None:
                setattr(step, name, given_or_none)

    def _from(self, tree: Tree) -> Given | None:
        items = tree.items if isinstance(tree, Sequence) else [tree]
        if isinstance(tree, Sequence) and not items:
            self.problems.add("NS301", "`from` names no node", span_of(tree))
            return None
        names: list[Any] = []
        dynamic = False
        for item in items:
            value = item.value if isinstance(item, Scalar) else None
            if isinstance(value, str) and is_expression(value):
                value = self._parse(item, value)
                dynamic = True
                if value is None:
                    return None
            elif not isinstance(value, str) or not _PATH.match(value):
                hint = "; nodes go by name, never by index" if isinstance(value, int) else ""
                self.problems.add("NS301", f"`from` takes the name of an earlier node, or a list of names, not {_noun(item)}{hint}", span_of(item))
                return None
            names.append(value)
        return Given(names, tree, dynamic)

    # --- values --------------------------------------------------------------------------------------------------------

    def _option(self, word: str, opt: Option, tree: Tree) -> Given | None:
        """A hyperparameter's value; None where a problem was reported."""
        type_ = opt.type
        if type(tree) is Scalar and type(tree.value) is not str:
            # The quick way for numbers and the like, which most values are.
            try:
                return Given(type_.check(tree.value), tree, False)
            except Invalid as error:
                if not isinstance(getattr(type_, "inner", type_), Body):
                    self._invalid(error, f"`{word}`: `{opt.name}`", tree)
                    return None
        if isinstance(getattr(type_, "inner", type_), Body):
            return self._bodies(word, opt, tree)
        return self._checked(tree, type_, f"`{word}`: `{opt.name}`")

    def _bodies(self, word: str, opt: Option, tree: Tree) -> Given | None:
        type_ = getattr(opt.type, "inner", opt.type)
        if isinstance(tree, Scalar) and tree.value is None and opt.type is not type_:
            return Given(None, tree, False)
        if isinstance(type_, Branches):
            if not isinstance(tree, Mapping) or not tree.entries:
                noun = "an empty map" if isinstance(tree, Mapping) else _noun(tree)
                self.problems.add("NS204", f"`{word}`: `{opt.name}` must be {type_.words()}, not {noun}", span_of(tree))
                return None
            bodies = {}
            for name, (key, value) in tree.entries.items():
                if not IDENTIFIER.match(name) or len(name) > MAX_NAME:
                    self.problems.add("NS303", f"{show(name)} cannot name a branch; use letters, digits and _", span_of(key))
                    continue
                bodies[name] = self.body(value, name)
            return Given(bodies, tree, False)
        if isinstance(type_, Shortcut) and isinstance(tree, Scalar):
            return self._checked(tree, Shortcut.choice, f"`{word}`: `{opt.name}`")
        if isinstance(tree, Scalar) and tree.value is None:
            self.problems.add("NS204", f"`{word}`: `{opt.name}` must be a list of nodes, not nothing", span_of(tree))
            return None
        return Given(self.body(tree, opt.name), tree, False)

    def _checked(self, tree: Tree, type_: Type, what: str) -> Given | None:
        given = self._given(tree, type_)
        if given.dynamic:
            return None if given.value is None else given
        try:
            given.value = type_.check(given.value)
        except Invalid as error:
            self._invalid(error, what, tree)
            return None
        return given

    def _static(self, tree: Tree, type_: Type, what: str) -> Any:
        given = self._checked(tree, type_, what)
        return None if given is None or given.dynamic else given.value

    def _given(self, tree: Tree, type_: Type) -> Given:
        free = isinstance(getattr(type_, "inner", type_), Text) or getattr(type_, "noun", "") == "a data source"
        dynamic = False
        failed = False

        def template(part: Tree) -> Any:
            nonlocal dynamic, failed
            if type(part) is Scalar:
                value = part.value
                if type(value) is str and "$" in value and (is_expression(value) if not free else _ALONE.match(value)):
                    dynamic = True
                    value = self._parse(part, value)
                    failed = failed or value is None
                return value
            if type(part) is Sequence:
                return [template(item) for item in part.items]
            assert isinstance(part, Mapping)
            return {name: template(entry.value) for name, entry in part.entries.items()}

        value = template(tree)
        return Given(None if failed else value, tree, dynamic)

    def _parse(self, tree: Tree, text: str) -> Expression | None:
        try:
            expression = parse(text)
        except ExpressionError as error:
            self.problems.add(error.code, f"in {show(text)}: {error.message}", span_of(tree))
            return None
        self.names_used.update(expression.names)
        return expression

    def _invalid(self, error: Invalid, what: str, tree: Tree) -> None:
        message = error.message if error.message.startswith("`") else f"{what} {error.message}"
        if message is error.message:
            message = f"{what.split(':')[0]}: {message}" if ":" in what else message
        self.problems.add(error.code, message, locate(tree, error), fixes=_respelt(error, tree))

    # --- unknown words --------------------------------------------------------------------------------------------------

    def _unknown_kind(self, key: Scalar, only_kinds: bool = False) -> None:
        word = key.text
        known = list(KINDS) if only_kinds else [*KINDS, *self.block_names]
        if only_kinds and word in self.block_names:
            self.problems.add("NS201", f"`{word}` is a block; `defaults` are for kinds, a block's defaults stand in its params", span_of(key))
            return
        colon = _missing_space(word, known)
        match = nearest(word, known)
        fixes = (Fix(match, (Edit(span_of(key), match),)),) if match and not colon else ()
        hint = colon or did_you_mean(word, known)
        if BLOCK_NAME.match(word) and not only_kinds and not match:
            self.problems.add("NS505", f"there is no block {show(word)}; name it under `blocks`", span_of(key))
            return
        code = "NS505" if BLOCK_NAME.match(word) and match in self.block_names else "NS201"
        noun = "block" if code == "NS505" else "kind"
        self.problems.add(code, f"there is no {noun} {show(word)}{hint}", span_of(key), fixes=fixes)

    def _unknown_option(self, key: Scalar, word: str, known: tuple[str, ...]) -> None:
        every = [*known, *WIRING]
        match = nearest(key.text, every)
        colon = _missing_space(key.text, every)
        fixes = (Fix(match, (Edit(span_of(key), match),)),) if match and not colon else ()
        message = f"`{word}` has no hyperparameter {show(key.text)}{colon or did_you_mean(key.text, every)}"
        if not match and not colon:
            message += f"; it takes {listing(list(known)) or 'none'}"
        self.problems.add("NS202", message, span_of(key), fixes=fixes)

    def _unknown_key(self, key: Scalar, what: str, known: tuple[str, ...]) -> None:
        match = nearest(key.text, known)
        colon = _missing_space(key.text, known)
        fixes = (Fix(match, (Edit(span_of(key), match),)),) if match and not colon else ()
        hint = colon or did_you_mean(key.text, known) or f"; it takes {listing(known)}"
        self.problems.add("NS207", f"{what} has no key {show(key.text)}{hint}", span_of(key), fixes=fixes)


_ALONE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*\Z")


def _missing_space(word: str, known: list[str] | tuple[str, ...]) -> str:
    """YAML reads `{filters:64}` as the key `filters:64` with no value."""
    before, colon, after = word.partition(":")
    return f"; a colon needs a space after it: `{before}: {after}`" if colon and before in known else ""


def _flat(tree: Sequence) -> bool:
    return all(isinstance(item, Scalar) for item in tree.items)


def _head(root: Mapping) -> Span:
    first = next(iter(root.entries.values()), None)
    return span_of(first.key) if first is not None else FILE_START


def locate(tree: Tree, error: Invalid) -> Span:
    """Where inside a value the culprit stands: at the key for an unknown name, else at the value."""
    for index, step in enumerate(error.path):
        if isinstance(tree, Mapping) and step in tree.entries:
            if index == len(error.path) - 1 and error.code in ("NS202", "NS203", "NS205") and isinstance(step, str):
                value = tree.entries[step].value
                return span_of(tree.entries[step].key if error.code != "NS205" or isinstance(value, Mapping) else value)
            tree = tree.entries[step].value
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
    return span_of(tree)


_MEANT = re.compile(r"did you mean `([^`]+)`\?$")


def _respelt(error: Invalid, tree: Tree) -> tuple[Fix, ...]:
    found = _MEANT.search(error.message)
    return (Fix(found[1], (Edit(locate(tree, error), found[1]),)),) if found else ()


def default_name(path: str) -> str:
    """The file's stem, made an identifier."""
    stem = PurePath(path).name.split(".")[0]
    stem = re.sub(r"[^A-Za-z0-9_]", "_", stem)[:MAX_NAME] or "model"
    return stem if not stem[0].isdigit() else f"_{stem}"


Lookup = Callable[[str], Any]


def resolve(template: Any, lookup: Lookup) -> Any:
    """A template with every expression replaced by its value; raises ExpressionError."""
    if isinstance(template, Expression):
        return template.evaluate(lookup)
    if isinstance(template, list):
        return [resolve(item, lookup) for item in template]
    if isinstance(template, dict):
        return {name: resolve(item, lookup) for name, item in template.items()}
    return template


__all__ = ["Block", "Document", "Given", "Input", "Note", "Section", "Step", "decode", "resolve"]
