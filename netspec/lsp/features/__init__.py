"""What an editor may ask, a file a kind of question; each is imported when it is first asked.

A feature's module has a function for each of its methods, named as `Feature.function` says. It takes the page and the
request's params and returns what the protocol asks for, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, cast

from netspec.lsp.rpc import Params


class Feature(NamedTuple):
    """A method of the protocol and who answers it.

    Attributes:
        method: The protocol's name.
        module: Below `netspec.lsp.features`.
        function: In it: `(page, params)`; where the method is of no one page, `(workspace, params)`.
        capability: What the server says of it at the beginning; None where another's covers it, or the protocol has none.
        options: The capability's value.
        of_page: Is it asked of one page?
        outlives: Is an answer of use though the text has changed since it was asked? Editors fit what they are offered to what
            has been typed on, and show nothing where they are refused; what they ask anew with every change is refused.
    """

    method: str
    module: str
    function: str
    capability: str | None
    options: object = True
    of_page: bool = True
    outlives: bool = False

    def load(self) -> Callable[[object, Params], object]:
        """The function that answers."""
        module = import_module(f"netspec.lsp.features.{self.module}")
        return cast("Callable[[object, Params], object]", getattr(module, self.function))


# The standard's words for what tokens are, in the order of their numbers.
TOKEN_TYPES = (
    "keyword",
    "class",
    "function",
    "property",
    "parameter",
    "variable",
    "enumMember",
    "string",
    "number",
    "operator",
    "namespace",
)
TOKEN_MODIFIERS = ("definition", "defaultLibrary")
TOKENS = {
    "legend": {"tokenTypes": list(TOKEN_TYPES), "tokenModifiers": list(TOKEN_MODIFIERS)},
    "full": True,
    "range": True,
}

FEATURES: dict[str, Feature] = {
    each.method: each
    for each in (
        Feature("textDocument/inlayHint", "hints", "hints", "inlayHintProvider", {"resolveProvider": True}),
        Feature("inlayHint/resolve", "hints", "resolve", None),
        Feature("textDocument/codeLens", "lens", "lenses", "codeLensProvider", {}, outlives=True),
        Feature("textDocument/hover", "hover", "hover", "hoverProvider"),
        Feature("textDocument/formatting", "formatting", "formatted", "documentFormattingProvider"),
        Feature("textDocument/rangeFormatting", "formatting", "lines_formatted", "documentRangeFormattingProvider"),
        Feature(
            "textDocument/codeAction",
            "actions",
            "actions",
            "codeActionProvider",
            {
                "codeActionKinds": [
                    "quickfix",
                    "refactor.extract",
                    "refactor.inline",
                    "refactor.rewrite",
                    "source.fixAll",
                ],
                "resolveProvider": True,
            },
        ),
        Feature("codeAction/resolve", "actions", "resolved", None),
        Feature(
            "textDocument/completion",
            "completion",
            "completion",
            "completionProvider",
            {"triggerCharacters": [" ", "$", ".", "{", "[", ","], "resolveProvider": False},
            outlives=True,
        ),
        # Not the protocol's: one row per node, for a table beside the text.
        Feature("netspec/shapes", "table", "shapes", None),
        Feature("textDocument/definition", "references", "definition", "definitionProvider"),
        Feature("textDocument/references", "references", "references", "referencesProvider"),
        Feature("textDocument/documentHighlight", "references", "highlights", "documentHighlightProvider"),
        Feature("textDocument/prepareRename", "rename", "prepare", None),
        Feature("textDocument/rename", "rename", "rename", "renameProvider", {"prepareProvider": True}),
        Feature("textDocument/documentSymbol", "symbols", "symbols", "documentSymbolProvider"),
        Feature("workspace/symbol", "search", "search", "workspaceSymbolProvider", of_page=False),
        Feature("textDocument/foldingRange", "folding", "folds", "foldingRangeProvider"),
        Feature("textDocument/selectionRange", "selection", "selections", "selectionRangeProvider"),
        Feature("textDocument/prepareCallHierarchy", "calls", "prepare", "callHierarchyProvider"),
        Feature("callHierarchy/incomingCalls", "calls", "incoming", None, of_page=False),
        Feature("callHierarchy/outgoingCalls", "calls", "outgoing", None, of_page=False),
        Feature("textDocument/semanticTokens/full", "tokens", "whole", "semanticTokensProvider", TOKENS),
        Feature("textDocument/semanticTokens/range", "tokens", "part", None),
        Feature("textDocument/documentLink", "links", "links", "documentLinkProvider", {}),
    )
}
