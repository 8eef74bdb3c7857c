"""A `Model` to the nodes of a flat spec, each of which says what it is and reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from typing import NamedTuple

from netspec.conversion import channels
from netspec.conversion.channels import Held, Layout, Passing, model_shape
from netspec.conversion.joining import joined, with_padding_inside
from netspec.conversion.lifting import lifted
from netspec.conversion.masks import without_masks
from netspec.conversion.model import Call, ConversionError, Layer, Model, Tensor
from netspec.conversion.naming import free_name, identifier
from netspec.conversion.nodes import ENTERING, Flat, FlatInput, FlatNode, Module, not_converted
from netspec.conversion.patterns import put_back
from netspec.conversion.rearranging import rearranged
from netspec.conversion.steps import Region, folding, unfolds
from netspec.conversion.values import unsayable, values_of
from netspec.diagnostics.words import show
from netspec.kinds import KINDS
from netspec.kinds.kind import Kind, OptionConflict, ShapeError
from netspec.kinds.window import Windowed
from netspec.options import Invalid, Values
from netspec.shapes import Shape

_AUTOMATIC = re.compile(r"_\d+\Z")
_OPERATION = re.compile(r"_step_\d+\Z")  # of a node, of which an operation bears the name


class Failure(NamedTuple):
    """What has no kind, and where."""

    layer: str
    message: str


class Inconvertible(Exception):
    """Layers of a model that a spec cannot say, all of them.

    Args:
        failures: What, and why.
        partial: The rest, with nodes that stand for them; None where nothing of it is left, or nobody asked for it.
    """

    def __init__(self, failures: Sequence[Failure], partial: Flat | None = None) -> None:
        super().__init__(f"{len(failures)} layers cannot be said")
        self.failures = tuple(failures)
        self.partial = partial


Figures = Callable[[str, Layer], Mapping[str, object]]


class Converter:
    """Makes the nodes of one model.

    Args:
        figures: What a layer, which has this path, keeps among its weights and a spec says as numbers.
        partial: Is a node to stand for each layer that cannot be said?
    """

    def __init__(self, figures: Figures = lambda path, layer: {}, *, partial: bool = False) -> None:
        self.figures = figures
        self.partial = partial
        self.nodes: list[FlatNode] = []
        self.failures: list[Failure] = []
        self._names: dict[str, None] = {}  # in the order in which they were given
        self._shape: dict[str, Shape] = {}  # of each node
        self._module: list[Module] = []
        self._first: dict[str, str] = {}  # by a layer's path, the node that its first call became
        self._is_turned = False  # do channels of the model come first?
        self._orders: dict[str, Layout | None] = {}  # of the weights of nodes
        self._region: dict[str, Region] = {}  # by a node on steps that are folded into the batch
        self._laid: dict[tuple[Held, Layout | None], Held] = {}  # tensors that were laid otherwise

    def convert(self, model: Model) -> Flat:
        """The nodes. Raises Inconvertible."""
        inputs = []
        entering: dict[Tensor, Held] = {}
        self._is_turned = channels.is_turned(model)
        for each in model.inputs:
            name = self._name("input" if len(model.inputs) == 1 else each.name)
            layout = channels.input_layout(model, each.name, len(each.shape)) if self._is_turned else None
            shape = each.shape if layout is None else tuple(each.shape[axis] for axis in layout.axes)
            self._shape[name] = shape
            entering[Tensor(each.name, 0, 0)] = Held(name, layout)
            inputs.append(FlatInput(name, shape, each.dtype, each.name, layout))
        self._names[ENTERING] = None  # which in a body is another
        made = self._body(model, entering, "", trainable=True)
        for region in dict.fromkeys(self._region.values()):
            if not region.end and not self.failures:
                self.failures.append(
                    Failure(region.sequence, "has its steps folded into the batch, and not put together")
                )
        if self.failures and not self.partial:
            raise Inconvertible(self.failures)
        for tensor in model.outputs.values():
            if tensor not in made and not self.failures:
                raise ConversionError("is named as an output, and is none", tensor.layer)
        ends_made = {name: made[tensor] for name, tensor in model.outputs.items() if tensor in made}
        given = {identifier(name): self._unflattened(held) for name, held in ends_made.items()}
        outputs = {name: held.name for name, held in given.items()}
        layouts = {name: held.layout for name, held in given.items() if held.layout is not None}
        ends = frozenset(outputs.values())
        nodes = self._joined(self.nodes, ends)
        endless = [node for node in nodes if inf in (abs(v) for v in node.values.values() if isinstance(v, float))]
        if endless:
            raise Inconvertible(
                [Failure(node.origin, "computes with infinity, which no spec can say") for node in endless]
            )
        flat = Flat(identifier(model.name), tuple(inputs), nodes, outputs, layouts)
        if self.failures:
            raise Inconvertible(self.failures, flat if outputs else None)
        return flat

    def _body(
        self, model: Model, entering: Mapping[Tensor, Held], prefix: str, *, trainable: bool
    ) -> dict[Tensor, Held]:
        """The nodes of a model that reads these nodes; the node that each of its tensors is."""
        made = dict(entering)
        model = put_back(without_masks(model))
        for layer, index, call in _in_order(model, entering):
            reads = call.reads
            path = f"{prefix}{layer.name}"
            named = len(self._names)
            if any(tensor not in made for tensor in reads):
                continue  # it reads what could not be said
            try:
                if layer.inner is not None:
                    self._nested(layer, index, call, made, path, trainable=trainable)
                else:
                    ends = self._call(layer, index, call, made, path, trainable=trainable)
                    made.update({Tensor(layer.name, index, number): end for number, end in enumerate(ends)})
            except ConversionError as error:
                self.failures.append(Failure(path, error.message))
                self._take_back(named)
                end = Tensor(layer.name, index, 0)
                if reads and (self.partial or end in model.shapes):  # so that what comes behind it is told too
                    made[end] = self._hole(layer, made[reads[0]], model.shapes.get(end), path)
        return made

    def _hole(self, layer: Layer, read: Held, shape: Shape | None, path: str) -> Held:
        """A node in the place of a layer that cannot be said: of its shape, so that what comes behind it can be checked."""
        read = self._lay(read, None, path)
        name = self._name(layer.name)
        word = "operation" if layer.is_operation else "layer"
        hole = not_converted(word, layer.name, layer.class_name)
        node = FlatNode(name, "linear", {}, (read.name,), "", None, True, True, hole=hole)
        if shape not in (None, self._shape[read.name]) and None not in (shape or ()):
            node = node._replace(kind_name="constant", values={"value": 0.0, "shape": list(shape or ())}, reads=())
        self._shape[name] = shape if node.kind_name == "constant" and shape is not None else self._shape[read.name]
        self._append(node, path)
        return Held(name)

    def _nested(
        self, layer: Layer, index: int, call: Call, made: dict[Tensor, Held], path: str, *, trainable: bool
    ) -> None:
        """A model that is called like a layer: its nodes, anew for each call, with the weights of the first."""
        inner = layer.inner
        assert inner is not None
        reads = call.reads
        if len(reads) != len(inner.inputs):
            raise ConversionError(f"takes {len(inner.inputs)} inputs, and is called on {len(reads)}", path)
        entering = {Tensor(each.name, 0, 0): made[tensor] for each, tensor in zip(inner.inputs, reads, strict=True)}
        kept = trainable and layer.config.get("trainable") is not False
        self._module.append((layer.name, index))
        inside = self._body(inner, entering, f"{path}/", trainable=kept)
        self._module.pop()
        for number, tensor in enumerate(inner.outputs.values()):
            if tensor in inside:
                made[Tensor(layer.name, index, number)] = inside[tensor]

    def _call(
        self, layer: Layer, index: int, call: Call, made: Mapping[Tensor, Held], path: str, *, trainable: bool
    ) -> tuple[Held, ...]:
        """The nodes of one call; what the last gives, and its outputs beside the main one."""
        layer = layer._replace(config={**layer.config, **self.figures(path, layer)})
        held = {tensor: made[tensor] for tensor in call.reads}
        turning = None
        if channels.wants_first(layer) and (self._is_turned or any(each.layout for each in held.values())):
            turning = layer = channels.with_last(layer)
            held = {tensor: self._read_by(layer, each, path) for tensor, each in held.items()}
        shapes = [self._shape_of(held[tensor], turning) for tensor in call.reads]
        steps = self._steps(layer, call, held, shapes, path)
        if steps is not None:
            return (steps,)
        try:
            parts = lifted(layer, call, shapes)
        except (TypeError, ValueError, LookupError, AttributeError):  # a file may say anything of a layer
            raise ConversionError(f"has arguments that a {show(layer.class_name)} does not have", path) from None
        ends: tuple[Held, ...] = ()
        given: tuple[Held, ...] = ()
        for part in parts:
            given = (*given, *ends[:1])
            reads = [held[tensor] for tensor in part.reads]
            if (not reads and not part.reads_nothing) or part.also_before:
                if not ends:
                    raise ConversionError("is called on nothing", path)
                reads.append(ends[0])
            beside = {option: [held[tensor] for tensor in tensors] for option, tensors in part.beside.items()}
            if turning is not None:
                ends = self._node(layer, Passing(part, [each.layout for each in reads]), reads, beside, path, trainable)
                ends = tuple(self._given_by(layer, each) for each in ends)
                continue
            passing = Passing(part, [None] * len(reads))
            if self._is_turned:
                shapes = [self._shape_of(each, None) for each in reads]
                passing = channels.passing(part, [each.layout for each in reads], shapes)
                beside = {option: [self._lay(each, None, path) for each in those] for option, those in beside.items()}
            if passing.part is None:
                ends = (reads[0]._replace(layout=passing.layout),)
                continue
            reads = [self._lay(each, wanted, path) for each, wanted in zip(reads, passing.wanted, strict=True)]
            ends = self._node(layer, passing, reads, beside, path, trainable)
        return (*given, *ends) if parts and parts[0].is_given else ends

    def _node(
        self,
        layer: Layer,
        passing: Passing,
        reads: Sequence[Held],
        read_beside: Mapping[str, Sequence[Held]],
        path: str,
        trainable: bool,
    ) -> tuple[Held, ...]:
        """Add a node; what it gives."""
        part = passing.part
        assert part is not None
        sources = tuple(each.name for each in reads)
        beside = {option: tuple(each.name for each in those) for option, those in read_beside.items()}
        values, known = part.values, [self._shape[each] for each in (*sources, *sum(beside.values(), ()))]
        own = _OPERATION.sub("", layer.name) if layer.is_operation else layer.own_name or layer.name
        is_named = not _AUTOMATIC.search(own) and own != _snake(layer.class_name)
        # Operations that Keras counted are counted by their kinds, as whatever is built of the spec counts them anew.
        own = own if is_named or not layer.is_operation else f"{part.kind_name}_1"
        name = self._name(f"{own}_{part.suffix}" if part.suffix else own)
        others: tuple[str, ...] = ()
        has_weights = True
        if part.body is None:
            config, values = configured(part.kind_name, {**values, **beside}, known, path)
            self._shape[name] = config.infer(*known)
            others = tuple(f"{name}.{part_name}" for part_name in config.part_names())
            self._shape.update(zip(others, config.part_shapes(*known), strict=True))
            has_weights = sum(config.weights(*known)) > 0
        body: tuple[FlatNode, ...] = ()
        if part.body is not None:
            inside, kind_name = self._name(f"{name}_{part.body.kind_name}"), part.body.kind_name
            config, inner = configured(kind_name, part.body.values, [known[0][1:]], path)
            self._shape[name] = (known[0][0], *config.infer(known[0][1:]))
            body = (FlatNode(inside, kind_name, inner, (ENTERING,), path, None, True, False),)
        share = self._first.setdefault(f"{path}:{part.suffix}", name)
        if has_weights and self._orders.setdefault(share, passing.order) != passing.order:
            raise ConversionError("is called on tensors whose channels lie in different places", path)
        self._append(
            FlatNode(
                name,
                part.kind_name,
                {key: value for key, value in values.items() if key not in beside},
                sources,
                "" if body else path,
                share if share != name and has_weights else None,
                trainable and layer.config.get("trainable") is not False,
                is_named,
                beside,
                body,
                order=passing.order,
                module=tuple(self._module),
            ),
            path,
        )
        return (Held(name, passing.layout), *(Held(other) for other in others))

    def _append(self, node: FlatNode, path: str) -> None:
        """Add a node where those stand that it reads: at the top, or among what is done to each step."""
        regions = {self._region.get(name.partition(".")[0]) for name in node.all_read} or {None}
        if len(regions) > 1:
            raise ConversionError("reads steps that are folded into the batch together with what is not", path)
        (region,) = regions
        if node.share is not None and self._region.get(node.share) is not region:
            raise ConversionError("shares its weights with what is done to each step of a sequence", path)
        if region is None:
            self.nodes.append(node)
        else:
            region.nodes.append(node)
            self._region[node.name] = region

    def _steps(
        self, layer: Layer, call: Call, held: Mapping[Tensor, Held], shapes: Sequence[Shape], path: str
    ) -> Held | None:
        """Begin or end what is done to each step of a sequence; None where a call does neither."""
        found = folding(layer, call, shapes)
        if found is not None:
            sequence = self._lay(held[found.sequence], None, path)
            name = self._name(layer.name)
            self._shape[name] = found.shape
            region = Region(sequence.name, self._shape[sequence.name][0], name)
            self._region[name] = region
            return Held(name)
        if not call.reads or held[call.reads[0]].name not in self._region:
            return None
        end = self._lay(held[call.reads[0]], None, path)
        region = self._region[end.name]
        if not unfolds(layer, call, self._shape[end.name], region):
            return None
        body = region.body(end.name, path)
        if not body:
            return Held(region.sequence)
        nodes = tuple(map(region.inside, self._joined(body, frozenset((end.name,)))))
        name = self._name(layer.name)
        self._shape[name] = (self._shape[region.sequence][0], *self._shape[end.name])
        self._append(FlatNode(name, "time_distributed", {}, (region.sequence,), "", None, True, False, {}, nodes), path)
        return Held(name)

    def _joined(self, nodes: Sequence[FlatNode], ends: frozenset[str]) -> tuple[FlatNode, ...]:
        nodes = rearranged(joined(nodes, self._shape, ends), self._shape, ends)
        return with_padding_inside(nodes, self._shape, ends, _values)

    # --- tensors that lie otherwise than the model's ---

    def _shape_of(self, held: Held, turning: Layer | None) -> Shape:
        """In the spec for a layer that was turned, else in the model."""
        shape = self._shape[held.name]
        return shape if turning is not None else model_shape(shape, held.layout)

    def _read_by(self, layer: Layer, held: Held, path: str) -> Held:
        return self._lay(held, channels.read_layout(layer, len(self._shape[held.name])), path)

    def _given_by(self, layer: Layer, held: Held) -> Held:
        return held._replace(layout=channels.given_layout(layer, len(self._shape[held.name])))

    def _unflattened(self, held: Held) -> Held:
        """An output as the model gives it, but for axes that are exchanged."""
        flat = held.layout is not None and held.layout.sizes is not None
        return self._lay(held, None, held.name) if flat else held

    def _lay(self, held: Held, wanted: Layout | None, path: str) -> Held:
        """The tensor as it is wanted, by nodes that exchange its axes if need be."""
        if held.layout == wanted:
            return held
        if (held, wanted) not in self._laid:
            layout, rank = held.layout, len(self._shape[held.name])
            name = held.name
            if layout is not None and layout.sizes is not None:
                name = self._exchange(name, "reshape", [layout.sizes[axis] for axis in layout.axes])
                rank = len(layout.axes)
            before = layout.axes if layout is not None else tuple(range(rank))
            after = wanted.axes if wanted is not None else tuple(range(rank))
            if sorted(before) != sorted(after):
                raise ConversionError("reads a tensor whose channels cannot be turned", path)
            name = self._exchange(name, "permute", [before.index(axis) + 1 for axis in after])
            if layout is not None and layout.sizes is not None:
                name = self._exchange(name, "flatten", None)
            self._laid[held, wanted] = Held(name, wanted)
        return self._laid[held, wanted]

    def _exchange(self, source: str, kind_name: str, sizes: list[int] | None) -> str:
        """Add a node that no layer of the model is; its name."""
        name = self._name(f"{source.replace('.', '_')}_{kind_name}")
        values: Values = {} if sizes is None else {KINDS[kind_name].principal or "": sizes}
        config, values = configured(kind_name, values, [self._shape[source]], name)
        self._shape[name] = config.infer(self._shape[source])
        self._append(FlatNode(name, kind_name, values, (source,), "", None, True, False), name)
        return name

    def _name(self, wanted: str) -> str:
        name = free_name(identifier(wanted), self._names)
        self._names[name] = None
        return name

    def _take_back(self, kept: int) -> None:
        """Take back what was made of a call that could not be said whole, with its names; before it so many were given."""
        gone = frozenset(islice(self._names, kept, None))
        for name in gone:
            del self._names[name]
            self._orders.pop(name, None)
        for region in {self._region.pop(name) for name in gone & self._region.keys()}:
            region.nodes = [node for node in region.nodes if node.name not in gone]
        self.nodes = [node for node in self.nodes if node.name not in gone]
        self._first = {path: name for path, name in self._first.items() if name not in gone}
        self._laid = {key: held for key, held in self._laid.items() if held.name not in gone}


def configured(kind_name: str, values: Values, shapes: Sequence[Shape], path: str) -> tuple[Kind, Values]:
    """The kind's object, and its hyperparameters; a rest that Keras drops is said."""
    cls = KINDS[kind_name]
    missing = [name for name in cls.required if name not in values]
    if missing:
        raise ConversionError(f"as `{kind_name}`: does not say `{missing[0]}`", path)
    try:
        checked = {
            name: value if name in cls.reads else cls.options[name].type.check(value) for name, value in values.items()
        }
        config = cls(**checked)
        config.check()
        least, most = config.takes()
        count = len(config.parted(shapes)[0])
        if count < least or (most is not None and count > most):
            raise ConversionError(f"as `{kind_name}`: is called on {count} tensors", path)
        config.infer(*shapes)
        wrong = unsayable(values_of(config))
        if wrong is not None:
            raise ConversionError(f"as `{kind_name}`: has the number {show(wrong)}, which no spec can say", path)
    except Invalid as error:
        raise ConversionError(f"as `{kind_name}`: a hyperparameter {error}", path) from None
    except OptionConflict as error:
        raise ConversionError(f"as `{kind_name}`: {error}", path) from None
    except ShapeError as error:
        if error.code == "NS401" and issubclass(cls, Windowed):
            config = cls(**{**checked, "rounding": "floor"})
            return config, values_of(config)
        raise ConversionError(f"as `{kind_name}`: {error.message}", path) from None
    return config, values_of(config)


def _values(kind_name: str, values: Values, shapes: Sequence[Shape]) -> Values:
    return configured(kind_name, values, shapes, "")[1]


def _in_order(model: Model, entering: Mapping[Tensor, Held]) -> Iterator[tuple[Layer, int, Call]]:
    """The calls of a model's layers, each after those that it reads; in the model's order else."""
    waiting = [(layer, index, call) for layer in model.layers for index, call in enumerate(layer.calls)]
    done = {(tensor.layer, tensor.call) for tensor in entering}
    while waiting:
        later = []
        for layer, index, call in waiting:
            if all((tensor.layer, tensor.call) in done for tensor in call.reads):
                done.add((layer.name, index))
                yield layer, index, call
            else:
                later.append((layer, index, call))
        if len(later) == len(waiting):
            layer = later[0][0]
            raise ConversionError("reads what no layer before it makes", layer.name)
        waiting = later


def _snake(class_name: str) -> str:
    """The name that Keras gives the first layer of a class."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
