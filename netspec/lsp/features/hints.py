"""Shapes beside the lines: what each node yields, at the end of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netspec.diagnostics.problems import Span
from netspec.diagnostics.words import short
from netspec.lsp.making import Costs, Handles, Made, Making, costs, made_by, making, steps
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.syntax.tree import span_of, written_span

TYPE = 1  # the protocol's kind of a hint that says what something is
MOST = 8  # times of which a tooltip tells


def hints(page: Page, params: Params) -> object:
    """The hints of the lines that an editor shows."""
    made = making(page)
    if made is None:
        return []
    first, last = (params["range"][end]["line"] + 1 for end in ("start", "end"))
    labels = _labels(page, made, first, last)
    for node in made.graph.nodes:
        if not node.is_input:  # they stand at the beginning
            break
        if node.shape is None:  # missing or half-written
            labels.pop(node.span, None)
    of_blocks = {span: uses for span, uses in page.kept(_blocks).items() if first <= span.line <= last}
    for span, uses in of_blocks.items():
        labels[span] = _first(made.labels(each.ends for each in uses))
    tells = page.client.costs or not page.client.resolves_hints
    times = {**made.in_lines(first, last), **of_blocks} if tells else {}
    return [
        _hint(page, made, end, labels[span], span, times.get(span, ()))
        for span, end in _ends(page, sorted(labels)).items()
    ]


def resolve(page: Page, params: Params) -> object:
    """A hint with its tooltip; without, if the text has changed so that it is not there any more."""
    made = making(page)
    span = Span(*params["data"]["span"])
    if made is not None:
        times = page.kept(_blocks).get(span) or made.in_lines(span.line, span.line).get(span)
        if times:
            params["tooltip"] = _tooltip(page, made, times)
    return params


def _blocks(page: Page) -> dict[Span, list[Made]]:
    """Where each block is defined, and what its uses made."""
    document, made = page.shown.document, making(page)
    if document is None or made is None or not document.blocks:
        return {}
    written = steps(page)
    uses: dict[str | None, list[Made]] = {}
    groups = made.graph.groups
    for path, span in made.graph.uses.items():
        step = written.get(span)
        if step is not None and path in groups:
            uses.setdefault(step.block, []).append(made_by(path, groups[path]))
    blocks = document.blocks
    return {
        span_of(blocks[name].key): sorted(uses[name], key=lambda each: each.start) for name in blocks if name in uses
    }


def _ends(page: Page, spans: Sequence[Span]) -> dict[Span, dict[str, int]]:
    """Where the hints of some nodes stand, which are in order: at the end of the line, or behind a node that does not end it."""
    found: dict[Span, dict[str, int]] = {}
    for number, span in enumerate(spans):
        line = page.text.line(span.line - 1)
        column = len(line) + 1
        beside = [other for other in spans[max(number - 1, 0) : number + 2] if other.line == span.line]
        if len(beside) > 1 or not _STARTS.match(line, 0, span.column - 1):
            whole = _whole(page, span)
            holds = (
                len(beside) > 1 and span == beside[0] and whole.end_column > beside[-1].column
            )  # the others, and its own are last
            ends = holds or (len(beside) == 1 and _ENDS.match(line, whole.end_column - 1))
            if whole.end_line == span.line and not ends:
                column = _behind(line, whole.end_column)
        found[span] = page.text.position(span.line, column)
    return found


_STARTS = re.compile(r"[ \t]*(- +)*\Z")  # what stands before a node that has its line for itself
_ENDS = re.compile(r"[\s\]},]*(#|\Z)")


def _whole(page: Page, span: Span) -> Span:
    """From a node's kind, or an input's name, to the end of what it holds."""
    step = steps(page).get(span)
    if step is not None and page.index is not None:
        return page.index.span(step)
    document = page.shown.document
    values = (written_span(each.tree) for each in document.inputs if span_of(each.key) == span) if document else ()
    end = next(iter(values), span)
    return Span(span.line, span.column, end.end_line, end.end_column)


def _behind(line: str, column: int) -> int:
    """The column behind a node of a list in brackets, which may have braces of its own."""
    rest = line[column - 1 :].lstrip()
    return len(line) - len(rest) + 2 if rest.startswith("}") else column


def _hint(
    page: Page, made: Making, position: dict[str, int], text: str, span: Span, times: Sequence[Made]
) -> dict[str, object]:
    if page.client.costs:
        text += _costs_label(costs(node for each in times for node in made.nodes(each)))
    hint: dict[str, object] = {"position": position, "label": text, "kind": TYPE, "paddingLeft": True}
    if page.client.resolves_hints:
        return {**hint, "data": {"uri": page.uri, "span": span}}
    return {**hint, "tooltip": _tooltip(page, made, times)}


def _tooltip(page: Page, made: Making, times: Sequence[Made]) -> object:
    text = "\n".join(details(made, times, page.client.markdown))
    return {"kind": "markdown", "value": text} if page.client.markdown else text


def _labels(page: Page, made: Making, first: int, last: int) -> dict[Span, str]:
    """What the nodes yield that are written on some lines.

    It is the shape, or the first and the last of repetitions; in a block that of the first use, and how many others there are.
    """
    written, nodes, found = steps(page), made.graph.nodes, {}
    once = {span for span, step in written.items() if step.repeat is None}  # in each body
    for span, groups in made.groups_in_lines(first, last).items():
        times = [(path, group.ends) for path, group in groups]
        found[span] = _first(made.labels([ends for _, ends in times]) if span in once else _of_bodies(made, times))
    for span, indices in made.nodes_in_lines(first, last).items():
        if span in once:
            found[span] = _first(made.labels_of(indices))
        else:
            found[span] = _first(_of_bodies(made, [(nodes[i].path, (i,)) for i in indices]))
    return found


def _of_bodies(made: Making, times: Sequence[tuple[str, Handles]]) -> list[str]:
    """What repetitions yield in each body, the first and the last; they are given by their paths and ends."""
    bodies: dict[str, list[Handles]] = {}
    for path, ends in times:
        bodies.setdefault(path.rpartition(".")[0], []).append(ends)
    return [" → ".join(made.labels([each[0], each[-1]])) for each in bodies.values()]


def _first(labels: Sequence[str]) -> str:
    first, *others = dict.fromkeys(labels)
    return f"{first} (+{len(others)})" if others else first


def _costs_label(found: Costs) -> str:
    parts = [short(found.parameters)] if found.parameters else []
    if found.macs != 0:
        parts.append(f"{'?' if found.macs is None else short(found.macs)} MACs")
    return "".join(f" · {part}" for part in parts)


def details(made: Making, times: Sequence[Made], markdown: bool) -> Iterator[str]:
    """What a tooltip tells: which nodes there are, what they cost together, what of the input they see."""
    quote = "`" if markdown else ""
    bullet = "- " if len(times) > 1 else ""
    for each in times[:MOST]:
        yield f"{bullet}{quote}{each.path}{quote}: {made.shape(each)}{_type(made, each)}"
    if len(times) > MOST:
        yield f"{bullet}… and {len(times) - MOST} more"
    if markdown:
        yield ""
    yield made.figures(times)


def _type(made: Making, each: Made) -> str:
    return f", {made.graph.nodes[each.ends[-1]].dtype}" if each.ends else ""
