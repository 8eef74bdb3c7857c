"""Explain a problem code, a kind, a setting or a hyperparameter; or a node of a spec, with its own numbers.

`netspec explain` lists all pages except those of hyperparameters, `netspec explain NS401` and `netspec explain conv` print
one, `netspec explain FILE NODE` shows how the shape, weights and costs of a node are computed, and draws its window sliding
over the input and the product of matrices that it is; as HTML (`-o FILE.html`), both move.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TextIO

from netspec.cli.common import STANDARD_INPUT, UsageError, spec_arguments, spec_of
from netspec.diagnostics.codes import CODES
from netspec.diagnostics.words import did_you_mean, nearest, printable, show
from netspec.files import write_whole
from netspec.outputs import check_output
from netspec.report.pages.parts import Page, as_markdown, as_text

SUFFIXES = (".yaml", ".yml", ".json")
ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "subject",
        metavar="CODE-or-KIND",
        nargs="?",
        help="a code, kind, setting or hyperparameter; or a spec, or - for standard input",
    )
    parser.add_argument("node", metavar="NODE", nargs="?", help="path of a node of the spec")
    parser.add_argument(
        "--format", choices=("text", "markdown", "html"), help="output format (default: as FILE ends, or text)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="output file (default: standard output)")
    parser.add_argument("--force", action="store_true", help="replace FILE also where netspec did not write it")
    parser.add_argument("--brief", action="store_true", help="of a node: its figures only, without drawings")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print or write the page; status 1 if the spec has errors."""
    if options.force and options.output is None:
        raise UsageError("--force requires -o")
    if _is_file(options.subject or "") or options.node is not None:
        return _node(options, out, err)
    if options.brief:
        raise UsageError("--brief requires FILE NODE")
    _write(_pages(options.subject), options, out)
    return 0


def _write(pages: list[Page], options: argparse.Namespace, out: TextIO) -> None:
    """Write pages where and how the options say."""
    target = None if options.output is None else Path(options.output)
    if target is not None:
        check_output(target, inputs=[options.subject or ""], force=options.force)
    form = options.format or ("text" if target is None else ENDINGS.get(target.suffix.lower(), "text"))
    if form == "html":
        from netspec.report.pages.markup import as_html

        text = as_html(pages)
    else:
        text = "\n".join(map(as_markdown if form == "markdown" else as_text, pages))
    if target is None:
        out.write(text)
        return
    write_whole(target, text)


def _pages(subject: str | None) -> list[Page]:
    from netspec.kinds import KINDS
    from netspec.report.pages.codes import code_page
    from netspec.report.pages.kinds import kind_page
    from netspec.report.pages.reference import index
    from netspec.report.pages.settings import option_pages, setting_pages, setting_words

    if subject is None:
        return [index()]
    code = CODES.get(subject.upper()) or CODES.get(f"NS{subject}")
    if code is not None:
        return [code_page(code)]
    found = [kind_page(KINDS[subject])] if subject in KINDS else []
    found += setting_pages(subject)
    found = found or option_pages(subject)
    if not found:
        known = (*KINDS, *CODES, *setting_words())
        hint = did_you_mean(subject, known) or "; `netspec explain` lists the pages"
        raise UsageError(f"there is no page {show(subject)}{hint}")
    return found


def _is_file(subject: str) -> bool:
    """Is a spec meant? A file that has the name of a page is one only with a node's name after it."""
    if subject == STANDARD_INPUT or subject.endswith(SUFFIXES):
        return True
    return os.path.exists(subject) and not os.path.isdir(subject) and not _has_page(subject)


def _has_page(subject: str) -> bool:
    try:
        return bool(_pages(subject))
    except UsageError:
        return False


def _node(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    from netspec.report.pages.nodes import node_page
    from netspec.report.text import write_problems

    spec = spec_of(options, options.subject, err)
    graph = spec.graph
    if graph is None:
        write_problems(err, spec)
        return 1
    paths = {node.path: node for node in graph.nodes if node.layer}
    if options.node is None:
        raise UsageError(f"name a node of {show(spec.path)}: {_some(list(paths))}")
    node = paths.get(options.node) or {each.layer: each for each in paths.values()}.get(options.node)
    if node is None:
        inside = [path for path in paths if path.startswith(f"{options.node}.")]
        if inside:
            count = f"{len(inside)} node{'s' * (len(inside) != 1)}"
            raise UsageError(f"{show(options.node)} is not a node but contains {count}: {_some(inside)}")
        match = nearest(options.node, tuple(paths))
        hint = f"; did you mean {show(match)}?" if match else f": {_some(list(paths))}"
        raise UsageError(f"there is no node {show(options.node)} in {show(spec.path)}{hint}")
    _write([node_page(spec, graph, node, drawn=not options.brief)], options, out)
    errors = sum(problem.is_error for problem in spec.problems)
    if errors:
        err.write(f"{printable(spec.path)} has {errors} error{'s' * (errors != 1)}; `netspec validate` shows them\n")
    return 1 if errors else 0


def _some(names: list[str]) -> str:
    return ", ".join(names[:12]) + (f", … ({len(names)} in total)" if len(names) > 12 else "")
