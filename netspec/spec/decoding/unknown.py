"""Words that mean nothing where they stand, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from netspec.diagnostics.foreign import Place, foreign
from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.kinds import KINDS
from netspec.options import Option
from netspec.spec.keys import WIRING
from netspec.spec.names import BLOCK_NAME
from netspec.syntax.edits import indented
from netspec.syntax.tree import Entry, Mapping, Scalar, span_of


class _Hint(NamedTuple):
    """What was probably meant: the end of a message, edits, and the word where it is one."""

    words: str = ""
    candidates: tuple[Candidate, ...] = ()
    meant: str | None = None


def unknown_kind(problems: Problems, key: Scalar, blocks: Sequence[str]) -> None:
    """Report what is neither a kind nor a block."""
    if problems.full:
        return  # what was meant is not sought for nothing
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
    if problems.full:
        return
    known = tuple(known)
    hint = _hint(key, (*known, *WIRING), "hyperparameter")
    words = hint.words or f"; it takes {listing(known) or 'none'}"
    problems.add(
        "NS202", f"`{word}` has no hyperparameter {show(key.text)}{words}", span_of(key), candidates=hint.candidates
    )


def unknown_key(
    problems: Problems,
    key: Scalar,
    what: str,
    known: Iterable[str],
    place: Place = "key",
    section: Mapping | None = None,
) -> None:
    """Report a key of a section that the section does not take; `section` allows for fixes that put other keys in its place."""
    known = tuple(known)
    hint = _hint(key, known, place)
    if section is not None:
        hint = hint._replace(candidates=(*hint.candidates, *_instead(key, place, section)))
    words = hint.words or f"; it takes {listing(known)}"
    problems.add("NS207", f"{what} has no key {show(key.text)}{words}", span_of(key), candidates=hint.candidates)


def put_in_place(meant: Suggestion | None, span: Span) -> tuple[Candidate, ...]:
    """What was meant in place of what is written, where it is sure."""
    return (Candidate((Edit(span, meant.meant),), meant.meant),) if meant is not None and meant.sure else ()


def _instead(key: Scalar, place: Place, section: Mapping) -> tuple[Candidate, ...]:
    """Another key with another value, in the place of a key that other frameworks have there."""
    row = foreign(key.text, place)
    value = section.entries[key.text].value
    if row is None or not row.instead or row.instead.partition(":")[0] in section.entries:
        return ()
    if not isinstance(value, Scalar) or not value.plain or not value.text:
        return ()
    text = row.instead.replace("{value}", value.text)
    start, end = span_of(key), span_of(value)
    return (Candidate((Edit(Span(start.line, start.column, end.end_line, end.end_column), text),), text),)


def under_empty(tree: Mapping, name: str, opt: Option, known: Iterable[str]) -> dict[str, Entry]:
    """What stands beside an empty key and belongs under it, as `adam:` does beside `optimizer:`."""
    taken = opt.type.bare.keys()
    if tree.flow or not taken:
        return {}
    known = {*known, *WIRING}
    names = list(tree.entries)
    after = names[names.index(name) + 1 :]
    return {each: tree.entries[each] for each in after if each in taken and each not in known}


def beside(problems: Problems, code: str, name: str, strays: dict[str, Entry]) -> Mapping:
    """Report what stands beside an empty key and belongs under it; it is given back as the key's value."""
    words = list(strays)
    stand, them = ("stands", "it") if len(words) == 1 else ("stand", "them")
    keys = [entry.key for entry in strays.values()]
    candidate = Candidate(indented(strays.values()), f"indent {them} by two more")
    message = f"{listing(words)} {stand} beside `{name}`, which is empty; indent {them} deeper than `{name}`"
    problems.add(code, message, span_of(keys[0]), candidates=(candidate,))
    return Mapping(strays, False, keys[0].start, list(strays.values())[-1].value.end)


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
