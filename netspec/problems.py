"""Problems: what netspec tells a user about a file, and where.

A problem never holds a reference to the code that found it. Rules state the bare fact; whoever drives the rules knows the
place and the chain of uses that led there and adds them.
"""

from __future__ import annotations

from typing import NamedTuple

from netspec.codes import CODES, Severity


class Span(NamedTuple):
    """A stretch of a file, counted from 1 in lines and in characters (code points); the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


FILE_START = Span(1, 1, 1, 1)


class Edit(NamedTuple):
    """Replace the text of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A repair that was applied to a copy of the text, checked again, and held."""

    title: str
    edits: tuple[Edit, ...]
    result: str = ""  # what the node yields afterwards, for people: "4 x 4 x 16"
    parameters: int | None = None  # of the whole network afterwards, where nothing is wrong then
    macs: int | None = None
    more: int | None = None  # parameters than now, where now is known


class Note(NamedTuple):
    """Another place that has a part in the problem."""

    message: str
    span: Span | None = None


class Problem(NamedTuple):
    """One thing that is wrong or doubtful in one file."""

    code: str
    message: str
    span: Span
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()
    node: str = ""  # path of the node concerned, where there is one

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    @property
    def is_error(self) -> bool:
        return CODES[self.code].severity == "error"


MAX_PROBLEMS = 1_000  # of one file; nobody reads more, and a file with more is another kind of file


class Problems:
    """Collects the problems of one file; the same word on the same place is said once."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, Span, str], Problem] = {}

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        notes: tuple[Note, ...] = (),
        fixes: tuple[Fix, ...] = (),
        node: str = "",
    ) -> None:
        key = (code, span, message)
        if key not in self._items and not self.full:
            self._items[key] = Problem(code, message, span, notes, fixes, node)

    def extend(self, problems: tuple[Problem, ...]) -> None:
        for problem in problems:
            self.add(*problem)

    def remove(self, problem: Problem) -> None:
        """Take a problem back."""
        self._items.pop((problem.code, problem.span, problem.message), None)

    def ordered(self) -> tuple[Problem, ...]:
        """All problems in order of position."""
        return tuple(sorted(self._items.values(), key=lambda p: (p.span.line, p.span.column, p.code)))

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self._items.values())

    @property
    def full(self) -> bool:
        """No more are taken."""
        return len(self._items) >= MAX_PROBLEMS


class SpecError(Exception):
    """A file has errors; `problems` holds all of them, warnings included.

    Raised by the Python functions. The commands print the problems instead.
    """

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        self.path = path
        self.problems = problems
        first = next((p for p in problems if p.is_error), None)
        more = sum(p.is_error for p in problems) - 1
        text = f"{path}:{first.span.line}:{first.span.column}: {first.code}: {first.message}" if first else path
        super().__init__(text + (f" (and {more} more)" if more > 0 else ""))


# What PyTorch, Caffe and older Keras call things, where spelling does not lead to the name.
ELSEWHERE = {
    "Linear": "dense",
    "out_channels": "filters",
    "num_output": "filters",
    "num_filters": "filters",
    "out_features": "units",
    "hidden_size": "units",
    "kernel": "kernel_size",
    "ksize": "kernel_size",
    "pad": "padding",
    "dilation": "dilation_rate",
    "bias": "use_bias",
    "eps": "epsilon",
    "num_groups": "groups",
    "p": "rate",
    "params": "parameters",
    "lr": "learning_rate",
    "warmup": "warmup_epochs",
    "acc": "accuracy",
    "top5": "top_5_accuracy",
    "cross_entropy": "sparse_categorical_crossentropy",
    "crossentropy": "sparse_categorical_crossentropy",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "rmse": "root_mean_squared_error",
    "input_shape": "input",
}

MAX_WORDS = 200  # that a misspelt one is compared with; the last are the nearest in the file


def nearest(word: str, words: list[str] | tuple[str, ...]) -> str | None:
    """The word that `word` was probably meant to be, or None."""
    if not words or len(word) > 64:
        return None
    if ELSEWHERE.get(word) in words:
        return ELSEWHERE[word]
    words = words[-MAX_WORDS:]
    lowered = {w.lower(): w for w in reversed(words)}
    if word.lower() in lowered:
        return lowered[word.lower()]
    from difflib import get_close_matches  # a hundredth of a second that a correct spec need not pay

    found = get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def is_slip(word: str, meant: str) -> bool:
    """Is a word so near to another that it can be put in its place unasked? `stride`, `relo`; not `embed_dim`."""
    if ELSEWHERE.get(word) == meant:
        return True
    a, b = (each.lower().replace("_", "") for each in (word, meant))
    short, long = sorted((a, b), key=len)
    if a == b or (len(short) > 2 and long.startswith(short)) or (len(short) > 3 and long.endswith(short)):
        return True
    if min(len(a), len(b)) < 4:
        return False
    if len(a) == len(b) and (sorted(a) == sorted(b) or sum(x != y for x, y in zip(a, b, strict=True)) == 1):
        return True
    from difflib import SequenceMatcher

    return SequenceMatcher(None, a, b).ratio() > 0.82


def did_you_mean(word: str, words: list[str] | tuple[str, ...], wrap: str = "`{}`") -> str:
    """`; did you mean …?` or nothing."""
    match = nearest(word, words)
    return f"; did you mean {wrap.format(match)}?" if match else ""


def listing(words: list[str] | tuple[str, ...], last: str = "and") -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{w}`" for w in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + f" {last} " + quoted[-1]


def show(value: object, limit: int = 60) -> str:
    """A value as a spec would write it, on one line, shortened, with nothing a terminal would obey."""
    if value is None:
        text = "null"
    elif value is True or value is False:
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = repr(value)
    elif isinstance(value, int):
        # Python refuses to print integers of over 4,300 digits; nothing near that is ever useful to show.
        text = str(value) if abs(value) < 10**18 else f"about {'-' if value < 0 else ''}10**{_digits(value) - 1}"
    elif isinstance(value, str):
        text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value[: limit + 1])
        text = f"'{text}'"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(show(v, limit) for v in value[:9]) + (", …]" if len(value) > 9 else "]")
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{k}: {show(v, limit)}" for k, v in list(value.items())[:9]) + "}"
    else:
        text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _digits(value: int) -> int:
    return int(abs(value).bit_length() * 0.30103) + 1


def printable(text: str) -> str:
    """Text from a file with control characters and bidirectional marks made visible, for a terminal or a page."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)
