"""What a block asks of the place where it is used, as it is written: `$index`, and nodes that a param names.

By that two uses are told to be alike, whatever they are otherwise given: see `bodies`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from netspec.expressions import Expression, Name
from netspec.expressions.tree import Literal, Text
from netspec.spec.document import Block, Given, Step, names_in, sees_sizes, steps_in, steps_of
from netspec.spec.names import RECEIVED

_INDEX = "index"


def counts(block: Block, blocks: Mapping[str, Block]) -> bool:
    """May a body of the block read the `$index` of its use? What is repeated in it counts for itself.

    Args:
        block: The block.
        blocks: All that may be used in it, by their names.
    """
    seen = {block.name}
    stack = [*block.body]
    while stack:
        step = stack.pop()
        if step.repeat is not None:
            sources = step.sources is not None and sees_sizes(step.repeat) and _reads_index(step.sources)
            if sources or _reads_index(step.repeat):
                return True
            continue
        if any(map(_reads_index, _own(step))):
            return True
        stack += steps_in(step)
        used = None if step.block is None or step.block in seen else blocks.get(step.block)
        if used is not None:
            seen.add(used.name)
            if any(given is not None and _reads_index(given) for given in used.params.values()):
                return True
            stack += used.body
    return False


class Naming(NamedTuple):
    """The one param of a block that holds the name of a node, and is read for nothing else.

    What is written is `from: $param` or `from: $param.node`, so all that hangs on its value are the nodes that are read.

    Attributes:
        param: It.
        others: Params that would be read as paths too if they held texts.
    """

    param: str
    others: frozenset[str]


def naming(block: Block) -> Naming | None:
    """The param of a block that names a node; None where there is none, or more than one."""
    steps = [*steps_of(block.body)]
    sources = [expression for step in steps if step.sources is not None for expression in _expressions(step.sources)]
    heads = Counter(filter(None, map(_head, sources)))
    if not heads:
        return None
    givens = [given for step in steps for given in _own(step)]
    givens += [given for given in block.params.values() if given is not None]
    read = Counter(
        each.name for given in givens for expression in _expressions(given) for each in expression.references
    )
    found = [name for name, count in heads.items() if name in block.params and read[name] == count]
    if len(found) != 1 or found[0] in RECEIVED:
        return None
    # A path is written in `from` and its like, or where it is handed on.
    paths = [given for step in steps for given in step.paths()]
    for use in (step for step in steps if step.block is not None):
        paths += [*use.values.values(), *([] if use.principal is None else [use.principal])]
    paths += [given for given in block.params.values() if given is not None]
    others = {name for given in paths for expression in _expressions(given) for name in _beginning(expression)}
    return Naming(found[0], frozenset(others.intersection(block.params).difference(found)))


def _own(step: Step) -> Iterator[Given]:
    yield from step.givens()
    if step.principal is not None:
        yield step.principal


def _reads_index(given: Given) -> bool:
    return given.dynamic and _INDEX in names_in(given.value)


def _expressions(given: Given) -> Iterator[Expression]:
    stack = [given.value] if given.dynamic else []
    while stack:
        template = stack.pop()
        if isinstance(template, Expression):
            yield template
        elif isinstance(template, (list, dict)):
            stack += template.values() if isinstance(template, dict) else template


def _beginning(expression: Expression) -> Iterator[str]:
    """The names whose texts may be what an expression comes to, or begins with."""
    tree = expression.tree
    end = tree.parts[0].end if isinstance(tree, Text) else len(expression.text)
    return (each.name for each in expression.references if each.start < end)


def _head(expression: Expression) -> str | None:
    """The name that a path begins with, `$name` or `$name.…`."""
    tree = expression.tree
    if isinstance(tree, Text) and len(tree.parts) > 1:
        first, second, *_ = tree.parts
        is_path = isinstance(second, Literal) and str(second.value).startswith(".")
        return first.name if isinstance(first, Name) and is_path else None
    return tree.name if isinstance(tree, Name) else None
