"""What is in the wheel and in the source distribution, and that an installed netspec is whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

import netspec

ROOT = Path(__file__).parent.parent.parent
NAME = f"netspec_keras-{netspec.__version__}"
BASE = {"jsonschema", "pyyaml", "rich"}
TRAINING = {
    "h5py", "jinja2", "keras", "matplotlib", "numpy", "pillow", "psutil", "scikit-learn", "tensorboardx",
}  # fmt: skip
LENET = "netspec/zoo/specs/lenet5.yaml"

# Ends of names that belong in no archive: what tools leave behind, and what users make.
CACHES = (
    "__pycache__",
    ".pyc",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".venv",
    ".git",
    ".keras",
)


def build(source: Path, target: Path, form: str) -> Path:
    """The archive that the build backend makes of a folder, as `pip install` would have it made."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", form, "--directory", str(target)]
    subprocess.run(command, cwd=source, capture_output=True, text=True, check=True)
    (archive,) = target.glob("*.whl" if form == "wheel" else "*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution as a folder."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / NAME


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


PLAYGROUND = "netspec/playground/site/"


def members(wheel: Path) -> set[str]:
    """What is in a wheel, but for the playground's page, which is there only where it has been built."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.startswith(PLAYGROUND)}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return message_from_string(archive.read(f"{NAME}.dist-info/METADATA").decode("utf-8"))


def files(folder: str, pattern: str) -> set[str]:
    """The files below a folder of the checkout, by their paths in it."""
    return {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob(pattern)}


def test_the_wheel_holds_the_package_the_zoo_and_the_licence_and_nothing_else(wheel: Path) -> None:
    specs = {f"netspec/zoo/{name}" for name in files("specs", "*")}
    dist_info = {f"{NAME}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    assert members(wheel) == {
        *files("netspec", "*.py"),
        *files("netspec/training/reports/templates", "*"),
        *files("netspec/report", "page.css"),
        *(
            name
            for folder in ("netspec/training/serving/page", "netspec/drawing/page", "netspec/report/pages/files")
            for ending in ("html", "css", "js")
            for name in files(folder, f"*.{ending}")
        ),
        "netspec/py.typed",
        *specs,
        *dist_info,
        f"{NAME}.dist-info/licenses/LICENSE",
    }
    assert {LENET, "netspec/zoo/specs/netspec.schema.json", "netspec/zoo/specs/zoo.json"} <= specs


def test_the_licence_is_whole(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{NAME}.dist-info/licenses/LICENSE").decode("utf-8")
    assert text == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.strip().startswith("Apache License\n                           Version 2.0, January 2004")
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_base_brings_no_framework(wheel: Path) -> None:
    required = metadata(wheel).get_all("Requires-Dist", [])
    base = {line.partition(">=")[0] for line in required if "extra ==" not in line}
    assert base == BASE


@pytest.mark.parametrize("extra", ["tensorflow", "jax", "torch", "gpu", "onnx"])
def test_each_backend_brings_what_training_needs(wheel: Path, extra: str) -> None:
    required = metadata(wheel).get_all("Requires-Dist", [])
    brought = {line.partition(">=")[0] for line in required if line.endswith(f"extra == '{extra}'")}
    backends = {"tensorflow", "jax", "torch", "tensorflow[and-cuda]"}
    assert len(brought & backends) == 1
    assert brought >= TRAINING


def test_what_the_index_shows(wheel: Path) -> None:
    shown = metadata(wheel)
    assert (shown["Name"], shown["License-Expression"]) == ("netspec-keras", "Apache-2.0")
    assert [url.partition(",")[0] for url in shown.get_all("Project-URL", [])] == [
        "Homepage",
        "Documentation",
        "Changelog",
        "Issues",
    ]
    assert f"## {netspec.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_source_distribution_holds_what_a_packager_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.removeprefix(f"{NAME}/") for member in archive if member.isfile()}
    assert {
        *files("netspec", "*.py"),
        *files("specs", "*"),
        *files("tests", "*.py"),
        *files("tests", "*.yaml"),
        *files("tools", "*.py"),
        *files("docs", "*.md"),
        *(f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
        *("LICENSE", "constraints.txt", "pyproject.toml", ".ci/run", "netspec/py.typed"),
    } <= names
    assert [name for name in names if any(part.endswith(CACHES) for part in Path(name).parts)] == []


def test_the_source_distribution_builds_the_same_wheel(unpacked: Path, wheel: Path, tmp_path: Path) -> None:
    assert members(build(unpacked, tmp_path, "wheel")) == members(wheel)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["--version"], f"netspec {netspec.__version__}\n"),
        (["new", "lenet5"], "wrote lenet5.yaml; `netspec inspect lenet5.yaml` shows its layers\n"),
        (["validate", LENET], "1 file, no problems\n"),
        (["schema", "--check", LENET], "1 file, no problems in an editor\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_netspec_works_out_of_its_wheel(wheel: Path, tmp_path: Path, arguments: list[str], printed: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    where = "import netspec; print(netspec.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert run("-c", where) == f"{tmp_path / 'netspec' / '__init__.py'}\n"
    assert run("-m", "netspec", *arguments) == printed


USE = """
from pathlib import Path
from typing import assert_type

import netspec
from netspec import Candidate, Fix, Graph, Node, Note, Problem, Run, Span, Spec, SpecError

graph = netspec.load("net.yaml", params={"classes": 10, "widths": [16, 32]}, variant="18")
assert_type(graph, Graph)
assert_type(graph.nodes[0], Node)
assert_type(graph.nodes[0].shape, tuple[int | None, ...] | None)
assert_type(graph.outputs, dict[str, int])
assert_type(graph.totals().parameters, int)

problems = netspec.validate(Path("net.yaml"))
assert_type(problems, tuple[Problem, ...])
assert_type(problems[0].fixes, tuple[Fix, ...])
assert_type(problems[0].candidates, tuple[Candidate, ...])
assert_type(problems[0].notes, tuple[Note, ...])
assert_type(problems[0].span, Span)

spec = netspec.check_text("netspec: 1", repairs=False)
assert_type(netspec.check("net.yaml"), Spec)
assert_type(spec.graph, Graph | None)
assert_type(netspec.propose(spec, spec.problems[0]), tuple[Fix, ...])

described = netspec.inspect("net.yaml")
assert_type(described["totals"]["parameters"], int)
assert_type(described["nodes"][0]["macs"], int | None)

try:
    run = netspec.train("net.yaml", epochs=3, runs=Path("runs"))
    assert_type(run, Run)
    assert_type(run.folder, Path)
    assert_type(run.results["test"]["accuracy"], float)
    assert_type(run.history[0]["loss"], float)
except SpecError as error:
    assert_type(error.problems, tuple[Problem, ...])

netspec.load(3)  # type: ignore[arg-type]
netspec.load("net.yaml", {"classes": 10})  # type: ignore[call-arg]
netspec.inspect("net.yaml")["parameters"]  # type: ignore[typeddict-item]
netspec.lode("net.yaml")  # type: ignore[attr-defined]
"""


def test_a_users_type_checker_sees_the_types(wheel: Path, tmp_path: Path) -> None:
    """mypy finds them because of `py.typed`; it says where an `ignore` is not needed, and where one is."""
    pytest.importorskip("mypy", reason="mypy is brought by the extra `dev`")
    site, here = tmp_path / "site", tmp_path / "here"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    here.mkdir()
    (here / "use.py").write_text(USE, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(tmp_path / "cache"),
        "use.py",
    ]

    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "Success: no issues found in 1 source file\n"


def test_the_wheel_carries_the_playground_where_it_has_been_built(wheel: Path) -> None:
    site = ROOT / PLAYGROUND
    built = {f"{PLAYGROUND}{path.relative_to(site).as_posix()}" for path in site.rglob("*") if path.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.startswith(PLAYGROUND)} == built
