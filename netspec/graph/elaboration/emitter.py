"""One node: its shape, weights, costs and receptive field, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple

from netspec.diagnostics.problems import Note, Span
from netspec.diagnostics.words import show
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import Params
from netspec.graph.elaboration.scope import Binding, Env, Scope, Site
from netspec.graph.model import Node, macs_of_all
from netspec.graph.receptive_field import NOTHING, View, of_node
from netspec.graph.sharing import parted
from netspec.kinds import Kind, ShapeError, Weights
from netspec.kinds.kind import NO_WEIGHTS, Part, Reach, Repair, numbers_only
from netspec.options import Amounts, Sizes
from netspec.shapes import Shape, batch_first, show_shape
from netspec.spec.document import Step
from netspec.syntax.tree import plain, span_of

MAX_ELEMENTS = 2**53  # numbers in one tensor or one layer's weights; beyond it no machine follows
MAX_SIZES = 7  # of one tensor; with the batch 8, beyond which TensorFlow's kernels refuse to broadcast
MAX_PATH = 1_000  # nodes on one way that are looked at
MAX_PATHS = 8  # inputs of a merge whose ways are told
MAX_EXPLAINED = 100_000  # nodes on ways that are looked at for all problems together; those after it are told without
MAX_NOTES = 3  # on hyperparameters that come from `defaults`, and on params that hide a size
_SIZES = (Sizes, Amounts)  # the types of what changes the size of an output
_QUOTES = "'"


class Facts(NamedTuple):
    """What a kind says of a node, whose hyperparameters and inputs' shapes are known."""

    shape: Shape
    dtype: str
    weights: Weights
    macs: int | None
    masked: bool
    excess: str  # in words, what of it is more than any machine holds; empty if nothing is


# Type, weights, multiply-accumulates and mask of a node that reads what is not known.
UNKNOWN: tuple[str, Weights, int | None, bool] = ("float32", NO_WEIGHTS, None, False)


class Emitter:
    """Adds nodes to the graph."""

    def __init__(self, construction: Construction, params: Params) -> None:
        self.construction = construction
        self.params = params
        self.problems = construction.problems
        self.facts_of: dict[tuple[object, ...], Facts] = {}
        self.reach_of: dict[tuple[int, int], tuple[Reach, ...] | None] = {}
        self.masking = False  # does any node carry a mask?
        self.folding = False  # is there a node over each step of a sequence?
        self.inheriting: dict[int, Step] = {}  # nodes with hyperparameters of `defaults`
        self.dynamic: dict[int, tuple[Step, Env]] = {}  # nodes with expressions
        self.explained = 0  # nodes on ways that have been looked at

    def emit(
        self,
        site: Site,
        config: Kind | None,
        inputs: tuple[int, ...],
        original: int | None,
        kind_name: str | None = None,
        repairs: tuple[Repair, ...] = (),
    ) -> int:
        """Add a node; returns its index.

        Args:
            site: Where it stands.
            config: Its kind with its hyperparameters; None where something is wrong with them.
            inputs: The nodes that it reads.
            original: The node whose weights it uses, if not its own.
            kind_name: What it is called in messages, if not as the step at its site is.
            repairs: Those of the composition that makes it, beside the kind's own.
        """
        nodes = self.construction.nodes
        step, path = site.step, f"{site.scope.path}{site.name}"
        kind_name = kind_name or step.kind_name
        sources = [nodes[i] for i in inputs]
        shapes = [node.shape for node in sources]
        tainted = config is None or True in [node.tainted for node in sources]
        shape: Shape | None = None
        dtype, weights, macs, masked = UNKNOWN
        if config is not None and self._takes(site, kind_name, path, config, sources) and None not in shapes:
            known: list[Shape] = shapes  # type: ignore[assignment]
            try:
                masks = [node.masked for node in sources] if self.masking else []
                dtypes = [node.dtype for node in sources]
                shape, dtype, weights, macs, masked, excess = self._facts(config, known, dtypes, masks)
                if excess:
                    if not tainted:
                        self.problems.add("NS602", f"`{path}` would have {excess}", step.span, node=path)
                    tainted = True
                    shape = bounded(shape)
                self.masking |= masked
            except ShapeError as wrong:
                shape = wrong.shape
                # With a word that is not understood, what is written is not the shape that is meant.
                if not (tainted and wrong.code == "NS407") and not step.misspelt:
                    mine = wrong.repairs if step.cls is type(config) else ()
                    self._wrong(site, kind_name, path, wrong, inputs, (*mine, *repairs))
                tainted = True
                weights = _weights(config, known)
        elif config is not None:
            tainted = True
        trainable = site.env.trainable
        if original is not None and config is not None and not tainted:
            original = self._shared(kind_name, path, config, original, weights, known, step.span)
            if original is not None:
                trainable = self._trainable(kind_name, path, original, weights, site)
        if step.inherits:
            self.inheriting[len(nodes)] = step
        if step.config is None:
            self.dynamic[len(nodes)] = step, site.env
        if self.construction.steps is not None:
            self.construction.steps.append(step)
        field, jump = NOTHING if shape is None else self._view(config, sources)
        folded = site.env.folded
        if folded is not None:
            macs = macs_of_all(macs, folded.times)
        return self.construction.add(
            Node(
                path=path,
                layer=self._layer(path, step.span),
                kind_name=kind_name,
                config=config,
                inputs=inputs,
                shape=shape,
                dtype=dtype,
                weights=weights,
                macs=macs,
                field=field,
                jump=jump,
                span=step.span,
                share=original,
                trainable=trainable,
                tainted=tainted,
                masked=masked,
                times=1 if folded is None else folded.times,
                folded=None if folded is None else folded.node,
            )
        )

    def parts(self, site: Site, handle: int, inner: Scope) -> None:
        """Add the outputs that a node has beside its main one, and bind their names in its scope."""
        nodes = self.construction.nodes
        node = nodes[handle]
        if node.config is None:
            inner.unnamed = True  # any name may be one of its outputs
            return
        names = node.config.part_names()
        shapes: tuple[Shape | None, ...] = (None,) * len(names)
        dtypes: tuple[str, ...] = (node.dtype,) * len(names)
        if names and not node.tainted:
            shapes = node.config.part_shapes(*(nodes[i].shape for i in node.inputs))  # type: ignore[arg-type]  # all known
            dtypes = node.config.part_dtypes(*(nodes[i].dtype for i in node.inputs))
        for index, (name, shape, dtype) in enumerate(zip(names, shapes, dtypes, strict=True)):
            path = f"{inner.path}{name}"
            part = node._replace(
                path=path,
                layer=self._layer(path, node.span),
                config=Part(of=node.config, index=index),
                inputs=(handle,),
                shape=shape,
                dtype=dtype,
                weights=NO_WEIGHTS,
                macs=0,
                share=None,
                masked=False,
            )
            if self.construction.steps is not None:
                self.construction.steps.append(site.step)
            inner.names[name] = Binding((self.construction.add(part),), None, None)

    def _layer(self, path: str, span: Span) -> str:
        """The name of the Keras layer that the next node becomes."""
        nodes, names = self.construction.nodes, self.construction.layer_names
        layer = path.replace(".", "_")
        if layer in names and nodes[names[layer]].path != path:
            other = nodes[names[layer]]
            message = f"`{path}` and `{other.path}` would both be the Keras layer `{layer}`; rename one"
            self.problems.add("NS308", message, span, (Note("the other", other.span),))
        names[layer] = len(nodes)
        return layer

    def _facts(self, config: Kind, shapes: list[Shape], dtypes: list[str], masks: list[bool]) -> Facts:
        """What its kind says of a node; raises ShapeError.

        Networks repeat themselves: one object stands for all nodes that are written alike, and is asked once a shape. Nodes
        hold their objects, so that an `id` stays one's own.
        """
        key = (id(config), *shapes, *dtypes, *masks)
        found = self.facts_of.get(key)
        if found is None:
            if "string" in dtypes and not config.takes_strings:
                raise numbers_only()
            dtype = config.dtype(*dtypes)
            shape = config.infer(*shapes)
            weights = config.weights(*shapes)
            masked = config.mask(shapes, masks or [False] * len(shapes))
            found = Facts(shape, dtype, weights, config.macs(shapes, shape), masked, _excess(shape, weights))
            self.facts_of[key] = found
        return found

    def again(self, node: Node, sources: list[Node]) -> Node | None:
        """A node whose kind is the same, where these are what it reads; None where something is wrong with it there.

        The node's own shape is known, and it is no further output of another.
        """
        shapes = [source.shape for source in sources]
        if node.config is None:
            return None
        shape: Shape | None = None
        dtype, weights, macs, masked = UNKNOWN
        if None not in shapes:
            known: list[Shape] = shapes  # type: ignore[assignment]
            masks = [source.masked for source in sources]
            dtypes = [source.dtype for source in sources]
            try:
                shape, dtype, weights, macs, masked, excess = self._facts(
                    node.config, known, dtypes, masks if True in masks else []
                )
            except ShapeError:
                return None
            if excess:
                return None
        macs = macs_of_all(macs, node.times)
        field, jump = NOTHING if shape is None else self._view(node.config, sources)
        return Node(
            node.path,
            node.layer,
            node.kind_name,
            node.config,
            node.inputs,
            shape,
            dtype,
            weights,
            macs,
            field,
            jump,
            node.span,
            None,
            node.trainable,
            shape is None or True in [source.tainted for source in sources],
            masked,
            node.times,
            node.folded,
        )

    def view(self, node: Node, sources: list[Node]) -> View:
        """What a node sees of the network's input, where these are what it reads."""
        if isinstance(node.config, Part):
            return View(sources[0].field, sources[0].jump)
        return NOTHING if node.shape is None else self._view(node.config, sources)

    def _view(self, config: Kind | None, sources: list[Node]) -> View:
        """What a node of a kind sees. Of one without a shape it is not asked: its positions are not known."""
        seen = sources if config is None or not config.reads else config.parted(sources)[0]
        return of_node(config, seen, sources[0].shape if sources else None, self.windows)

    def viewed(self, node: Node, sources: list[Node]) -> Node:
        """A node with what it sees where these are what it reads."""
        field, jump = self.view(node, sources)
        return node if field == node.field and jump == node.jump else node._replace(field=field, jump=jump)

    def windows(self, config: Kind, rank: int) -> tuple[Reach, ...] | None:
        """What `Kind.reach` says, asked once."""
        key = (id(config), rank)
        if key not in self.reach_of:
            self.reach_of[key] = config.reach(rank)
        return self.reach_of[key]

    def _takes(self, site: Site, kind_name: str, path: str, config: Kind, sources: list[Node]) -> bool:
        """Does the kind take so many inputs?"""
        if config.suits(sources):
            return True
        least, most = config.takes()
        count = len(config.parted(sources)[0])
        if not all(node.layer for node in sources):
            return False  # how many they should have been cannot be said of what was never understood
        if most == 0:
            message = f"{kind_name} `{path}` reads nothing; leave out `from`"
            self.problems.add("NS304", message, site.span, site.notes(), node=path)
            return False
        if most is None:
            wanted = f"at least {least} inputs"
        elif least == most:
            wanted = f"{least} input{'s' * (least > 1)}"
        else:
            wanted = f"{least} to {most} inputs"
        hint = "; name them with `from: [a, b]`" if least > 1 and count < least else ""
        merge = "; merge them first" if most == 1 else ""
        message = f"{kind_name} `{path}` takes {wanted}, not {count}{hint}{merge}"
        self.problems.add("NS304", message, site.span, site.env.notes(), node=path)
        return False

    def _wrong(
        self,
        site: Site,
        kind_name: str,
        path: str,
        wrong: ShapeError,
        inputs: tuple[int, ...],
        repairs: tuple[Repair, ...],
    ) -> None:
        parting = self._parting(inputs) if wrong.code == "NS403" and 1 < len(inputs) <= MAX_PATHS else ()
        masking = self._masks(inputs) if wrong.code == "NS411" else ()
        self.problems.add(
            wrong.code,
            f"{kind_name} `{path}`: {wrong.message}",
            site.span,
            (
                *parting,
                *masking,
                *self._hiding(site, inputs),
                *self._defaults(site.step, inputs),
                *(self._batch() if wrong.code in ("NS404", "NS407") else ()),
                *site.notes(),
            ),
            node=path,
            repairs=repairs,
        )

    def _hiding(self, site: Site, inputs: tuple[int, ...]) -> tuple[Note, ...]:
        """The params that hide a size which the node, or one before it, seems to read."""
        nodes = self.construction.nodes
        if self.explained >= MAX_EXPLAINED:
            return ()
        found = list(self.params.hiding(site.step, site.env, self.construction.first(inputs)))
        for index in self._behind(inputs) if self.dynamic else ():
            if index in self.dynamic and len(found) < MAX_NOTES:
                step, env = self.dynamic[index]
                found += self.params.hiding(step, env, self.construction.first(nodes[index].inputs))
        return tuple(dict.fromkeys(found))[:MAX_NOTES]

    def _batch(self) -> tuple[Note, ...]:
        """The inputs whose first size looks like that of a batch."""
        found = []
        for node in self.construction.nodes:
            if not node.is_input:
                break
            if batch_first(node.shape):
                message = f"if the first size of `{node.path}`, {show_shape(node.shape)}, is the batch, leave it out"
                found.append(Note(message, node.span))
        return tuple(found)

    def _defaults(self, step: Step, inputs: tuple[int, ...]) -> tuple[Note, ...]:
        """The sizes that come from `defaults`: of the node itself, and of those before it that change the size."""
        if not self.inheriting and not step.inherits:
            return ()
        nodes = self.construction.nodes
        steps = [(step.kind_name, step)] if step.inherits else []
        for index in self._behind(inputs):
            node = nodes[index]
            before = nodes[node.inputs[0]].shape if node.inputs else None
            resized = node.shape is not None and before is not None and node.shape[:-1] != before[:-1]
            if resized and index in self.inheriting:
                steps.append((node.path, self.inheriting[index]))
        found: dict[Span, Note] = {}
        for name, each in steps:
            assert each.cls is not None
            for option, given in each.values.items():
                if given.from_defaults and isinstance(each.cls.options[option].type.bare, _SIZES):
                    text = f"`{option}: {show(plain(given.tree)).strip(_QUOTES)}` of `{name}` comes from `defaults`"
                    found.setdefault(span_of(given.tree), Note(text, span_of(given.tree)))
        return tuple(found.values())[:MAX_NOTES]

    def _parting(self, inputs: tuple[int, ...]) -> tuple[Note, ...]:
        """For each input of a merge the nodes that gave it its shape, since the node where the paths parted."""
        nodes = self.construction.nodes
        paths = [self._path_back(i) for i in inputs]
        common = set(paths[0]).intersection(*map(set, paths[1:])) if self.explained < MAX_EXPLAINED else set()
        parted = max(common, default=None)
        notes = []
        if parted is not None:
            node = nodes[parted]
            notes.append(Note(f"the paths diverge at `{node.path}` ({show_shape(node.shape)})", node.span))
        for end, path in zip(inputs, paths, strict=True):
            changes = []
            for i in reversed(path):
                if parted is not None and i <= parted:
                    continue
                node = nodes[i]
                before = nodes[node.inputs[0]].shape if node.inputs else None
                if node.shape != before and (node.inputs or i != end):
                    made = "makes it" if node.inputs else "is"
                    changes.append(f"`{node.path}` {made} {show_shape(node.shape)}")
            node = nodes[end]
            how = f": {', '.join(changes[-4:])}" if changes else ", unchanged" if parted is not None else ""
            notes.append(Note(f"`{node.path}` is {show_shape(node.shape)}{how}", node.span))
        return tuple(notes)

    def _masks(self, inputs: tuple[int, ...]) -> tuple[Note, ...]:
        """The nodes at which the masks of these inputs start."""
        nodes = self.construction.nodes
        starts = []
        for end in inputs:
            index = end
            while any(nodes[i].masked for i in nodes[index].inputs) and self.explained < MAX_EXPLAINED:
                self.explained += 1
                index = next(i for i in nodes[index].inputs if nodes[i].masked)
            if nodes[end].masked:
                starts.append(index)
        found = [nodes[i] for i in dict.fromkeys(starts)]
        return tuple(Note(f"the mask starts at `{node.path}` (`mask_zero: true`)", node.span) for node in found)

    def _behind(self, inputs: tuple[int, ...]) -> Iterable[int]:
        """The nodes on the ways back from some nodes, each once."""
        return dict.fromkeys(i for end in inputs for i in self._path_back(end))

    def _path_back(self, index: int) -> list[int]:
        """The nodes from one backwards along first inputs, as far as a problem is explained by them."""
        nodes = self.construction.nodes
        path = [index]
        most = MAX_PATH if self.explained < MAX_EXPLAINED else 1
        while nodes[index].inputs and len(path) < most:
            index = nodes[index].inputs[0]
            path.append(index)
        self.explained += len(path)
        return path

    def _shared(
        self, kind_name: str, path: str, config: Kind, original: int, weights: Weights, shapes: list[Shape], span: Span
    ) -> int | None:
        """The node whose layer a node uses, which is None where there is nothing to share: the layer is made anew."""
        first = self.construction.nodes[original]
        theirs = [self.construction.nodes[i].shape for i in first.inputs]
        if theirs == shapes or first.tainted:
            return original
        if not sum(weights):
            return None
        apart = parted(config, first.path, theirs, shapes)  # type: ignore[arg-type]  # known, since it is not tainted
        if apart is not None:
            self.problems.add("NS307", f"{kind_name} `{path}`: {apart}", span, node=path)
        return original

    def _trainable(self, kind_name: str, path: str, original: int, weights: Weights, site: Site) -> bool:
        """Is a node trained that uses the weights of another? It is as that one is; it cannot be frozen alone."""
        first = self.construction.nodes[original]
        if first.trainable and not site.env.trainable and any(weights):
            trained = f"the weights of `{first.path}` are trained there, so they cannot be frozen here"
            message = f"{kind_name} `{path}`: {trained}; freeze both or neither"
            self.problems.add("NS307", message, site.span, site.notes(), node=path)
        return first.trainable


def bounded(shape: Shape) -> Shape:
    """A shape without the sizes that no machine holds: of thousands of layers they would get as many digits."""
    return tuple(None if size is not None and size > MAX_ELEMENTS else size for size in shape)


def _excess(shape: Shape, weights: Weights) -> str:
    """In words, what of a node is more than any machine holds; empty if nothing is."""
    if prod(filter(None, shape)) > MAX_ELEMENTS:
        return f"an output of {show_shape(shape)}, more than any machine holds"
    if sum(weights) > MAX_ELEMENTS:
        return f"{show(sum(weights))} weights, more than any machine holds"
    if len(shape) > MAX_SIZES:
        dimensions = f"{len(shape)} dimensions, and TensorFlow computes with {MAX_SIZES} beside the batch"
        return f"an output of {show_shape(shape)}: {dimensions}"
    return ""


def _weights(config: Kind, shapes: list[Shape]) -> Weights:
    """What a node that is wrong would have, as far as that does not depend on what is wrong with it."""
    try:
        return config.weights(*shapes)
    except ShapeError:
        return NO_WEIGHTS
