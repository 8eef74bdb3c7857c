"""What can be done at a place: repairs, a warning suppressed, refactorings, and all that can be mended at once."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.suppressions import suppressing
from netspec.diagnostics.problems import Problem, Span
from netspec.diagnostics.words import printable
from netspec.fixes.elsewhere import remark
from netspec.lsp.diagnostics import diagnostic
from netspec.lsp.editing import workspace_edit
from netspec.lsp.page import Page
from netspec.lsp.rpc import CONTENT_MODIFIED, REQUEST_FAILED, Params, Refused
from netspec.pipeline import check_again
from netspec.refactoring import Refactoring, confirmed, mended, refactorings
from netspec.report.text import cost
from netspec.syntax.edits import apply, is_json

QUICK_FIX, REFACTOR, FIX_ALL = "quickfix", "refactor", "source.fixAll"
KINDS = (QUICK_FIX, "refactor.extract", "refactor.inline", "refactor.rewrite", FIX_ALL)
UNASKED = 2  # the trigger kind of an editor that asks because the cursor has moved
MOST_NODES_UNASKED = (
    300  # of a network whose refactorings, each of which is a check, are sought whenever the cursor moves
)


def actions(page: Page, params: Params) -> object:
    """The actions at a range, those that mend first."""
    context = params["context"]
    only: list[str] | None = context.get("only")
    wanted = page.text.span(params["range"])
    found: list[object] = []
    if _asked_for(only, QUICK_FIX):
        for problems in page.mended_together:
            if problems[0].span.line <= wanted.end_line and problems[0].span.end_line >= wanted.line:
                found += _fixes(page, problems)
                found += _suppression(page, problems)
    if _asked_for(only, REFACTOR) and (context.get("triggerKind") != UNASKED or page.spec.effort <= MOST_NODES_UNASKED):
        found += _refactorings(page, wanted, tuple(only or (REFACTOR,)))
    if only is not None and _asked_for(only, FIX_ALL):
        found += _fix_all(page)
    return found


def resolved(page: Page, params: Params) -> object:
    """An action with its edit. What has been offered for the network as it stands is done in a way that holds in its variants."""
    data = params["data"]
    if data["version"] != page.version:
        raise Refused(CONTENT_MODIFIED, "the text has changed since")
    wanted = Span(*data["span"])
    for each in _found(page, wanted, (params["kind"],)):
        if each.title == params["title"] and not each.refused:
            sure = confirmed(page.spec, each)
            if sure is None:
                raise Refused(REQUEST_FAILED, "in a variant of the network it would change something")
            return {**params, "edit": workspace_edit(page, sure.edits)}
    raise Refused(CONTENT_MODIFIED, "this can be done no more")


def _asked_for(only: list[str] | None, kind: str) -> bool:
    """Is an action of a kind, or of one below it, among those that are asked for?"""
    if only is None:
        return True
    return any(kind == each or kind.startswith(f"{each}.") or each.startswith(f"{kind}.") for each in only)


def _fixes(page: Page, problems: tuple[Problem, ...]) -> Iterator[object]:
    for number, fix in enumerate(page.fixes(problems)):
        outcome = ", ".join(filter(None, (fix.result, cost(fix))))
        yield {
            "title": printable(f"{fix.title} → {outcome}" if outcome else fix.title),
            "kind": QUICK_FIX,
            "diagnostics": [diagnostic(page, each) for each in problems],
            "isPreferred": number == 0,
            "edit": workspace_edit(page, fix.edits),
        }


def _suppression(page: Page, problems: tuple[Problem, ...]) -> Iterator[object]:
    """The comment that suppresses warnings of one code at one place, if with it they are gone and no other comes."""
    problem = problems[0]
    text = page.text.content
    if problem.is_error or problem.file or problem.code == "NS809" or is_json(text):
        return
    edit = suppressing(page.text.line(problem.span.line - 1), problem)
    after = check_again(page.spec, apply(text, (edit,)), memory=page.trials.memory)
    left = [each.code for each in after.problems]
    before = [each.code for each in page.spec.problems]
    if len(left) >= len(before) or any(left.count(code) > before.count(code) for code in left):
        return
    yield {
        "title": f"Suppress {problem.code} here",
        "kind": QUICK_FIX,
        "diagnostics": [diagnostic(page, each) for each in problems],
        "edit": workspace_edit(page, (edit,)),
    }


def _refactorings(page: Page, wanted: Span, only: tuple[str, ...]) -> Iterator[object]:
    for each in _found(page, wanted, only):
        action: dict[str, object] = {"title": each.title, "kind": each.kind}
        if each.refused:
            action["disabled"] = {"reason": printable(each.refused)}
        elif page.client.resolves_edits:
            action["data"] = {"uri": page.uri, "version": page.version, "span": [*wanted]}
        else:
            sure = confirmed(page.spec, each)
            if sure is None:
                continue
            action["edit"] = workspace_edit(page, sure.edits)
        yield action


def _found(page: Page, wanted: Span, kinds: tuple[str, ...]) -> list[Refactoring]:
    """What can be done to a selection; one that ends where a line's words begin does not hold that line."""
    last, end = wanted.end_line, wanted.end_column
    if last > wanted.line and not page.text.line(last - 1)[: end - 1].strip():
        last, end = last - 1, len(page.text.line(last - 2)) + 1
    columns = wanted.column, end
    refusals = page.client.shows_refusals
    return refactorings(page.spec, wanted.line, last, kinds, columns=columns, variants=False, refusals=refusals)


def _fix_all(page: Page) -> Iterator[object]:
    edits, broken = mended(page.spec)
    but = f", but for {remark(broken)}" if broken else ""
    if edits:
        yield {"title": f"Fix all that can be fixed{but}", "kind": FIX_ALL, "edit": workspace_edit(page, edits)}
