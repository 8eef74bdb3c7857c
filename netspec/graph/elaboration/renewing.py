"""What a step or a body made, as it is where what it reads has other shapes.

Nothing is walked to again: the nodes are the same as long as what was asked of sizes gets the same answers (`asking`), and each
node's kind is asked what it says of the new shapes. Where it says that something is wrong, or an answer is another, all is made
again as if it had never been made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netspec.graph.elaboration.asking import Asked, Question, answer_to
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.model import Node
from netspec.kinds.kind import Part


def questions(asked: Iterable[Asked | Question], construction: Construction) -> tuple[Question, ...] | None:
    """What was asked, with the places of the nodes, by the last of them; None where an answer was not to be had."""
    nodes, layers = construction.nodes, construction.layer_names
    found: dict[Question, None] = {}
    for each in asked:
        if isinstance(each, Question):  # of what was copied
            found[each] = None
            continue
        handles = tuple([layers.get(node.layer, -1) for node in each.nodes])
        if each.answer is None or any(
            handle < 0 or nodes[handle] is not node for handle, node in zip(handles, each.nodes, strict=True)
        ):
            return None
        found[Question(each.what, handles, each.answer)] = None
    return tuple(sorted(found, key=_last))


def _last(question: Question) -> int:
    return max(question.handles)


def is_renewable(nodes: Iterable[Node]) -> bool:
    """May nodes be renewed, which were made without a word?"""
    for node in nodes:
        if node.config is None or node.shape is None or node.share is not None or isinstance(node.config, Part):
            return False
    return True


def renewed(
    nodes: Sequence[Node],
    start: int,
    around: Mapping[int, Node] | Sequence[Node],
    asked: Iterable[Question],
    emitter: Emitter,
) -> list[Node] | None:
    """Nodes as they are where others are around them; None where they would not be the same.

    Args:
        nodes: Those that were made.
        start: The place of the first of them.
        around: The nodes before it, by their places.
        asked: What was asked of all of these, as `questions` gives it.
        emitter: Asks kinds.
    """
    found: list[Node] = []
    questions = iter(asked)
    question = next(questions, None)
    for index, node in enumerate((*nodes, None), start):
        while question is not None and _last(question) < index:  # an answer that is another ends it at once
            those = [found[i - start] if i >= start else around[i] for i in question.handles]
            if answer_to(question.what, *those) != question.answer:
                return None
            question = next(questions, None)
        if node is not None:
            again = emitter.again(node, [found[i - start] if i >= start else around[i] for i in node.inputs])
            if again is None:
                return None
            found.append(again)
    return found
