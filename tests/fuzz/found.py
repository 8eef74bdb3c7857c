"""Documents that netspec and Keras once judged differently, and what was wrong; they must not again."""

from __future__ import annotations

from typing import Any

FOUND: dict[str, dict[str, Any]] = {
    "parts of a split whose input is wrong, which were told to be missing": {
        "input": {"shape": [8, None, 3], "dtype": "uint8"},
        "layers": [
            {"depthwise_conv": {"kernel_size": 5}},
            {"split": {"name": "halves", "axis": 1, "parts": ["a", "b"]}},
            {"average": {"from": ["halves.b", "halves.a"]}},
        ],
    },
    "attention with a bias over values of more axes: netspec's own layer repeats them": {
        "input": [None, 5, 1],
        "layers": [
            {"batch_norm": {"name": "n1"}},
            {"conv_lstm": {"filters": 2, "kernel_size": 1, "padding": "same"}},
            {"learned": {"shape": [1, 1], "name": "n4"}},
            {"multi_head_attention": {"num_heads": 2, "key_dim": 2, "from": ["conv_lstm_1", "n1"], "bias": "n4"}},
        ],
    },
    "an orthogonal vector, which Keras cannot make": {
        "input": [10, 6, 1],
        "layers": [{"batch_norm": {"beta_initializer": "orthogonal"}}],
    },
    "`ceil` with padding that holds whole windows: the promise left one out, the layer did not": {
        "input": [2, 3, 6],
        "layers": [{"1x1": {"filters": 2, "padding": [[2, 1], 1], "rounding": "ceil"}}],
    },
    "`ceil` with padding that holds two windows": {
        "input": [5, 4, 3],
        "layers": [
            {"separable_conv": {"filters": 2, "kernel_size": 1, "strides": 2, "padding": [1, 2], "rounding": "ceil"}}
        ],
    },
    "a causal mask over an image, which fails at the first batch": {
        "input": [9, 10, 4],
        "layers": [{"multi_head_attention": {"num_heads": 1, "key_dim": 1, "use_causal_mask": True}}],
    },
    "a projection onto a body of unknown width: accepted, and no network": {
        "input": [None, 7, 6],
        "layers": [{"skip": {"body": ["relu", "flatten"], "shortcut": "project"}}],
    },
    "a head that does nothing took the name of the main output, which was lost": {
        "input": [8, 7, 2],
        "layers": ["relu", {"head": {"name": "h1", "body": [{"head": {"name": "h2", "body": ["tanh"]}}]}}],
    },
    "a head with a `from` led the main chain to where it read": {
        "inputs": {"a": [4, 4, 6], "b": [6, 7, 2]},
        "layers": [
            {"relu": {"from": "a"}},
            {"head": {"name": "h1", "body": [{"1x1": 3}], "from": "b"}},
            {"1x1": {"filters": 2, "name": "main"}},
        ],
    },
    "attention in a skip whose shortcut is a projection: its places are the input's": {
        "input": [9, 4],
        "layers": [
            {"skip": {"body": [{"multi_head_attention": {"num_heads": 2, "key_dim": 3}}], "shortcut": "project"}}
        ],
    },
    "the same over unknown sizes": {
        "input": [None, None, 2],
        "layers": [
            {
                "skip": {
                    "body": [{"multi_head_attention": {"num_heads": 2, "key_dim": 3}}, {"pool": {"padding": "same"}}],
                    "shortcut": "project",
                }
            }
        ],
    },
    "a projection after an embedding": {
        "input": [12],
        "layers": [
            {"embedding": {"input_dim": 300, "output_dim": 4}},
            {"skip": {"body": [{"conv": {"filters": 3, "kernel_size": 3, "padding": "same"}}], "shortcut": "project"}},
        ],
    },
    "a layer norm that learns nothing needs no known size": {
        "input": [None, None, 1],
        "layers": [{"layer_norm": {"axis": 1, "center": False, "scale": False}}],
    },
    "a softmax over one axis twice": {"input": [8, 6, 2], "layers": [{"softmax": {"axis": [1, 1]}}]},
    "`$channels` of a tensor of many axes": {
        "input": [6, 6],
        "layers": [
            {"embedding": {"input_dim": 300, "output_dim": 6, "repeat": 4}},
            {"relu": {"when": "$channels > 3"}},
        ],
    },
    "a repetition counted by what a node reads that reads nothing: accepted, and no network": {
        "inputs": {"a": [6, 4, 4], "b": [9, 6, 2]},
        "layers": [{"relu": {"when": False, "from": "a"}}, {"tanh": {"repeat": "$channels"}}, "relu"],
    },
    "more dimensions than TensorFlow broadcasts": {
        "input": [10, 9, 6],
        "layers": [{"embedding": {"input_dim": 300, "output_dim": 3, "repeat": "$channels"}}],
    },
    "a softmax of more dimensions than one processor's kernel takes": {
        "input": [10, 9],
        "layers": [{"embedding": {"input_dim": 300, "output_dim": 3, "repeat": 3}}, "softmax"],
    },
    "a projection after a merge of images with a vector": {
        "input": [8, 6, 6],
        "layers": [
            {
                "skip": {
                    "body": [
                        {
                            "inception": {
                                "branches": {"a": [{"dense": 6}], "b": ["global_pool"], "c": ["mish"]},
                                "merge": "add",
                            }
                        }
                    ],
                    "shortcut": "project",
                }
            }
        ],
    },
    "the same, the vector first": {
        "input": [8, 6, 6],
        "layers": [
            {
                "skip": {
                    "body": [{"inception": {"branches": {"a": ["global_pool"], "b": ["mish"]}, "merge": "add"}}],
                    "shortcut": "project",
                }
            }
        ],
    },
    "a merge of tensors with unlike places: a traceback over receptive fields": {
        "inputs": {"a": [9, 4], "b": [9, 4]},
        "layers": [
            {"zero_pad": {"channels": [1, 2], "from": "a"}},
            {
                "skip": {
                    "body": [
                        {"embedding": {"input_dim": 300, "output_dim": 6, "repeat": 2}},
                        {"gru": {"units": 2, "return_sequences": True}},
                    ]
                }
            },
            {"conv": {"filters": 1, "kernel_size": 2, "strides": 2}},
            {"separable_conv": {"filters": 3, "kernel_size": 5}},
        ],
    },
    "windows that lie on padding alone: a traceback of a lint": {
        "input": [6, 4, 4],
        "layers": [
            {"depthwise_conv": {"kernel_size": 2, "depth_multiplier": 2, "dilation_rate": 3}},
            {"conv": {"filters": 4, "kernel_size": 1, "strides": 2, "padding": 1, "rounding": "floor"}},
        ],
    },
    "a crop of truth values, which Keras's symbolic tensor calls floats until it runs": {
        "input": {"shape": [7, 4, 6], "dtype": "bool"},
        "layers": [{"crop": 1}],
    },
    "the same of axes in another order, beside an empty branch": {
        "input": {"shape": [7, 4, 6], "dtype": "bool"},
        "layers": [{"inception": {"branches": {"a": [], "b": [{"permute": [1, 2, 3]}]}}}],
    },
    "the same after an empty branch alone": {
        "input": {"shape": [7, 4, 6], "dtype": "bool"},
        "layers": [{"inception": {"branches": {"a": []}}}, {"permute": [3, 1, 2]}],
    },
    "whole numbers through `linear`, which hands on what it gets: refused": {
        "input": {"shape": [7, 4, 6], "dtype": "uint8"},
        "layers": ["linear", {"activation": "linear"}, {"crop": 1}],
    },
    "the judge's own: a node that is left out reads one that is left out too": {
        "input": [8, 6, 4],
        "layers": [
            {"relu": {"name": "a", "when": False}},
            {"minimum": {"from": ["a", "a"], "when": False}},
            {"pool": {"pool_size": 1, "when": "$channels > 3"}},
        ],
    },
    "the judge's own: `*` of bool and float, which TensorFlow takes for `and`": {
        "input": {"shape": [4, 4, 6], "dtype": "bool"},
        "layers": ["layer_scale"],
    },
    "the judge's own: truth values into a convolution, in branches that fit together at no size, so that Keras never runs it": {
        "input": {"shape": [None, 3], "dtype": "bool"},
        "layers": [
            {
                "inception": {
                    "branches": {"a": [{"skip": ["batch_norm", "pool"]}], "b": [{"depthwise_conv": {"kernel_size": 1}}]}
                }
            }
        ],
    },
    "attention of a query to coarser steps: its positions were taken for those of the coarser, and a projection onto it refused": {
        "input": [16, 4],
        "layers": [
            {"conv": {"filters": 4, "kernel_size": 2, "strides": 2, "name": "memory"}},
            {"relu": {"from": "input", "name": "query"}},
            {
                "skip": {
                    "body": [{"multi_head_attention": {"num_heads": 1, "key_dim": 2, "from": ["query", "memory"]}}],
                    "shortcut": "project",
                }
            },
        ],
    },
    "an orthogonal vector that is learned: accepted, and not made": {
        "input": [7, 8, 4],
        "layers": ["global_pool", {"learned": {"shape": [1], "initializer": "orthogonal"}}],
    },
    "a value that stands for nothing among truths: accepted, and not compared": {
        "input": [4],
        "layers": [{"less_equal": 2}, {"hashing": {"num_bins": 6, "mask_value": 3}}],
    },
    "weights that each step has anew: accepted, and not built": {
        "input": [7, 5, 8, 4],
        "layers": [{"time_distributed": [{"learned": [1]}]}],
    },
    "a dense layer by an equation whose axes before are named when it is built, over others: accepted, and not built": {
        "inputs": {"a": [7, 4, 3], "b": [7, 6, 3]},
        "layers": [
            {"einsum_dense": {"equation": "...x,xy->...y", "output_shape": 3, "from": "a", "name": "n1"}},
            {"head": {"name": "h1", "from": "n1", "body": ["flatten"]}},
            {"einsum_dense": {"share": "n1", "from": "b"}},
        ],
    },
    "the judge's own: weights that expressions of the node before decide about": {
        "input": [9, 12, 4],
        "layers": [{"learned": {"shape": [1], "when": "$channels > 3"}}],
    },
    "truths that are compared with a number, which makes numbers of them: refused": {
        "input": [4, 2],
        "layers": [{"less": 0}, {"greater_equal": 2}, {"power": 2}],
    },
    "groups of `defaults` that do not divide the filters of an inception's row: accepted, and not built": {
        "input": [5, 8, 3],
        "defaults": {"conv": {"groups": 3}},
        "layers": [{"inception": {"3x3": 2, "pool": "avg"}}],
    },
    "more tiles than an image has places for, whose filling TensorFlow's kernel refuses: accepted": {
        "input": [8, 3, 3],
        "layers": ["clahe"],
    },
    "the judge's own: a resizing that both crops and pads, which Keras refuses when it runs": {
        "input": [None, None, None, 6],
        "layers": [{"resize": {"height": 3, "width": 2, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}}],
    },
    "the judge's own: the letter that it gave an axis of `...` was that of the bias, which Keras knows not to be an axis": {
        "input": [7, 5, 3],
        "layers": [{"einsum_dense": {"equation": "...x,xy->...y", "output_shape": 3, "bias_axes": "b"}}],
    },
    "the judge's own: weights for known positions, shared with a node of unknown ones, whose sizes fit together at no number": {
        "inputs": {"a": [8, 3], "b": [None, 2]},
        "layers": [
            {"position_embedding": {"from": "a", "name": "n1"}},
            {"head": {"name": "h1", "from": "n1", "body": ["flatten"]}},
            {"position_embedding": {"share": "n1", "from": "b"}},
        ],
    },
    "the judge's own: a variance that is below 0 by chance makes numbers that are none, which a kernel refuses now here, now there": {
        "input": [None, None, 1],
        "layers": [{"batch_norm": {"moving_variance_initializer": "he_normal"}}, "clahe"],
    },
}
