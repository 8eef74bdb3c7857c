"""Build the playground: a folder of static files in which specs are written in a browser, with netspec itself under Pyodide.

`python tools/build_playground.py [-o FOLDER]` needs Node's npm, which fetches the packages that editors/playground names in
its lock file. Without -o it builds netspec/playground/site, which `netspec playground` serves and a wheel carries if it is there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "editors" / "playground"
SITE = ROOT / "netspec" / "playground" / "site"
sys.path.insert(0, str(ROOT))

# What the language server does not need of netspec stays at home.
LEFT_OUT = ("backends", "cli", "comparison", "conversion", "drawing", "playground", "schema", "training")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")
PAGES = ("index.html", "style.css")


def fetch() -> None:
    """Install the packages of the lock file, unless they are there."""
    lock = SOURCES / "package-lock.json"
    installed = SOURCES / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("building the playground needs npm, which comes with Node.js")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"], cwd=SOURCES, check=True)


def write_python(target: Path) -> None:
    """The archive of Python, compiled: netspec's core, and PyYAML without its C part."""
    core = ROOT / "netspec"
    files = {
        path.relative_to(ROOT).as_posix(): path
        for path in sorted(core.rglob("*.py"))
        if path.relative_to(core).parts[0] not in LEFT_OUT
    }
    parser = Path(yaml.__file__).parent
    files |= {f"yaml/{path.name}": path for path in sorted(parser.glob("*.py"))}
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources.zip"
        with zipfile.ZipFile(sources, "w") as archive:
            for name, path in files.items():
                archive.write(path, name)
        # By Pyodide itself: what one version of Python has compiled another does not read.
        subprocess.run(["node", str(SOURCES / "compile.mjs"), str(sources), str(target)], check=True)


def write_zoo(folder: Path) -> None:
    """The specs to start from, without the modelines that name a file beside them, and their list."""
    from netspec import zoo

    folder.mkdir()
    listed = []
    paths = zoo.specs()
    for name in (name for group in zoo.GROUPS.values() for name in group):
        text = zoo.page(paths[name], folder / f"{name}.yaml")
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        description = next(row.description for row in zoo.figures() if row.spec == name)
        listed.append({"name": name, "description": description})
    (folder / "index.json").write_text(json.dumps(listed), encoding="utf-8")


def bundle(site: Path) -> None:
    """The page's script as one file; the worker imports Pyodide as it is."""
    esbuild = SOURCES / "node_modules" / ".bin" / "esbuild"
    options = [
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--log-level=warning",
        "--legal-comments=linked",
    ]
    for name, more in (("main.js", []), ("worker.js", ["--external:./pyodide/pyodide.mjs"])):
        command = [esbuild, SOURCES / "src" / name, f"--outfile={site / name}", *options, *more]
        subprocess.run(list(map(str, command)), check=True)


def write_offline(site: Path) -> None:
    """The service worker, which knows the files and a version that changes with any of them."""
    files = sorted(path for path in site.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(site).as_posix().encode() + b"\0" + path.read_bytes())
    names = ["./", *(path.relative_to(site).as_posix() for path in files if not path.name.endswith(".txt"))]
    head = f"const FILES = {json.dumps(names)};\nconst VERSION = {json.dumps(digest.hexdigest()[:16])};\n"
    (site / "offline.js").write_text(
        head + (SOURCES / "src" / "offline.js").read_text(encoding="utf-8"), encoding="utf-8"
    )


def write_licences(site: Path) -> None:
    """The licences of what the folder carries of others."""
    parts = []
    for path in sorted((SOURCES / "node_modules").glob("**/LICENSE*")):
        package = path.parent.relative_to(SOURCES / "node_modules").as_posix()
        if "esbuild" not in package:
            parts.append(f"{package}\n\n{path.read_text(encoding='utf-8').strip()}\n")
    parts.append("PyYAML\n\nMIT licence; copyright Kirill Simonov, Ingy döt Net and YAML contributors.\n")
    parts.append("Pyodide\n\nMozilla Public License 2.0; https://github.com/pyodide/pyodide\n")
    (site / "LICENCES.txt").write_text(("\n" + "-" * 80 + "\n\n").join(parts), encoding="utf-8")


def build(site: Path) -> None:
    """Build beside the folder, and put it in the place of what was there."""
    fetch()
    made = site.with_name(f".{site.name}.new")
    shutil.rmtree(made, ignore_errors=True)
    (made / "pyodide").mkdir(parents=True)
    for name in PYODIDE:
        shutil.copyfile(SOURCES / "node_modules" / "pyodide" / name, made / "pyodide" / name)
    for name in PAGES:
        shutil.copyfile(SOURCES / "src" / name, made / name)
    write_python(made / "netspec.zip")
    write_zoo(made / "zoo")
    bundle(made)
    write_licences(made)
    write_offline(made)
    shutil.rmtree(site, ignore_errors=True)
    made.rename(site)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=SITE, metavar="FOLDER")
    options = parser.parse_args()
    build(options.output.resolve())
    size = sum(path.stat().st_size for path in options.output.rglob("*") if path.is_file())
    print(f"{options.output}: {size / 2**20:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
