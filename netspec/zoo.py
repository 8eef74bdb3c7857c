"""The zoo: the specs that come with netspec, each a page to read and a place to start from."""

from __future__ import annotations

from pathlib import Path

from netspec.problems import FILE_START, Problem, SpecError

MODELINE = "# yaml-language-server: $schema="


def folder() -> Path:
    """Where the specs lie: inside an installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "zoo"
    return installed if installed.is_dir() else here.parent / "specs"


def specs() -> dict[str, Path]:
    """The specs by name. Raises SpecError where they were left out of the installation."""
    place = folder()
    found = {path.stem: path for path in sorted(place.glob("*.yaml"))}
    if not found:
        message = f"there are no specs in {place}; netspec is not installed whole"
        raise SpecError("<zoo>", (Problem("NS709", message, FILE_START),))
    return found


def page(path: Path, target: Path) -> str:
    """A spec's text for a copy at `target`: its modeline stays only where the schema stands there too."""
    text = path.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    if not first.startswith(MODELINE):
        return text
    schema = target.parent / first.removeprefix(MODELINE).strip()
    return text if schema.is_file() else rest
