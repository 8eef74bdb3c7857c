"""Which spec is which model of `keras.applications`, at all published sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import keras

import netspec
from tests.support.matching import Comparison, compare

SPECS = Path(__file__).parent.parent.parent / "specs"


class Reference(NamedTuple):
    """A model of `keras.applications`, and the spec that says the same."""

    model: str
    spec: str
    variant: str | None
    size: int = 224  # of the published model's images
    small: int = 64  # of the fast tests' images
    arguments: dict[str, Any] = {}  # of the model, beside those that all have  # noqa: RUF012
    params: dict[str, Any] = {}  # of the spec, beside `size`  # noqa: RUF012
    main: str | None = None  # the output to compare, where the spec has several

    @property
    def label(self) -> str:
        """The model with the arguments that make it another."""
        words = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.model}({words})" if words else self.model

    def twins(self, size: int | None = None) -> tuple[Any, Any]:
        """Ours and theirs, for images of the published or another size."""
        size = size or self.size
        make = getattr(keras.applications, self.model)
        theirs = make(weights=None, input_shape=(size, size, 3), **self.arguments)
        path = SPECS / f"{self.spec}.yaml"
        ours = netspec.build(path, variant=self.variant, params={"size": size, **self.params})
        return ours, theirs

    def compare(self, size: int | None = None) -> tuple[Comparison, int, int]:
        """How far they are apart, and the parameters of ours and theirs."""
        ours, theirs = self.twins(size)
        return compare(ours, theirs, self.main), ours.count_params(), theirs.count_params()


def _efficientnets() -> list[Reference]:
    sizes = (224, 240, 260, 300, 380, 456, 528, 600)
    return [Reference(f"EfficientNetB{i}", "efficientnet", f"b{i}", size) for i, size in enumerate(sizes)]


REFERENCES = (
    Reference("VGG16", "vgg", "16", small=32),
    Reference("VGG19", "vgg", "19", small=32),
    Reference("ResNet50", "resnet", "50"),
    Reference("ResNet101", "resnet", "101"),
    Reference("ResNet152", "resnet", "152"),
    Reference("ResNet50V2", "resnet_v2", "50"),
    Reference("ResNet101V2", "resnet_v2", "101"),
    Reference("ResNet152V2", "resnet_v2", "152"),
    Reference("InceptionV3", "inception_v3", "keras", 299, 75),
    Reference("InceptionResNetV2", "inception_resnet_v2", None, 299, 75),
    Reference("Xception", "xception", None, 299, 71),
    Reference("NASNetMobile", "nasnet", "mobile", small=32),
    Reference("NASNetLarge", "nasnet", "large", 331, 32),
    *(
        Reference("MobileNet", "mobilenet", str(alpha), arguments={"alpha": alpha}, small=32)
        for alpha in (0.25, 0.5, 0.75, 1.0)
    ),
    *(
        Reference("MobileNetV2", "mobilenet_v2", str(alpha), arguments={"alpha": alpha}, small=32)
        for alpha in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
    ),
    *(
        Reference(f"MobileNetV3{size}", "mobilenet_v3", f"{size.lower()}{end}", arguments=arguments, small=32)
        for size in ("Small", "Large")
        for end, arguments in (("", {}), ("_0.75", {"alpha": 0.75}), ("_minimalistic", {"minimalistic": True}))
    ),
    Reference("DenseNet121", "densenet", "121"),
    Reference("DenseNet169", "densenet", "169"),
    Reference("DenseNet201", "densenet", "201"),
    *_efficientnets(),
    *(
        Reference(f"EfficientNetV2{name}", "efficientnet_v2", name.lower(), size)
        for name, size in {"B0": 224, "B1": 240, "B2": 260, "B3": 300, "S": 384, "M": 480, "L": 480}.items()
    ),
    *(
        Reference(f"ConvNeXt{name}", "convnext", name.lower(), small=32)
        for name in ("Tiny", "Small", "Base", "Large", "XLarge")
    ),
)
