"""The weights that training starts with: where they come from, which nodes get them, and which do not and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from netspec.backends.keras import applications
from netspec.backends.keras.matching import Place, Shapes, of_another_shape, partners, places_of
from netspec.backends.keras.types import Keras, KerasLayer, KerasModel
from netspec.backends.keras.weight_names import weights_of
from netspec.data import DataError
from netspec.data.dataset import Dataset
from netspec.data.paths import check_inside
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.graph.model import Graph
from netspec.options import Invalid
from netspec.spec.pretrained import Application, Init, application_of, place_of
from netspec.syntax.reading import STDIN
from netspec.training.arrays import Arrays, Unreadable
from netspec.training.plan import Plan
from netspec.training.preparation import Mismatch, mismatch
from netspec.training.reopen import load_run_or_model

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

Reason = Literal["new", "shape", "kind", "behind"]
SHOWN = 10  # nodes without weights that are named; the record has them all


class Missing(NamedTuple):
    """A node that did not get weights.

    Attributes:
        node: its path.
        reason: `new`: there is none where the weights come from; `shape`: it has other shapes there; `kind`: it is another
            kind there; `behind`: it comes from a node that did not get any.
        head: whether an output is made of it without other weights between.
        ours: the shapes of its weights.
        theirs: the shapes there, where it has others.
        other: its kind there, or the node that it comes from.
    """

    node: str
    reason: Reason
    head: bool
    ours: Shapes
    theirs: Shapes | None = None
    other: str | None = None

    @property
    def words(self) -> str:
        """For people: `predictions`: new head, [2048, 5] here and [2048, 1000] there."""
        if self.reason == "shape":
            assert self.theirs is not None
            here, there = next(pair for pair in zip(self.ours, self.theirs, strict=True) if pair[0] != pair[1])
            what = "new head" if self.head else "another shape"
            why = f"{what}, {list(here)} here and {list(there)} there"
        elif self.reason == "kind":
            why = f"another kind, `{self.other}` there"
        elif self.reason == "behind":
            why = f"{'new head, ' if self.head else ''}it comes from `{self.other}`, which got none"
        else:
            why = "new head, there is none there" if self.head else "there is none there"
        return f"`{self.node}`: {why}"


class Initial(NamedTuple):
    """What the network started with.

    Attributes:
        given: what `init` says.
        source: what that means: a model of `keras.applications`, or a run or file.
        file: the file of weights; None of a run.
        digest: of that file.
        nodes: how many of the network's nodes have weights.
        missing: those that did not get any.
        mismatch: how images should be prepared, where they are not.
    """

    given: str
    source: str
    file: str | None
    digest: str | None
    nodes: int
    missing: tuple[Missing, ...]
    mismatch: Mismatch | None = None

    @property
    def lines(self) -> list[str]:
        """What a run prints."""
        name = "" if self.given == self.source else f"{self.given}, "
        where = (
            f" ({name}{Path(self.file).name})" if self.file and Path(self.file).name != Path(self.source).name else ""
        )
        got = self.nodes - len(self.missing)
        lines = [f"weights of {self.source}{where}: {got:,} of {self.nodes:,} nodes start with them"]
        lines += [f"  {missing.words}" for missing in self.missing[:SHOWN]]
        if len(self.missing) > SHOWN:
            lines.append(f"  and {len(self.missing) - SHOWN:,} more, which run.json names")
        return lines

    def as_dict(self) -> dict[str, object]:
        """For a run's record."""
        return {
            "given": self.given,
            "source": self.source,
            "file": self.file,
            "digest": self.digest,
            "nodes": self.nodes,
            "loaded": self.nodes - len(self.missing),
            "missing": [missing._asdict() for missing in self.missing],
            "mismatch": None if self.mismatch is None else self.mismatch._asdict(),
        }


def initialise(keras: Keras, plan: Plan, network: KerasModel, dataset: Dataset) -> Initial | None:
    """Give a network the weights that `init` names; None where it names none. Raises SpecError."""
    init = plan.train.init
    if init is None:
        return None
    try:
        return _initialised(keras, plan, network, dataset, init)
    except applications.Unusable as error:
        raise plan.refusal("NS713", str(error), "init") from None


def _initialised(keras: Keras, plan: Plan, network: KerasModel, dataset: Dataset, init: Init) -> Initial:
    """Raises Unusable and SpecError."""
    source, own = _source(plan, init)
    application = _application(source)
    if application is None:
        return _from_path(plan, network, init, source, confined=own)
    file = None if init.file is None else _path(plan, init.file, confined="init" not in plan.overrides)
    return _from_application(keras, plan, network, dataset, init, source, application, file)


def _source(plan: Plan, init: Init) -> tuple[str, bool]:
    """Where the weights are, and whether the spec says so and not the user."""
    document = plan.spec.document
    places = {} if document is None else document.weights
    own = "init" not in plan.overrides
    if init.place not in places:
        return init.place, own
    variant = plan.variant if plan.variant is not None else _variant(plan)
    place = place_of(places, init.place, variant)
    if place is None:
        declared = places[init.place]
        variants = listing(tuple(declared))
        which = f"the variant `{variant}`" if variant is not None else "these params"
        raise applications.Unusable(f"the spec declares no `{init.place}` for {which}, only for {variants}")
    return place, True


def _variant(plan: Plan) -> str | None:
    """The variant whose params are in force where none was named, those that were given aside."""
    document = plan.spec.document
    assert document is not None
    varied = {name for values in document.variants.values() for name in values} - set(plan.params)
    for variant, values in document.variants.items():
        if all((values.get(name) or document.params[name]).value == plan.graph.params.get(name) for name in varied):
            return variant
    return None


def _application(source: str) -> Application | None:
    try:
        return application_of(source)
    except Invalid as error:
        raise applications.Unusable(error.of("`init`")) from None


def _path(plan: Plan, text: str, *, confined: bool) -> Path:
    """A path that `init` or the spec's `weights` name. Raises SpecError where a spec leads out of its own folder."""
    if not confined:
        return Path.cwd() / text
    root = Path.cwd() if plan.spec.path == STDIN else Path(plan.spec.path).absolute().parent
    try:
        check_inside(root, text, "name it with `--init`")
    except DataError as error:
        raise plan.refusal(error.code, error.message, "init") from None
    return root / text


# --- a run or a model that netspec wrote: by the paths of nodes -------------------------------------------------------------


def _from_path(plan: Plan, network: KerasModel, init: Init, source: str, *, confined: bool) -> Initial:
    for option in ("file", "digest"):
        if getattr(init, option) is not None:
            message = f"`{option}` is for weights of `keras.applications`; `from` names {show(source)}"
            raise plan.refusal("NS209", message, "init")
    path = _path(plan, source, confined=confined)
    if not path.exists():
        document = plan.spec.document
        known = tuple(document.weights) if document is not None else ()
        declared = f"; the spec declares {listing(known)}" if known else ""
        raise applications.Unusable(
            f"`init` names {show(source)}, which is no run, .keras or .npz file{did_you_mean(source, known) or declared}"
        )
    if path.suffix == ".npz":
        return _from_arrays(plan, network, init, source, path)
    opened = load_run_or_model(path)
    graph, theirs = plan.graph, opened.graph
    heads = _heads(graph)
    there = {theirs.nodes[index].path: index for index in theirs.used()}
    missing: list[Missing] = []
    layers = {index: network.get_layer(graph.nodes[index].layer) for index in _owners(graph)}
    got: list[tuple[KerasLayer, KerasLayer]] = []
    for index, layer in layers.items():
        node = graph.nodes[index]
        ours, head = _shapes(layer), index in heads
        other = there.get(node.path)
        if other is None or not any(theirs.nodes[other].weights):
            missing.append(Missing(node.path, "new", head, ours))
            continue
        if type(theirs.nodes[other].config) is not type(node.config):
            missing.append(Missing(node.path, "kind", head, ours, other=theirs.nodes[other].kind_name))
            continue
        layer_there = opened.network.get_layer(theirs.nodes[theirs.owner(other)].layer)
        shapes = _shapes(layer_there)
        if shapes != ours:
            same_number = len(shapes) == len(ours)
            missing.append(
                Missing(node.path, "shape" if same_number else "new", head, ours, shapes if same_number else None)
            )
            continue
        got.append((layer, layer_there))
    return _given(Initial(init.place, source, None, None, len(layers), tuple(missing)), got)


def _from_arrays(plan: Plan, network: KerasModel, init: Init, source: str, path: Path) -> Initial:
    """From what an import wrote. Raises Unusable."""
    graph, heads = plan.graph, _heads(plan.graph)
    missing: list[Missing] = []
    got: list[tuple[KerasLayer, list[Array]]] = []
    owners = _owners(graph)
    try:
        arrays = Arrays(path)
        for index in owners:
            node, layer = graph.nodes[index], network.get_layer(graph.nodes[index].layer)
            names = [f"{node.path}/{name}" for name in weights_of(layer)]
            ours, head = _shapes(layer), index in heads
            if not all(name in arrays.shapes for name in names):
                missing.append(Missing(node.path, "new", head, ours))
            elif (theirs := tuple(arrays.shapes[name] for name in names)) != ours:
                missing.append(Missing(node.path, "shape", head, ours, theirs))
            else:
                got.append((layer, [arrays.read(name) for name in names]))
        arrays.close()
    except Unreadable as error:
        raise applications.Unusable(f"{show(source)} {error}") from None
    initial = Initial(init.place, source, None, None, len(owners), tuple(missing))
    _refuse_none(initial, len(got))
    for layer, values in got:
        layer.set_weights(values)
    return initial


# --- a model of keras.applications: by what its layers are and how they are connected ---------------------------------------


def _from_application(
    keras: Keras,
    plan: Plan,
    network: KerasModel,
    dataset: Dataset,
    init: Init,
    source: str,
    application: Application,
    file: Path | None,
) -> Initial:
    graph = plan.graph
    thousand = any((graph.nodes[index].shape or (0,))[-1] == CLASSES for index in graph.outputs.values())
    pretrained = applications.load(keras, application, top=thousand, file=file, digest=init.digest)
    mine, others = places_of(keras, network), places_of(keras, pretrained.model)
    found = partners(mine, others)
    taken = set(found.values())
    left = [index for index, place in enumerate(others) if not place.word and index not in taken]
    heads = _heads(graph)
    node_of = {graph.nodes[index].layer: index for index in _owners(graph)}
    got: list[tuple[KerasLayer, KerasLayer]] = []
    missing: list[Missing] = []
    counted = 0
    for index, place in enumerate(mine):
        if place.word:
            continue
        counted += 1
        node = node_of[place.operation.name]
        path, head = graph.nodes[node].path, node in heads
        if index in found:
            got.append((place.operation, others[found[index]].operation))
            continue
        other = of_another_shape(index, mine, others, found, left)
        if other is not None:
            missing.append(Missing(path, "shape", head, place.shapes, others[other].shapes))
            continue
        behind = _behind(index, mine, found)
        if behind is None:
            missing.append(Missing(path, "new", head, place.shapes))
        else:
            name = graph.nodes[node_of[mine[behind].operation.name]].path
            missing.append(Missing(path, "behind", head, place.shapes, other=name))
    initial = Initial(init.place, source, str(pretrained.file), pretrained.digest, counted, tuple(missing))
    initial = _given(initial, got)
    first = graph.nodes[graph.inputs[0]].path
    if len(graph.inputs) == 1:
        sides = (network, mine), (pretrained.model, others)
        initial = initial._replace(
            mismatch=mismatch(keras, application, *sides, dataset, (first, plan.data.source.white))
        )
    return initial


CLASSES = 1000  # of ImageNet


def _behind(index: int, mine: list[Place], found: dict[int, int]) -> int | None:
    """The nearest node with weights that a place comes from and that has no partner; None where there is none."""
    queue = list(mine[index].inputs)
    seen: set[int] = set()
    while queue:
        source = queue.pop(0)
        if source < 0 or source in found or source in seen:
            continue
        if not mine[source].word:
            return source
        seen.add(source)
        queue.extend(mine[source].inputs)
    return None


# --- what both have in common -----------------------------------------------------------------------------------------------


def _refuse_none(initial: Initial, got: int) -> None:
    """Raise Unusable where no node got weights."""
    if not got:
        first = f"; {initial.missing[0].words}" if initial.missing else ""
        raise applications.Unusable(f"the weights of {initial.source} fit no node of the network{first}")


def _given(initial: Initial, got: list[tuple[KerasLayer, KerasLayer]]) -> Initial:
    """Copy the weights. Raises Unusable where there are none to copy."""
    _refuse_none(initial, len(got))
    for mine, theirs in got:
        mine.set_weights(theirs.get_weights())
    return initial


def _shapes(layer: KerasLayer) -> Shapes:
    return tuple(tuple(weight.shape) for weight in layer.weights)


def _owners(graph: Graph) -> list[int]:
    """The nodes that an output depends on and that have weights of their own."""
    return sorted({graph.owner(index) for index in graph.used() if any(graph.nodes[graph.owner(index)].weights)})


def _heads(graph: Graph) -> set[int]:
    """The nodes with weights that an output is made of without other weights between."""
    heads: set[int] = set()
    stack = list(graph.outputs.values())
    while stack:
        index = stack.pop()
        node = graph.nodes[index]
        if any(graph.nodes[graph.owner(index)].weights):
            heads.add(graph.owner(index))
        else:
            stack.extend(node.inputs)
    return heads
