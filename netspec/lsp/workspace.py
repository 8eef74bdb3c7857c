"""What a client said of itself, and the texts that it has open."""

from __future__ import annotations

import os

from netspec.lsp.page import Client, Page
from netspec.lsp.rpc import Params


def client_of(params: Params) -> Client:
    """What the client can show, by the params of `initialize`; what it does not say, it cannot."""

    def said(*path: str) -> object:
        value: object = params.get("capabilities")
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    encodings = _list(said("general", "positionEncodings"))
    formats = said("textDocument", "hover", "contentFormat")
    return Client(
        encoding="utf-32" if "utf-32" in encodings else "utf-16",
        snippets=said("textDocument", "completion", "completionItem", "snippetSupport") is True,
        markdown=not isinstance(formats, list) or "markdown" in formats,
        resolves_hints="tooltip" in _list(said("textDocument", "inlayHint", "resolveSupport", "properties")),
        refreshes_hints=said("workspace", "inlayHint", "refreshSupport") is True,
        refreshes_lenses=said("workspace", "codeLens", "refreshSupport") is True,
        versioned_edits=said("workspace", "workspaceEdit", "documentChanges") is True,
        costs=costs_of(params.get("initializationOptions")),
        resolves_edits="edit" in _list(said("textDocument", "codeAction", "resolveSupport", "properties")),
        shows_refusals=said("textDocument", "codeAction", "disabledSupport") is True,
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def costs_of(settings: object) -> bool:
    """Do settings say that hints show costs: `hints.costs`, or `netspec.hints.costs`?"""
    for key in ("netspec", "hints", "costs"):
        if isinstance(settings, dict) and (key != "netspec" or key in settings):
            settings = settings.get(key)
    return settings is True


class Workspace:
    """The open texts of one client, and the folders that it works in."""

    def __init__(self, client: Client, params: Params) -> None:
        self.client = client
        self.pages: dict[str, Page] = {}
        folders = params.get("workspaceFolders")
        root = params.get("rootUri")
        self.folders: list[str] = (
            [each["uri"] for each in folders] if isinstance(folders, list) else [root] if isinstance(root, str) else []
        )

    def change_folders(self, added: list[str], removed: list[str]) -> None:
        """Take over that the client works in other folders."""
        self.folders = [each for each in self.folders if each not in removed] + added

    def configure(self, settings: object) -> None:
        """Take over what the user has set."""
        self.client = self.client._replace(costs=costs_of(settings))
        for page in self.pages.values():
            page.client = self.client

    def text_at(self, path: str) -> str | None:
        """The text of a file that is open, by its path without links; None of any other."""
        for page in self.pages.values():
            if page.folder is not None and os.path.realpath(page.name) == path:
                return page.text.content
        return None

    def using(self, page: Page) -> list[Page]:
        """The other pages that use blocks of a page."""
        if page.folder is None or len(self.pages) < 2:
            return []
        path = os.path.realpath(page.name)
        return [other for other in self.pages.values() if other is not page and other.uses(path)]

    def page_of(self, params: Params) -> Page | None:
        """The page that a request is about: its `textDocument`, or what an answer of ours kept in `data`."""
        for holder in (params, params.get("data")):
            if isinstance(holder, dict):
                document = holder.get("textDocument")
                uri = document.get("uri") if isinstance(document, dict) else holder.get("uri")
                if isinstance(uri, str):
                    return self.pages.get(uri)
        return None
