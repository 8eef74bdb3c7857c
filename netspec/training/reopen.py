"""A run or a Keras model, opened again: from its spec and its arrays, never from code."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.model_file import rebuild, refuse_without_kinds
from netspec.backends.keras.types import Keras, KerasModel
from netspec.data.schema import Feature, Schema, Target, read_schema
from netspec.diagnostics.problems import SpecError
from netspec.files import Unreadable, unreadable
from netspec.graph.model import Graph
from netspec.options import Choice, Nullable
from netspec.pipeline import Spec, check
from netspec.training.devices import precision
from netspec.training.hosts import Hosts
from netspec.training.learner import keep_outputs_precise, network_outputs
from netspec.training.objective import Output, outputs_of
from netspec.training.plan import OverrideError, Plan, plan_run
from netspec.training.progress import Progress
from netspec.training.runs import Record, RunFolder, digest_of
from netspec.training.state import Saved, load_state

BEST, LAST = "best", "last"
WEIGHTS = Nullable(Choice((BEST, LAST)))


class Opened(NamedTuple):
    """A network with its weights."""

    path: Path
    keras: Keras
    network: KerasModel
    outputs: tuple[Output, ...]
    spec: Spec
    graph: Graph  # the spec's
    plan: Plan | None  # of a run
    schema: Schema | None  # of the data that it was trained on
    weights: str  # which of a run's: best or last
    fused: bool = False  # is the network no longer what the spec says, but the same with fewer layers?


def load_run_or_model(path: Path, weights: str | None = None) -> Opened:
    """The network of a run's folder or of a `.keras` file. Raises SpecError.

    `weights` says which of a run's; where it is left out, those that it was measured with.
    """
    if path.is_dir() or path.suffix != ".keras":
        if path.is_file():
            raise unreadable(path, "it is neither a run's folder nor a .keras file")
        return _run(RunFolder(path), weights)
    return _model(path)


def plan_of(folder: RunFolder, record: Record, overrides: Mapping[str, object] | None = None) -> Plan:
    """The plan that a run was made by, with further overrides. Raises SpecError and OverrideError."""
    overrides = overrides or {}
    refuse_without_kinds(folder.path, record.get("kinds", {}))
    params, variant, own, root = record["params"], record.get("variant"), record["overrides"], Path(record["root"])
    spec = check(folder.own(folder.spec), params=params, variant=variant)
    content = spec.text.encode()
    if spec.text and record.get("spec_digest", digest_of(content)) != digest_of(content):
        raise unreadable(folder.spec, "it is damaged, or was changed by hand (its digest in run.json is another)")
    if spec.graph is None:
        raise SpecError(spec.path, spec.problems)
    spec = spec._replace(graph=spec.graph._replace(name=record["name"]))
    root = Path.cwd() if "data" in overrides else root
    try:
        return plan_run(spec, content, params=params, variant=variant, overrides={**own, **overrides}, root=root)
    except OverrideError as error:
        if overrides:
            raise
        raise unreadable(folder.path / "run.json", f"its `overrides` are wrong: {error}") from None


def put_weights(network: KerasModel, folder: RunFolder, weights: str) -> None:
    """Give a run's network its best or last weights. Raises SpecError."""
    restore_measured(network, load_state(folder.own(folder.best if weights == BEST else folder.last)))


def restore_measured(network: KerasModel, saved: Saved) -> None:
    """Give a network the weights of a state that are measured: averaged ones, where the optimiser keeps them."""
    saved.restore("measured" if "measured" in saved.sections else "network", network.variables)


PATIENCE = 60.0  # seconds in which a file that one process wrote must be seen by the others


def told_state(hosts: Hosts, find: Callable[[], Saved | None]) -> Saved | None:
    """The state that the leading process finds, read by each. Raises SpecError.

    On a network's file system a file can stay for a while as it was, so its digest is told with it.
    """
    own: list[Saved | None] = []

    def tell() -> str:
        own.append(find())
        return "\n".join(("", "") if own[0] is None else (str(own[0].path), own[0].digest))

    path, digest = hosts.tell(tell).split("\n")
    if own or not path:
        return own[0] if own else None
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            saved = load_state(Path(path))
        except Unreadable:
            if time.monotonic() > ends:
                raise
        else:
            if saved.digest == digest:
                return saved
            if time.monotonic() > ends:
                raise unreadable(Path(path), "it is not the file that the leading process sees")
        time.sleep(0.5)


def latest_state(folder: RunFolder, progress: Progress) -> Saved | None:
    """The latest state that is whole; None where the run has none yet.

    A damaged one is told, and the one before is taken. Raises SpecError where all are damaged.
    """
    damaged: list[Unreadable] = []

    def load(path: Path) -> Saved | None:
        try:
            saved = load_state(folder.own(path))
            saved.position  # noqa: B018 - it must say where it is
        except Unreadable as error:
            damaged.append(error)
            return None
        return saved

    last = load(folder.last) if folder.last.exists() else None
    found = None
    for path in folder.kept():
        if last is not None and path.name < folder.checkpoint(*last.position).name:
            break
        found = load(path)
        if found is not None:
            break
    found = found or last
    if found is None and damaged:
        raise damaged[0]
    for error in damaged:
        progress.warn(f"{error.path}: {error.why}; the state before it is taken")
    return found


def check_best(folder: RunFolder, progress: Progress) -> None:
    """Tell of damaged best weights, and take them away."""
    try:
        if folder.writes and folder.best.exists():
            load_state(folder.own(folder.best))
    except Unreadable as error:
        progress.warn(f"{folder.best}: {error.why}; it is written again after the next epoch that is better")
        folder.best.unlink()


def _run(folder: RunFolder, weights: str | None) -> Opened:
    record = folder.read_record()
    plan = plan_of(folder, record)
    chosen = weights or record.get("weights") or (LAST if plan.train.early_stopping is None else BEST)
    if not (folder.best if chosen == BEST else folder.last).exists():
        raise unreadable(folder.path, f"it has no {chosen} weights, and is {record.get('status')}")
    keras = import_keras()
    with precision(keras, plan.train.precision):
        network = compile_graph(plan.graph, initialize=False)
        keep_outputs_precise(keras, plan, network)
    put_weights(network, folder, chosen)
    outputs = network_outputs(keras, plan, network)
    return Opened(folder.path, keras, network, outputs, plan.spec, plan.graph, plan, _schema(record, plan), chosen)


def _schema(record: Record, plan: Plan) -> Schema | None:
    """How the run read its data; of a run of an earlier netspec, the names of its classes."""
    known = read_schema(record.get("schema"))
    classes = record.get("classes")
    if known is not None or not classes:
        return known
    source = plan.data.source.spec_name
    target = Target(source, "classes", len(classes), (), tuple(classes))
    inputs = {plan.graph.nodes[index].path: Feature(source, ()) for index in plan.graph.inputs}
    return Schema(inputs, dict.fromkeys(plan.graph.outputs, target))


def _model(path: Path) -> Opened:
    keras, network, spec, schema, fused = rebuild(path)
    assert spec.graph is not None
    outputs = outputs_of(keras, network, tuple(spec.graph.outputs))
    return Opened(path, keras, network, outputs, spec, spec.graph, None, read_schema(schema), LAST, fused)
