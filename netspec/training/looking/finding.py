"""What is looked at of a run or a model: its first filters, and what becomes of some pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Dataset, Floats
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.graph.model import Graph
from netspec.options import Integer
from netspec.training.dataset import load_dataset
from netspec.training.looking.deciding import GradCam, class_weights, occlusion
from netspec.training.looking.exciting import Channel, exciting
from netspec.training.looking.fields import Field, effective_field
from netspec.training.plan import OverrideError, checked
from netspec.training.predict import predict
from netspec.training.prediction.answers import Network, Prediction
from netspec.training.prediction.examples import Example
from netspec.training.probing.measuring import picture_inputs, spread
from netspec.training.progress import Progress
from netspec.training.reopen import WEIGHTS, Opened, load_run_or_model
from netspec.training.watching import Watched, refused, with_outputs

OWN = 3  # pictures of the test that are shown where none is named
NODES = 4  # that are shown where none is named
CHANNELS = 8
EXAMPLES = 1_000  # of the test, among which pictures are sought that excite a channel
MOST = 5  # pictures of a channel
OF_FIELD = 16  # examples over which gradients are averaged


class Filters(NamedTuple):
    """The weights of the first layer as pictures."""

    node: str
    kernels: Floats  # filters x rows x columns x channels


class Maps(NamedTuple):
    """What a node makes of a picture: the channels that answer most strongly."""

    node: str
    channels: tuple[int, ...]
    values: Floats  # channels x rows x columns


class Seen(NamedTuple):
    """What becomes of a picture.

    Attributes:
        source: what it is called.
        picture: as the network sees it.
        prediction: of the output that tells classes apart; None where there is no such.
        chosen: the class that is asked for.
        cam: Grad-CAM at the node of that name; None where no node has positions.
        occlusion: how much of the probability is lost by each pixel.
        maps: by node.
    """

    source: str
    picture: Floats
    prediction: Prediction | None
    chosen: str | None
    cam: tuple[str, Floats] | None
    occlusion: Floats | None
    maps: tuple[Maps, ...]


class Features(NamedTuple):
    """Everything that is shown of a network.

    Attributes:
        path: the run or the model.
        name: of its network.
        weights: which of the run's: best or last.
        filters: of the first layer, where they are pictures.
        pictures: what becomes of each: `prediction`, `cam`, `occlusion`, `maps`.
        fields: the effective receptive field of each node.
        channels: of each node, with the pictures of the test that excite them most.
        examples: the pictures of the test that do, by their numbers.
    """

    path: str
    name: str
    weights: str
    filters: Filters | None
    pictures: tuple[Seen, ...]
    fields: Mapping[str, Field]
    channels: Mapping[str, tuple[Channel, ...]]
    examples: Mapping[int, Floats]  # the pictures of the test that excite channels


class Asked(NamedTuple):
    """What is to be looked at."""

    pictures: Sequence[str] = ()
    nodes: Sequence[str] = ()
    class_name: str | None = None
    channels: int = CHANNELS
    examples: int = EXAMPLES
    weights: str | None = None

    @classmethod
    def of(
        cls,
        pictures: Sequence[str] = (),
        *,
        nodes: Sequence[str] = (),
        class_name: str | None = None,
        channels: int = CHANNELS,
        examples: int = EXAMPLES,
        weights: str | None = None,
    ) -> Asked:
        """What is to be looked at. Raises OverrideError for a wrong option."""
        return cls(
            pictures,
            nodes,
            class_name,
            checked("channels", Integer(ge=1), channels),
            checked("examples", Integer(ge=1), examples),
            checked("weights", WEIGHTS, weights),
        )


def look(path: Path, asked: Asked, progress: Progress) -> Features:
    """Look into a run or a model.

    Raises:
        SpecError: It cannot be opened, sees no pictures, or a picture cannot be read.
        OverrideError: It has no such node or class.
    """
    opened = load_run_or_model(path, asked.weights)
    picture = picture_inputs(opened)[0]
    indices = _chosen_nodes(opened.graph, asked.nodes)
    dataset = None if opened.plan is None else load_dataset(opened.plan, known=opened.schema)
    if dataset is None and not asked.pictures:
        raise refused(path, "a model alone has no pictures; name some")
    looking = _Looking(opened, picture, indices, asked, dataset)
    progress.note(f"{path}: filters, feature maps and what decided")
    pictures = tuple(looking.seen())
    progress.note(f"{path}: receptive fields")
    fields = looking.fields(pictures)
    channels: dict[str, tuple[Channel, ...]] = {}
    examples: dict[int, Floats] = {}
    if dataset is not None and indices:
        progress.note(f"{path}: pictures that excite channels most")
        chosen = spread(dataset.test.size, asked.examples)
        channels = exciting(opened, indices, dataset.test, chosen, picture, asked.channels, MOST)
        wanted = {each.example for told in channels.values() for channel in told for each in channel.pictures}
        examples = {number: np.asarray(dataset.test.x[picture][number], np.float32) for number in sorted(wanted)}
    return Features(
        str(path), opened.graph.name, opened.weights, looking.filters(), pictures, fields, channels, examples
    )


def has_positions(graph: Graph, index: int) -> bool:
    """Does a node make a picture of several channels?"""
    node = graph.nodes[index]
    shape = node.shape or ()
    return (
        len(shape) == 3
        and bool(node.jump)
        and len(node.jump or ()) == 2
        and "float" in node.dtype
        and min(side or 2 for side in shape[:2]) > 1
    )


def _chosen_nodes(graph: Graph, names: Sequence[str]) -> list[int]:
    """Those that are named; where none is, the last at each size, and the last of many sizes."""
    used = [index for index in sorted(graph.used()) if not graph.nodes[index].is_input]
    if names:
        by_path = {graph.nodes[index].path: index for index in used}
        for name in names:
            if name not in by_path:
                raise OverrideError(f"there is no node {show(name)}{did_you_mean(name, tuple(by_path))}")
        return [by_path[name] for name in dict.fromkeys(names)]
    placed = [index for index in used if has_positions(graph, index)]
    last_of_size = {graph.nodes[index].jump: index for index in placed}
    return sorted(last_of_size.values())[-NODES:]


class _Looking:
    """A network and what is asked of it."""

    def __init__(
        self, opened: Opened, picture: str, indices: Sequence[int], asked: Asked, dataset: Dataset | None
    ) -> None:
        self.opened = opened
        self.picture = picture
        self.indices = indices
        self.placed = [index for index in indices if has_positions(opened.graph, index)]
        self.asked = asked
        self.dataset = dataset
        self.network = Network(opened)
        telling = [name for name, meaning in self.network.meanings.items() if meaning.kind != "numbers"]
        self.output = telling[0] if telling else None
        self.shape = next((each.shape for each in opened.outputs if each.name == self.output), ())

        self._class_number = None if asked.class_name is None else self._numbered(asked.class_name)

    def _numbered(self, name: str) -> int:
        """The class of that name. Raises OverrideError where there is none."""
        names = () if self.output is None else self.network.meanings[self.output].names
        if name not in names:
            hint = did_you_mean(name, names) or (f"; they are {listing(names[:9])}" if names else "")
            raise OverrideError(f"there is no class {show(name)}{hint}")
        return names.index(name)

    # --- the first layer ------------------------------------------------------------------------------------------------

    def filters(self) -> Filters | None:
        """Of the first layer with weights, where they are pictures."""
        graph = self.opened.graph
        index = next((i for i in sorted(graph.used()) if sum(graph.nodes[i].weights)), None)
        if index is None or graph.nodes[index].share is not None:
            return None
        node = graph.nodes[index]
        layer = self.opened.network.get_layer(node.layer)
        kernel = next((each for each in layer.weights if each.path.endswith("/kernel")), None)
        if kernel is None:
            return None
        values = np.asarray(self.opened.keras.ops.convert_to_numpy(kernel), np.float32)
        shape = next(graph.nodes[i].shape for i in graph.inputs if graph.nodes[i].path == self.picture) or ()
        if values.ndim == 4 and values.shape[2] in (1, 3):
            return Filters(node.path, np.moveaxis(values, 3, 0))
        whole = (
            None not in shape and values.ndim == 2 and values.shape[0] == int(np.prod([side or 0 for side in shape]))
        )
        if whole and shape[2] in (1, 3):
            return Filters(node.path, values.T.reshape(-1, *(side or 0 for side in shape)))
        return None

    # --- pictures -------------------------------------------------------------------------------------------------------

    def seen(self) -> Iterator[Seen]:
        """What becomes of each picture."""
        cam = self._cam()
        watched = Watched(self.opened, with_outputs(self.opened.graph, self.placed)) if self.placed else None
        for source, example, prediction in self._pictures():
            x = {name: np.asarray(each, np.float32)[np.newaxis] for name, each in example.x.items()}
            chosen = None if prediction is None else self._class(prediction)
            mapped = covered = None
            if prediction is not None and chosen is not None:
                assert self.output is not None
                if cam is not None:
                    weights = class_weights(prediction.meaning, prediction.values.shape, chosen)
                    mapped = (cam[0], cam[1](x, weights[np.newaxis])[0])
                covered = occlusion(self.opened, example.x, self.picture, self.output, prediction.meaning, chosen)
            maps = () if watched is None else tuple(self._maps(watched(x)))
            name = None if prediction is None or chosen is None else prediction.meaning.names[chosen]
            yield Seen(source, x[self.picture][0], prediction, name, mapped, covered, maps)

    def _cam(self) -> tuple[str, GradCam] | None:
        """At the last of the chosen nodes that has positions and lies before the output."""
        if self.output is None or not self.placed:
            return None
        index = self.placed[-1]
        return self.opened.graph.nodes[index].path, GradCam(self.opened, index, self.output)

    def _pictures(self) -> Iterator[tuple[str, Example, Prediction | None]]:
        if self.asked.pictures:
            for prediction in predict(self.network, list(self.asked.pictures)):
                if self.output is None or prediction.output == self.output:
                    yield self._named(prediction), prediction.example, None if self.output is None else prediction
            return
        assert self.dataset is not None
        test = self.dataset.test
        for number in self._own():
            example = Example(
                f"test example {number}", None, {name: np.asarray(each[number]) for name, each in test.x.items()}
            )
            found = next((each for each in self.network.predictions([example]) if each.output == self.output), None)
            yield example.source, example, found

    def _own(self) -> list[int]:
        """Examples of the test, evenly over it; where classes are told apart, each of another class."""
        assert self.dataset is not None
        test = self.dataset.test
        seen: dict[object, int] = {}
        output = self.output
        if output is None or self.network.meanings[output].kind != "classes" or output not in test.y:
            return [int(each) for each in spread(test.size, OWN)]
        candidates = spread(test.size, self.asked.examples)
        for number, label in zip(candidates, np.asarray(test.y[output][candidates]).reshape(-1), strict=True):
            seen.setdefault(label.item(), int(number))
        return sorted(list(seen.values())[:OWN])

    def _named(self, prediction: Prediction) -> str:
        return prediction.input if prediction.row is None else f"{prediction.input}[{prediction.row}]"

    def _class(self, prediction: Prediction) -> int:
        """The class that is asked for, or the likeliest."""
        if self._class_number is not None:
            return self._class_number
        if prediction.meaning.kind == "masks":
            return int(np.bincount(prediction.mask.reshape(-1)).argmax())
        return int(np.argmax(prediction.values))

    def _maps(self, made: Mapping[str, Floats]) -> Iterator[Maps]:
        for name, values in made.items():
            strength = np.abs(values[0]).mean(axis=(0, 1))
            channels = np.sort(np.argsort(-strength, kind="stable")[: self.asked.channels])
            yield Maps(name, tuple(map(int, channels)), np.moveaxis(values[0][..., channels], 2, 0))

    # --- nodes ----------------------------------------------------------------------------------------------------------

    def fields(self, pictures: Sequence[Seen]) -> dict[str, Field]:
        """Of each node with positions, measured on examples of the test, or on the pictures where there is none."""
        if self.dataset is None:
            x: dict[str, Array] = {self.picture: np.stack([each.picture for each in pictures])}
            if len(self.opened.graph.inputs) > 1:
                return {}
        else:
            test = self.dataset.test
            x = {name: np.asarray(each[spread(test.size, OF_FIELD)]) for name, each in test.x.items()}
        return {
            self.opened.graph.nodes[index].path: effective_field(self.opened, index, x, self.picture)
            for index in self.placed
        }
