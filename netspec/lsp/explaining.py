"""Pages for what stands in a spec, with its own numbers: a node, a use of a block, a `$name`, a setting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from netspec.diagnostics.words import listing, printable
from netspec.expressions import ExpressionError, Value, is_built, is_expression
from netspec.lsp.evaluating import Evaluating
from netspec.lsp.making import Made, Making
from netspec.lsp.names import BUILT_IN
from netspec.lsp.slots import Slot
from netspec.options import Choice, Declared
from netspec.report.pages.nodes import node_facts
from netspec.report.pages.options import default_of, paragraphs, written
from netspec.report.pages.parts import CodeBlock, Definitions, Page, Paragraph, Title
from netspec.report.pages.settings import choice_summaries
from netspec.shapes import show_shape
from netspec.spec.document import Block, Document, Given, Step
from netspec.spec.names import RECEIVED
from netspec.syntax.tree import Tree, plain, span_of

MOST = 8  # shapes or values that are told
MOST_NODES = 40  # of what a block or a composition is made of


def node(made: Making, step: Step | None, times: Sequence[Made]) -> Page:
    """A node: how its shape, weights and costs are computed, by its own numbers where it is made once, else by the first's."""
    first = times[0]
    if first.start in made.graph.inputs:
        return entering(made, times)
    what = f"{step.kind_name}, " if step is not None else ""
    page: Page = [Title(first.path, f"{what}{made.shape(first)}")]
    own = made.own_node(first)
    if own is not None:
        facts = node_facts(made.graph, own)
        # A composition is not written as the merge at its end, which is what these facts are of.
        page += facts if first.path not in made.graph.groups else [each for each in facts if type(each) is Definitions]
    if first.path in made.graph.groups:
        page += _inside(made, first)
    if len(times) > 1 or first.path in made.graph.groups:
        page.append(Paragraph(f"{made.figures(times)}."))
    if len(times) > 1:
        page.append(Paragraph(_times(made, times)))
    if step is not None and step.cls is not None:
        page.append(Paragraph(paragraphs(step.cls)[0]))
    return page


def use(made: Making, evaluating: Evaluating, step: Step, times: Sequence[Made]) -> Page:
    """A use of a block: what its params come to, and the nodes that it makes."""
    first = times[0]
    entering = [made.graph.nodes[i].shape for i in made.graph.groups[first.path].inputs]
    shapes = f"{', '.join(map(show_shape, entering))} → {made.shape(first)}"
    page: Page = [Title(first.path, f"block {step.block}, {shapes}")]
    args = evaluating.arguments(first.path)
    if args:
        page.append(Definitions(tuple((name, written(value)) for name, value in args.items())))
    page += [*_inside(made, first), Paragraph(f"{made.figures(times)}.")]
    return [*page, Paragraph(_times(made, times))] if len(times) > 1 else page


def block(made: Making | None, block: Block, times: Sequence[Made]) -> Page:
    """A block where it is defined: its params, and the nodes of its first use."""
    page: Page = [Title(block.name, "block")]
    if block.params:
        params = [
            (name, "required" if default is None else _default(default)) for name, default in block.params.items()
        ]
        page.append(Definitions(tuple(params)))
    if made is None or not times:
        return [*page, Paragraph("No use of it makes nodes.")]
    page += [Paragraph(f"As in `{times[0].path}`:"), *_inside(made, times[0]), Paragraph(f"{made.figures(times)}.")]
    return [*page, Paragraph(_times(made, times))] if len(times) > 1 else page


def param(block: Block, name: str) -> Page:
    """A param of a block."""
    default = block.params.get(name)
    text = "required" if default is None else _default(default)
    return [Title(name, f"param of the block {block.name}, {text}")]


def variant(document: Document, name: str) -> Page:
    """A variant: what it makes of the params."""
    given = document.variants.get(name, {})
    rows = tuple((param, written(plain(value.tree))) for param, value in given.items())
    return [Title(name, "variant"), Definitions(rows) if rows else Paragraph("The params as they stand.")]


def entering(made: Making, times: Sequence[Made]) -> Page:
    """An input of the network."""
    read = made.graph.nodes[times[0].start]
    return [Title(read.path, f"input, {made.shape(times[0])}, {read.dtype}")]


def _default(given: Given) -> str:
    return f"{written(plain(given.tree))} by default"


def _inside(made: Making, whole: Made) -> Page:
    """The nodes of which something is made, those of blocks in it left out."""
    rows: list[tuple[str, str, str]] = []
    graph = made.graph
    closed: set[str] = set()
    depths = {whole.path: 0}
    for each in sorted(_parts(made, whole), key=lambda part: (part.start, -part.stop)):
        around = each.scope
        if around in closed or (around in graph.uses and around != whole.path):
            closed.add(each.path)
            continue
        while around not in depths:  # a branch or a shortcut, which is no row of its own
            around = around.rpartition(".")[0]
        depth = depths[around]
        depths[each.path] = depth + 1
        rows.append(("  " * depth + each.path[len(around) + 1 :], _kind(made, each), made.shape(each)))
    if not rows:
        return []
    more = [f"… and {len(rows) - MOST_NODES} more"] if len(rows) > MOST_NODES else []
    rows = rows[:MOST_NODES]
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    lines = [f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {shape}" for name, kind, shape in rows]
    return [CodeBlock("\n".join([*lines, *more]), "text")]


def _parts(made: Making, whole: Made) -> Iterable[Made]:
    graph, prefix = made.graph, f"{whole.path}."
    for path, group in graph.groups.items():
        if whole.start <= group.start and group.stop <= whole.stop and path.startswith(prefix):
            yield Made(path, group.start, group.stop, group.ends)
    for index in range(whole.start, whole.stop):
        path = graph.nodes[index].path
        if path.startswith(prefix) and path not in graph.groups:
            yield Made(path, index, index + 1, (index,))


def _kind(made: Making, each: Made) -> str:
    if each.path in made.graph.uses:
        return "block"
    own = made.own_node(each)
    return "" if own is None else own.kind_name


def _times(made: Making, times: Sequence[Made]) -> str:
    """`Made 16 times: 56 x 56 x 64 (3 times) and 28 x 28 x 128`."""
    counts = Counter(made.shape(each) for each in times)
    shown = [f"{label}{f' ({count} times)' if count > 1 else ''}" for label, count in list(counts.items())[:MOST]]
    rest = [f"{len(counts) - MOST} other shapes"] if len(counts) > MOST else []
    if len(counts) == 1:
        return f"Made {len(times)} times, each {next(iter(counts))}."
    return f"Made {len(times)} times: {listing([*shown, *rest], quote=False)}."


# --- values -----------------------------------------------------------------------------------------------------------


def values(found: Iterable[Value | ExpressionError]) -> str:
    """The values that something has, each once: `64, 128, 256`; empty where it has none."""
    shown = list(dict.fromkeys(written(value) for value in found if not isinstance(value, ExpressionError)))
    return ", ".join([*shown[:MOST], *(["…"] if len(shown) > MOST else [])])


def dollar(
    evaluating: Evaluating, name: str, block_: Block | None, step: Step | None, times: Sequence[Made]
) -> Page | None:
    """A `$name`: what it stands for, and where that comes from; None where it is not known."""
    document = evaluating.document
    found = values(evaluating.value(name, each, step) for each in times or (None,))
    rows = [("value", found)] if found else []
    if block_ is not None and name in block_.params:
        title = f"param of the block {block_.name}"
        rows += _of_use(evaluating, name, block_, times)
    elif name in document.params:
        title = "param"
        rows += _of_spec(document, name, evaluating)
    elif name in RECEIVED and step is not None:
        title = BUILT_IN[name]
        rows += _received(evaluating, name, times)
    else:
        return None
    return [Title(f"${name}", title), *([Definitions(tuple(rows))] if rows else [])]


def _line(tree: Tree) -> str:
    return f"line {span_of(tree).line}"


def _of_use(evaluating: Evaluating, name: str, block_: Block, times: Sequence[Made]) -> list[tuple[str, str]]:
    """Where a block's param gets its value: at the first use, or by default."""
    rows = []
    path = next((each.scope for each in times), "")
    while path and path not in evaluating.graph.uses:
        path = path.rpartition(".")[0]
    step = evaluating.steps.get(evaluating.graph.uses[path]) if path else None
    given = None
    if step is not None:
        principal = step.principal if next(iter(block_.params), None) == name else None
        given = principal or step.values.get(name)
    default = block_.params[name]
    if given is not None:
        rows.append(("given", f"`{written(plain(given.tree))}`, {_line(given.tree)}, for `{path}`"))
    if default is not None:
        rows.append(("default", f"`{written(plain(default.tree))}`, {_line(default.tree)}"))
    return rows or [("default", "none; each use gives it")]


def _of_spec(document: Document, name: str, evaluating: Evaluating) -> list[tuple[str, str]]:
    rows = [("default", f"`{written(plain(document.params[name].tree))}`, {_line(document.params[name].tree)}")]
    variants = [
        f"`{variant}` {written(plain(given[name].tree))}"
        for variant, given in document.variants.items()
        if name in given
    ]
    return [*rows, ("variants", listing(variants, quote=False))] if variants else rows


def _received(evaluating: Evaluating, name: str, times: Sequence[Made]) -> list[tuple[str, str]]:
    if name == "index" or not times:
        return []
    graph, first = evaluating.graph, times[0]
    group = graph.groups.get(first.path)
    inputs = graph.nodes[first.start].inputs if group is None else group.inputs
    if not inputs:
        return []
    read = graph.nodes[inputs[0]]
    return [("input", f"`{read.path}`, {show_shape(read.shape)}")]


def expression(evaluating: Evaluating, text: str, step: Step | None, times: Sequence[Made]) -> Page:
    """What an expression comes to; nothing where it is none or comes to nothing."""
    if not is_expression(text) and not is_built(text):
        return []
    found = values(evaluating.result(text, each, step) for each in times or (None,))
    return [Paragraph(f"`{printable(text)}` is {found}.")] if found else []


def variable(evaluating: Evaluating, name: str, goes_through: str, step: Step | None, times: Sequence[Made]) -> Page:
    """What the `for` of an expression gives a name to, one value after the other."""
    found = evaluating.result(goes_through, times[0] if times else None, step)
    title = Title(f"${name}", f"goes through `{printable(goes_through)}`")
    if not isinstance(found, list) or not found:
        return [title]
    return [title, Definitions((("values", values(found)),))]


# --- settings ---------------------------------------------------------------------------------------------------------


def option(slot: Slot) -> Page:
    """A hyperparameter or a setting: what it means, what it takes, its default."""
    assert slot.owner is not None
    it = slot.option
    assert it is not None
    default = "required" if it.required else f"default {default_of(it)}"
    return [
        Title(it.name, f"of {slot.owner.spec_name}, {default}"),
        Paragraph(f"{it.doc} Takes {it.type.describe()}."),
    ]


def chosen(slot: Slot, word: str) -> Page:
    """What a word means as a value."""
    type_ = slot.takes
    while type_ is not None and not isinstance(type_, Choice):
        inner = getattr(type_.bare, "inner", None)
        type_ = type_.bare if isinstance(type_.bare, Choice) else inner
    meaning = type_.descriptions.get(word) if isinstance(type_, Choice) else None
    if meaning is not None:
        return [Definitions(((word, meaning),))]
    table = getattr(slot.takes.bare, "table", {}) if slot.takes is not None else {}
    return named(table[word]) if word in table else []


def named(declared: type[Declared]) -> Page:
    """What is chosen by name: an optimizer, a source."""
    return [part for page in choice_summaries(declared) for part in page]


def wiring(name: str, words: str) -> Page:
    """A key that every node takes."""
    return [Title(name, "accepted by every node"), Paragraph(words)]


def heading(word: str, text: str, *words: str) -> Page:
    """Something with a sentence or two."""
    return [Title(word, text), *(Paragraph(each) for each in words)]
