"""Write a model as a spec that rebuilds to the same outputs.

MODEL is a .keras file, an .h5 file of old with its configuration, a config.json, `keras.applications:NAME`, an ONNX file, a
program that PyTorch exported (.pt2), a YAML of Ultralytics or a prototxt of Caffe. It is read as data: what stands in it is not
run. Where it holds weights, the spec is built, given them, and compared with the model before it is written.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.cli.common import UsageError, whole_number
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import printable, show
from netspec.files import atomic_write, write_whole
from netspec.outputs import check_output
from netspec.shapes import Shape

if TYPE_CHECKING:
    from netspec.conversion.original import Original
    from netspec.graph.model import Graph


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="MODEL", help="a model file, or keras.applications:NAME")
    parser.add_argument(
        "-o",
        "--output",
        metavar="SPEC",
        help="output file: YAML, or JSON if it ends in .json (default: standard output)",
    )
    parser.add_argument(
        "--input",
        type=_shape,
        metavar="SHAPE",
        help="shape of an example, for a model that does not say it: 28,28,1 (? where a size is open)",
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="write the model's weights too, as an .npz by the spec's nodes"
    )
    parser.add_argument(
        "--level",
        choices=("flat", "modules", "blocks"),
        default="blocks",
        help="fold nothing, forks and defaults, or repetition too (default: blocks)",
    )
    parser.add_argument(
        "--scale", metavar="NAME", help="which size of a YAML of Ultralytics: n, s, m, l, x (default: the first)"
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="write what can be said, flat, with a marked node for each layer that cannot; the status is 1 all the same",
    )
    parser.add_argument("--flat", action="store_true", help="write one node a line, the same as `--level flat`")
    parser.add_argument("--no-check", action="store_true", help="do not build the spec and compare it with the model")
    parser.add_argument("--force", action="store_true", help="write also what differs from the model, or over a file")


_FOR = {"input": "a model that does not say the shape of its input", "scale": "a YAML of Ultralytics"}


def _shape(text: str) -> Shape:
    """A shape as a person writes it."""
    size = whole_number("a size", 1)
    parts = (part.strip() for part in text.strip("[]()").split(","))
    return tuple(None if part in ("?", "null", "None") else size(part) for part in parts)


def _refuse(options: argparse.Namespace, *names: str) -> None:
    """Raise UsageError where an option is given that would do nothing."""
    for name in names:
        if getattr(options, name) is not None:
            raise UsageError(f"--{name} is for {_FOR[name]}, which MODEL is not; leave it out")


def _original(options: argparse.Namespace) -> Original:
    """What MODEL names, by its form: a place for each format. Raises ConversionError."""
    from netspec.backends.keras.original import KerasApplication, KerasFile
    from netspec.conversion.described import described
    from netspec.options import Invalid
    from netspec.spec.pretrained import application_of

    source: str = options.model
    try:
        application = application_of(source)
    except Invalid as error:
        raise UsageError(f"MODEL {error}") from None
    if application is not None:
        _refuse(options, "input", "scale")
        return KerasApplication(application)
    kind = Path(source).suffix.lower()
    if kind in (".onnx", ".pt2"):
        _refuse(options, "input", "scale")
        from netspec.backends.keras.programs import OnnxFile, TorchProgram

        file = OnnxFile if kind == ".onnx" else TorchProgram
        return file(Path(source), compared=not options.no_check, partial=options.partial)
    found = described(Path(source), options.input, options.scale)
    if found is None or not found.has_scales:
        _refuse(options, "scale")
    if found is not None:
        return found
    return KerasFile(Path(source), options.input, compared=not options.no_check, partial=options.partial)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Convert, compare, write; status 1 where a layer has no kind or the spec differs. What runs the model may not end this."""
    if options.no_check:
        return _run(options, out, err)
    from netspec.cli.apart import Crash, apart

    try:
        return apart(lambda: _run(options, out, err))
    except Crash as crash:
        words = f" ({show(crash.words, 200)})" if crash.words else ""
        message = (
            f"what runs it for the comparison was ended by {crash.by}{words}, as a framework may be by a damaged file; "
            "`--no-check` converts it uncompared"
        )
        raise SpecError(options.model, (Problem("NS719", message, FILE_START),)) from None


def _run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    if options.no_check and options.weights is not None:
        raise UsageError("--weights requires the comparison, which says which weight is which; leave --no-check out")
    if (
        None not in (options.output, options.weights)
        and Path(options.output).resolve() == Path(options.weights).resolve()
    ):
        raise UsageError("-o and --weights name the same file")
    if options.partial and _is_json(options):
        raise UsageError("--partial marks nodes by comments, for which JSON has no place; name a .yaml file with -o")
    from netspec.conversion.converting import Inconvertible
    from netspec.conversion.folding import LEVELS, fold
    from netspec.conversion.model import ConversionError
    from netspec.conversion.paths import paths_of

    source: str = options.model
    for option, output in (("-o", options.output), ("--weights", options.weights)):
        if output is not None:
            check_output(Path(output), inputs=(source,), force=options.force, own=False, option=option)
    try:
        original = _original(options)
        if options.weights is not None and not original.holds_weights:
            raise ConversionError(f"{original.form} holds no weights; leave --weights out")
        flat = original.flat()
    except Inconvertible as error:
        refused = SpecError(
            source,
            tuple(Problem("NS719", f"the layer `{each.layer}` {each.message}", FILE_START) for each in error.failures),
        )
        if not options.partial or error.partial is None:
            raise refused from None
        _write(fold(error.partial, LEVELS[0]).text, options, out, ", with a node for each layer that is not converted")
        raise refused from None
    except ConversionError as error:
        raise SpecError(source, (Problem("NS719", error.text, FILE_START),)) from None
    try:
        folded = fold(flat, LEVELS[0] if options.flat else options.level)
        wrong = [problem for problem in folded.spec.problems if problem.is_error]
    except SpecError as error:
        wrong = list(error.problems)
    if wrong:
        problems = (Problem("NS719", f"its spec would be wrong: {each.message}", FILE_START) for each in wrong)
        raise SpecError(source, tuple(problems))
    graph = folded.spec.graph
    assert graph is not None
    comparison = None
    if not options.no_check:
        paths = paths_of(flat, graph) if folded.paths is None else folded.paths
        comparison = original.comparison(flat, graph, paths)
    said = "" if options.no_check else ", whose outputs are the model's"
    if comparison is None and not options.no_check:
        said = f", {_parameters(graph)} parameters; {original.form} holds no weights, so no outputs were compared"
    if comparison is not None:
        try:
            found = comparison.difference()
        except ConversionError as error:
            raise SpecError(source, (Problem("NS719", error.text, FILE_START),)) from None
        if found is not None:
            problem = Problem("NS720", f"the spec is not the model: {found.text}", FILE_START)
            if not options.force:
                raise SpecError(source, (problem,))
            err.write(f"netspec import: {problem.message}\n")
        if options.weights is not None:
            import numpy as np

            with atomic_write(Path(options.weights)) as temporary, open(temporary, "wb") as file:
                np.savez(file, **comparison.weights())  # type: ignore[arg-type]  # arrays only
    if flat.precision != "float32":
        said += f", trained in {flat.precision}"
    elif original.precision != "float32":
        said += f", its numbers of {original.precision} as float32"
        if options.output is None:
            err.write(f"netspec import: the model computes in {original.precision}, and the spec in float32\n")
    turned = "; channels come last in it, and first in the model" if flat.is_turned else ""
    _write(folded.text, options, out, f"{said}{turned}")
    return 0


def _parameters(graph: Graph) -> str:
    """How many numbers training changes; what is counted in papers."""
    owners = (node for index, node in enumerate(graph.nodes) if graph.owner(index) == index)
    return f"{sum(node.weights.trainable for node in owners):,}"


def _is_json(options: argparse.Namespace) -> bool:
    return options.output is not None and Path(options.output).suffix.lower() == ".json"


def _write(text: str, options: argparse.Namespace, out: TextIO, said: str) -> None:
    if options.output is None:
        out.write(text)
        return
    target = Path(options.output)
    if _is_json(options):
        from netspec.formatting import as_json

        text = as_json(text)
    write_whole(target, text)
    out.write(f"wrote {printable(str(target))}: {len(text.splitlines())} lines{said}\n")
