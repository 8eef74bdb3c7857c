"""What the commands share: parsing, the options that set params, printing problems, and catching errors."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO

from netspec.cli.streams import StreamError, standard_input
from netspec.diagnostics.problems import FILE_START, Problems, SpecError
from netspec.diagnostics.words import printable, show
from netspec.pipeline import Spec, check, check_text
from netspec.syntax.reading import MAX_INTEGER, STDIN, read_text
from netspec.syntax.tree import plain

if TYPE_CHECKING:
    from netspec.expressions import Value

DEFAULT_COLUMNS = 80


class UsageError(Exception):
    """The command line is wrong."""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. argparse would ask `shutil`, whose import costs more than reading a spec."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal_columns() - 2)


def terminal_columns() -> int:
    """How wide the terminal is, or what COLUMNS says."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and len(asked) < 6 and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(1).columns or DEFAULT_COLUMNS
    except OSError:  # standard output is no terminal
        return DEFAULT_COLUMNS


class Parser(argparse.ArgumentParser):
    """argparse that raises instead of leaving the process."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog, description=description, formatter_class=_Help, add_help=False)
        self.add_argument("-h", "--help", action="store_true", help="show this help and exit")

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def parse(self, arguments: Sequence[str], out: TextIO) -> argparse.Namespace | None:
        """The options, and the `command` that they were given by; None if `--help` was requested."""
        if "-h" in arguments or "--help" in arguments:
            out.write(self.format_help())
            return None
        options = self.parse_args(arguments)
        options.command = (*self.prog.split(), *arguments)
        return options


def whole_number(what: str, least: int, most: int | None = None) -> Callable[[str], int]:
    """What `argparse` reads an option's whole number by.

    Args:
        what: What it is, as a message begins: "a seed".
        least: The smallest that may be given.
        most: The largest, if there is one; beyond 2**53 is none that netspec takes.
    """
    wanted = f"{what} is a whole number " + (f"of at least {least}" if most is None else f"from {least} to {most}")

    def read(text: str) -> int:
        if text.isdecimal() and len(text) < 20 and least <= int(text) <= (MAX_INTEGER if most is None else most):
            return int(text)
        raise argparse.ArgumentTypeError(f"{wanted}, not {show(text)}")

    return read


def weights_argument(parser: argparse.ArgumentParser) -> None:
    """Which of a run's weights a command takes."""
    parser.add_argument(
        "--weights",
        choices=("best", "last"),
        help="which weights of a run to use (default: those its results were measured with)",
    )


def address_arguments(parser: argparse.ArgumentParser, port: int) -> None:
    """Where a command listens that answers by HTTP; `port` is its default."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument(
        "--port",
        type=whole_number("a port", 0, 65535),
        default=port,
        help=f"port; 0 takes any that is free (default: {port})",
    )


def kinds_argument(parser: argparse.ArgumentParser) -> None:
    """Which packages of kinds are loaded, beside those of the user's `netspec.toml`."""
    parser.add_argument(
        "--kinds",
        metavar="PACKAGE",
        action="append",
        default=[],
        help="load the kinds of an installed package (repeatable; netspec.toml lists those that are always loaded)",
    )


@contextmanager
def kinds_allowed(options: argparse.Namespace) -> Iterator[None]:
    """The kinds that the user allows, while this is entered. Raises UsageError where a package cannot be taken."""
    from netspec.configuration import ConfigurationError, read

    try:
        configured = read()
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    if not options.kinds and not configured.kinds:
        yield
        return
    from netspec.kinds.packages import PackageError, allowing

    with ExitStack() as stack:
        for names, where in ((configured.kinds, f"{printable(configured.path)}: "), (options.kinds, "--kinds: ")):
            try:
                stack.enter_context(allowing(names))
            except PackageError as error:
                raise UsageError(f"{where}{error}") from None
        yield


def spec_arguments(parser: argparse.ArgumentParser) -> None:
    """`--set` and `--variant`."""
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="override a param of the spec (repeatable)"
    )
    parser.add_argument("--variant", metavar="NAME", help="select a variant of the spec")


def params_of(options: argparse.Namespace) -> dict[str, Value]:
    """The params that `--set` gives. Raises UsageError."""
    return params_from(options.set, "--set")


def params_from(given_values: Sequence[str], option: str) -> dict[str, Value]:
    """Params by name; values are read as YAML, as they would be in the spec. Raises UsageError, which names the `option`."""
    params: dict[str, Value] = {}
    for given in given_values:
        name, equals, text = given.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} takes NAME=VALUE, not {show(given)}")
        problems = Problems()
        source = read_text(text, option, problems)
        if problems.has_errors or source.tree is None:
            why = problems.ordered()[0].message if text.strip() else "the value is missing"
            raise UsageError(f"{option} {name}: {why}")
        value = plain(source.tree)
        if value is None or isinstance(value, dict):
            raise UsageError(f"{option} {name}: a param is a number, true or false, text or a list, not {show(value)}")
        params[name] = value
    return params


BUDGETS = frozenset({"NS601"})  # errors of a network that is complete all the same
STANDARD_INPUT = "-"  # in the place of a spec's path
SPEC = "a spec, or - for standard input"


def once(files: Sequence[str]) -> Iterator[str]:
    """Paths of specs, of which standard input may be one. Raises UsageError where it is two."""
    if files.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input can be read only once, and `-` is given more often")
    for number, path in enumerate(files):
        if number == 1:
            gc.enable()  # see `netspec.cli.entry`: of many files the garbage would pile up
        yield path


def spec_of(options: argparse.Namespace, path: str, err: TextIO) -> Spec:
    """The spec at `path`, or that of standard input, checked as the options say."""
    params = params_of(options)
    if path == STANDARD_INPUT:
        return check_text(standard_input(err), STDIN, params=params, variant=options.variant, folder=os.curdir)
    return check(path, params=params, variant=options.variant)


def checked_and_reported(options: argparse.Namespace, path: str, err: TextIO) -> Spec:
    """The same, its problems printed to `err`."""
    spec = spec_of(options, path, err)
    if spec.problems:
        from netspec.report.text import write_problems

        write_problems(err, spec)
    return spec


def checked(options: argparse.Namespace, path: str, err: TextIO) -> Spec | None:
    """The same; None if it has errors."""
    spec = checked_and_reported(options, path, err)
    return spec if spec.ok else None


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """While this is entered, SIGTERM, by which clusters end what runs, is what Ctrl-C is; in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def print_error(error: SpecError, err: TextIO) -> None:
    """The problems of a failure, with the lines of the text where it is known."""
    if error.text:
        from netspec.report.text import write_problems

        write_problems(err, Spec(error.path, error.text, None, None, error.problems))
        return
    for problem in error.problems:
        line = f":{problem.span.line}:{problem.span.column}" if problem.span != FILE_START else ""
        text = f"{problem.severity} {problem.code}: {printable(problem.message)}"
        err.write(f"{printable(problem.file or error.path)}{line}: {text}\n")
        for note in problem.notes:
            err.write(f"  note: {printable(note.message)}\n")


Command = Callable[[argparse.Namespace, TextIO, TextIO], int]


def guarded(name: str, run: Command, options: argparse.Namespace, out: TextIO, err: TextIO, wrong: int = 1) -> int:
    """Run a command; an exception becomes one clear line, never a traceback (except with NETSPEC_DEBUG=1).

    Args:
        name: The command's.
        run: What it does.
        options: Its options.
        out: Where it prints.
        err: Where it prints what is wrong.
        wrong: The status of a spec, data or a model that is wrong.
    """
    try:
        return run(options, out, err)
    except UsageError as error:
        err.write(f"netspec {name}: {error}\n")
        return 2
    except SpecError as error:
        print_error(error, err)
        return wrong
    except (BrokenPipeError, StreamError):  # of standard output
        raise
    except MemoryError:
        err.write(f"netspec {name}: error NS602: there is not enough memory\n")
        return wrong
    except OSError as error:
        if os.environ.get("NETSPEC_DEBUG"):
            raise
        where = f" {show(str(error.filename), 200)}" if error.filename else ""
        err.write(f"netspec {name}: error NS709: cannot use{where}: {(error.strerror or str(error)).lower()}\n")
        return wrong
    except RecursionError:
        err.write(f"netspec {name}: error NS506: the spec is nested too deeply\n")
        return wrong
    except Exception as error:
        if os.environ.get("NETSPEC_DEBUG"):
            raise
        first = (str(error).strip() or "no message").splitlines()[0]
        from netspec.kinds.packages import culprit

        package = culprit(error)
        if package:
            err.write(f"netspec {name}: a kind of the package {package} failed: {type(error).__name__}: {first}\n")
            err.write(
                "This is a bug in that package. Set NETSPEC_DEBUG=1 for the traceback, and report it to its authors.\n"
            )
            return wrong
        err.write(f"netspec {name}: internal error: {type(error).__name__}: {first}\n")
        err.write("This is a bug in netspec. Set NETSPEC_DEBUG=1 for the traceback, and please report it.\n")
        return wrong
