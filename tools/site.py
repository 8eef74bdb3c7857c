"""A hook of MkDocs: what the site holds beside `docs/`, and links to files of the repository.

CONTRIBUTING.md, CHANGELOG.md and SECURITY.md live at the top of the repository, where people look for them, and the specs
of the zoo in `specs/`; all are part of the site. Pages link to each other as files of the repository do, so that links work
there too; here a link to a page of the site leads to it, and any other to the repository on the web. A link to a file
that does not exist fails the build.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
TOP = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "SECURITY.md": "security.md"}
LINK = re.compile(r"(\]\(|^\[[^\]]+\]: )(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?", re.MULTILINE)
# GitHub sizes a picture by HTML alone, whose links MkDocs does not follow.
PICTURE = re.compile(r'<a href="([^"]+)"><img src="([^"]+)" width="(\d+)" alt="([^"]*)"></a>')
FENCED = re.compile(r"^( *)(`{3,}).*?^\1\2`*$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages at the top of the repository, and the specs."""
    from mkdocs.structure.files import File

    for name, page in TOP.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    for path in sorted((ROOT / "specs").iterdir()):
        if path.suffix in (".yaml", ".json"):
            files.append(File.generated(config, f"specs/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Lead the links of a page to where their files are on the site, or on the web."""
    source = page.file.src_uri
    origin = next((name for name, at in TOP.items() if at == source), f"docs/{source}")
    markdown = PICTURE.sub(r"[![\4](\2){ width=\3 }](\1)", markdown)
    return relinked(markdown, origin, source, f"{config.repo_url.rstrip('/')}/blob/main/")


def relinked(markdown: str, origin: str, source: str, web: str) -> str:
    """A page with its links changed.

    Args:
        markdown: The page's text.
        origin: Its path in the repository.
        source: Its path in the site's sources.
        web: Where the repository's files are on the web.

    Raises:
        FileNotFoundError: A link leads to a file that does not exist.
    """

    def moved(match: re.Match[str]) -> str:
        start, target, anchor = match[1], match[2], match[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        if not (ROOT / path).exists():
            raise FileNotFoundError(f"{origin} links to {target}, which does not exist")
        if path in TOP:
            path = TOP[path]
        elif path.startswith("docs/"):
            path = path.removeprefix("docs/")
        elif not (path.startswith("specs/") and path.endswith((".yaml", ".json"))):
            return f"{start}{web}{path}{anchor}"
        return f"{start}{posixpath.relpath(path, posixpath.dirname(source) or '.')}{anchor}"

    parts: list[str] = []
    end = 0
    for fence in FENCED.finditer(markdown):
        parts += [LINK.sub(moved, markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, LINK.sub(moved, markdown[end:])])
