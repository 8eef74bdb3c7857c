"""The public functions of netspec; nothing inside imports this module.

None of them imports Keras before it must: `build`, `train`, `probe` and `features` do.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.backends.requirements import require_backend
from netspec.diagnostics.problems import Problem
from netspec.graph.model import Graph
from netspec.kinds.packages import PackageError, allow
from netspec.pipeline import Spec, check, check_text, load, propose

if TYPE_CHECKING:
    import keras

    from netspec.comparison.data import Data
    from netspec.drawing.drawn import Drawing
    from netspec.report.inspection import NetworkReport
    from netspec.training import Run
    from netspec.training.looking.finding import Features
    from netspec.training.probing.measuring import Probed

__all__ = [
    "PackageError",
    "Spec",
    "allow_kinds",
    "build",
    "check",
    "check_text",
    "diff",
    "features",
    "inspect",
    "load",
    "probe",
    "propose",
    "train",
    "validate",
    "view",
]


def allow_kinds(*packages: str) -> None:
    """Load the kinds of installed packages, as `--kinds` does; `netspec.toml` is for commands and is not read here.

    Args:
        packages: Their names. One that is allowed already is left as it is.

    Raises:
        PackageError: A package is not installed, declares no kinds, or cannot be imported.

    Examples:
        >>> netspec.allow_kinds("netspec-shine")
    """
    allow(packages)


def validate(
    path: str | Path, *, params: Mapping[str, object] | None = None, variant: str | None = None
) -> tuple[Problem, ...]:
    """Report every problem of a spec, shapes included, without loading Keras.

    Args:
        path: The file. One that cannot be read is a problem like others.
        params: Values in place of the spec's own.
        variant: The variant to check. Without `params` and `variant`, the errors of all variants are reported.

    Returns:
        The problems in order of position, each with its verified fixes; empty if there are none.

    Examples:
        >>> for problem in netspec.validate("net.yaml"):
        ...     print(problem.span.line, problem.code, problem.message, [fix.title for fix in problem.fixes])
    """
    return check(path, params=params, variant=variant, variants=True).problems


def inspect(
    path: str | Path, *, params: Mapping[str, object] | None = None, variant: str | None = None
) -> NetworkReport:
    """Describe a network as data: what `netspec inspect --format json` prints.

    Args:
        path: The file.
        params: Values in place of the spec's own.
        variant: The variant to describe.

    Returns:
        `name`, `inputs`, `outputs`, `totals` and `nodes`. A shape is a list without the batch dimension; unknown sizes
        are None.

    Raises:
        SpecError: The spec has errors; the exception holds all problems.

    Examples:
        >>> netspec.inspect("net.yaml")["totals"]["parameters"]
        61706
    """
    from netspec.report.inspection import as_dict

    return as_dict(load(path, params=params, variant=variant))


def diff(a: str | Path | Graph, b: str | Path | Graph) -> Data:
    """Say what changed between two networks: what `netspec diff --format json` prints.

    Args:
        a: What was: a file, or what `load` returned, of a variant or with other values.
        b: What is.

    Returns:
        `same`, `totals`, `nodes` (`added`, `removed`, `changed`, `moved`, `renamed`), `shapes`, `weights` and what differs
        beside the layers, in `sections`.

    Raises:
        SpecError: One of the specs has errors; the exception holds all problems.

    Examples:
        >>> netspec.diff("lenet5.yaml", netspec.load("lenet5.yaml", params={"classes": 47}))["same"]
        False
    """
    from netspec.comparison.data import as_data
    from netspec.comparison.differences import Difference

    first, second = (each if isinstance(each, Graph) else load(each) for each in (a, b))
    names = (each.name if isinstance(each, Graph) else str(each) for each in (a, b))
    return as_data(Difference(first, second), *names)


def view(
    path: str | Path,
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    opens: Sequence[str] = (),
) -> Drawing:
    """Draw a network, grouped as its spec is written, as `netspec view` does; a notebook shows it.

    Args:
        path: The file. A spec with errors is drawn too, as far as it was understood, with its problems at their boxes.
        params: Values in place of the spec's own.
        variant: The variant to draw.
        opens: Paths of boxes to be open, with those around them; `all` opens every box, `none` no other. Empty: as many as can
            be taken in at first sight.

    Returns:
        The drawing: its `svg`, its `html`, and `save`, which writes these, PNG or PDF.

    Raises:
        ValueError: No box of one of these paths can be opened.

    Examples:
        >>> netspec.view("resnet.yaml", variant="18").save("resnet.svg")
    """
    from netspec.drawing.drawn import Drawing

    return Drawing(check(path, params=params, variant=variant, repairs=False), opens)


def build(path: str | Path, *, params: Mapping[str, object] | None = None, variant: str | None = None) -> keras.Model:
    """Compile a spec into a plain functional Keras model with initial weights.

    Args:
        path: The file.
        params: Values in place of the spec's own.
        variant: The variant to build.

    Returns:
        The model. Several outputs are a dictionary by name.

    Raises:
        SpecError: The spec has errors, or there is no backend for Keras (NS710).

    Examples:
        >>> model = netspec.build("resnet.yaml", variant="18", params={"classes": 10})
    """
    from netspec.backends.keras.compiling import compile_graph

    return compile_graph(load(path, params=params, variant=variant))


def train(
    path: str | Path,
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    runs: str | Path = "runs",
    **overrides: object,
) -> Run:
    """Train a spec, as `netspec train` does.

    Args:
        path: The file.
        params: Values in place of the spec's own.
        variant: The variant to train.
        runs: Parent of the run folders.
        **overrides: Options of `train` in place of the spec's own, such as `epochs=3`; and `data`, a source as a spec
            writes it, whose paths may be anywhere.

    Returns:
        The finished run: its `folder`, its `results` by test set, its `history`.

    Raises:
        SpecError: The spec has errors, the data cannot be used, or there is no backend for Keras (NS710).

    Examples:
        >>> run = netspec.train("lenet5.yaml", epochs=5)
        >>> run.results["test"]["accuracy"]
        0.9832869172096252
    """
    require_backend()
    from netspec.training import train_spec

    return train_spec(path, params=dict(params or {}), variant=variant, runs=Path(runs), overrides=overrides)


def probe(
    run: str | Path,
    *,
    only: Sequence[str] = (),
    fill: str = "background",
    seed: int = 0,
    examples: int = 1000,
    weights: str | None = None,
    batch_size: int | None = None,
    page: str | Path | None = None,
) -> Probed:
    """Measure how far a run's answers hold where its pictures change, as `netspec probe` does.

    Args:
        run: The run's folder.
        only: What is measured: `translation`, `scale`, `rotation`, `brightness`, `noise`, `occlusion`, `nodes`. Empty: all.
        fill: What comes in where a picture is moved: `background`, `edge`, `reflect` or `wrap`.
        seed: Seed of noise and occlusion.
        examples: Examples of each test, evenly over it.
        weights: `best` or `last`; those that the run was measured with where it is left out.
        batch_size: Examples at once; that of the run where it is left out.
        page: A file to which the page is written too, replacing what it holds.

    Returns:
        The curves, one for each disturbance, test and output, with 95 % confidence intervals; and how nodes keep to motions.

    Raises:
        SpecError: The run cannot be opened, its data cannot be had, it sees no pictures, or there is no backend (NS710); for a
            page, what draws it is not installed.
        ValueError: An option has a wrong value.

    Examples:
        >>> (curve,) = netspec.probe(run.folder, only=["rotation"]).curves
        >>> [(point.level, point.mean.value) for point in curve.points]
    """
    require_backend()
    from netspec.training.probing.measuring import Asked
    from netspec.training.probing.measuring import probe as measure
    from netspec.training.progress import Progress
    from netspec.training.reports.writing import check_installed

    if page is not None:
        check_installed()
    asked = Asked.of(only, fill=fill, seed=seed, examples=examples, weights=weights, batch_size=batch_size)
    found = measure(Path(run), asked, Progress(sys.stdout, sys.stderr))
    if page is not None:
        from netspec.training.probing.telling import write_page

        write_page([found], Path(page))
    return found


def features(
    model: str | Path,
    pictures: Sequence[str | Path] = (),
    *,
    nodes: Sequence[str] = (),
    class_name: str | None = None,
    channels: int = 8,
    examples: int = 1000,
    weights: str | None = None,
    page: str | Path | None = None,
) -> Features:
    """Look at what a run or a model has learned, as `netspec features` does.

    Args:
        model: The run's folder, or a `.keras` file.
        pictures: Images, folders, patterns or arrays. Empty: three of the run's test.
        nodes: Paths of the nodes that are shown. Empty: the last at each of the last four sizes.
        class_name: The class that is asked for; each picture's likeliest where it is left out.
        channels: Channels of each node that are shown.
        examples: Examples of the test among which exciting ones are sought.
        weights: `best` or `last`; those that the run was measured with where it is left out.
        page: A file to which the page is written too, replacing what it holds.

    Returns:
        As arrays: the first filters, each picture's Grad-CAM, occlusion and feature maps, effective receptive fields, and the
        pictures that excite channels most.

    Raises:
        SpecError: The run or model cannot be opened or sees no pictures, a picture cannot be read, or there is no backend
            (NS710); for a page, what draws it is not installed.
        ValueError: An option has a wrong value: there is no such node or class.

    Examples:
        >>> seen, *_ = netspec.features(run.folder).pictures
        >>> node, heat = seen.cam
        >>> heat.shape
        (8, 8)
    """
    require_backend()
    from netspec.training.looking.finding import Asked, look
    from netspec.training.progress import Progress
    from netspec.training.reports.writing import check_installed

    if page is not None:
        check_installed()
    asked = Asked.of(
        [str(each) for each in pictures],
        nodes=nodes,
        class_name=class_name,
        channels=channels,
        examples=examples,
        weights=weights,
    )
    found = look(Path(model), asked, Progress(sys.stdout, sys.stderr))
    if page is not None:
        from netspec.training.looking.page import write_page

        write_page(found, Path(page))
    return found
