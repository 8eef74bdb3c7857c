"""The command line. One file per command: `arguments(parser)` and `run(options, out, err) -> exit status`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import ModuleType

    from netspec.cli.common import Parser

# The purpose of each command: here and not in its module, so that `netspec --help` need not import them all.
COMMANDS = {
    "validate": "report every problem of specs, shapes included",
    "fmt": "write specs in one layout, comments kept",
    "simplify": "write specs shorter: repetition as blocks and repeats",
    "upgrade": "write a spec of an earlier version of the format as one of this",
    "inspect": "show each node's shape, parameters, MACs and receptive field",
    "view": "draw a network as a page, a picture or a PDF",
    "diff": "say what changed between two networks, and which weights carry over",
    "build": "compile a spec into a Keras model",
    "import": "write a model of Keras, ONNX, PyTorch or others as a spec",
    "train": "train a network on data",
    "verify": "train a stretch of a run again and compare it to the bit",
    "evaluate": "measure the loss and metrics of a run or a model on data",
    "predict": "apply a run or a model to images or arrays",
    "export": "write a trained model for another tool, compared with Keras",
    "serve": "answer requests with a run or a model by HTTP",
    "report": "write the report of a run as one page",
    "probe": "measure how far a run holds where its pictures change",
    "features": "show what a run has learned: filters, feature maps, what decided",
    "runs": "list runs and compare them",
    "explain": "explain a problem, a kind, a setting, a hyperparameter or a node",
    "schema": "print the JSON Schema of specs, for editors",
    "lsp": "serve an editor: problems and shapes as specs are written",
    "playground": "serve a page in which specs are written in a browser",
    "new": "copy a spec from the zoo",
}

WITHOUT_KINDS = frozenset({"import", "new", "playground", "runs"})  # commands that read no spec

FINE, WRONG, USAGE, INTERRUPTED = 0, 1, 2, 130
_STOPPED = "\nnetspec: interrupted\n"

# Commands whose status 1 answers a question, so that what is wrong has another; as `diff` does.
TROUBLE = {"diff": USAGE}

# Commands that run a framework, whose threads and files need an orderly exit.
HEAVY = frozenset(
    {"build", "import", "train", "verify", "evaluate", "predict", "export", "serve", "report", "probe", "features"}
)
COLLECT_AFTER = 1_000_000  # objects: more than 20,000 nodes make, none of which is garbage


def main(argv: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run a command; returns its exit status: 0 success, 1 problems in spec, data or model, 2 wrong usage, 130 interrupted."""
    from netspec.cli.streams import Stream, StreamError

    arguments = list(sys.argv[1:] if argv is None else argv)
    output = Stream(sys.stdout if out is None else out, "standard output")
    errors = Stream(sys.stderr if err is None else err, "standard error", told=False)
    try:
        status = _dispatch(arguments, output.text, errors.text)
        output.flush()
    except KeyboardInterrupt:
        errors.write(_STOPPED)
        return INTERRUPTED
    except BrokenPipeError:
        output.abandon()  # the reader of our output (`| head`) has exited, which is not an error
        return FINE
    except StreamError as error:
        output.abandon()
        errors.write(f"netspec: error NS709: {error}\n")
        return TROUBLE.get(arguments[0], WRONG)
    errors.flush()
    return status or WRONG * errors.failed


def _dispatch(arguments: list[str], out: TextIO, err: TextIO) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        out.write(_help())
        return FINE if arguments else USAGE
    name, *rest = arguments
    if name in ("-V", "--version"):
        from netspec import __version__

        out.write(f"netspec {__version__}\n")
        return FINE
    if name not in COMMANDS:
        from netspec.diagnostics.words import did_you_mean, show

        err.write(f"netspec: there is no command {show(name)}{did_you_mean(name, tuple(COMMANDS))}\n")
        err.write("Run `netspec --help` for the commands.\n")
        return USAGE
    from netspec.cli.common import UsageError, guarded, kinds_allowed

    command = _module_of(name)
    parser = parser_of(name)
    try:
        options = parser.parse(rest, out)
    except UsageError as error:
        err.write(f"netspec {name}: {error}\n{parser.format_usage()}")
        return USAGE
    if options is None:  # --help was requested, and has been printed
        return FINE
    if name in WITHOUT_KINDS:
        return guarded(name, command.run, options, out, err, TROUBLE.get(name, WRONG))
    try:
        with kinds_allowed(options):
            return guarded(name, command.run, options, out, err, TROUBLE.get(name, WRONG))
    except UsageError as error:
        err.write(f"netspec {name}: {error}\n")
        return USAGE


def _module_of(name: str) -> ModuleType:
    return import_module(f"netspec.cli.{name}{'_' * iskeyword(name)}")


def parser_of(name: str) -> Parser:
    """The parser of a command's arguments; its description is the docstring of the command's module."""
    from netspec.cli.common import Parser, kinds_argument

    command = _module_of(name)
    parser = Parser(prog=f"netspec {name}", description=(command.__doc__ or "").strip())
    command.arguments(parser)
    if name not in WITHOUT_KINDS:
        kinds_argument(parser)
    return parser


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [
        "usage: netspec COMMAND ...",
        "",
        "Neural networks as YAML specs: validated in milliseconds, built and trained by Keras.",
        "",
        "commands:",
        *(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()),
        "",
        "Run `netspec COMMAND --help` for the options of a command. Exit status: 0 success, 1 problems in the spec,",
        "the data or the model, 2 wrong usage, 130 interrupted.",
    ]
    return "\n".join(lines) + "\n"


def entry() -> None:
    """The `netspec` script.

    A light command collects no garbage of its first file, rarely any later, and leaves its objects to the operating system at
    exit: for a large spec, traversing them twice and freeing them one by one takes as long as checking it.
    """
    light = bool(sys.argv[1:2]) and sys.argv[1] not in HEAVY
    try:
        _prepare(light)
        status = main()
    except KeyboardInterrupt:  # while it was still being imported
        if sys.stderr is not None:
            sys.stderr.write(_STOPPED)
        status = INTERRUPTED
    if light or status:  # a thread that reads slow data would keep a run that was broken off from leaving
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(status)
    sys.exit(status)


def _prepare(light: bool) -> None:
    from netspec.cli.streams import keep_numbers

    keep_numbers()
    if light:
        gc.set_threshold(COLLECT_AFTER)
        gc.disable()
    else:
        from netspec.backends.keras import importing

        importing.is_own_process = True
