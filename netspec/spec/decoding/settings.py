"""`limits`, `data`, `train`, and `defaults`: maps of hyperparameters that belong to no node."""

from __future__ import annotations

from netspec.diagnostics.foreign import Place
from netspec.diagnostics.problems import Candidate, Edit
from netspec.diagnostics.words import listing
from netspec.kinds import KINDS
from netspec.kinds.composition import Body
from netspec.options import Declared
from netspec.spec.decoding.nodes import NodeReader, takes
from netspec.spec.decoding.unknown import (
    beside,
    under_empty,
    unknown_key,
    unknown_kind_of_defaults,
    unknown_option,
)
from netspec.spec.decoding.values import ValueReader, is_null, noun
from netspec.spec.document import DefaultGiven, Given, Settings
from netspec.spec.keys import AUGMENTING
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, span_of

_PLACES: dict[str, Place] = {"train": "train", "limits": "limits"}  # whose keys have other names elsewhere
_AUGMENT = "augment"  # the one setting that holds nodes


def read_settings(nodes: NodeReader, entry: Entry | None, declared: type[Declared]) -> Settings | None:
    """A section whose keys are declared; None where it is not given or not a map."""
    if entry is None:
        return None
    problems = nodes.problems
    tree, section = entry.value, declared.spec_name
    if not isinstance(tree, Mapping) and not is_null(tree):
        message = f"`{section}` must be a map with {listing(list(declared.options)[:4])}, not {noun(tree)}"
        right = _written_out(declared, tree)
        candidates = (Candidate((Edit(span_of(tree), right),), right),) if right else ()
        message += f"; write `{section}: {right}`" if right else ""
        problems.add("NS204", message, span_of(tree), candidates=candidates)
        return None
    entries = tree.entries if isinstance(tree, Mapping) else {}
    values: dict[str, Given] = {}
    under: dict[str, Entry] = {}  # what has been taken as standing under another key
    taken = {*entries}  # the keys that are there, or were meant
    for name, item in entries.items():
        opt = declared.options.get(name)
        if name in under:
            continue
        if opt is not None and isinstance(tree, Mapping) and is_null(item.value):
            strays = under_empty(tree, name, opt, declared.options)
            if strays:
                under |= strays
                item = item._replace(value=beside(problems, "NS207", name, strays))
        if opt is None:
            assert isinstance(tree, Mapping)
            meant = unknown_key(problems, item.key, f"`{section}`", declared.options, _PLACES.get(section, "key"), tree)
            if meant is None or meant in entries or meant in values or meant == _AUGMENT:
                continue
            taken.add(meant)
            given = nodes.option(section, declared.options[meant], item.value)
            if given is not None:
                values[meant] = given
        elif name == _AUGMENT and not is_null(item.value):
            _check_augmentation(nodes, item.value)
            with nodes.augmenting():
                values[name] = Given(nodes.body(item.value, name), item.value, False)
        else:
            given = nodes.option(section, opt, item.value)
            if given is not None:
                values[name] = given
    for name in declared.required:
        if name not in taken:
            message = f"`{section}` needs `{name}`: {declared.options[name].type.describe()}"
            problems.add("NS203", message, span_of(entry.key))
    return Settings(declared, values, entry.key)


def _written_out(declared: type[Declared], tree: Tree) -> str:
    """The map that a bare value stands for, as `mnist` for `{source: mnist}`; empty where it stands for none."""
    if len(declared.required) != 1 or not isinstance(tree, Scalar):
        return ""
    (name,) = declared.required
    return f"{{{name}: {tree.text}}}" if takes(declared, name, tree) else ""


def _check_augmentation(nodes: NodeReader, tree: Tree) -> None:
    for item in tree.items if isinstance(tree, Sequence) else ():
        key = next(iter(item.entries.values())).key if isinstance(item, Mapping) and item.entries else item
        cls = KINDS.get(key.text) if isinstance(key, Scalar) else None
        if cls is not None and cls.family not in AUGMENTING:
            message = f"`augment` takes preprocessing nodes such as random_flip, not `{cls.spec_name}`"
            nodes.problems.add("NS206", message, span_of(key))


def read_defaults(values: ValueReader, nodes: NodeReader, entry: Entry | None) -> dict[str, dict[str, Given]]:
    """The hyperparameters that every node of a kind starts from, by kind."""
    found: dict[str, dict[str, Given]] = {}
    for kind_name, (key, tree) in values.entries(entry, "defaults", "kinds to hyperparameters").items():
        if kind_name not in KINDS:
            unknown_kind_of_defaults(values.problems, key, tuple(nodes.blocks))
        elif isinstance(tree, Mapping):
            found[kind_name] = _defaults_of(nodes, kind_name, tree)
        elif not is_null(tree):
            message = f"the defaults of `{kind_name}` must be a map of hyperparameters, not {noun(tree)}"
            values.problems.add("NS204", message, span_of(tree))
    for cls in KINDS.read():  # a kind is declared beside the one whose defaults it starts from
        kind_name = cls.spec_name
        if cls.defaults_from in found:  # those first, then its own
            inherited = {name: given for name, given in found[cls.defaults_from].items() if name in cls.options}
            found[kind_name] = {**inherited, **found.get(kind_name, {})}
    return found


def _defaults_of(nodes: NodeReader, kind_name: str, tree: Mapping) -> dict[str, Given]:
    options = KINDS[kind_name].options
    found: dict[str, Given] = {}
    for name, (key, value) in tree.entries.items():
        opt = options.get(name)
        if opt is None:
            if not nodes.values.holds(key):
                unknown_option(nodes.problems, key, kind_name, options)
        elif isinstance(opt.type, Body) or name in KINDS[kind_name].reads:
            message = f"`{name}` of `{kind_name}` has no default; write it at the node"
            nodes.problems.add("NS204", message, span_of(key))
        else:
            given = nodes.option(kind_name, opt, value)
            if given is not None:
                found[name] = DefaultGiven(given.value, given.tree, given.dynamic)
    return found
