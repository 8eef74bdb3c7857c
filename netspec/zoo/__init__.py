"""The zoo: the specs that come with netspec, each a page to read and a place to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from netspec.diagnostics.problems import FILE_START, Problem, SpecError

MODELINE = "# yaml-language-server: $schema="
FIGURES = "zoo.json"  # written by tools/write_zoo.py, so that a list of the zoo need not work everything out

# In the order in which a reader meets them; a spec stands in one group.
GROUPS = {
    "To begin with": (
        "lenet5",
        "corners_mlp",
        "corners_cnn",
        "inception_digits",
        "resnet_digits",
        "densenet_digits",
    ),
    "Deep chains": ("alexnet", "zfnet", "nin", "vgg16", "vgg"),
    "Inception": (
        "googlenet",
        "inception_v2",
        "inception_v3",
        "inception_v4",
        "inception_resnet_v1",
        "inception_resnet_v2",
        "xception",
        "nasnet",
    ),
    "Residual and dense connections": (
        "resnet",
        "resnet_v2",
        "resnet_cifar",
        "wide_resnet",
        "resnext",
        "res2net",
        "senet",
        "regnet",
        "hrnet",
        "deformable_resnet",
        "densenet",
        "densenet_cifar",
        "cspdarknet53",
        "repvgg",
        "convnext",
        "convnext_v2",
    ),
    "Without convolutions, or almost": ("mlp_mixer", "convmixer", "poolformer"),
    "Small and fast": (
        "squeezenet",
        "mobilenet",
        "mobilenet_v2",
        "mobilenet_v3",
        "shufflenet",
        "shufflenet_v2",
        "mnasnet",
        "ghostnet",
        "mobilevit",
        "efficientnet",
        "efficientnet_v2",
    ),
    "Transformers": ("vit", "swin", "transformer_encoder", "transformer_decoder"),
    "Sequences, texts and tables": (
        *(
            "signal_cnn",
            "text_bilstm",
            "textcnn",
            "seq2seq_attention",
            "wavenet",
            "crnn",
            "wide_and_deep",
            "dlrm",
            "two_towers",
        ),
    ),
    "Videos": ("c3d", "r2plus1d", "cnn_lstm"),
    "Other tasks": (
        *(
            "yolov8",
            "unet",
            "attention_unet",
            "deeplab_v3plus",
            "fpn",
            "bifpn",
            "efficientdet",
            "siamese",
            "autoencoder",
            "vae",
        ),
        *("dcgan_generator", "dcgan_discriminator", "pointnet"),
    ),
}


class Figures(NamedTuple):
    """What a spec of the zoo is, as one of its variants (None: a spec that has none)."""

    spec: str
    variant: str | None
    main: bool  # is it what the spec builds when no variant is named?
    description: str
    input: str
    parameters: int
    macs: int | None  # None where a size is unknown until run time
    depth: int


def folder() -> Path:
    """Where the specs lie: inside an installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "specs"
    return installed if installed.is_dir() else here.parent.parent / "specs"


def specs() -> dict[str, Path]:
    """The specs by name. Raises SpecError where they were left out of the installation."""
    place = folder()
    found = {path.stem: path for path in sorted(place.glob("*.yaml"))}
    if not found:
        raise _not_whole(place)
    return found


def figures() -> tuple[Figures, ...]:
    """All specs and variants with their figures, as they were when the list was written."""
    path = folder() / FIGURES
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise _not_whole(path.parent) from None
    return tuple(Figures(**row) for row in rows)


def _not_whole(place: Path) -> SpecError:
    message = f"there are no specs in {place}; netspec is not installed completely"
    return SpecError("<zoo>", (Problem("NS709", message, FILE_START),))


def page(path: Path, target: Path) -> str:
    """A spec's text for a copy at `target`: its modeline stays only where the schema stands there too."""
    text = path.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    if not first.startswith(MODELINE):
        return text
    schema = target.parent / first.removeprefix(MODELINE).strip()
    return text if schema.is_file() else rest
