"""Cases of preprocessing, most of which change images at random."""

from __future__ import annotations

from typing import Any

from .case import CHANCE, Case, no, ok

N = None
UNBATCHED = "Keras takes the batch for the rows of one image"

# --- preprocessing --------------------------------------------------------------------------------------------------------

RESCALE = [
    ok((4, 5, 3), scale=0.5),
    ok((4, 5, 3), scale=0.5, offset=-1),
    ok((4, 5, 3), scale=[0.5, 1, 2], offset=[1, 2, 3]),
    ok((4, 5, 3), scale=[0.5], offset=[1]),
    ok((4, 5, 3), scale=2, offset=[1, 2, 3]),
    ok((), scale=2),
    ok((5,), scale=0),
    ok((N, N, 3), scale=0.5),
    ok((4, 5, 3), scale=0.5, dtype="uint8"),
    no("NS403", (4, 5, 3), scale=[0.5, 1]),
    no("NS403", (4, 5, 3), scale=1, offset=[0.5, 1]),
    no("NS403", (4, 5, 1), scale=[0.5, 1], stricter="Keras's output has more channels than it says"),
    no("NS203", (4, 5, 3)),
]

NORMALIZE = [
    ok((4, 5, 3), mean=0.5, variance=2),
    ok((4, 5, 3), mean=[0.5, 1, 2], variance=[1, 2, 3]),
    ok((4, 5, 3), mean=[0.5], variance=[1]),
    ok((4, 5, 3), mean=[0.5, 1, 2, 3], variance=[1, 2, 3, 4], axis=1),
    ok((4, 5, 3), mean=[0.5, 1, 2, 3, 4], variance=[1, 2, 3, 4, 5], axis=-2),
    ok((5,), mean=0, variance=0),
    ok((N, N, 3), mean=[0.5, 1, 2], variance=[1, 2, 3]),
    ok((4, 5, 3), mean=100, variance=50, dtype="uint8"),
    ok((4, 5, 3), mean=[0.5, 1, 2], variance=[1, 2, 3], invert=True),
    no("NS403", (4, 5, 3), mean=[0.5, 1], variance=[1, 2]),
    no("NS209", (4, 5, 3), mean=[0.5, 1, 2], variance=1),
    no("NS209", (4, 5, 3), mean=1, variance=[0.5, 1, 2]),
    no("NS209", (4, 5, 3), mean=[1], variance=[0.5, 1, 2]),
    no("NS407", (4, 5, N), mean=0.5, variance=2),
    no("NS408", (4, 5, 3), mean=0.5, variance=2, axis=4),
    no("NS408", (4, 5, 3), mean=0.5, variance=2, axis=0),
    no("NS205", (4, 5, 3), mean=0.5, variance=-1, stricter="Keras divides by the root of a negative number"),
    no("NS203", (4, 5, 3), mean=0.5),
]

OUTSIDE = "Keras looks at one end of the range only"


def _random(**more: Any) -> list[Case]:
    """What is true of every random change of images."""
    return [
        ok((6, 5, 3), **more, training=True),
        ok((N, N, 3), **more, training=True),
        ok((6, 5, 3), **more, seed=3, training=True),
        no("NS404", (6, 3), **more, stricter=UNBATCHED),
        no("NS404", (3, 3, 6, 3), **more),
        no("NS205", (6, 5, 3), **more, seed=-1, stricter="the backends do not agree on negative seeds"),
    ]


def _filled(**more: Any) -> list[Case]:
    """What is true of those that bring places in from outside."""
    return [
        *_random(**more),
        ok((6, 5, 3), **more, dtype="uint8"),
        *(ok((6, 5, 3), **more, fill_mode=mode, training=True) for mode in ("reflect", "wrap", "constant", "nearest")),
        ok((6, 5, 3), **more, fill_mode="constant", fill_value=1.5, interpolation="nearest", training=True),
        no("NS205", (6, 5, 3), **more, fill_mode="mirror"),
        no("NS205", (6, 5, 3), **more, interpolation="bicubic"),
    ]


RANDOM_FLIP = [
    *_random(),
    ok((6, 5, 3), dtype="uint8"),
    ok((6, 5, 3), mode="horizontal", training=True),
    ok((6, 5, 3), mode="vertical", training=True),
    ok((6, 5, 3), mode="horizontal_and_vertical", training=True),
    no("NS205", (6, 5, 3), mode="diagonal", stricter="Keras then flips nothing, without a word"),
]
RANDOM_ROTATION = [
    *_filled(factor=0.1),
    ok((6, 5, 3), factor=[-0.2, 0.3], training=True),
    ok((6, 5, 3), factor=-1, training=True),
    ok((6, 5, 3), factor=0, training=True),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS205", (6, 5, 3), factor=[-2, 0.5], stricter=OUTSIDE),
    no("NS205", (6, 5, 3), factor=[0.1, 0.2, 0.3]),
]
RANDOM_TRANSLATION = [
    *_filled(height_factor=0.1, width_factor=0.2),
    ok((6, 5, 3), height_factor=[-0.2, 0.3], width_factor=[0, 1], training=True),
    no("NS205", (6, 5, 3), height_factor=1.5, width_factor=0.1),
    no("NS205", (6, 5, 3), height_factor=0.1, width_factor=[-2, 0.5]),
    no("NS203", (6, 5, 3), height_factor=0.1),
]
RANDOM_ZOOM = [
    *_filled(height_factor=0.1),
    ok((6, 5, 3), height_factor=[-0.2, 0.3], width_factor=[0, 1], training=True),
    ok((6, 5, 3), height_factor=0.2, width_factor=None, training=True),
    no("NS205", (6, 5, 3), height_factor=1.5),
    no("NS205", (6, 5, 3), height_factor=0.1, width_factor=[-2, 0.5]),
]
# Keras lets images through whole when not training, against the shape that it promises; netspec takes their middle.
RANDOM_CROP = [
    ok((6, 5, 3), height=4, width=3, training=True, numeric=False),
    ok((6, 5, 3), height=4, width=3, seed=3, training=True, numeric=False),
    ok((6, 5, 3), height=6, width=5, training=True, numeric=False),
    ok((6, 5, 3), height=6, width=3, training=True, numeric=False),
    ok((6, 5, 3), height=4, width=3, dtype="uint8", numeric=False),
    ok((N, N, 3), height=4, width=3, at=(6, 5), training=True, save=True, numeric=False),
    no("NS409", (6, 5, 3), height=7, width=3, stricter="Keras enlarges the image"),
    no("NS404", (6, 3), height=4, width=3, stricter=UNBATCHED),
    no("NS205", (6, 5, 3), height=0, width=3),
    no("NS203", (6, 5, 3), height=4),
]
RANDOM_CONTRAST = [
    *_random(factor=0.5),
    no("NS410", (6, 5, 3), factor=0.5, dtype="uint8", only="tensorflow"),
    ok((6, 5, 3), factor=[0.1, 0.9], value_range=[0, 1], training=True),
    ok((6, 5, 3), factor=0, training=True),
    ok((6, 5, 3), factor=1, training=True),
    no("NS205", (6, 5, 3), factor=-0.1),
    no("NS205", (6, 5, 3), factor=1.1),
    no("NS205", (6, 5, 3), factor=0.1, value_range=[0, 1, 2], stricter="Keras reads the first two"),
    no("NS204", (6, 5, 3), factor=0.1, value_range=1),
    no("NS205", (6, 5, 3), factor=0.1, value_range=[1, 1], stricter="Keras divides by nothing"),
]

ONE_END = "Keras looks at one end of the range only"
SIZES = "Keras needs them where TensorFlow traces a function only"
BYTES = "Keras computes with whole numbers as they are, or makes floats of them while training only"


def _values(**more: Any) -> list[Case]:
    """What is true of every random change of values."""
    return [
        *_random(**more),
        ok((6, 5, 1), **more, training=True),
        ok((6, 5, 2), **more, training=True),
        ok((6, 5, N), **more, training=True),
        no("NS410", (6, 5, 3), **more, dtype="uint8", stricter=BYTES),
    ]


def _colours(bytes_: str | None = BYTES, **more: Any) -> list[Case]:
    """What is true of those that need red, green and blue."""
    return [
        *_random(**more),
        ok((6, 5, N), **more, training=True, at=(3,)),
        no("NS403", (6, 5, 1), **more),
        no("NS403", (6, 5, 4), **more),
        no("NS410", (6, 5, 3), **more, dtype="uint8", stricter=bytes_),
    ]


def _share(**more: Any) -> list[Case]:
    """What is true of a share of the images."""
    return [
        ok((6, 5, 3), **more, factor=[0.2, 0.7], training=True),
        ok((6, 5, 3), **more, factor=0, training=True),
        no("NS205", (6, 5, 3), **more, factor=1.1),
        no("NS205", (6, 5, 3), **more, factor=[-0.1, 0.5], stricter=ONE_END),
    ]


RANDOM_SHEAR = [
    *_filled(x_factor=0.3),
    ok((6, 5, 3), x_factor=0.2, y_factor=0.3, save=True, training=True),
    ok((6, 5, 3), x_factor=[0.1, 0.4], y_factor=[0, 1], save=True, training=True),
    no("NS205", (6, 5, 3), x_factor=-0.1),
    no("NS205", (6, 5, 3), y_factor=[0.1, 1.2]),
]
RANDOM_PERSPECTIVE = [
    ok((6, 5, 3), training=True),
    ok((6, 5, 3), seed=3, training=True),
    ok((6, 5, N), training=True),
    ok((6, 5, 3), dtype="uint8"),
    ok((6, 5, 3), scale=0.5, interpolation="nearest", fill_value=1.5, seed=1, training=True),
    *_share(),
    no("NS407", (N, 5, 3), stricter=SIZES),
    no("NS404", (6, 3), stricter=UNBATCHED),
    no("NS404", (3, 3, 6, 3)),
    no("NS205", (6, 5, 3), scale=1.5),
    no("NS205", (6, 5, 3), interpolation="bicubic"),
]
RANDOM_ELASTIC_TRANSFORM = [
    ok((6, 5, 3), training=True),
    ok((6, 5, 3), seed=3, training=True),
    ok((6, 5, 3), dtype="uint8"),
    *(ok((6, 5, 3), fill_mode=mode, training=True) for mode in ("reflect", "wrap", "constant", "nearest")),
    ok((6, 5, 3), scale=[0.2, 0.5], fill_mode="constant", fill_value=1.5, value_range=[0, 1], training=True),
    ok((6, 5, 3), scale=0.5, interpolation="nearest", training=True),
    *_share(),
    no("NS407", (6, N, 3), stricter=SIZES),
    no("NS404", (6, 3), stricter=UNBATCHED),
    no("NS404", (3, 3, 6, 3)),
    no("NS205", (6, 5, 3), scale=1.5),
    no("NS205", (6, 5, 3), fill_mode="edge"),
    no("NS205", (6, 5, 3), fill_mode="mirror", only="tensorflow"),
]
CENTER_CROP = [
    ok((6, 5, 3), height=4, width=3),
    ok((6, 5, 3), height=6, width=5),
    ok((6, 5, 3), height=5, width=3, dtype="uint8"),
    ok((N, N, N), height=4, width=3, at=(6, 5, 3)),
    no("NS409", (6, 5, 3), height=7, width=3, stricter="Keras enlarges the image"),
    no("NS404", (6, 3), height=4, width=3, stricter=UNBATCHED),
    no("NS404", (3, 3, 6, 3), height=2, width=2),
    no("NS205", (6, 5, 3), height=0, width=3, stricter="Keras makes a tensor of nothing"),
    no("NS203", (6, 5, 3), height=4),
]
RANDOM_BRIGHTNESS = [
    *_values(factor=0.3),
    ok((6, 5, 3), factor=[-0.2, 0.3], value_range=[0, 1], training=True),
    ok((6, 5, 3), factor=0, training=True),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS205", (6, 5, 3), factor=0.1, value_range=[0, 1, 2]),
]
RANDOM_SATURATION = [
    *_colours(None, factor=0.3),
    ok((6, 5, 3), factor=[-0.2, 0.8], value_range=[0, 1], training=True),
    no("NS205", (6, 5, 3), factor=1.5),
]
RANDOM_HUE = [
    *_colours(factor=0.3),
    ok((6, 5, 3), factor=[0.2, 0.8], value_range=[0, 1], training=True),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS205", (6, 5, 3), factor=-0.5),
]
RANDOM_COLOR_JITTER = [
    *_random(),
    ok((6, 5, 2), brightness_factor=0.3, contrast_factor=0.3, training=True),
    ok((6, 5, 3), brightness_factor=[-0.1, 0.3], contrast_factor=[0.1, 0.3], value_range=[0, 1], training=True),
    ok((6, 5, 3), saturation_factor=0.3, hue_factor=0.3, seed=5, training=True),
    ok((6, 5, 3), saturation_factor=[0.3, 0.6], hue_factor=[0.1, 0.3], training=True),
    ok((6, 5, 3), brightness_factor=None, training=True),
    no("NS403", (6, 5, 4), saturation_factor=0.3),
    no("NS403", (6, 5, 1), hue_factor=0.3),
    no("NS410", (6, 5, 3), dtype="uint8", stricter=BYTES),
    no("NS205", (6, 5, 3), brightness_factor=1.5),
    no("NS205", (6, 5, 3), hue_factor=-0.5),
]
RANDOM_COLOR_DEGENERATION = [
    *_colours(factor=0.3),
    ok((6, 5, 3), factor=[0.2, 0.8], value_range=[0, 1], training=True),
    no("NS205", (6, 5, 3), factor=1.5),
]
RANDOM_GRAYSCALE = [
    *_random(),
    ok((6, 5, 1), training=True),
    ok((6, 5, 3), factor=1, training=True),
    ok((6, 5, 3), factor=0.2, training=True),
    no("NS403", (6, 5, 4)),
    no("NS410", (6, 5, 3), dtype="uint8", stricter=BYTES),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS204", (6, 5, 3), factor=[0.1, 0.5]),
]
RANDOM_INVERT = [
    *_values(),
    *_share(),
    ok((6, 5, 3), value_range=[0, 1], training=True),
]
RANDOM_POSTERIZATION = [
    *_values(factor=4),
    ok((6, 5, 3), factor=[2, 5], value_range=[-3, 3], training=True),
    ok((6, 5, 3), factor=1, training=True),
    no("NS209", (6, 5, 3), factor=9),
    no("NS209", (6, 5, 3), factor=[2, 3, 4]),
    no("NS209", (6, 5, 3), factor=[2]),
    no("NS205", (6, 5, 3), factor=0),
    no("NS204", (6, 5, 3), factor=2.5, only="tensorflow"),
]
SOLARIZATION = [
    *_random(),
    ok((6, 5, 2), training=True),
    ok((6, 5, 3), dtype="uint8"),
    ok((6, 5, 3), addition_factor=0.3, threshold_factor=0.2, value_range=[-2, 2], training=True),
    ok((6, 5, 3), addition_factor=[0.1, 0.3], threshold_factor=[0, 1], training=True),
    no("NS205", (6, 5, 3), addition_factor=1.5),
    no("NS205", (6, 5, 3), threshold_factor=[-0.5, 0.5]),
]
RANDOM_SHARPNESS = [
    *_random(factor=0.7),
    ok((6, 5, 2), factor=0.3, training=True),
    ok((6, 5, 3), factor=0.3, dtype="uint8"),
    ok((6, 5, 3), factor=[0.2, 0.8], value_range=[0, 1], training=True),
    no("NS407", (6, 5, N), factor=0.3, stricter="Keras needs them where TensorFlow traces a function only"),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS203", (6, 5, 3)),
]
RANDOM_GAUSSIAN_BLUR = [
    *_random(),
    ok((6, 5, 2), training=True),
    ok((6, 5, 3), dtype="uint8"),
    *_share(),
    ok((6, 5, 3), kernel_size=5, sigma=0.5, value_range=[0, 1], training=True),
    ok((6, 5, 3), kernel_size=[5, 5], sigma=[0.2, 0.5], training=True),
    no("NS209", (6, 5, 3), kernel_size=[3, 5], stricter="on PyTorch Keras refuses"),
    no("NS209", (6, 5, 3), kernel_size=4),
    no("NS209", (6, 5, 3), kernel_size=[3, 4]),
    no("NS209", (6, 5, 3), kernel_size=[3, 3, 3]),
    no("NS205", (6, 5, 3), sigma=1.5),
    no("NS407", (6, 5, N), stricter="Keras needs them where TensorFlow traces a function only"),
]
RANDOM_ERASING = [
    *_random(),
    ok((6, 5, 2), training=True),
    ok((6, 5, 3), dtype="uint8"),
    *_share(),
    ok((6, 5, 3), scale=[0.1, 0.2], fill_value=1, value_range=[0, 1], training=True),
    ok((6, 5, 3), scale=0.3, fill_value=[1, 2, 3], training=True),
    no("NS209", (6, 5, 3), fill_value=[1, 2]),
    no("NS403", (6, 5, 4), fill_value=[1, 2, 3]),
    no("NS205", (6, 5, 3), scale=1.5),
]
EQUALIZATION = [
    ok((6, 5, 3), training=True),
    ok((N, N, 1), training=True),
    ok((6, 5, 3), value_range=[-2, 2], bins=16, save=True, training=True),
    no("NS410", (6, 5, 3), dtype="uint8", stricter=BYTES),
    no("NS407", (6, 5, N), stricter="Keras needs them where TensorFlow traces a function only"),
    no("NS404", (6, 3), stricter=UNBATCHED),
    no("NS404", (3, 3, 6, 3)),
    no("NS205", (6, 5, 3), bins=1, stricter="Keras divides by nothing"),
]
RAND_AUGMENT = [
    *_random(),
    ok((6, 5, 1), training=True),
    ok((6, 5, 3), dtype="uint8"),
    ok((6, 5, 3), num_ops=1, factor=[0.1, 0.3], value_range=[0, 1], interpolation="nearest", training=True),
    no("NS403", (6, 5, 4)),
    no("NS407", (6, 5, N), only="tensorflow"),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS205", (6, 5, 3), num_ops=0, stricter="Keras then does nothing"),
]
AUG_MIX = [
    ok((6, 5, 3), num_chains=1, chain_depth=2, training=True),
    ok((N, N, 3), num_chains=2, chain_depth=1, training=True),
    ok((6, 5, 3), num_chains=1, chain_depth=1, seed=3, training=True, numeric=False, save=True),
    ok((6, 5, 1), num_chains=1, chain_depth=1, dtype="uint8"),
    ok((6, 5, 4), all_ops=False, chain_depth=1, num_chains=1, training=True),
    ok(
        (6, 5, 3),
        factor=[0.1, 0.3],
        alpha=0.5,
        value_range=[0, 1],
        interpolation="nearest",
        num_chains=1,
        chain_depth=1,
    ),
    no("NS403", (6, 5, 4), stricter=CHANCE),
    no("NS407", (6, 5, N)),
    no("NS404", (6, 3), stricter=UNBATCHED),
    no("NS404", (3, 3, 6, 3)),
    no("NS205", (6, 5, 3), factor=1.5),
    no("NS205", (6, 5, 3), alpha=0, stricter="Keras makes no numbers of images"),
]
AUTO_CONTRAST = [
    ok((6, 5, 3)),
    ok((6, 5, 3), value_range=[-2, 2]),
    ok((N, N, N), at=(6, 5, 3)),
    ok((6, 5, 3), dtype="uint8"),
    no("NS404", (6, 3), stricter=UNBATCHED),
    no("NS404", (3, 3, 6, 3)),
    no("NS205", (6, 5, 3), value_range=[0, 1, 2]),
]
CLAHE = [
    ok((8, 6, 3), tile_grid_size=[2, 3]),
    ok((6, 5, 1), tile_grid_size=[2, 2], clip_limit=0, value_range=[-2, 2]),
    ok((N, N, 3), tile_grid_size=[2, 3], at=(8, 6)),
    ok((16, 16, 2)),
    no("NS410", (6, 5, 3), dtype="uint8", stricter=BYTES),
    no("NS407", (6, 5, N), stricter="Keras needs them where TensorFlow traces a function only"),
    no("NS209", (6, 5, 3), tile_grid_size=[2]),
    no("NS404", (6, 3), only="tensorflow"),
    no("NS205", (6, 5, 3), clip_limit=-1, stricter="Keras then limits nothing"),
]

CASES = {
    "rescale": RESCALE,
    "normalize": NORMALIZE,
    "random_flip": RANDOM_FLIP,
    "random_rotation": RANDOM_ROTATION,
    "random_translation": RANDOM_TRANSLATION,
    "random_zoom": RANDOM_ZOOM,
    "random_shear": RANDOM_SHEAR,
    "random_perspective": RANDOM_PERSPECTIVE,
    "random_elastic_transform": RANDOM_ELASTIC_TRANSFORM,
    "random_crop": RANDOM_CROP,
    "center_crop": CENTER_CROP,
    "random_contrast": RANDOM_CONTRAST,
    "random_brightness": RANDOM_BRIGHTNESS,
    "random_saturation": RANDOM_SATURATION,
    "random_hue": RANDOM_HUE,
    "random_color_jitter": RANDOM_COLOR_JITTER,
    "random_color_degeneration": RANDOM_COLOR_DEGENERATION,
    "random_grayscale": RANDOM_GRAYSCALE,
    "random_invert": RANDOM_INVERT,
    "random_posterization": RANDOM_POSTERIZATION,
    "solarization": SOLARIZATION,
    "random_sharpness": RANDOM_SHARPNESS,
    "random_gaussian_blur": RANDOM_GAUSSIAN_BLUR,
    "random_erasing": RANDOM_ERASING,
    "equalization": EQUALIZATION,
    "rand_augment": RAND_AUGMENT,
    "aug_mix": AUG_MIX,
    "auto_contrast": AUTO_CONTRAST,
    "clahe": CLAHE,
}
