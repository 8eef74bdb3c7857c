"""Words that mean nothing where they stand, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netspec.diagnostics.foreign import Foreign, Place, foreign
from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.kinds import KINDS
from netspec.options import Option
from netspec.spec.decoding.calls import as_kind
from netspec.spec.keys import WIRING
from netspec.spec.names import BLOCK_NAME
from netspec.syntax.edits import indented
from netspec.syntax.tree import Entry, Mapping, Scalar, Tree, span_of


class _Hint(NamedTuple):
    """What was probably meant: the end of a message, edits, and the word where it is one."""

    words: str = ""
    candidates: tuple[Candidate, ...] = ()
    meant: str | None = None


def unknown_kind(
    problems: Problems, key: Scalar, tree: Tree | None, blocks: Sequence[str], missing: Sequence[str] = ()
) -> None:
    """Report what is neither a kind nor a block.

    Args:
        problems: Takes the report.
        key: The word.
        tree: What follows it, None where it is a bare word.
        blocks: The names of the blocks.
        missing: Packages of kinds that the spec requires and that are not loaded; it may be a kind of theirs.
    """
    name = key.text
    is_bare = tree is None or (isinstance(tree, Scalar) and tree.value is None)
    right = as_kind(name) if is_bare else ""
    if right:
        fix = Candidate((Edit(span_of(key), right),), right)
        problems.add("NS201", f"a node is not written as a call; write `{right}`", span_of(key), candidates=(fix,))
        return
    hint = _hint(key, (*KINDS, *blocks), "kind")
    row = foreign(name, "kind")
    if row is not None and row.kind:
        hint = hint._replace(candidates=_as_kind(row, key, tree))
    is_block = BLOCK_NAME.match(name) is not None
    if missing and not is_block and row is None:
        hint = _Hint(f"; it may be one of the kinds of {listing(missing)}, which are not loaded")
    is_near_kind = hint.meant in KINDS and bool(hint.candidates) and not _is_shortened(name, hint.meant)
    if is_block and row is None and hint.meant not in blocks and not is_near_kind:
        problems.add("NS505", f"there is no block {show(name)}; name it under `blocks`", span_of(key))
        return
    words = hint.words or "; `netspec explain` lists the kinds"
    if is_block and hint.meant in blocks:
        problems.add("NS505", f"there is no block {show(name)}{words}", span_of(key), candidates=hint.candidates)
    else:
        problems.add("NS201", f"there is no kind {show(name)}{words}", span_of(key), candidates=hint.candidates)


def _is_shortened(name: str, meant: str | None) -> bool:
    """Is a name that of a block rather than a kind, with whose name it begins but does not end?"""
    return meant is not None and len(name) < len(meant) and meant.startswith(name.lower())


def unknown_kind_of_defaults(problems: Problems, key: Scalar, blocks: Sequence[str]) -> None:
    """Report a key of `defaults` that is no kind."""
    if key.text in blocks:
        message = f"`{key.text}` is a block; `defaults` are for kinds, a block's defaults stand in its params"
        problems.add("NS201", message, span_of(key))
        return
    hint = _hint(key, tuple(KINDS), "kind")
    if BLOCK_NAME.match(key.text) and _is_shortened(key.text, hint.meant):
        hint = _Hint("")  # a block's name, which begins as a kind's by chance
    words = hint.words or "; `netspec explain` lists the kinds"
    problems.add("NS201", f"there is no kind {show(key.text)}{words}", span_of(key), candidates=hint.candidates)


def unknown_option(problems: Problems, key: Scalar, owner: str, known: Iterable[str]) -> str | None:
    """Report a hyperparameter that a kind does not take; the one that was surely meant is given back."""
    known = tuple(known)
    hint = _hint(key, (*known, *WIRING), "hyperparameter")
    words = hint.words or f"; it takes {listing(known) or 'none'}"
    problems.add(
        "NS202", f"`{owner}` has no hyperparameter {show(key.text)}{words}", span_of(key), candidates=hint.candidates
    )
    return hint.meant if hint.candidates else None


def unknown_key(
    problems: Problems,
    key: Scalar,
    what: str,
    known: Iterable[str],
    place: Place = "key",
    section: Mapping | None = None,
) -> str | None:
    """Report a key of a section that the section does not take; the one that was surely meant is given back.

    `section` allows for fixes that put other keys in its place.
    """
    known = tuple(known)
    hint = _hint(key, known, place)
    if section is not None:
        hint = hint._replace(candidates=(*hint.candidates, *_instead(key, place, section)))
    words = hint.words or f"; it takes {listing(known)}"
    problems.add("NS207", f"{what} has no key {show(key.text)}{words}", span_of(key), candidates=hint.candidates)
    return hint.meant if hint.candidates else None


def as_meant(entries: dict[str, Entry], meant: dict[str, str | None]) -> dict[str, Entry]:
    """The entries of a section with those of keys that are unknown under the keys that were meant, by the unknown ones."""
    found = dict(entries)
    for name, word in meant.items():
        if word is not None and word not in found:
            found[word] = entries[name]
    return found


def put_in_place(meant: Suggestion | None, span: Span) -> tuple[Candidate, ...]:
    """What was meant in place of what is written, where it is sure."""
    return (Candidate((Edit(span, meant.meant),), meant.meant),) if meant is not None and meant.sure else ()


def _as_kind(row: Foreign, key: Scalar, tree: Tree | None) -> tuple[Candidate, ...]:
    """A kind, and the hyperparameter that its name in other frameworks says, in the place of that name."""
    name, _, value = row.option.partition(": ")
    bare = value if name == KINDS[row.kind].principal else f"{{{row.option}}}" if name else ""
    title = f"{row.kind}: {bare}" if bare else row.kind
    span = span_of(key)
    if tree is None:
        return (Candidate((Edit(span, title),), title),)
    edits = [Edit(span, row.kind)]
    if isinstance(tree, Mapping):
        edits += _hyperparameters(row, tree)
    elif not isinstance(tree, Scalar):
        return ()
    elif tree.value is None:
        edits += [Edit(span_of(tree), bare if tree.text else f" {bare}")] if bare else []
    else:
        size = next(iter(KINDS[row.kind].options.keys() - {name} & {"pool_size"}), "")
        if not size:
            return ()
        more = f"{row.option}, " if name else ""
        title = f"{row.kind}: {{{more}{size}: {tree.text}}}"
        edits.append(Edit(span_of(tree), f"{{{more}{size}: {tree.text}}}"))
    return (Candidate(tuple(edits), title),)


def _hyperparameters(row: Foreign, tree: Mapping) -> Iterator[Edit]:
    """What the name of a kind says, before the other hyperparameters, and those under the names that they have here."""
    known = KINDS[row.kind].options
    name = row.option.partition(":")[0]
    for number, entry in enumerate(tree.entries.values()):
        span = span_of(entry.key)
        other = foreign(entry.key.text, "hyperparameter")
        is_other = entry.key.text not in known and other is not None and other.here in known
        word = other.here if is_other and other is not None else entry.key.text
        more = ""
        if number == 0 and name and name not in tree.entries:
            more = f"{row.option}, " if tree.flow else f"{row.option}\n{' ' * (span.column - 1)}"
        if more or is_other:
            yield Edit(span, f"{more}{word}")


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
    before, sign, after = key.text.partition("=" if "=" in key.text else ":")
    if sign == "=" and before.strip() in known and after.strip():
        right = f"{before.strip()}: {after.strip()}"
        return _Hint(f"; write `{right}`", (Candidate((Edit(span_of(key), right),), right),))
    if sign and before in known:
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
