"""One node: its shape, weights, costs and receptive field, and what is wrong with it."""

from __future__ import annotations

from fractions import Fraction

from netspec.diagnostics.problems import Note, Span
from netspec.diagnostics.words import show
from netspec.graph.elaboration.scope import Env, Scope
from netspec.graph.elaboration.values import MAX_ELEMENTS, MAX_SIZES, Facts, Values
from netspec.graph.model import Node
from netspec.kinds import Kind, ShapeError, Weights
from netspec.kinds.kind import NO_WEIGHTS, Reach, Repair
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Step

MAX_PATHS = 8  # inputs of a merge whose ways are told


class Emitter(Values):
    """The part of elaboration that adds nodes to the graph."""

    def poison(self, word: str, span: Span) -> int:
        self.nodes.append(
            Node(
                word,
                "",
                word,
                None,
                (),
                None,
                "float32",
                NO_WEIGHTS,
                None,
                None,
                None,
                span,
                None,
                True,
                True,
            )
        )
        return len(self.nodes) - 1

    def emit(
        self,
        word: str,
        config: Kind | None,
        name: str,
        inputs: tuple[int, ...],
        scope: Scope,
        env: Env,
        step: Step,
        original: int | None,
        repetition: int | None = None,
        repairs: tuple[Repair, ...] = (),
    ) -> int:
        """Add a node; `repairs` are the composition's that makes it, beside the kind's own."""
        nodes, span = self.nodes, step.span
        path = f"{scope.path}{name}"
        index = len(nodes)
        sources = [nodes[i] for i in inputs]
        shapes = [node.shape for node in sources]
        tainted = config is None or any(node.tainted for node in sources)
        shape: Shape | None = None
        weights, macs, dtype = NO_WEIGHTS, None, "float32"
        if config is not None and self._arity(word, config, path, len(inputs), span, env) and None not in shapes:
            known: list[Shape] = shapes  # type: ignore[assignment]
            try:
                dtype = config.dtype(*(node.dtype for node in sources))
                shape, weights, macs = self._facts(config, known)
                tainted = tainted or not self._bounded(path, shape, weights, span)
            except ShapeError as wrong:
                shape = wrong.shape
                if not (tainted and wrong.code == "NS407"):
                    mine = wrong.repairs if step.cls is type(config) else ()
                    self._wrong(word, path, wrong, span, env, repetition, inputs, (*mine, *repairs))
                tainted = True
                weights = _weights(config, known)
        elif config is not None:
            tainted = True
        if original is not None and not tainted:
            self._same_weights(word, path, original, weights, sources, span)
            weights = nodes[original].weights
        layer = path.replace(".", "_")
        if layer in self.layer_names and nodes[self.layer_names[layer]].path != path:
            other = nodes[self.layer_names[layer]]
            self.problems.add(
                "NS308",
                f"`{path}` and `{other.path}` would both be the Keras layer `{layer}`; rename one",
                span,
                (Note("the other", other.span),),
            )
        self.layer_names[layer] = index
        field, jump = self._field(config, sources)
        nodes.append(
            Node(
                path,
                layer,
                word,
                config,
                inputs,
                shape,
                dtype,
                weights,
                macs,
                field,
                jump,
                span,
                original,
                env.trainable,
                tainted,
            )
        )
        return index

    def _facts(self, config: Kind, shapes: list[Shape]) -> Facts:
        """What its kind says of a node; raises ShapeError.

        Networks repeat themselves: one object stands for all nodes that are written alike, and is asked once a shape. Nodes
        hold their objects, so that an `id` stays one's own.
        """
        key = (id(config), *shapes)
        found = self.facts_of.get(key)
        if found is None:
            shape = config.infer(*shapes)
            found = self.facts_of[key] = Facts(shape, config.weights(*shapes), config.macs(shapes, shape))
        return found

    def _field(self, config: Kind | None, sources: list[Node]) -> tuple[Field, Field]:
        """Receptive field and jump (Araujo et al., "Computing receptive fields of convolutional neural networks", 2019)."""
        if config is None or not sources:
            return None, None
        first = sources[0]
        field, jump = first.field, first.jump
        for other in sources[1:]:
            field, jump = _joined((field, jump), (other.field, other.jump))
        if config.forgets_places:
            return None, None
        if config.sees_everything:
            sizes = (first.shape or ())[:-1]
            if field is not None and jump and len(sizes) == len(jump) and None not in sizes:
                field = tuple(f + ((w or 1) - 1) * j for f, w, j in zip(field, sizes, jump, strict=True))
            elif jump:
                field = None
            return field, jump if config.keeps_places else None
        if jump is None:
            return field, None
        if config.adds_place:
            return None if field is None else (*field, 1), (*jump, 1)
        windows = self._reach(config, len(jump)) if jump else None
        if windows is None:
            return field, jump
        stepped = tuple(j * w.stride for j, w in zip(jump, windows, strict=True))
        if field is None:
            return None, stepped
        return tuple(f + (w.size - 1) * j for f, w, j in zip(field, windows, jump, strict=True)), stepped

    def _reach(self, config: Kind, rank: int) -> tuple[Reach, ...] | None:
        key = (id(config), rank)
        if key not in self.reach_of:
            self.reach_of[key] = config.reach(rank)
        return self.reach_of[key]

    def _bounded(self, path: str, shape: Shape, weights: Weights, span: Span) -> bool:
        total = 1
        for size in shape:
            total *= size or 1
        if total > MAX_ELEMENTS or sum(weights) > MAX_ELEMENTS:
            what = f"an output of {show_shape(shape)}" if total > MAX_ELEMENTS else f"{show(sum(weights))} weights"
            self.problems.add("NS602", f"`{path}` would have {what}, beyond any machine", span, node=path)
            return False
        if len(shape) > MAX_SIZES:
            what = (
                f"an output of {show_shape(shape)}: {len(shape)} dimensions, and TensorFlow computes with {MAX_SIZES}"
            )
            self.problems.add("NS602", f"`{path}` would have {what} beside the batch", span, node=path)
            return False
        return True

    def _arity(self, word: str, config: Kind, path: str, count: int, span: Span, env: Env) -> bool:
        least, most = config.arity
        if count >= least and (most is None or count <= most):
            return True
        if most is None:
            wanted = f"at least {least} inputs"
        elif least == most:
            wanted = f"{least} input{'s' * (least > 1)}"
        else:
            wanted = f"{least} to {most} inputs"
        hint = "; name them with `from: [a, b]`" if least > 1 and count < least else ""
        merge = "; merge them first" if most == 1 else ""
        notes = env.use.notes() if env.use is not None else ()
        self.problems.add("NS304", f"{word} `{path}` takes {wanted}, not {count}{hint}{merge}", span, notes, node=path)
        return False

    def _wrong(
        self,
        word: str,
        path: str,
        wrong: ShapeError,
        span: Span,
        env: Env,
        repetition: int | None,
        inputs: tuple[int, ...],
        repairs: tuple[Repair, ...],
    ) -> None:
        notes: tuple[Note, ...] = ()
        if wrong.code == "NS403" and 1 < len(inputs) <= MAX_PATHS:
            notes = self._parting(inputs)
        if repetition is not None:
            notes = (*notes, Note(f"in repetition {repetition + 1}", None))
        if env.use is not None:
            notes = (*notes, *env.use.notes())
        self.problems.add(wrong.code, f"{word} `{path}`: {wrong.message}", span, notes, node=path, repairs=repairs)

    def _parting(self, inputs: tuple[int, ...]) -> tuple[Note, ...]:
        """For each input of a merge the nodes that gave it its shape, since the node where the paths parted."""
        paths = [self._path_back(i) for i in inputs]
        common = set(paths[0]).intersection(*map(set, paths[1:]))
        parted = max(common, default=None)
        notes = []
        if parted is not None:
            node = self.nodes[parted]
            notes.append(Note(f"the paths part at `{node.path}` ({show_shape(node.shape)})", node.span))
        for end, path in zip(inputs, paths, strict=True):
            changes = []
            for i in reversed(path):
                if parted is not None and i <= parted:
                    continue
                node = self.nodes[i]
                before = self.nodes[node.inputs[0]].shape if node.inputs else None
                if node.shape != before:
                    changes.append(f"`{node.path}` makes it {show_shape(node.shape)}")
            node = self.nodes[end]
            how = f": {', '.join(changes[-4:])}" if changes else ", as it was there" if parted is not None else ""
            notes.append(Note(f"`{node.path}` is {show_shape(node.shape)}{how}", node.span))
        return tuple(notes)

    def _path_back(self, index: int) -> list[int]:
        path = [index]
        while self.nodes[index].inputs:
            index = self.nodes[index].inputs[0]
            path.append(index)
        return path

    def _same_weights(
        self, word: str, path: str, original: int, weights: Weights, sources: list[Node], span: Span
    ) -> None:
        first = self.nodes[original]
        if first.tainted or (first.weights == weights and len(first.inputs) == len(sources)):
            here = [node.shape[-1:] for node in sources if node.shape is not None]
            there = [self.nodes[i].shape[-1:] for i in first.inputs if self.nodes[i].shape is not None]  # type: ignore[index]
            if first.tainted or here == there or not sum(weights):
                return
        shapes = " and ".join(show_shape(self.nodes[i].shape) for i in first.inputs)
        mine = " and ".join(show_shape(node.shape) for node in sources)
        self.problems.add(
            "NS307",
            f"{word} `{path}`: the weights of `{first.path}` are for an input of {shapes}, not {mine}",
            span,
            node=path,
        )


def _weights(config: Kind, shapes: list[Shape]) -> Weights:
    """What a node that is wrong would have, as far as that does not depend on what is wrong with it."""
    try:
        return config.weights(*shapes)
    except ShapeError:
        return NO_WEIGHTS


Field = tuple[Fraction | int, ...] | None


def _joined(one: tuple[Field, Field], two: tuple[Field, Field]) -> tuple[Field, Field]:
    """Field and jump of what two tensors are merged into: of a vector and a picture, the places are the picture's."""
    one, two = sorted((one, two), key=lambda each: -1 if each[1] is None else len(each[1]))
    (field, jump), (wider, steps) = one, two
    if jump is not None and steps is not None and len(jump) == len(steps):
        steps = _larger(jump, steps)
    if (
        field is not None
        and (wider is None or len(field) == len(wider))
        and (steps is None or len(field) == len(steps))
    ):
        wider = field if wider is None else _larger(field, wider)
    return wider, steps


def _larger(a: tuple[Fraction | int, ...], b: tuple[Fraction | int, ...]) -> tuple[Fraction | int, ...]:
    return tuple(max(x, y) for x, y in zip(a, b, strict=True))
