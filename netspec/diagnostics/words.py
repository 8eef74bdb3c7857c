"""Words and numbers as messages show them, and what a misspelt word was meant to be."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from netspec.diagnostics.foreign import Place, foreign, foreign_anywhere, foreign_words

MAX_WORDS = 400  # that a misspelt one is compared with; the last are the nearest in the file
MAX_LISTED = 40  # words that a message lists; the kind with the most hyperparameters has fewer


class Suggestion(NamedTuple):
    """What was probably meant by what is written."""

    written: str
    meant: str
    sure: bool  # may it be put in its place unasked?

    def question(self, wrap: str = "`{}`") -> str:
        """`; did you mean …?`, the end of a message."""
        return f"; did you mean {wrap.format(self.meant)}?"


SHORTENED = 6  # letters of a word that is broken off, from which on it means the one that begins so


def suggest(word: str, words: Sequence[str], place: Place | None = None) -> Suggestion | None:
    """What a word that is none of `words` was probably meant to be.

    Args:
        word: As it is written.
        words: Those that may stand there, the nearest in the file last.
        place: Where it is written, for what other frameworks call it there; None looks at all places.

    Returns:
        None where no word is near.
    """
    if not words or len(word) > 64:
        return None
    known = foreign(word, place) if place is not None else None
    here = known.here if known is not None else foreign_anywhere(word, words) if place is None else None
    if here and here in words:
        return Suggestion(word, here, True)
    return _near(word, tuple(words[-MAX_WORDS:]), place)


@lru_cache(maxsize=2_000)  # what an alias or a repetition brings again is not sought again
def _near(word: str, words: tuple[str, ...], place: Place | None) -> Suggestion | None:
    """The nearest of the words that stand in a file, or of what other frameworks call them."""
    lowered = {w.lower(): w for w in reversed(words)}
    meant = lowered.get(word.lower())
    if meant is None:
        begun = [each for each in lowered if len(word) >= SHORTENED and each.startswith(word.lower())]
        found = begun[0] if len(begun) == 1 else _closest(word.lower(), lowered, 0.6)
        meant = lowered[found] if found is not None else None
        if place is not None and not (meant and is_misspelling(word, meant)):
            others = {other: here for other, here in foreign_words(place).items() if here in words}
            near = _closest(word.lower(), others, 0.8)
            if near is not None and is_misspelling(word, near):
                return Suggestion(word, others[near], True)
    return None if meant is None else Suggestion(word, meant, is_misspelling(word, meant))


def _closest(word: str, words: Iterable[str], least: float) -> str | None:
    """What `difflib.get_close_matches` gives for one word, without working out what cannot be better than the best so far."""
    from difflib import SequenceMatcher  # a hundredth of a second that a correct spec need not pay

    matcher = SequenceMatcher(None, "", word)
    best, found = least, None
    for each in sorted(words, reverse=True):  # of two that are as close the last of the alphabet
        matcher.set_seq1(each)
        for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio):  # each at least the next
            close = ratio()
            if close < best or (close == best and found is not None):
                break
        else:
            best, found = close, each
    return found


def nearest(word: str, words: Sequence[str], place: Place | None = None) -> str | None:
    """The word that `word` was probably meant to be, or None."""
    found = suggest(word, words, place)
    return None if found is None else found.meant


def is_misspelling(word: str, meant: str) -> bool:
    """Is a word so near to another that it can be put in its place unasked? `stride`, `relo`; not `embed_dim`."""
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


def did_you_mean(word: str, words: Sequence[str], wrap: str = "`{}`", place: Place | None = None) -> str:
    """`; did you mean …?` or nothing."""
    found = suggest(word, words, place)
    return "" if found is None else found.question(wrap)


def listing(words: Sequence[str], last: str = "and", *, quote: bool = True) -> str:
    """`a`, `b` and `c`; of very many the first, and how many more there are."""
    quoted = [f"`{w}`" if quote else w for w in words[:MAX_LISTED]]
    if len(words) > MAX_LISTED:
        return f"{', '.join(quoted)} {last} {len(words) - MAX_LISTED:,} more"
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + f" {last} " + quoted[-1]


def show(value: object, limit: int = 60) -> str:
    """A value as a spec would write it, on one line, shortened, with nothing a terminal would obey.

    A list is not gone through further than is shown of it: one that holds itself many times over costs no more.
    """
    text = ""
    for piece in _pieces(value, limit):
        text += piece
        if len(text) > limit:
            return text[: limit - 1] + "…"
    return text


def _pieces(value: object, limit: int) -> Iterator[str]:
    """A value's text from left to right; of each piece so much that one can see where it is longer than the limit."""
    if value is None:
        yield "null"
    elif value is True or value is False:
        yield "true" if value else "false"
    elif isinstance(value, float):
        yield repr(value)
    elif isinstance(value, int):
        # Python refuses to print integers of over 4,300 digits; nothing near that is ever useful to show.
        yield str(value) if abs(value) < 10**18 else f"about {'-' if value < 0 else ''}10**{_digits(value) - 1}"
    elif isinstance(value, str):
        text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value[: limit + 1])
        yield f"'{text}'"
    elif isinstance(value, (list, tuple)):
        yield "["
        for index, item in enumerate(value[:9]):
            yield ", " if index else ""
            yield from _pieces(item, limit)
        yield ", …]" if len(value) > 9 else "]"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(islice(value.items(), 9)):
            yield f"{', ' if index else ''}{key}: "
            yield from _pieces(item, limit)
        yield "}"
    else:
        yield str(value)


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


def memory(size: int) -> str:
    """An amount of memory, as bars and refusals have it: 689 MiB, 1.5 GiB."""
    return f"{size / 2**20:,.0f} MiB" if size < 2**30 else f"{size / 2**30:,.1f} GiB"


_FILE_TYPES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def file_type(mode: int) -> str:
    """What a file is, by the mode that the system reports of it: `a device`."""
    return _FILE_TYPES.get(stat.S_IFMT(mode), "a file")
