"""A folded spec as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, in_order
from netspec.conversion.folding.blocks import Block
from netspec.conversion.folding.defaults import Defaults
from netspec.conversion.folding.items import CONV, IDENTITY, POINTWISE, Item, base, is_short
from netspec.conversion.folding.labels import Paths, label
from netspec.conversion.folding.sequences import listed
from netspec.conversion.nodes import ENTERING, Flat
from netspec.formatting.text import format_text
from netspec.kinds import KINDS
from netspec.kinds.composition import WINDOW

_WIDTH = 100  # of what stands in brackets in one line
_PLAIN = re.compile(r"[A-Za-z_$][\w$ .*/+()-]*\Z|\d+ [*+-] \$[\w$ .*/+()-]*\Z|\d[\d.e-]* [*+-] [\w$ .*/+()-]*\Z")
_REPETITION = re.compile(r"(\w+)_(\d+)((?:\.\w+)*)\Z")
_RESERVED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"])


class Page(NamedTuple):
    """A folded spec."""

    flat: Flat
    defaults: Defaults
    blocks: Sequence[Block]
    items: list[Item]


def text_of_page(page: Page) -> str:
    """The text, in netspec's layout."""
    label(
        page.items,
        [(block.items, block.entering) for block in page.blocks],
        [each.name for each in page.flat.inputs],
        page.flat.outputs,
    )
    return format_text("\n".join(_lines(page)) + "\n")


def _lines(page: Page) -> Iterator[str]:
    flat = page.flat
    no_names = _Names({}, Paths(block.items for block in page.blocks), {})
    yield "netspec: 1"
    yield f"name: {_flow(flat.name)}"
    shapes = {
        each.name: list(each.shape) if each.dtype == "float32" else {"shape": list(each.shape), "dtype": each.dtype}
        for each in flat.inputs
    }
    alone = len(shapes) == 1
    yield f"input: {_flow(*shapes.values())}" if alone else f"inputs: {_flow(shapes)}"
    if page.defaults:
        yield "defaults:"
        yield from (f"  {_key(kind)}: {_flow(values)}" for kind, values in page.defaults.items())
    if page.blocks:
        yield "blocks:"
        for block in page.blocks:
            line = _one_line(block, no_names)
            if line is not None:
                yield line
                continue
            yield f"  {block.name}:"
            if block.params or block.outside:
                first = [f"{name}: " for name in block.outside]
                params = (
                    f"{param.name}: " + ("" if param.default is None else _flow(param.default))
                    for param in block.params
                )
                yield f"    params: {{{', '.join(_sorted([*params, *first]))}}}"
            yield from _body(block.items, block.entering, "    ", "layers", no_names)
    entering = flat.inputs[0].name if alone else ""
    yield from _body(page.items, entering, "", "layers", no_names, is_network=True)
    if list(flat.outputs.values()) != [page.items[-1].name]:
        named = no_names.inside(page.items, entering)
        ends = {name: named.of(read) for name, read in flat.outputs.items()}
        yield f"outputs: {_flow(list(ends) if list(ends) == list(ends.values()) else ends)}"
    if flat.training:
        yield f"train: {_flow(dict(flat.training))}"


def _one_line(block: Block, around: _Names) -> str | None:
    """A block without params and of a few plain nodes."""
    if block.params or block.outside or not is_short(block.items):
        return None
    lines = list(_body(block.items, block.entering, "", "layers", around))
    return f"  {block.name}: {{{lines[0]}}}" if len(lines) == 1 and len(lines[0]) < _WIDTH // 2 else None


def _sorted(params: list[str]) -> list[str]:
    """Those without a default first, as they must be said."""
    return sorted(params, key=lambda text: not text.endswith(": "))


def _body(
    items: Sequence[Item], entering: str, indent: str, word: str, around: _Names, *, is_network: bool = False
) -> Iterator[str]:
    """A body under its word: in one line where it is short, else an item a line."""
    named = around.inside(items, entering)
    line = f"{indent}{word}: [{', '.join(_inline(item, named, before) for item, before in _pairs(items, entering))}]"
    if not is_network and len(line) <= _WIDTH and is_short(items):
        yield line
        return
    yield f"{indent}{word}:"
    for item, before in _pairs(items, entering):
        yield from _item(item, named, before, f"{indent}  ")


def _pairs(items: Sequence[Item], entering: str) -> list[tuple[Item, str]]:
    return list(zip(items, [entering, *(item.name for item in items)], strict=False))


class _Names(NamedTuple):
    """Names by which nodes are written where they are read."""

    said: dict[str, str]
    paths: Paths
    repeats: Mapping[str, int]  # of nodes that are repeated, by what is written

    def of(self, read: str) -> str:
        """What is written of one that is read."""
        source = base(read)
        return f"{self.said.get(source, source)}{read[len(source) :]}"

    def of_all(self, reads: Sequence[str]) -> list[str]:
        """What is written of several, all repetitions of one node as `node_*`."""
        written = [self.of(read) for read in reads]
        start = 0
        while start < len(written):
            found = _REPETITION.match(written[start])
            count = self.repeats.get(found[1], 0) if found is not None and found[2] == "1" else 0
            if found is not None and count:
                wanted = [f"{found[1]}_{number}{found[3]}" for number in range(1, count + 1)]
                wanted[-1:] = (
                    wanted[-1:] if found[3] else [found[1]]
                )  # a node's own name is that of its last repetition
                if written[start : start + count] == wanted:
                    written[start : start + count] = [f"{found[1]}_*{found[3]}"]
            start += 1
        return written

    def inside(self, items: Sequence[Item], entering: str) -> _Names:
        """With those of a body's items."""
        said = {**self.said, entering: ENTERING} if entering else {**self.said}
        repeats = dict(self.repeats)
        for item in items:
            if item.label:
                said.update({name: f"{item.label}{self.paths.behind(item, name)}" for name in item.gives})
                if isinstance(item.repeat, int) and item.repeat > 1:
                    repeats[item.label] = item.repeat
        return _Names(said, self.paths, repeats)


def _settings(item: Item, named: _Names, before: str) -> dict[str, object]:
    """What an item says of itself, bodies aside."""
    names = in_order(item.kind, item.values)
    values = {name: item.values[name] for name in names if (name, item.values[name]) != ("shortcut", IDENTITY)}
    if item.kind == CONV and values.get("kernel_size") == 1:
        del values["kernel_size"]
    for option, reads in item.beside.items():
        written = named.of_all(reads)
        values[option] = written[0] if item.block else written
    if item.reads and item.reads != (before,):
        written = named.of_all(item.reads)
        values["from"] = written[0] if len(written) == 1 else written
    if item.name in named.said and named.said[item.name] != ENTERING:
        values["name"] = named.said[item.name]
    if item.repeat != 1:
        values[REPEAT] = item.repeat
    if item.share is not None:
        values["share"] = named.of(item.share)
    if not item.trainable:
        values["trainable"] = False
    return values


def _word(item: Item) -> str:
    return POINTWISE if item.kind == CONV and item.values.get("kernel_size") == 1 else item.kind


def _node(item: Item, named: _Names, before: str) -> object:
    """A node or the use of a block as plain data."""
    values = _settings(item, named, before)
    if item.inner is not None:
        values = {"body": item.inner, **values}
    if not values:
        return _word(item)
    principal = None if item.block else KINDS[_word(item)].principal
    if principal is not None and list(values) == [principal]:
        return {_word(item): values[principal]}
    return {_word(item): values}


def _inline(item: Item, named: _Names, before: str) -> str:
    return _flow(_node(item, named, before)) if not item.bodies else "?" * _WIDTH


def _item(item: Item, named: _Names, before: str, indent: str) -> Iterator[str]:
    if not item.bodies:
        node = _node(item, named, before)
        if isinstance(node, dict):
            (word, value), *_ = node.items()
            yield f"{indent}- {_key(word)}: {_flow(value)}"
        else:
            yield f"{indent}- {_flow(node)}"
        return
    values = _settings(item, named, before)
    entering = item.entering
    if item.kind == "skip" and not values and list(item.bodies) == ["body"]:
        whole = list(_body(item.bodies["body"], entering, f"{indent}- ", "skip", named))
        yield whole[0]
        yield from (f"{indent}  {line[len(indent) + 2 :]}" for line in whole[1:])
        return
    if item.kind == "skip" and list(item.bodies) == ["body"] and is_short(item.bodies["body"]):
        inside = next(_body(item.bodies["body"], entering, "", "body", named))
        settings = ", ".join(f"{_key(name)}: {_flow(value)}" for name, value in values.items())
        line = f"{indent}- skip: {{{settings}, {inside}}}"
        if inside.endswith("]") and len(line) <= _WIDTH:
            yield line
            return
    yield f"{indent}- {item.kind}:"
    yield from (f"{indent}    {_key(name)}: {_flow(value)}" for name, value in values.items())
    if item.kind == "skip":
        for word in ("shortcut", "body"):
            if word in item.bodies:
                yield from _body(item.bodies[word], entering, f"{indent}    ", word, named)
        return
    yield f"{indent}    branches:"
    for word, body in item.bodies.items():
        if body:
            yield from _body(body, entering, f"{indent}      ", word, named)
        else:
            yield f"{indent}      {word}: []"


def _key(name: str) -> str:
    return name if not name[0].isdigit() or WINDOW.match(name) else json.dumps(name)


def _flow(value: object) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {_flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        text = listed(value)
        return json.dumps(text) if text is not None else f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return str(value) if _PLAIN.match(value) and value not in _RESERVED else json.dumps(value, ensure_ascii=False)
    return repr(_short(value)) if isinstance(value, float) else repr(value)


def _short(value: float) -> float:
    """A number as its fewest digits say it, if it is off by no more than the last bit."""
    shorter = float(f"{value:.15g}")
    return shorter if len(repr(shorter)) < len(repr(value)) - 3 else value
