"""A spec names data in its own folder only; a user names any (CVE-2022-25882, CVE-2024-27318, CVE-2026-34446)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from netspec.data import DataError, load_image
from netspec.diagnostics.problems import SpecError
from netspec.training.dataset import load_dataset
from netspec.training.plan import plan_run

SPEC = "netspec: 1\ninput: [2]\nlayers: [{{dense: 2}}, softmax]\ndata: {{source: {{{source}}}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with specs in it, beside a file of secrets and a folder of images."""
    arrays = {"x": np.zeros((20, 2)), "y": np.arange(20) % 2}
    np.savez(tmp_path / "secret.npz", **arrays)
    (tmp_path / "secret.csv").write_text("a,b,label\n1,2,x\n3,4,y\n")
    for name in ("cat", "dog"):
        (tmp_path / "images" / name).mkdir(parents=True)
        Image.new("L", (2, 2)).save(tmp_path / "images" / name / "1.png")
    inside = tmp_path / "specs"
    (inside / "below").mkdir(parents=True)
    np.savez(inside / "below" / "own.npz", **arrays)
    monkeypatch.chdir(inside)
    return inside


def load(source: str, folder: Path) -> None:
    """Load what a spec's own `data` names."""
    from netspec.pipeline import check

    path = folder / "spec.yaml"
    path.write_text(SPEC.format(source=source))
    spec = check(path)
    assert spec.ok, spec.problems
    load_dataset(plan_run(spec, path.read_bytes()))


def refusal(source: str, folder: Path) -> str:
    """What is said of it."""
    with pytest.raises(SpecError) as caught:
        load(source, folder)
    (problem,) = caught.value.problems
    return f"{problem.span.line}:{problem.span.column} {problem.code} {problem.message}"


MEND = "the spec's folder, and a spec names only what lies there; if you mean it, give the source with `--data`"


@pytest.mark.parametrize(
    "source",
    ["npz: ../secret.npz", "csv: ../secret.csv", "folder: ../images", "npz: below/../../secret.npz", "csv: .."],
)
def test_a_path_that_climbs_out(source: str, folder: Path) -> None:
    path = source.partition(": ")[2]
    assert refusal(source, folder) == f"4:16 NS711 '{path}' leads out of {MEND}"


def test_an_absolute_path(folder: Path) -> None:
    assert refusal("csv: /etc/passwd", folder) == f"4:16 NS711 '/etc/passwd' leads out of {MEND}"
    assert refusal(f"npz: '{folder.parent}/secret.npz'", folder).startswith("4:16 NS711 ")


def test_a_path_that_only_begins_like_the_folder(folder: Path) -> None:
    np.savez(folder.parent / "specs.npz", x=np.zeros((20, 2)), y=np.arange(20) % 2)
    assert refusal("npz: ../specs.npz", folder) == f"4:16 NS711 '../specs.npz' leads out of {MEND}"


def test_a_link_to_a_file_outside(folder: Path) -> None:
    (folder / "own.npz").symlink_to(folder.parent / "secret.npz")
    assert refusal("npz: own.npz", folder) == f"4:16 NS711 'own.npz' is or passes a link to outside of {MEND}"


def test_a_link_to_a_folder_outside(folder: Path) -> None:
    (folder / "up").symlink_to(folder.parent)
    assert (
        refusal("npz: up/secret.npz", folder) == f"4:16 NS711 'up/secret.npz' is or passes a link to outside of {MEND}"
    )
    assert refusal("folder: up/images", folder).startswith("4:16 NS711 'up/images' is or passes a link ")


def test_a_link_of_a_class_to_outside(folder: Path) -> None:
    (folder / "own").mkdir()
    for name in ("cat", "dog"):
        (folder / "own" / name).symlink_to(folder.parent / "images" / name)
    (folder / "spec.yaml").write_text(
        "netspec: 1\ninput: [2, 2, 1]\nlayers: [flatten, {dense: 2}, softmax]\ndata: {source: {folder: own}}\n"
    )
    assert train(folder)[1].startswith("spec.yaml:4:16: error NS703: 'own/cat' is a link to outside of 'own'; ")


def test_a_device_and_a_folder_are_no_file(folder: Path) -> None:
    import os

    os.mkfifo(folder / "pipe.csv")
    assert refusal("csv: pipe.csv", folder) == "4:16 NS703 'pipe.csv' is not a regular file, and a file is wanted"
    assert refusal("npz: below", folder) == "4:16 NS703 'below' is a folder, and a file is wanted"


def test_a_nul_in_a_path(folder: Path) -> None:
    assert refusal('csv: "a\\0b"', folder) == r"4:16 NS703 'a\x00b' is not a path; name the file to read"


def test_what_lies_in_the_folder_is_read(folder: Path) -> None:
    load("npz: below/own.npz", folder)
    load("npz: ./below/../below/own.npz", folder)
    load(f"npz: '{folder}/below/own.npz'", folder)
    (folder / "own.npz").symlink_to("below/own.npz")
    load("npz: own.npz", folder)


def train(folder: Path, *options: str) -> tuple[int, str]:
    """The command's status and what it printed on its standard error."""
    err = io.StringIO()
    return main(["train", "spec.yaml", "--epochs", "1", *options], io.StringIO(), err), err.getvalue()


def test_the_user_may_name_anything(folder: Path) -> None:
    (folder / "spec.yaml").write_text(SPEC.format(source="npz: ../secret.npz"))
    status, said = train(folder)
    assert (status, said.splitlines()[0]) == (1, f"spec.yaml:4:16: error NS711: '../secret.npz' leads out of {MEND}")
    assert train(folder, "--data", "../secret.npz") == (0, "")


# --- files of data ----------------------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    """The head of an image that claims a size."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def test_an_image_that_unpacks_to_a_billion_pixels(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png(60_000, 60_000))
    with pytest.raises(DataError) as caught:
        load_image(tmp_path / "bomb.png", (8, 8, 1))
    assert caught.value.message == f"cannot read '{tmp_path}/bomb.png': too many pixels"


def test_a_program_in_place_of_an_image(tmp_path: Path) -> None:
    (tmp_path / "program.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n(id) system\n")
    with pytest.raises(DataError) as caught:
        load_image(tmp_path / "program.png", (8, 8, 1))
    assert caught.value.message == f"cannot read '{tmp_path}/program.png': not an image"
