"""Words and numbers as messages show them, and what a misspelt word was meant to be."""

from __future__ import annotations

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


def short(value: int) -> str:
    """A count with three digits and a unit: 3.86 G."""
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return str(value)


def short_bytes(value: int) -> str:
    """Bytes with a binary unit: 1.5 MiB."""
    for unit, name in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value} B"
