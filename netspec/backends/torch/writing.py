"""The text of a module, and where in its state each weight stands."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import NamedTuple

from netspec.backends.keras.code.layout import WIDTH, laid_out
from netspec.backends.torch.classes import Class, Classes, Node
from netspec.backends.torch.forward import ForwardWriter
from netspec.backends.torch.helpers import used
from netspec.backends.torch.names import camel
from netspec.backends.torch.steps import Module, Step
from netspec.backends.torch.translating import Steps, is_image
from netspec.backends.torch.units import Unit, united
from netspec.backends.tracing import Traced
from netspec.diagnostics.words import printable
from netspec.outputs import SCRIPT_HEAD
from netspec.shapes import Shape

_LOAD = '''def load_weights(model, path):
    """Give a model the weights of an .npz, by their names in its state."""
    with np.load(path) as arrays:
        model.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return model'''


class Written(NamedTuple):
    """A module.

    Attributes:
        text: Python.
        name: Of the network's class.
        modules: The nodes whose modules have a state, with the name by which it begins.
    """

    text: str
    name: str
    modules: dict[int, str]


def written(made: Traced, steps: Steps, source: str, description: str) -> Written:
    """A network as the source of a module.

    Args:
        made: The network.
        steps: What its nodes become.
        source: Where it is from, for the first line.
        description: What it is, if the spec says it.
    """
    graph = made.graph
    root = united(made, steps)
    root.word = graph.name
    for unit in root.units():
        unit.word = camel(unit.word)
    classes = Classes(root, steps)
    about = _taken_and_given(steps)
    parts = [_class_text(classes, cls, about if cls.units[0] is root else "") for cls in classes.ordered]
    text = "\n\n\n".join(parts)
    head = [SCRIPT_HEAD.format(name=graph.name, source=printable(PurePath(source).name)), ""]
    head += [*_module_words(description, graph.name), ""]
    head += ["from pathlib import Path", "", "import numpy as np", "import torch"]
    if "F." in text or any("F." in helper for helper in used(text)):
        head.append("import torch.nn.functional as F")
    head.append("from torch import nn")
    body = [*used(text), *parts, _LOAD]
    name = classes.of[id(root)].name
    end = f'if __name__ == "__main__":\n    print(load_weights({name}(), Path(__file__).with_suffix(".npz")))\n'
    whole = "\n".join(head) + "\n\n\n" + "\n\n\n".join([*body, end])
    return Written(whole, name, dict(_states(classes, root, "")))


def _module_words(description: str, name: str) -> list[str]:
    words = " ".join(description.split())
    if not words or not words.isprintable() or '"' in words or "\\" in words:
        words = f"The network `{name}`"
    return textwrap.wrap(f'"""{words.removesuffix(".")}."""', WIDTH, break_long_words=False)


def _taken_and_given(steps: Steps) -> str:
    """What the network takes and gives."""
    graph = steps.graph
    taken = [f"`{graph.nodes[i].layer}` {_shape(graph.nodes[i].shape)}" for i in graph.inputs]
    given = [f"`{key}` {_shape(graph.nodes[i].shape)}" for key, i in graph.outputs.items()]
    images = any(is_image(graph.nodes[i].shape) for i in (*graph.inputs, *graph.outputs.values()))
    note = " Channels come first." if images else ""
    return f"Takes {_listed(taken)}; gives {_listed(given)}.{note}"


def _listed(words: list[str]) -> str:
    if len(words) == 1:
        return words[0].partition(" ")[2]
    return ", ".join(words[:-1]) + f" and {words[-1]}"


def _shape(shape: Shape | None) -> str:
    sizes = list(shape or ())
    if is_image(shape):
        sizes = [sizes[-1], *sizes[:-1]]
    return "[" + ", ".join(["N", *("?" if size is None else str(size) for size in sizes)]) + "]"


# --- a class ---


def _class_text(classes: Classes, cls: Class, about: str) -> str:
    is_root = bool(about)
    unit = cls.units[0]
    kept: dict[str, str] = {}  # params that `forward` reads, with what they are called in the module
    modules = set(classes.attributes[id(unit)].values())

    def value(place: tuple[object, ...], common: object) -> str:
        text = cls.texts.get(place)
        if text is None:
            return cls.text(place, common)
        name = next(each for each in text.split() if each in cls.params)
        kept[name] = f"{name}_" if name in modules else name
        return text.replace(name, f"self.{kept[name]}")

    given, forward = ForwardWriter(classes, cls, value).write(is_root)
    init = [f"self.{own} = {name}" for name, own in kept.items()]
    init += _init(classes, cls, unit)
    arguments = ", ".join(["self", *cls.params])
    lines = [f"class {cls.name}(nn.Module):"]
    if is_root:
        lines += _docstring(about)
    else:
        lines.append(f'    """{unit.about}"""')
    if init:
        lines += ["", *laid_out(f"def __init__({arguments}):", 1), "        super().__init__()"]
        for line in init:
            lines += laid_out(line, 2)
    lines += ["", *laid_out(f"def forward({', '.join(['self', *given])}):", 1)]
    for line in forward:
        lines += laid_out(line, 2)
    return "\n".join(lines)


def _docstring(words: str) -> list[str]:
    lines = textwrap.wrap(f'"""{words}"""', WIDTH - 4, break_long_words=False)
    if len(lines) == 1:
        return [f"    {lines[0]}"]
    first, _, rest = words.partition("; ")
    body = textwrap.wrap(rest[:1].upper() + rest[1:], WIDTH - 4, break_long_words=False)
    return [f'    """{first}.', "", *(f"    {line}" for line in body), '    """']


def _init(classes: Classes, cls: Class, unit: Unit) -> Iterator[str]:
    steps = classes.steps
    names = classes.attributes[id(unit)]
    for number, item in enumerate(classes.items[id(unit)]):
        if isinstance(item, Node):
            step, node = steps.of[item.number], steps.graph.nodes[item.number]
            if step.module is not None and node.share is None:
                text = _made(cls, step.module, (number, "module"))
                yield f"self.{names[item.number]} = {text}{_frozen(step, node.trainable)}"
                if node.trainable:
                    for each in step.module.fixed:
                        yield f"self.{names[item.number]}.{each}.requires_grad_(False)"
        elif item.units[0].twin is None:
            name = names[id(item.units[0])]
            texts = []
            for place, (inner, args, count) in enumerate(item.segments(classes.of)):
                given = _arguments({n: cls.text((number, "given", place, n), v) for n, v in args.items()})
                times = cls.text((number, "count", place), count)
                made = f"{inner.name}({given})"
                texts.append(made if times == "1" else f"*({made} for _ in range({times}))")
            plain = len(texts) == 1 and not texts[0].startswith("*")
            yield f"self.{name} = {texts[0]}" if plain else f"self.{name} = nn.Sequential({', '.join(texts)})"


def _frozen(step: Step, trainable: bool) -> str:
    return (
        "" if trainable or (step.module is not None and step.module.call == "nn.Buffer") else ".requires_grad_(False)"
    )


def _arguments(given: Mapping[str, str]) -> str:
    """The first two by position, the others by their names."""
    return ", ".join(text if place < 2 else f"{name}={text}" for place, (name, text) in enumerate(given.items()))


def _made(cls: Class, module: Module, place: tuple[object, ...]) -> str:
    texts = [
        _made(cls, value, (*place, number)) if isinstance(value, Module) else cls.text((*place, number), value)
        for number, value in enumerate(module.values)
    ]
    texts += [f"{name}={cls.text((*place, name), value)}" for name, value in module.named.items()]
    return f"{module.call}({', '.join(texts)})"


def _states(classes: Classes, unit: Unit, prefix: str) -> Iterator[tuple[int, str]]:
    """The nodes with modules of their own, and the names by which their states begin."""
    steps = classes.steps
    names = classes.attributes[id(unit)]
    for item in classes.items[id(unit)]:
        if isinstance(item, Node):
            if steps.of[item.number].module is not None and steps.graph.nodes[item.number].share is None:
                yield item.number, f"{prefix}{names[item.number]}"
        elif item.units[0].twin is None:
            name = f"{prefix}{names[id(item.units[0])]}"
            alone = len(item.units) == 1
            for place, inner in enumerate(item.units):
                yield from _states(classes, inner, f"{name}." if alone else f"{name}.{place}.")
