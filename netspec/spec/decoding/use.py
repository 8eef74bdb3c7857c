"""`use`: blocks of other files in the spec's folder.

Each file is read by itself, with lines and problems of its own: its blocks see their own params, the other blocks of the file and
those that it uses in turn. Then its places are counted on from those of the spec, and its blocks stand among the spec's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netspec.diagnostics.problems import FAR, FILE_START, Problems, Span
from netspec.diagnostics.words import show, suggest
from netspec.spec.decoding.blocks import names_of, read_block
from netspec.spec.decoding.forms import Params
from netspec.spec.decoding.keeping import Defaults, changed_kinds
from netspec.spec.decoding.nodes import NodeReader
from netspec.spec.decoding.values import ValueReader, is_null, noun
from netspec.spec.decoding.version import check_version, is_of_another_version
from netspec.spec.document import Block, Used, UsedFile, names_in, steps_of
from netspec.spec.names import BLOCK_NAME, RECEIVED
from netspec.syntax.folder import File, Folder, Refused, move
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, SourceText, Tree, plain, span_of


class _Kept(NamedTuple):
    """What `use` came to."""

    written: object  # what it said
    names: tuple[str, ...]  # of the spec's own blocks
    texts: dict[str, str]  # of the files, by their paths inside the folder
    defaults: Defaults
    used: Used | None


class Library:
    """Where the blocks of other files are found: one for each spec; of an editor's text, for all of its versions.

    Args:
        folder: The spec's folder; None of a text that lies in none.
        name: The spec's own name in it.
        opened: The text of a file that is open in an editor, by its absolute path; None of any other.
    """

    def __init__(self, folder: str | None, name: str = "", opened: Callable[[str], str | None] | None = None) -> None:
        self.path = folder
        self.name = name
        self.opened = opened
        self.kept: _Kept | None = None  # what was read without a problem

    def folder(self) -> Folder:
        """The files of one more check."""
        return Folder(self.path, self.opened)

    def known(self, now: _Kept) -> Used | None:
        """What was read before, where nothing that it came from has changed since; `now` is what it comes from now."""
        kept = self.kept
        same = kept is not None and (kept.written, kept.names, kept.texts) == (now.written, now.names, now.texts)
        return kept.used if kept is not None and same and not changed_kinds(kept.defaults, now.defaults) else None


class _Reader:
    """One file."""

    def __init__(self, file: File, key: Scalar, values: ValueReader) -> None:
        self.file = file
        self.key = key  # of the spec's `use` by which it is read
        self.problems = Problems()
        self.source: SourceText = file.read(self.problems)
        self.values = ValueReader(self.problems, self.source)
        self.blocks: dict[str, Entry] = {}
        self.listed: dict[str, tuple[_Reader, Scalar]] = {}
        self.nodes: NodeReader | None = None
        tree = self.source.tree
        if isinstance(tree, Mapping):
            first = next(iter(tree.entries.values()), None)
            if not is_of_another_version(self.problems, tree):
                check_version(self.problems, tree, span_of(first.key) if first is not None else FILE_START)
            self.blocks = self.values.entries(tree.entries.get("blocks"), "blocks", "block names to {params, layers}")
        elif tree is not None:
            message = f"a file of blocks is a map with `netspec` and `blocks`, not {noun(tree)}"
            self.problems.add("NS207", message, span_of(tree))

    @property
    def use(self) -> Entry | None:
        """What it uses itself."""
        tree = self.source.tree
        return tree.entries.get("use") if isinstance(tree, Mapping) else None

    def reader(self, defaults: Defaults) -> NodeReader:
        """Reads its blocks."""
        if self.nodes is None:
            params: Params = {name: params_of(reader, name) for name, (reader, _) in self.listed.items()}
            self.nodes = NodeReader(self.values, {**names_of(self.blocks), **params})
            self.nodes.defaults = defaults
        return self.nodes

    def owner(self, name: str) -> _Reader:
        """The file in which a block is that its own blocks use."""
        return self if name in self.blocks else self.listed[name][0]


def params_of(reader: _Reader, name: str) -> tuple[str, ...]:
    """The names of the params of a block."""
    return names_of({name: reader.blocks[name]}).get(name, ())


class Using:
    """What a spec uses of other files, as far as names go; `read` reads the blocks.

    Args:
        values: Reads the spec.
        entry: What `use` says.
        names: The spec's own blocks.
        library: Where the files are; None where the blocks are to be known by their names only.
    """

    def __init__(self, values: ValueReader, entry: Entry, names: tuple[str, ...], library: Library | None) -> None:
        self.values = values
        self.names = names
        self.library = library or Library(None)
        self.written = plain(entry.value)
        self.folder = self.library.folder()
        self.files: dict[str, _Reader] = {}
        self.listed: dict[str, tuple[_Reader, Scalar]] = {}
        self._said = values.problems.offered
        self._named: dict[str, Scalar] = {}  # blocks of which nothing but the name is known
        self._reads = library is not None
        if library is None:
            self._named = _names_in(entry.value)
            return
        self._section(entry, values.problems, None, (library.name,), self.listed)
        for name, (_, key) in self.listed.items():
            if name in names:
                message = f"there are two blocks `{name}`: one here, and one under `blocks`; give one another name"
                values.problems.add("NS310", message, span_of(key))

    @property
    def params(self) -> Params:
        """The blocks that the spec's own nodes may use, with the names of their params."""
        return {
            **dict.fromkeys(self._named, ()),
            **{name: params_of(reader, name) for name, (reader, _) in self.listed.items()},
        }

    def read(self, defaults: Defaults) -> Used:
        """The blocks, those included that they use in their files.

        Args:
            defaults: What the spec's `defaults` say, which are for every node of the network.
        """
        if not self._reads:
            return Used((), self._named, {}, {})
        texts = {inside: reader.file.text for inside, reader in self.files.items()}
        now = _Kept(self.written, self.names, texts, defaults, None)
        known = self.library.known(now)
        if known is not None:
            listed = {name: key for name, (_, key) in self.listed.items()}
            files = tuple(
                each._replace(key=reader.key) for each, reader in zip(known.files, self.files.values(), strict=True)
            )
            return known._replace(listed=listed, files=files)
        found: dict[str, tuple[_Reader, Block | None]] = {}
        waiting = [(reader, name) for name, (reader, _) in self.listed.items() if name not in self.names]
        while waiting:
            reader, name = waiting.pop(0)
            if name in found:
                if found[name][0] is not reader:
                    self._twice(name, reader, found[name][0])
                continue
            if name in self.names and name not in self.listed:
                self._twice(name, reader, None)
                continue
            nodes = reader.reader(defaults)
            nodes.blocks_used = set()
            block = read_block(reader.values, nodes, name, reader.blocks[name])
            found[name] = (reader, block)
            if block is not None:
                _check_names(reader, block)
            waiting += [(reader.owner(each), each) for each in sorted(nodes.blocks_used)]
        used = self._moved(found)
        if self.values.problems.offered == self._said:
            self.library.kept = now._replace(used=used)
        return used

    def _moved(self, found: dict[str, tuple[_Reader, Block | None]]) -> Used:
        """The blocks with their places counted on; what is wrong in the files is reported."""
        written = {name: plain(reader.blocks[name].value) for name, (reader, _) in found.items()}
        problems = self.values.problems
        for reader in self.files.values():
            for problem in reader.problems.ordered():
                notes = tuple(
                    note if note.span is None else note._replace(file=reader.file.path) for note in problem.notes
                )
                problems.put(problem._replace(file=reader.file.path, notes=notes, candidates=(), repairs=()))
            if reader.source.tree is not None:
                move(reader.source.tree, reader.file.base)
        for _, block in found.values():
            for step in steps_of(block.body) if block is not None else ():
                step.span = _far(span_of(step.key), span_of(block.key)) if block is not None else step.span
        files = tuple(UsedFile(each.file.path, each.file.text, each.key) for each in self.files.values())
        blocks = {name: block for name, (_, block) in found.items() if block is not None}
        return Used(files, {name: key for name, (_, key) in self.listed.items()}, blocks, written)

    def _twice(self, name: str, reader: _Reader, other: _Reader | None) -> None:
        where = "the spec itself" if other is None else show(other.file.path, 200)
        message = (
            f"{show(reader.file.path, 200)} brings a block `{name}`, and so does {where}; the blocks of a network have "
            "different names"
        )
        self.values.problems.add("NS310", message, span_of(reader.key))

    def _section(
        self,
        entry: Entry,
        problems: Problems,
        by: _Reader | None,
        stack: tuple[str, ...],
        listed: dict[str, tuple[_Reader, Scalar]],
    ) -> None:
        """One `use`: the spec's, or that of a file which it uses."""
        tree = entry.value
        if is_null(tree):
            return
        if not isinstance(tree, Mapping):
            message = f"`use` is a map of files to lists of blocks, as `blocks.yaml: [Bottleneck]`, not {noun(tree)}"
            problems.add("NS204", message, span_of(tree))
            return
        for key, names in tree.entries.values():
            reader = self._file(key, problems, by, stack)
            items = self._names(key, names, problems)
            if reader is None:
                if by is None:
                    self._named |= {item.text: item for item in items}
                continue
            for item in items:
                name = item.text
                if name not in reader.blocks:
                    near = suggest(name, tuple(reader.blocks))
                    hint = near.question() if near is not None else ""
                    message = f"there is no block {show(name)} in {show(reader.file.path, 200)}{hint}"
                    problems.add("NS505", message, span_of(item))
                elif name in listed and listed[name][0] is not reader:
                    message = f"there are two blocks `{name}`: one of {show(listed[name][0].file.path, 200)} too"
                    problems.add("NS310", message, span_of(item))
                else:
                    listed.setdefault(name, (reader, item))

    def _names(self, key: Scalar, tree: Tree, problems: Problems) -> list[Scalar]:
        """The blocks that are named for a file."""
        items = tree.items if isinstance(tree, Sequence) else None
        if items is None:
            problems.add(
                "NS204", f"{show(key.text, 200)} is followed by a list of blocks, not {noun(tree)}", span_of(tree)
            )
            return []
        found = []
        for item in items:
            if isinstance(item, Scalar) and isinstance(item.value, str) and BLOCK_NAME.match(item.text):
                found.append(item)
            else:
                what = show(item.text) if isinstance(item, Scalar) else noun(item)
                problems.add("NS204", f"a block's name starts with a capital letter, unlike {what}", span_of(item))
        return found

    def _file(self, key: Scalar, problems: Problems, by: _Reader | None, stack: tuple[str, ...]) -> _Reader | None:
        """A file, and what it uses itself; None where it may not be read, which is reported."""
        try:
            inside = self.folder.inside(key.text, by.file.inside if by is not None else "")
            if inside in stack:
                raise Refused(f"{show(inside, 200)} uses itself{' by what it uses' if inside != stack[-1] else ''}")
            if inside in self.files:
                return self.files[inside]
            file = self.folder.file(key.text, by.file.inside if by is not None else "")
        except Refused as error:
            problems.add("NS113", str(error), span_of(key))
            return None
        reader = self.files[inside] = _Reader(file, by.key if by is not None else key, self.values)
        if reader.use is not None:
            self._section(reader.use, reader.problems, reader, (*stack, inside), reader.listed)
            for name, (_, item) in reader.listed.items():
                if name in reader.blocks:
                    message = f"there are two blocks `{name}`: one here, and one under `blocks`; give one another name"
                    reader.problems.add("NS310", message, span_of(item))
        return reader


def _names_in(tree: Tree) -> dict[str, Scalar]:
    """The blocks that a `use` names, whatever files they are of."""
    lists = [entry.value for entry in tree.entries.values()] if isinstance(tree, Mapping) else []
    items = [item for each in lists if isinstance(each, Sequence) for item in each.items]
    return {item.text: item for item in items if isinstance(item, Scalar) and BLOCK_NAME.match(item.text)}


def _far(span: Span, block: Span) -> Span:
    """The place of a node in its file; of one that stands for something misspelt, the block's."""
    return span if span.line > FAR else block


def _check_names(reader: _Reader, block: Block) -> None:
    """Report what the expressions of a block read beyond its params."""
    known = {*block.params, *block.param_keys, *RECEIVED}
    givens = [given for given in block.params.values() if given is not None]
    givens += [given for step in steps_of(block.body) for given in step.givens() if not given.from_defaults]
    givens += [step.principal for step in steps_of(block.body) if step.principal is not None]
    for given in givens:
        for name in names_in(given.value) if given.dynamic else ():
            if name not in known:
                near = suggest(name, tuple(known))
                hint = near.question("`${}`") if near is not None else "; make it one"
                message = f"`${name}` is no param of the block `{block.name}`, and a block of another file reads only its own{hint}"
                reader.problems.add("NS502", message, span_of(given.tree))
