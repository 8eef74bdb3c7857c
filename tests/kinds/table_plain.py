"""Cases of the kinds that work place by place or number by number: dense, activations, normalisation, regularisation."""

from __future__ import annotations

from .case import UNBUILDABLE, Case, no, ok

N = None

INITIALIZERS = [
    *("zeros", "ones", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"),
    *("random_normal", "truncated_normal", "random_uniform", "variance_scaling", "orthogonal", "uniform"),
    {"constant": 0.5},
    {"constant": {"value": 2}},
    {"random_normal": {"mean": 1, "stddev": 0.1}},
    {"truncated_normal": {"mean": 1, "stddev": 0.1}},
    {"random_uniform": {"minval": -1, "maxval": 2}},
    {"variance_scaling": {"scale": 2, "mode": "fan_avg", "distribution": "untruncated_normal"}},
    {"orthogonal": {"gain": 2}},
    {"he_normal": {}},
]
REGULARIZERS = [
    *("l1", "l2", "l1_l2"),
    {"l1": 0.5},
    {"l2": {"l2": 0.5}},
    {"l1_l2": {"l1": 0.1, "l2": 0.2}},
]

CONSTRAINTS = [
    *("max_norm", "non_neg", "unit_norm", "min_max_norm"),
    {"max_norm": 3},
    {"max_norm": {"max_value": 3, "axis": 1}},
    {"unit_norm": {"axis": [0, 1]}},
    {"min_max_norm": {"min_value": 0.5, "max_value": 2, "rate": 0.5, "axis": -1}},
]
FITS_TRAINING = "Keras finds out at the first step of training"

DENSE = [
    ok((5,), units=4, macs=5 * 4),
    ok((6, 5), units=4, macs=6 * 5 * 4),
    ok((3, 6, 5), units=4),
    ok((N, 5), units=4),
    ok((N, N, 5), units=1),
    ok((1,), units=1),
    ok((5,), units=4, use_bias=False),
    ok((5,), units=4, activation="softmax"),
    ok(
        (5,),
        units=4,
        kernel_initializer={"truncated_normal": {"stddev": 0.02}},
        bias_initializer="ones",
        kernel_regularizer={"l2": 0.1},
        bias_regularizer={"l1": 0.1},
    ),
    *(ok((5,), units=4, kernel_initializer=value) for value in INITIALIZERS),
    *(ok((5,), units=4, kernel_regularizer=value) for value in REGULARIZERS),
    *(ok((5,), units=4, kernel_constraint=value) for value in CONSTRAINTS),
    ok((5,), units=4, bias_constraint="non_neg", activity_regularizer={"l2": 0.1}),
    ok((5,), units=4, spectral_norm=True, training=True, save=True),
    ok((6, 5), units=4, spectral_norm=3, use_bias=False),
    no(
        "NS410",
        (5,),
        units=4,
        spectral_norm=True,
        dtype="int32",
        stricter="Keras makes whole numbers of what comes out",
    ),
    no("NS205", (5,), units=4, spectral_norm=0, stricter="as `false`"),
    no("NS204", (5,), units=4, spectral_norm="yes", stricter=UNBUILDABLE),
    no("NS408", (5,), units=4, kernel_constraint={"max_norm": {"axis": 2}}, stricter=FITS_TRAINING),
    no("NS408", (5,), units=4, kernel_constraint={"unit_norm": {"axis": [0, -2]}}, stricter=FITS_TRAINING),
    no("NS408", (5,), units=4, bias_constraint={"unit_norm": {"axis": 1}}, stricter=FITS_TRAINING),
    no("NS205", (5,), units=4, kernel_constraint="max", stricter=UNBUILDABLE),
    no("NS404", (), units=4),
    no("NS407", (N,), units=4),
    no("NS407", (5, N), units=4),
    no("NS205", (5,), units=0),
    no("NS203", (5,)),
    no("NS202", (5,), units=4, filters=4),
    no("NS204", (5,), units=4, use_bias="yes", stricter="Keras takes any value for true or false"),
]

FLATTEN = [
    ok((3, 4, 5)),
    ok((7,)),
    ok(()),
    ok((1, 1)),
    ok((N, 3), at=(5,)),
    ok((N,), at=(5,)),
    ok((N, N, 2)),
    ok((3, 4), dtype="int32"),
    no("NS202", (3, 4), axis=1),
]

EMBEDDING = [
    ok((6,), input_dim=10, output_dim=4, dtype="int32"),
    ok((6,), input_dim=10, output_dim=4),
    ok((), input_dim=10, output_dim=4, dtype="int32"),
    ok((3, 6), input_dim=10, output_dim=4, dtype="int64", not_on=("jax", "JAX has no integers of 64 bits")),
    ok((N,), input_dim=10, output_dim=4, dtype="uint8"),
    ok((6,), input_dim=10, output_dim=4, mask_zero=True, dtype="int32"),
    ok(
        (6,),
        input_dim=10,
        output_dim=4,
        dtype="int32",
        embeddings_initializer={"random_normal": {"stddev": 0.1}},
        embeddings_regularizer="l2",
        embeddings_constraint={"unit_norm": {"axis": 1}},
    ),
    no("NS205", (6,), input_dim=0, output_dim=4),
    no("NS205", (6,), input_dim=10, output_dim=0),
    no("NS203", (6,), input_dim=10),
]

# Activations that take nothing: any shape, the same shape.
PLAIN = (
    *("celu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "linear"),
    *("log_sigmoid", "log_softmax", "mish", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus"),
    *("softsign", "sparse_plus", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink"),
)
ACTIVATIONS: dict[str, list[Case]] = {word: [ok((5,)), ok((N, 4, 3)), no("NS202", (5,), alpha=0.1)] for word in PLAIN}

ACTIVATION = [
    *(ok((5,), activation=word) for word in (*PLAIN, "relu", "elu", "leaky_relu", "softmax")),
    ok((3, N, 5), activation="softmax"),
    no("NS205", (5,), activation="relo"),
    no("NS203", (5,)),
]

RELU = [
    ok((5,)),
    ok(()),
    ok((N, N, 3)),
    ok((5,), max_value=6.0),
    ok((5,), max_value=0),
    ok((5,), max_value=None),
    ok((5,), negative_slope=0.1),
    ok((5,), threshold=0.5),
    ok((5,), negative_slope=0.1, threshold=0.5, max_value=1.0),
    no("NS205", (5,), max_value=-1.0),
    no("NS205", (5,), negative_slope=-0.1),
    no("NS205", (5,), threshold=-0.5),
]

LEAKY_RELU = [
    ok((5,)),
    ok((4, 3), negative_slope=0.0),
    ok((5,), negative_slope=2),
    no("NS205", (5,), negative_slope=-0.1),
    no("NS204", (5,), negative_slope=None),
]

ELU = [
    ok((5,)),
    ok((4, 3), alpha=0.5),
    ok((5,), alpha=-1),
    no("NS202", (5,), negative_slope=0.1),
]

PRELU = [
    ok((5,)),
    ok((4, 5, 3)),
    ok((4, 5, 3), shared_axes=[1, 2]),
    ok((4, 5, 3), shared_axes=[3]),
    ok((4, 5, 3), shared_axes=[1, 2, 3]),
    ok((4, 5, 3), shared_axes=[1, 1]),
    ok((N, N, 3), shared_axes=[1, 2]),
    ok((N, 3), shared_axes=[1], alpha_initializer={"constant": 0.25}, alpha_regularizer="l1"),
    ok((4, 3), alpha_constraint={"max_norm": {"axis": 1}}),
    no("NS408", (4, 3), alpha_constraint={"max_norm": {"axis": 2}}, stricter=FITS_TRAINING),
    no("NS407", (N, 3)),
    no("NS407", (N, N, 3), shared_axes=[1]),
    no("NS408", (4, 5, 3), shared_axes=[4]),
    no("NS205", (4, 5, 3), shared_axes=[0], stricter="the batch has no slope of its own; Keras shares the last axis"),
    no("NS205", (4, 5, 3), shared_axes=[-1], stricter="Keras counts one too far from the end"),
]

SOFTMAX = [
    ok((5,)),
    ok((4, 5)),
    ok((4, 5), axis=1),
    ok((4, 5), axis=-2),
    ok((4, 5, 3), axis=[1, 2]),
    ok((4, 5, 3), axis=[-1]),
    ok((N, 5), axis=1),
    no("NS408", (5,), axis=2),
    no("NS408", (5,), axis=-3),
    no("NS408", (), axis=-1, stricter="the only axis is the batch"),
    no("NS408", (5,), axis=0, stricter="examples of a batch do not depend on each other"),
    no("NS408", (4, 5), axis=[1, 3]),
]

BATCH_NORM = [
    ok((5,), training=True),
    ok((4, 5, 3), training=True),
    ok((N, N, 3)),
    ok((3, 4, 5, 2)),
    ok((4, 5, 3), axis=1),
    ok((4, 5, 3), axis=2),
    ok((4, 5, 3), axis=-3),
    ok((4, N), axis=1),
    ok((5,), center=False),
    ok((5,), scale=False),
    ok((5,), center=False, scale=False),
    ok((5,), momentum=0.9, epsilon=1e-5),
    ok(
        (5,),
        beta_initializer="ones",
        gamma_initializer={"constant": 2},
        beta_regularizer="l1",
        gamma_regularizer="l2",
        beta_constraint="max_norm",
        gamma_constraint="non_neg",
    ),
    ok((5,), moving_mean_initializer="ones", moving_variance_initializer={"constant": 2}),
    ok((4, 5), renorm=True, training=True),
    ok((5,), renorm=True, renorm_clipping={"rmin": 0.5, "rmax": 2, "dmax": 3}, renorm_momentum=0.9, training=True),
    no("NS209", (5,), renorm_clipping={"rmax": 2}, stricter="without `renorm` Keras does not look at it"),
    no("NS209", (5,), renorm=True, renorm_clipping={"rmin": 2, "rmax": 1}),
    ok((5,), synchronized=True, not_on=("jax", "Keras synchronizes on TensorFlow only")),
    no("NS407", (5, N)),
    no("NS407", (N, 5), axis=1),
    no("NS408", (5,), axis=2),
    no("NS408", (5,), axis=-3),
    no("NS408", (5,), axis=0),
    no("NS408", (5,), axis=-2),
    no("NS408", ()),
    no("NS205", (5,), epsilon=0, stricter="a variance of 0 would be divided by"),
    no("NS205", (5,), momentum=1.5, stricter="a momentum beyond 1 makes the averages run away"),
]

LAYER_NORM = [
    ok((5,)),
    ok((4, 5)),
    ok((4, 5, 3)),
    ok((4, 5, 3), axis=1),
    ok((4, 5, 3), axis=[2, 3]),
    ok((4, 5, 3), axis=[1, 2, 3]),
    ok((4, 5, 3), axis=[3, 1]),
    ok((4, 5, 3), axis=[-1, -2]),
    ok((4, 5, 3), axis=[-1, 1]),
    ok((4, 5, 3), axis=[-1]),
    ok((N, 5)),
    ok((N, N, 3)),
    ok((5,), center=False),
    ok((5,), scale=False),
    ok((5,), center=False, scale=False),
    ok((5,), epsilon=1e-6),
    ok((5,), beta_initializer="ones", gamma_initializer="zeros", beta_regularizer="l1", gamma_regularizer="l2"),
    ok((4, 5), axis=[1, 2], beta_constraint={"max_norm": {"axis": 1}}, gamma_constraint="non_neg"),
    no("NS408", (5,), gamma_constraint={"max_norm": {"axis": 1}}, stricter=FITS_TRAINING),
    no("NS407", (5, N)),
    no("NS407", (N, 5), axis=[1, 2]),
    no("NS408", (5,), axis=2),
    no("NS408", (5,), axis=[1, 2]),
    no("NS408", (5,), axis=-3),
    no("NS408", (5,), axis=0),
    no("NS408", (4, 5), axis=[1, 1]),
    no("NS408", (4, 5), axis=[2, -1]),
    no("NS205", (5,), epsilon=0, stricter="a variance of 0 would be divided by"),
]

GROUP_NORM = [
    ok((4, 4, 64)),
    ok((4, 4, 6), groups=3),
    ok((4, 4, 6), groups=6),
    ok((4, 4, 6), groups=1),
    ok((4, 4, 6), groups=-1),
    ok((6,), groups=2),
    ok((5, 6), groups=2),
    ok((3, 4, 5, 6), groups=2),
    ok((N, N, 6), groups=2),
    ok((6, 4, 5), groups=2, axis=1),
    ok((4, 6, 5), groups=2, axis=2),
    ok((4, 6, 5), groups=2, axis=-2),
    ok((4, 4, 6), groups=2, center=False),
    ok((4, 4, 6), groups=2, scale=False, epsilon=1e-5),
    ok(
        (4, 4, 6),
        groups=2,
        beta_initializer="ones",
        gamma_initializer="zeros",
        beta_regularizer="l1",
        gamma_regularizer="l2",
        beta_constraint="max_norm",
        gamma_constraint="non_neg",
    ),
    no("NS405", (4, 4, 6)),
    no("NS405", (4, 4, 6), groups=4),
    no("NS405", (4, 4, 6), groups=12),
    no("NS405", (4, 4, 6), groups=0),
    no("NS407", (4, 4, N), groups=2),
    no("NS408", (4, 4, 6), groups=2, axis=4),
    no("NS408", (4, 4, 6), groups=2, axis=0),
    no("NS205", (4, 4, 64), groups=-2),
]

LRN = [
    ok((4, 4, 7)),
    ok((7,), depth_radius=2),
    ok((4, 7), depth_radius=0),
    ok((4, 4, 7), depth_radius=9),
    ok((N, N, 7), depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75),
    no("NS205", (4, 4, 7), depth_radius=-1),
    no("NS404", ()),
    no("NS407", (4, 4, N)),
    no("NS205", (4, 4, 7), bias=0, stricter="an input of zeros would be divided by 0"),
]

LAYER_SCALE = [
    ok((4, 4, 3), save=True),
    ok((3,), value=1),
    ok((1,)),
    ok((4, 3), value=-0.5),
    ok((2, 3, 4, 2)),
    ok((N, N, 3), value=0.1),
    ok((4, 3), dtype="int32"),
    no("NS404", (), stricter=UNBUILDABLE),
    no("NS407", (4, 4, N), stricter=UNBUILDABLE),
    no("NS204", (3,), value=[1, 2, 3], stricter=UNBUILDABLE),
]

RMS_NORM = [
    ok((5,)),
    ok((4, 5), epsilon=1e-3),
    ok((N, N, 3)),
    ok((4, 5, 3), axis=3),
    ok((4, 5, 3), axis=[2, 3]),
    ok((4, 5, 3), axis=[3, 1, 2]),
    ok((4, 5, 3), axis=[-1, -2]),
    no("NS408", (4, 5), axis=1),
    no("NS408", (4, 5, 3), axis=[1, 2]),
    no("NS408", (4, 5), axis=[1, -1]),
    no("NS408", (5,), axis=2),
    no("NS408", (5,), axis=0, only="tensorflow"),
    no("NS407", (5, N)),
    no("NS205", (5,), epsilon=0, stricter="a mean of squares of 0 would be divided by"),
]

UNIT_NORM = [
    ok((5,)),
    ok((4, 5), axis=1),
    ok((4, 5, 3), axis=[1, -1]),
    ok((N, 3)),
    ok((N, N)),
    no("NS408", (5,), axis=2),
    no("NS408", (4, 5), axis=0, stricter="examples of a batch stay what they are"),
    no("NS408", (4, 5), axis=[1, 1]),
    no("NS202", (5,), epsilon=1e-3),
]

DROPOUT = [
    ok((5,), rate=0.5, training=True),
    ok((), rate=0.5),
    ok((N, N, 3), rate=0.5, seed=3, training=True),
    ok((5,), rate=0),
    ok((5,), rate=0.999),
    ok((5,), rate=1, training=True),
    no("NS205", (5,), rate=-0.1),
    no("NS205", (5,), rate=1.1),
    no("NS205", (5,), rate=0.5, seed=-1, stricter="the backends do not agree on negative seeds"),
    no("NS203", (5,)),
]

SPATIAL_DROPOUT = [
    ok((8, 3), rate=0.5, training=True),
    ok((8, 8, 3), rate=0.5, seed=1, training=True),
    ok((4, 4, 4, 3), rate=0.5, training=True),
    ok((N, N, 3), rate=0.5, training=True),
    ok((8, 3), rate=0),
    no("NS205", (8, 3), rate=-0.1),
    no("NS205", (8, 3), rate=1.1),
    no("NS404", (8,), rate=0.5),
    no("NS404", (2, 2, 2, 2, 3), rate=0.5),
]

STOCHASTIC_DEPTH = [
    ok((8, 8, 3), rate=0.5, training=True),
    ok((5,), rate=0.5, seed=1, training=True),
    ok((N, N, 3), rate=0.5, training=True),
    ok((), rate=0.5, training=True),
    ok((8, 3), rate=0),
    ok((8, 3), rate=1, training=True),
    no("NS205", (8, 3), rate=-0.1),
    no("NS205", (8, 3), rate=1.1),
    no("NS203", (5,)),
]

GAUSSIAN_NOISE = [
    ok((5,), stddev=0.5, training=True),
    ok((N, N, 3), stddev=1.0, seed=1, training=True),
    ok((5,), stddev=0),
    no("NS205", (5,), stddev=-0.1),
    no("NS205", (5,), stddev=1.5),
]

ALPHA_DROPOUT = [
    ok((5,), rate=0.5, training=True),
    ok((N, N, 3), rate=0.2, seed=3, training=True),
    ok((), rate=0.5),
    ok((5,), rate=0),
    no("NS205", (5,), rate=1),
    no("NS205", (5,), rate=-0.1),
    no("NS203", (5,)),
]

GAUSSIAN_DROPOUT = [
    ok((5,), rate=0.5, training=True),
    ok((N, N, 3), rate=0.2, seed=1, training=True),
    ok((5,), rate=0),
    no("NS205", (5,), rate=1),
    no("NS205", (5,), rate=-0.1),
    no("NS203", (5,)),
]

ACTIVITY_REGULARIZATION = [
    ok((5,), l1=0.1),
    ok((N, N, 3), l2=0.1),
    ok((), l1=0.1, l2=0.2),
    ok((4, 5)),
    no("NS205", (5,), l1=-0.1),
    no("NS202", (5,), l3=0.1),
]

EINSUM_DENSE = [
    ok((6, 5), equation="abc,cd->abd", output_shape=[-1, 7], macs=6 * 5 * 7),
    ok((6, 5), equation="abc,cd->abd", output_shape=[6, 7], bias_axes="d", save=True),
    ok((6, 5), equation="abc, cd -> abd", output_shape=[-1, 7], bias_axes="bd", numeric=False),
    ok((6, 5), equation="abc,bd->adc", output_shape=[4, -1], macs=4 * 5 * 6),
    ok((6, 5), equation="abc,cde->abde", output_shape=[-1, 2, 3], bias_axes="de", macs=6 * 2 * 3 * 5),
    ok((6, 2, 3), equation="abcd,cde->abe", output_shape=[-1, 7], bias_axes="e", macs=6 * 7 * 2 * 3),
    ok((6, 5), equation="abc,bcd->abd", output_shape=[-1, 2], macs=6 * 2 * 5),
    ok((6, 5), equation="abc,c->abc", output_shape=[-1, -1]),
    ok((6, 5), equation="abc,d->ad", output_shape=7, numeric=False),
    ok((5,), equation="...x,xy->...y", output_shape=7, bias_axes="y"),
    ok((6, 5), equation="...x,xy->...y", output_shape=7, save=True, macs=6 * 5 * 7),
    ok((3, 4, 6, 5), equation="...x,xy->...y", output_shape=[7], bias_axes="y", save=True),
    ok((N, 5), equation="...x,xy->...y", output_shape=7),
    ok((6, 5, 2), equation="ab...,bc->ac...", output_shape=[3], bias_axes="c", macs=3 * 5 * 2 * 6),
    ok((N, 5), equation="abc,cd->abd", output_shape=[-1, 7]),
    ok(
        (6, 5),
        equation="abc,cd->abd",
        output_shape=[-1, 7],
        bias_axes="d",
        activation="relu",
        kernel_initializer="he_normal",
        bias_initializer="ones",
        kernel_regularizer="l2",
        bias_regularizer="l1",
        activity_regularizer="l2",
        kernel_constraint={"max_norm": {"axis": 1}},
        bias_constraint="non_neg",
    ),
    ok((6, 5), equation="abc,cd->abd", output_shape=[-1, 7], spectral_norm=2, training=True, save=True),
    no("NS404", (5,), equation="abc,cd->abd", output_shape=[-1, 7]),
    no("NS404", (3, 6, 5), equation="abc,cd->abd", output_shape=[-1, 7]),
    no("NS404", (), equation="...x,xy->...y", output_shape=7),
    no("NS403", (6, 5), equation="abc,cd->abd", output_shape=[5, 7]),
    no("NS403", (N, 5), equation="abc,cd->abd", output_shape=[6, 7]),
    no("NS407", (6, N), equation="abc,cd->abd", output_shape=[-1, 7]),
    no("NS407", (N, 5), equation="abc,cd->abd", output_shape=[-1, 7], bias_axes="b"),
    no("NS209", (6, 5), equation="abc,cd->abd", output_shape=7),
    no("NS209", (6, 5), equation="abc,cd->abd", output_shape=[-1, -1]),
    no("NS209", (6, 5), equation="abc,cd->abd", output_shape=[-1, 7], bias_axes="c"),
    no("NS209", (6, 5), equation="abc,cd->abd", output_shape=[-1, 0], stricter="Keras makes a tensor of nothing"),
    no("NS209", (6, 5), equation="abc,c->abc", output_shape=[-1, -1], kernel_initializer="orthogonal"),
    no(
        "NS408",
        (6, 5),
        equation="abc,cd->abd",
        output_shape=[-1, 7],
        kernel_constraint={"max_norm": {"axis": 2}},
        stricter=FITS_TRAINING,
    ),
    no("NS205", (6, 5), equation="abc,cd", output_shape=[-1, 7]),
    no("NS205", (6, 5), equation="abc,cd->abe", output_shape=[-1, 7]),
    no("NS205", (6, 5), equation="abc,cde->abd", output_shape=[-1, 7]),
    no("NS205", (6, 5), equation="abb,bd->abd", output_shape=[-1, 7], stricter=UNBUILDABLE),
    no("NS205", (6, 5), equation="abc,acd->abd", output_shape=[-1, 7], stricter=UNBUILDABLE),
    no("NS205", (6, 5), equation="...x,xy->y", output_shape=7, stricter=UNBUILDABLE),
    no("NS203", (6, 5), equation="abc,cd->abd"),
]

CASES = {
    "einsum_dense": EINSUM_DENSE,
    "rms_norm": RMS_NORM,
    "unit_norm": UNIT_NORM,
    "alpha_dropout": ALPHA_DROPOUT,
    "gaussian_dropout": GAUSSIAN_DROPOUT,
    "activity_regularization": ACTIVITY_REGULARIZATION,
    "dense": DENSE,
    "flatten": FLATTEN,
    "embedding": EMBEDDING,
    **ACTIVATIONS,
    "activation": ACTIVATION,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "elu": ELU,
    "prelu": PRELU,
    "softmax": SOFTMAX,
    "batch_norm": BATCH_NORM,
    "layer_norm": LAYER_NORM,
    "group_norm": GROUP_NORM,
    "lrn": LRN,
    "layer_scale": LAYER_SCALE,
    "dropout": DROPOUT,
    "spatial_dropout": SPATIAL_DROPOUT,
    "stochastic_depth": STOCHASTIC_DEPTH,
    "gaussian_noise": GAUSSIAN_NOISE,
}
