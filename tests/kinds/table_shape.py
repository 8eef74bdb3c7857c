"""Cases of the kinds that change shapes or merge tensors, and of preprocessing."""

from __future__ import annotations

from .case import ARITY, UNBUILDABLE, Case, no, ok

N = None
UNBATCHED = "Keras takes the batch for the rows of one image"

ZERO_PAD = [
    ok((4, 5, 3)),
    ok((4, 5, 3), padding=2),
    ok((4, 5, 3), padding=0),
    ok((4, 5, 3), padding=[1, 2]),
    ok((4, 5, 3), padding=[[1, 0], [0, 2]]),
    ok((4, 5, 3), padding=[[1, 0], 2]),
    ok((4, 3), padding=1),
    ok((4, 3), padding=[2]),
    ok((4, 3), padding=[[1, 2]]),
    ok((2, 3, 4, 2), padding=1),
    ok((2, 3, 4, 2), padding=[1, [0, 1], 2]),
    ok((N, N, 3), padding=1),
    ok((N, 5, 3), padding=[[1, 0], [0, 2]]),
    ok((N, 3)),
    ok((4, 5, N)),
    ok((4, 5, 3), padding=0, channels=2, save=True),
    ok((4, 5, 3), channels=[0, 1], save=True),
    ok((4, 3), padding=0, channels=[1, 2]),
    ok((2, 3, 4, 2), padding=[0, 1, 0], channels=1),
    ok((N, N, 3), padding=0, channels=1),
    ok((4, N, 3), padding=0, channels=1, dtype="int32"),
    no("NS205", (4, 5, 3), channels=-1),
    no("NS209", (4, 5, 3), channels=[1], stricter=UNBUILDABLE),
    no("NS209", (4, 5, 3), channels=[1, 1, 1], stricter=UNBUILDABLE),
    ok((4, 5, 3), dtype="int32"),
    no("NS404", (4,)),
    no("NS404", (1, 1, 1, 1, 1)),
    no("NS404", (4, 5, 3), padding=[1, 1, 1]),
    no("NS404", (4, 3), padding=[1, 1], stricter="Keras reads two numbers as [before, after] in one dimension only"),
    no("NS205", (4, 5, 3), padding=-1),
]

CROP = [
    ok((4, 5, 3), cropping=1),
    ok((4, 5, 3), cropping=0),
    ok((4, 5, 3), cropping=[1, 2]),
    ok((4, 5, 3), cropping=[[1, 0], [0, 2]]),
    ok((4, 5, 3), cropping=[[3, 0], [0, 4]]),
    ok((4, 3), cropping=1),
    ok((4, 3), cropping=[[1, 2]]),
    ok((4, 5, 6, 2), cropping=1),
    ok((4, 5, 6, 2), cropping=[1, [0, 1], 2]),
    ok((N, N, 3), cropping=1),
    ok((N, 5, 3), cropping=[[1, 0], [0, 2]]),
    ok((N, 3), cropping=1),
    ok((4, 5, 3), cropping=1, dtype="int32"),
    no("NS409", (4, 5, 3), cropping=2),
    no("NS409", (4, 5, 3), cropping=[[3, 1], [0, 0]]),
    no("NS409", (4, 3), cropping=2),
    no("NS409", (4, 3), cropping=3),
    no("NS409", (4, 5, 6, 2), cropping=2),
    no("NS404", (4,), cropping=1),
    no("NS404", (4, 5, 3), cropping=[1, 1, 1]),
    no("NS205", (4, 5, 3), cropping=-1),
    no("NS203", (4, 5, 3)),
]

UPSAMPLE = [
    ok((4, 5, 3)),
    ok((4, 5, 3), size=3),
    ok((4, 5, 3), size=[2, 3]),
    ok((4, 5, 3), size=1),
    ok((4, 3), size=2),
    ok((4, 3), size=[3]),
    ok((2, 3, 4, 2), size=2),
    ok((2, 3, 4, 2), size=[1, 2, 3]),
    ok((4, 5, 3), interpolation="bilinear"),
    ok((4, 5, 3), interpolation="bicubic"),
    ok((4, 5, 3), interpolation="lanczos3"),
    ok((4, 5, 3), interpolation="lanczos5", size=[1, 3]),
    ok((N, N, 3)),
    ok((N, N, 3), interpolation="bilinear"),
    ok((N, 3)),
    no("NS404", (4, 3), interpolation="bilinear"),
    no("NS404", (2, 3, 4, 2), interpolation="bilinear"),
    no("NS404", (4,)),
    no("NS404", (4, 5, 3), size=[2, 2, 2]),
    no("NS205", (4, 5, 3), size=0),
    no("NS205", (4, 5, 3), interpolation="trilinear"),
]

RESIZE = [
    ok((4, 5, 3), height=8, width=6),
    ok((4, 5, 3), height=2, width=2, interpolation="nearest"),
    ok((4, 5, 3), height=2, width=2, interpolation="bicubic", antialias=True),
    ok((4, 5, 3), height=8, width=6, interpolation="lanczos3"),
    ok((4, 5, 3), height=8, width=6, interpolation="lanczos5"),
    ok((4, 5, 3), height=4, width=5),
    ok((4, 6, 3), height=8, width=8, crop_to_aspect_ratio=True),
    ok((4, 6, 3), height=8, width=8, pad_to_aspect_ratio=True),
    ok((N, N, 3), height=8, width=6),
    ok((N, N, 3), height=8, width=6, crop_to_aspect_ratio=True),
    ok((N, N, 3), height=8, width=6, pad_to_aspect_ratio=True),
    no("NS209", (4, 6, 3), height=8, width=8, pad_to_aspect_ratio=True, crop_to_aspect_ratio=True),
    no("NS404", (4, 3), height=8, width=6, stricter=UNBATCHED),
    no("NS404", (4,), height=8, width=6),
    no("NS205", (4, 5, 3), height=0, width=6, only="tensorflow"),
    no("NS205", (4, 5, 3), height=8, width=6, interpolation="area", stricter="only TensorFlow has it"),
    no("NS203", (4, 5, 3), height=8),
]

RESHAPE = [
    ok((12,), target_shape=[3, 4]),
    ok((3, 4), target_shape=[12]),
    ok((3, 4), target_shape=[-1]),
    ok((3, 4), target_shape=[2, -1]),
    ok((3, 4), target_shape=[-1, 12]),
    ok((3, 4), target_shape=[1, 12, 1]),
    ok((), target_shape=[1]),
    ok((N, 4), target_shape=[-1, 2], at=(3,)),
    ok((N, 4), target_shape=[-1], at=(3,)),
    ok((N, 4), target_shape=[3, 4], at=(3,)),
    ok((N, N, 2), target_shape=[-1, 4], at=(3, 2)),
    ok((3, 4), target_shape=[6, 2], dtype="int32"),
    no("NS406", (3, 4), target_shape=[5]),
    no("NS406", (3, 4), target_shape=[-1, 5]),
    no("NS406", (3, 4), target_shape=[-1, -1]),
    no("NS406", (N, 4), target_shape=[-1, -1]),
    no("NS406", (3, 4), target_shape=[0, 12]),
    no("NS406", (3, 4), target_shape=[-1, 0]),
    no("NS406", (N, 4), target_shape=[0, 4]),
    no("NS205", (3, 4), target_shape=[-2, 6]),
    no("NS204", (3, 4), target_shape=12),
]

PERMUTE = [
    ok((3, 4), dims=[2, 1]),
    ok((3, 4, 5), dims=[3, 1, 2]),
    ok((3,), dims=[1]),
    ok((N, 4), dims=[2, 1]),
    ok((3, 4), dims=[2, 1], dtype="int32"),
    no("NS408", (3, 4), dims=[1, 1]),
    no("NS408", (3, 4), dims=[2]),
    no("NS408", (3, 4), dims=[1, 3]),
    no("NS408", (3, 4), dims=[1, 2, 3]),
    no("NS205", (3, 4), dims=[0, 1]),
    no("NS205", (3, 4), dims=[-1, 1]),
]

BEYOND = "Python's slices cut off what lies outside, without a word"
SLICE = [
    ok((6,)),
    ok((6,), start=2),
    ok((6,), stop=3, save=True),
    ok((6,), start=1, stop=5, step=2),
    ok((6,), start=-2),
    ok((6,), stop=-1),
    ok((6,), start=-4, stop=-1),
    ok((6,), start=5, stop=6),
    ok((6,), start=-6, stop=6),
    ok((4, 6), start=1, axis=1),
    ok((4, 6), start=1, axis=-2),
    ok((4, 5, 6), start=1, stop=3, axis=2, step=2),
    ok((N, 6), start=1, axis=1),
    ok((N, 6), start=-1, axis=1),
    ok((N, 6), start=2, stop=4, axis=1),
    ok((N, 6), start=2, stop=4),
    ok((6,), start=2, dtype="int32"),
    no("NS408", (6,), start=7, stricter=BEYOND),
    no("NS408", (6,), stop=7, stricter=BEYOND),
    no("NS408", (6,), start=-7, stricter=BEYOND),
    no("NS408", (6,), start=3, stop=3, stricter="Keras makes a tensor of nothing"),
    no("NS408", (6,), start=6, stricter="Keras makes a tensor of nothing"),
    no("NS408", (6,), start=-1, stop=2, stricter="Keras makes a tensor of nothing"),
    no("NS408", (6,), axis=2),
    no("NS408", (6,), axis=-3),
    no("NS408", (6,), axis=0, stricter="examples of a batch stay what they are"),
    no("NS408", (), axis=-1, stricter="the only axis is the batch"),
    no("NS205", (6,), step=0),
    no("NS205", (6,), step=-1, stricter="the backends do not agree on steps backwards"),
]

CHANNEL_SHUFFLE = [
    ok((4, 5, 6), groups=2),
    ok((4, 5, 6), groups=3),
    ok((4, 5, 6), groups=1),
    ok((4, 5, 6), groups=6),
    ok((6,), groups=2),
    ok((4, 6), groups=2),
    ok((3, 4, 5, 6), groups=2),
    ok((N, 6), groups=2, save=True),
    ok((N, 5, 6), groups=2),
    ok((N, N, 6), groups=2, save=True),
    ok((4, 5, 6), groups=2, dtype="int32"),
    ok((N, N, 6), groups=2, dtype="int32"),
    no("NS405", (4, 5, 6), groups=4),
    no("NS407", (4, 5, N), groups=2),
    no("NS404", (), groups=1),
    no("NS205", (4, 5, 6), groups=0),
]

# --- merges ---------------------------------------------------------------------------------------------------------------

MERGES = [
    ok([(4, 5, 3), (4, 5, 3)]),
    ok([(5,), (5,)]),
    ok([(), ()]),
    ok([(4, 5, 3), (1, 1, 3)]),
    ok([(1, 1, 3), (4, 5, 3)]),
    ok([(4, 1, 3), (1, 5, 1)]),
    ok([(4, 5, 3), (3,)]),
    ok([(3,), (4, 5, 3)]),
    ok([(5, 3), (4, 5, 3)]),
    ok([(4, 5, 3), ()]),
    ok([(N, 3), (N, 3)], at=(4, 4)),
    ok([(N, 3), (4, 3)], at=(4,)),
    ok([(4, 3), (N, 3)], at=(4,)),
    ok([(N, 3), (1, 3)], at=(4,)),
    ok([(1, 3), (N, 3)], at=(4,)),
    ok([(N, N, 3), (N, 5, 3)], at=(4, 5, 4)),
    ok([(N, 3), (3,)], at=(4,)),
    no("NS403", [(4, 5, 3), (4, 5, 2)]),
    no("NS403", [(4, 5, 3), (4, 3)]),
    no("NS403", [(4, 3), (5, 3)]),
    no("NS403", [(N, 3), (N, 2)]),
    no("NS304", (4, 3), stricter=ARITY),
    no("NS202", [(4, 3), (4, 3)], axis=1),
]
MORE = [
    ok([(4, 5, 3), (4, 5, 3), (4, 5, 3)]),
    ok([(4, 1, 3), (1, 5, 3), (1, 1, 1), (3,)]),
    no("NS403", [(4, 3), (1, 3), (5, 3)]),
]
INTEGERS = [ok([(4, 3), (4, 3)], dtype="int32")]

CONCAT = [
    ok([(4, 5, 3), (4, 5, 2)]),
    ok([(5,), (3,)]),
    ok([(4, 5, 3), (4, 5, 3), (4, 5, 1)]),
    ok([(4, 3), (2, 3)], axis=1),
    ok([(4, 3), (2, 3)], axis=-2),
    ok([(4, 5, 3), (4, 1, 3)], axis=2),
    ok([(N, 3), (N, 2)], at=(4, 4)),
    ok([(N, 3), (4, 2)], at=(4,)),
    ok([(4, 3), (N, 2)], at=(4,)),
    ok([(4, 3), (N, 2), (4, 1)], at=(4,)),
    ok([(N, 3), (N, 3)], axis=1, at=(4, 2)),
    ok([(N, 3), (2, 3)], axis=1, at=(4,)),
    ok([(2, 3), (N, 3), (4, 3)], axis=1, at=(4,)),
    ok([(4, 3), (4, 2)], dtype="int32"),
    no("NS403", [(4, 5, 3), (4, 6, 2)]),
    no("NS403", [(4, 3), (2, 3)]),
    no("NS403", [(4, 3), (N, 3), (5, 3)]),
    no("NS403", [(N, 4, 3), (N, 5, 3)]),
    no("NS403", [(4, 3), (3,)]),
    no("NS403", [(4, 1, 3), (4, 5, 3)]),
    no("NS408", [(4, 3), (4, 3)], axis=3),
    no("NS408", [(4, 3), (4, 3)], axis=-4),
    no("NS408", [(4, 3), (4, 3)], axis=0, stricter="examples of a batch stay what they are"),
    no("NS408", [(), ()], stricter="the only axis is the batch"),
    no("NS304", (4, 3), stricter=ARITY),
]

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


def _random(**more: object) -> list[Case]:
    """What is true of every random change of images."""
    return [
        ok((6, 5, 3), **more, training=True),  # type: ignore[arg-type]
        ok((N, N, 3), **more, training=True),  # type: ignore[arg-type]
        ok((6, 5, 3), **more, seed=3, training=True),  # type: ignore[arg-type]
        no("NS404", (6, 3), **more, stricter=UNBATCHED),  # type: ignore[arg-type]
        no("NS404", (3, 3, 6, 3), **more),  # type: ignore[arg-type]
        no("NS205", (6, 5, 3), **more, seed=-1, stricter="the backends do not agree on negative seeds"),  # type: ignore[arg-type]
    ]


def _filled(**more: object) -> list[Case]:
    """What is true of those that bring places in from outside."""
    return [
        *_random(**more),
        ok((6, 5, 3), **more, dtype="uint8"),  # type: ignore[arg-type]
        *(
            ok((6, 5, 3), **more, fill_mode=mode, training=True)  # type: ignore[arg-type]
            for mode in ("reflect", "wrap", "constant", "nearest")
        ),
        ok((6, 5, 3), **more, fill_mode="constant", fill_value=1.5, interpolation="nearest", training=True),  # type: ignore[arg-type]
        no("NS205", (6, 5, 3), **more, fill_mode="mirror"),  # type: ignore[arg-type]
        no("NS205", (6, 5, 3), **more, interpolation="bicubic"),  # type: ignore[arg-type]
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
]

CASES = {
    "zero_pad": ZERO_PAD,
    "crop": CROP,
    "upsample": UPSAMPLE,
    "resize": RESIZE,
    "reshape": RESHAPE,
    "permute": PERMUTE,
    "slice": SLICE,
    "channel_shuffle": CHANNEL_SHUFFLE,
    "add": [*MERGES, *MORE, *INTEGERS],
    "subtract": [
        *MERGES,
        *INTEGERS,
        no("NS304", [(3,), (3,), (3,)]),
    ],
    "multiply": [*MERGES, *MORE, *INTEGERS],
    "average": [*MERGES, *MORE],
    "maximum": [*MERGES, *MORE, *INTEGERS],
    "minimum": [*MERGES, *MORE, *INTEGERS],
    "concat": CONCAT,
    "rescale": RESCALE,
    "normalize": NORMALIZE,
    "random_flip": RANDOM_FLIP,
    "random_rotation": RANDOM_ROTATION,
    "random_translation": RANDOM_TRANSLATION,
    "random_zoom": RANDOM_ZOOM,
    "random_crop": RANDOM_CROP,
    "random_contrast": RANDOM_CONTRAST,
}
