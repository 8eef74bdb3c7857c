"""The pages of `netspec explain` and of the reference: a problem's code, a kind, a setting.

A page is a list of parts, made from the declarations and nothing else, and written as text or as Markdown.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from typing import TYPE_CHECKING, NamedTuple

from netspec.diagnostics.codes import CODES, GROUPS, HEADS, Code
from netspec.diagnostics.words import printable, show
from netspec.graph.model import Graph, Node
from netspec.kinds import FAMILIES, KINDS, Kind
from netspec.kinds.arguments import INITIALIZERS, REGULARIZERS
from netspec.kinds.window import Windowed
from netspec.options import Choice, Declared, Integer, Number, Numbers, Option, Sizes
from netspec.spec.settings import OPTIMIZERS, SCHEDULES, SOURCES, Data, EarlyStopping, Limits, Train

if TYPE_CHECKING:
    from netspec.pipeline import Spec

WIDTH = 100  # characters of a line of text


class Title(NamedTuple):
    """What the page is about: the word by which it is found, and what that word stands for."""

    word: str
    text: str = ""


class Heading(NamedTuple):
    """What follows is about."""

    text: str


class Words(NamedTuple):
    """A paragraph."""

    text: str


class Verbatim(NamedTuple):
    """Lines that stand as they are."""

    text: str
    language: str


class Entry(NamedTuple):
    """A line of a `Table`: a word, what it takes, what it is without it, what it means."""

    word: str
    takes: str
    default: str
    meaning: str


class Table(NamedTuple):
    """Hyperparameters."""

    entries: tuple[Entry, ...]


class Terms(NamedTuple):
    """Words, each with what it means."""

    entries: tuple[tuple[str, str], ...]


Part = Title | Heading | Words | Verbatim | Table | Terms
Page = list[Part]


# --- writing ----------------------------------------------------------------------------------------------------------


def as_text(page: Page) -> str:
    """The page for a terminal, in lines of at most `WIDTH` characters."""
    return "\n".join(_text(part) for part in page)


def _wrapped(text: str, indent: str = "", hanging: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _text(part: Part) -> str:
    match part:
        case Title(word, text):
            return _wrapped(f"{word}: {text}" if text else word) + "\n"
        case Heading(text):
            return text
        case Words(text):
            return _wrapped(text) + "\n"
        case Verbatim(text, _):
            return "".join(_indented(line) + "\n" for line in text.splitlines())
        case Table(entries):
            return "".join(map(_text_entry, entries))
        case Terms(entries):
            width = max(len(word) for word, _ in entries)
            indent = " " * (width + 4)
            return "".join(_wrapped(f"  {word:<{width}}  {text}", "", indent) + "\n" for word, text in entries)


def _indented(line: str) -> str:
    """A line of an example; one that is too long goes on below, further in."""
    if len(line) + 4 <= WIDTH:
        return f"    {line}".rstrip()
    margin = " " * (4 + len(line) - len(line.lstrip()))
    return _wrapped(line.lstrip(), margin, margin + "    ")


def _text_entry(entry: Entry) -> str:
    head = f"  {entry.word} (required)" if not entry.default else f"  {entry.word} = {entry.default}"
    return f"{head}\n{_wrapped(f'{entry.meaning} Takes {entry.takes}.', ' ' * 6)}\n"


def as_markdown(page: Page, level: int = 1) -> str:
    """The page as Markdown; `level` is that of its title."""
    return "\n".join(_markdown(part, level) for part in page)


def _markdown(part: Part, level: int) -> str:
    match part:
        case Title(word, text):
            return f"{'#' * level} {word}\n" + (f"\n**{text}**\n" if text else "")
        case Heading(text):
            return f"**{text[0].upper()}{text[1:]}**\n"
        case Words(text):
            return _escaped(text) + "\n"
        case Verbatim(text, language):
            return f"```{language}\n{text.rstrip()}\n```\n"
        case Table(entries):
            rows = [(f"`{e.word}`", _default_cell(e.default), _escaped(e.takes), _escaped(e.meaning)) for e in entries]
            return _rows(("hyperparameter", "default", "takes", "meaning"), rows)
        case Terms(entries):
            return "".join(f"- `{word}`: {_escaped(text)}\n" for word, text in entries)


def _escaped(text: str) -> str:
    """Stars outside of code, which Markdown would take for emphasis: `2*P`."""
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("*", "\\*") for number, part in enumerate(parts))


def _default_cell(default: str) -> str:
    return f"`{default}`" if default else "required"


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


# --- codes ------------------------------------------------------------------------------------------------------------


def code_page(code: Code) -> Page:
    """What a problem means, an example with what netspec says of it, and how to mend it."""
    page: Page = [Title(code.code, f"{code.title} ({code.severity})"), Words(code.meaning)]
    if code.example:
        shown = "".join(printable(line) + "\n" for line in code.example.splitlines())
        page += [Heading("example"), Verbatim(shown, "yaml"), Verbatim(said_of(code.example), "text")]
    page += [Heading("to mend it"), Words(code.mend)]
    if code.severity == "warning" and code.code != "NS809":
        silence = f"Where it is meant, write `# netspec: ignore {code.code}` at the end of its line or alone above it."
        page += [Heading("to silence it"), Words(silence)]
    return page


def said_of(example: str) -> str:
    """What `netspec validate` prints for a spec."""
    from netspec.pipeline import check_text
    from netspec.report.text import write_problems

    out = io.StringIO()
    write_problems(out, check_text(example, "example.yaml"))
    return out.getvalue()


# --- kinds ------------------------------------------------------------------------------------------------------------


def kind_page(cls: type[Kind]) -> Page:
    """What a kind does, its hyperparameters, its shape formula, the Keras layer that it becomes."""
    page: Page = [Title(cls.word), *map(Words, _paragraphs(cls))]
    if issubclass(cls, Windowed):
        page += [Heading("shape"), Words(_shape_formula(cls))]
    if cls.options:
        page += [Heading("hyperparameters"), _table(cls)]
    page += _choices(cls)
    page += [
        Words(_wiring(cls)),
        Heading("in Keras"),
        Words(cls.keras_name),
        Heading("example"),
        Verbatim(example_of(cls), "yaml"),
    ]
    return page


def _paragraphs(cls: type[Declared]) -> list[str]:
    """The docstring; its first paragraph is the summary."""
    return [" ".join(paragraph.split()) for paragraph in cleandoc(cls.__doc__ or "").split("\n\n")]


def _shape_formula(cls: type[Windowed]) -> str:
    window = "pool_size" if "pool_size" in cls.options else "kernel_size"
    if window not in cls.options:
        size = "F is 1"
    elif "dilation_rate" in cls.options:
        size = f"F is `{window}`, or `dilation_rate * ({window} - 1) + 1`"
    else:
        size = f"F is `{window}`"
    return (
        f"Along each dimension W becomes (W - F + 2*P) / S + 1, where {size}, S is `strides` and P the `padding` on "
        f"each side. With `padding: same` it becomes W / S, rounded up. `rounding` says what happens where the result "
        f"is not whole."
    )


def _table(cls: type[Declared]) -> Table:
    return Table(tuple(_entry(option) for option in cls.options.values()))


def _entry(option: Option) -> Entry:
    return Entry(option.name, option.type.describe(), "" if option.required else default_of(option), option.doc)


def default_of(option: Option) -> str:
    """A default as a spec would write it."""
    return _written(option.default)


def _written(value: object) -> str:
    """A checked value as a spec would write it."""
    if isinstance(value, Declared):
        given = ", ".join(f"{name}: {_written(each)}" for name, each in _given(value))
        return f"{{{value.word}: {{{given}}}}}" if given else value.word
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_written, value))}]"
    return value if isinstance(value, str) else show(value)


def _given(declared: Declared) -> list[tuple[str, object]]:
    """What was set, in the order of the declaration."""
    given = declared.given()
    return [(name, given[name]) for name in declared.options if name in given]


def _choices(cls: type[Declared]) -> Page:
    """The words that a hyperparameter chooses from, where each has a meaning of its own."""
    page: Page = []
    for option in cls.options.values():
        type_ = option.type
        while not isinstance(type_, Choice) and hasattr(type_, "inner"):
            type_ = type_.inner
        if not isinstance(type_, Choice) or not type_.descriptions:
            continue
        # The activations have their pages as kinds; they are listed where choosing one is the point.
        if len(type_.choices) < 20 or option.name == cls.principal:
            page += [Heading(f"`{option.name}`"), Terms(tuple(type_.descriptions.items()))]
    return page


def _wiring(cls: type[Kind]) -> str:
    least, most = cls.arity
    if most == 1:
        reads = "one node"
    elif most is None:
        reads = f"{least} nodes or more, which `from` names" if least > 1 else "one node or more"
    else:
        reads = f"{least} nodes, which `from` names" if least == most else f"{least} to {most} nodes"
    short = f" `{cls.word}: X` is short for `{cls.word}: {{{cls.principal}: X}}`." if cls.principal else ""
    return (
        f"It reads {reads}. Like every node it takes `name`, `from`, `repeat`, `when`, `share` and `trainable`.{short}"
    )


# What an example gives for a hyperparameter that has no default, where its type alone would say little.
_SENSIBLE = {
    "filters": "64",
    "kernel_size": "3",
    "units": "128",
    "pool_size": "2",
    "groups": "4",
    "num_heads": "8",
    "key_dim": "64",
    "input_dim": "10000",
    "output_dim": "64",
    "height": "24",
    "width": "24",
    "rate": "0.5",
    "scale": "0.00392156862745098",
    "target_shape": "[-1, 3]",
    "dims": "[2, 1, 3]",
    "activation": "gelu",
    "body": "[relu]",
}
_EXAMPLES = {
    "inception": """\
- inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}
- inception:
    branches:
      narrow: [{1x1: 64}]
      wide:
        - 1x1: 96
        - conv: {filters: 128, kernel_size: 3, padding: same}
""",
    "skip": """\
- skip:
    body:
      - conv: {filters: 64, kernel_size: 3, padding: same, use_bias: false}
      - batch_norm
    shortcut: project
""",
    "head": "- head: {name: auxiliary, body: [{global_pool: avg}, {dense: 10}, softmax]}\n",
    "conv": "- conv: {filters: 64, kernel_size: 3, padding: same, activation: relu}\n",
    "pool": "- pool: {type: max, pool_size: 3, strides: 2, padding: same}\n",
    "slice": "- slice: {stop: 2}\n",
    "lstm": "- lstm: {units: 128, bidirectional: concat}\n",
}


def example_of(cls: type[Kind]) -> str:
    """A node of the kind, as it stands in a list of nodes; it holds what the kind requires."""
    if cls.word in _EXAMPLES:
        return _EXAMPLES[cls.word]
    values = [f"{name}: {_sensible(cls.options[name])}" for name in cls.required]
    if cls.arity[0] > 1:
        values.append("from: [a, b]")
    elif not values:
        return f"- {cls.word}\n"
    elif cls.required == (cls.principal,):
        return f"- {cls.word}: {values[0].partition(': ')[2]}\n"
    return f"- {cls.word}: {{{', '.join(values)}}}\n"


def _sensible(option: Option) -> str:
    if option.name in _SENSIBLE:
        return _SENSIBLE[option.name]
    match option.type:
        case Integer() | Sizes():
            return "2"
        case Number() | Numbers():
            return "0.1"
        case Choice(choices=choices):
            return str(choices[0])
        case _:
            return "1"  # a test checks every example


# --- settings ---------------------------------------------------------------------------------------------------------

SETTINGS: tuple[tuple[str, str, type[Declared]], ...] = (
    ("data", "The command line can override it.", Data),
    ("train", "The command line can override it.", Train),
    ("early_stopping", "Under `train`.", EarlyStopping),
    ("limits", "A network that does not keep one is an error at its line.", Limits),
)
TABLES: tuple[tuple[str, str, Mapping[str, type[Declared]]], ...] = (
    ("data source", "For `source` under `data`.", SOURCES),
    ("optimizer", "For `optimizer` under `train`.", OPTIMIZERS),
    ("schedule", "For `schedule` under `train`.", SCHEDULES),
    ("initializer", "For the hyperparameters that end in `_initializer`.", INITIALIZERS),
    ("regularizer", "For the hyperparameters that end in `_regularizer`.", REGULARIZERS),
)


def setting_pages(word: str) -> list[Page]:
    """The pages of a section or of what can be chosen in one: `constant` is a schedule and an initialiser."""
    found = [_section_page(name, doc, cls) for name, doc, cls in SETTINGS if name == word]
    return found + [_table_page(noun, doc, table[word]) for noun, doc, table in TABLES if word in table]


def option_pages(name: str) -> list[Page]:
    """What a hyperparameter means, and who takes it; what all nodes take, such as `repeat`, among them."""
    from netspec.schema.generation import WIRING_DOCS

    if name in WIRING_DOCS:
        return [[Title(name, "every node takes it"), Words(WIRING_DOCS[name])]]
    takers: dict[Entry, list[str]] = {}
    declared = [*KINDS.values(), *(cls for _, _, cls in SETTINGS), *(cls for _, _, t in TABLES for cls in t.values())]
    for cls in declared:
        if name in cls.options:
            takers.setdefault(_entry(cls.options[name]), []).append(f"`{cls.word}`")
    page: Page = [Title(name, "hyperparameter")]
    for entry, words in takers.items():
        page += [Heading("of " + ", ".join(dict.fromkeys(words))), Table((entry,))]
    return [page] if takers else []


def _section_page(name: str, doc: str, cls: type[Declared]) -> Page:
    page: Page = [Title(name), *map(Words, _paragraphs(cls)), Words(doc), Heading("settings"), _table(cls)]
    return page + _choices(cls)


def _table_page(noun: str, doc: str, cls: type[Declared]) -> Page:
    page: Page = [Title(cls.word, noun), *map(Words, _paragraphs(cls)), Words(doc)]
    if cls.options:
        page += [Heading("hyperparameters"), _table(cls)]
    return page


def setting_words() -> list[str]:
    """What `setting_pages` knows."""
    return [*(name for name, _, _ in SETTINGS), *(word for _, _, table in TABLES for word in table)]


# --- a node -----------------------------------------------------------------------------------------------------------


def node_page(spec: Spec, graph: Graph, node: Node) -> Page:
    """How a node's shape, weights and costs come about, with its own numbers, and what is wrong with it."""
    from netspec.report.arithmetic import figures

    page: Page = [Title(node.path, f"{node.word}, line {node.span.line} of {printable(spec.path)}")]
    config = node.config
    if config is not None:
        given = ", ".join(f"{name}: {_written(value)}" for name, value in _given(config))
        page.append(Verbatim(f"{config.word}: {{{given}}}" if given else config.word, "yaml"))
        if isinstance(config, Windowed):
            page.append(
                Words("A window of F that moves by S over W with P of padding stops at (W - F + 2*P) / S + 1 places.")
            )
    page.append(Terms(tuple(figures(graph, node))))
    for problem in spec.problems:
        if problem.node == node.path:
            page.append(Words(f"{problem.severity} {problem.code}: {problem.message}"))
            fixes = tuple((fix.title, fix.result) for fix in problem.fixes)
            page += [Heading("repairs that hold"), Terms(fixes)] if fixes else []
    return page


# --- everything -------------------------------------------------------------------------------------------------------


def index() -> Page:
    """All codes and all kinds, a line each."""
    page: Page = []
    for family in FAMILIES:
        words = tuple((word, _paragraphs(cls)[0]) for word, cls in KINDS.items() if cls.family == family)
        page += [Heading(f"kinds: {family}"), Terms(words)]
    for start, title in GROUPS.items():
        codes = tuple((code.code, code.title) for code in CODES.values() if code.code.startswith(start))
        page += [Heading(f"problems: {title.lower()}"), Terms(codes)]
    tables = tuple((noun + "s", ", ".join(table)) for noun, _, table in TABLES)
    sections = ("sections", ", ".join(name for name, _, _ in SETTINGS))
    return [*page, Heading("settings"), Terms((sections, *tables))]


_GENERATED = "<!-- Written by tools/write_reference.py from the declarations; do not edit. -->\n"


def problems_reference() -> str:
    """`docs/problems.md`."""
    parts = [
        "# Problems\n",
        _GENERATED,
        "Every problem that netspec reports has a code, which never changes its meaning. `netspec explain CODE` prints "
        "the page of one. An error keeps a spec from being built; a warning does not.\n",
    ]
    for start, title in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [HEADS[start]] if start in HEADS else []
        parts += [as_markdown(code_page(code), 3) for code in CODES.values() if code.code.startswith(start)]
    return "\n".join(parts)


def kinds_reference() -> str:
    """`docs/kinds.md`."""
    parts = [
        "# Kinds\n",
        _GENERATED,
        "A node of a network is of a kind. Hyperparameters carry Keras's own names and defaults; tensors are "
        "channels-last. `netspec explain KIND` prints the page of one, `netspec explain FILE NODE` the arithmetic of a "
        "node with its own numbers.\n",
    ]
    for family in FAMILIES:
        parts.append(f"## {family.capitalize()}\n")
        parts += [as_markdown(kind_page(cls), 3) for cls in KINDS.values() if cls.family == family]
    return "\n".join(parts)


def settings_reference() -> str:
    """`docs/settings.md`."""
    parts = [
        "# Settings\n",
        _GENERATED,
        "What `data`, `train` and `limits` may hold, and what can be chosen in them and at nodes by name. A thing that "
        "has hyperparameters is written as its name, `adam`, or as a map of its name over them, "
        "`{adam: {learning_rate: 3e-4}}`.\n",
    ]
    for name, doc, cls in SETTINGS:
        parts.append(as_markdown(_section_page(name, doc, cls), 2))
    for noun, doc, table in TABLES:
        parts += [f"## {noun.capitalize()}s\n", doc + "\n"]
        for cls in table.values():
            page = _table_page(noun, doc, cls)
            parts.append(as_markdown([Title(cls.word), *(part for part in page[1:] if part != Words(doc))], 3))
    return "\n".join(parts)


def reference() -> dict[str, Callable[[], str]]:
    """The generated pages by the file that holds them."""
    return {
        "docs/problems.md": problems_reference,
        "docs/kinds.md": kinds_reference,
        "docs/settings.md": settings_reference,
    }
