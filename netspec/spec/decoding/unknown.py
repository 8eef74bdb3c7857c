"""Words that mean nothing where they stand, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from netspec.diagnostics.foreign import Place, foreign
from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.kinds import KINDS
from netspec.spec.keys import WIRING
from netspec.spec.names import BLOCK_NAME
from netspec.syntax.tree import Scalar, span_of


class _Hint(NamedTuple):
    """What was probably meant: the end of a message, edits, and the word where it is one."""

    words: str = ""
    candidates: tuple[Candidate, ...] = ()
    meant: str | None = None


def unknown_kind(problems: Problems, key: Scalar, blocks: Sequence[str]) -> None:
    """Report what is neither a kind nor a block."""
    word = key.text
    hint = _hint(key, (*KINDS, *blocks), "kind")
    is_block = BLOCK_NAME.match(word) is not None
    if is_block and not hint.words:
        problems.add("NS505", f"there is no block {show(word)}; name it under `blocks`", span_of(key))
        return
    words = hint.words or "; `netspec explain` lists the kinds"
    if is_block and hint.meant in blocks:
        problems.add("NS505", f"there is no block {show(word)}{words}", span_of(key), candidates=hint.candidates)
    else:
        problems.add("NS201", f"there is no kind {show(word)}{words}", span_of(key), candidates=hint.candidates)


def unknown_kind_of_defaults(problems: Problems, key: Scalar, blocks: Sequence[str]) -> None:
    """Report a key of `defaults` that is no kind."""
    if key.text in blocks:
        message = f"`{key.text}` is a block; `defaults` are for kinds, a block's defaults stand in its params"
        problems.add("NS201", message, span_of(key))
        return
    hint = _hint(key, tuple(KINDS), "kind")
    words = hint.words or "; `netspec explain` lists the kinds"
    problems.add("NS201", f"there is no kind {show(key.text)}{words}", span_of(key), candidates=hint.candidates)


def unknown_option(problems: Problems, key: Scalar, word: str, known: Iterable[str]) -> None:
    """Report a hyperparameter that a kind does not take."""
    known = tuple(known)
    hint = _hint(key, (*known, *WIRING), "hyperparameter")
    words = hint.words or f"; it takes {listing(known) or 'none'}"
    problems.add(
        "NS202", f"`{word}` has no hyperparameter {show(key.text)}{words}", span_of(key), candidates=hint.candidates
    )


def unknown_key(problems: Problems, key: Scalar, what: str, known: Iterable[str], place: Place = "key") -> None:
    """Report a key of a section that the section does not take."""
    known = tuple(known)
    hint = _hint(key, known, place)
    words = hint.words or f"; it takes {listing(known)}"
    problems.add("NS207", f"{what} has no key {show(key.text)}{words}", span_of(key), candidates=hint.candidates)


def put_in_place(meant: Suggestion | None, span: Span) -> tuple[Candidate, ...]:
    """What was meant in place of what is written, where it is sure."""
    return (Candidate((Edit(span, meant.meant),), meant.meant),) if meant is not None and meant.sure else ()


def _hint(key: Scalar, known: tuple[str, ...], place: Place) -> _Hint:
    # YAML reads `{filters:64}` as the key `filters:64` with no value.
    before, colon, after = key.text.partition(":")
    if colon and before in known:
        if any(c in after for c in "{}[]"):
            return _Hint(f"; a colon needs a space after it: `{before}: …`")
        right = f"{before}: {after}"
        candidate = Candidate((Edit(span_of(key), right),), right)
        return _Hint(f"; a colon needs a space after it: `{right}`", (candidate,))
    row = foreign(key.text, place)
    if row is not None and row.advice:
        return _Hint(f"; {row.advice}")
    meant = suggest(key.text, known, place)
    if meant is None:
        return _Hint()
    return _Hint(meant.question(), put_in_place(meant, span_of(key)), meant.meant)
