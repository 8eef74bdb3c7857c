"""Where the cursor stands in the texts of which editors are asked, and what they are asked."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A question to a server.

    Attributes:
        name: What it is about.
        language: Whose server is asked.
        asked: `completions`, `hover` or `problems`.
        text: The document, with the cursor in it where a place is asked about.
    """

    name: str
    language: str
    asked: str
    text: str


HEAD = "netspec: 1\ninput: [8, 8, 3]\n"
LAYERS = f"{HEAD}layers:\n"
TRAIN = f"{LAYERS}  - flatten\n  - dense: 3\ntrain:\n"


def _yaml(asked: str, texts: dict[str, str]) -> list[Position]:
    return [Position(name, "yaml", asked, text) for name, text in texts.items()]


def _json(asked: str, texts: dict[str, str]) -> list[Position]:
    whole = '{{"netspec": 1, "input": [8, 8, 3], "layers": [{}]}}'
    return [Position(name, "json", asked, whole.format(text)) for name, text in texts.items()]


POSITIONS = [
    *_yaml(
        "completions",
        {
            "the top": f"{LAYERS}  - flatten\n‸",
            "the top, of nothing": "‸",
            "a key of the top": f"{HEAD}lay‸",
            "the input as a map": "netspec: 1\ninput:\n  ‸\nlayers: [flatten]\n",
            "the input's type": "netspec: 1\ninput: {shape: [8, 8, 3], dtype: ‸}\nlayers: [flatten]\n",
            "a node": f"{LAYERS}  - ‸",
            "a node between nodes": f"{LAYERS}  - flatten\n  - ‸\n  - relu\n",
            "a node begun": f"{LAYERS}  - co‸",
            "a node where there are defaults": f"{HEAD}defaults:\n  conv: {{kernel_size: 3}}\nlayers:\n  - co‸",
            "hyperparameters": f"{LAYERS}  - conv:\n      ‸",
            "a hyperparameter begun": f"{LAYERS}  - conv:\n      filters: 3\n      ker‸",
            "hyperparameters of what needs none": f"{LAYERS}  - relu:\n      ‸",
            "hyperparameters in braces": f"{LAYERS}  - conv: {{filters: 3, ‸}}\n",
            "a number": f"{LAYERS}  - conv:\n      filters: ‸",
            "a choice": f"{LAYERS}  - pool:\n      type: ‸",
            "a choice in braces": f"{LAYERS}  - pool: {{type: ‸}}\n",
            "a choice begun": f"{LAYERS}  - pool:\n      type: m‸\n      pool_size: 3\n",
            "a choice or a number": f"{LAYERS}  - conv:\n      filters: 3\n      kernel_size: 3\n      padding: ‸",
            "yes or no": f"{LAYERS}  - dense:\n      units: 3\n      use_bias: ‸",
            "an activation": f"{LAYERS}  - dense:\n      units: 3\n      activation: ‸",
            "an initializer": f"{LAYERS}  - dense:\n      units: 3\n      kernel_initializer: ‸",
            "an initializer's hyperparameters": f"{LAYERS}  - dense:\n      units: 3\n      kernel_initializer:\n        truncated_normal:\n          ‸",
            "a regularizer": f"{LAYERS}  - dense:\n      units: 3\n      kernel_regularizer: ‸",
            "what stands for a choice": f"{LAYERS}  - global_pool: ‸",
            "what stands for a number": f"{LAYERS}  - dropout: ‸",
            "a shortcut": f"{LAYERS}  - skip:\n      body: [relu]\n      shortcut: ‸",
            "a skip": f"{LAYERS}  - skip:\n      ‸",
            "a node of a body": f"{LAYERS}  - skip:\n      body:\n        - ‸",
            "an inception": f"{LAYERS}  - inception:\n      ‸",
            "a node of a branch": f"{LAYERS}  - inception:\n      branches:\n        narrow:\n          - 1x1‸",
            "a node's wiring": f"{LAYERS}  - relu:\n      na‸",
            "whether a node is there": f"{LAYERS}  - relu:\n      when: ‸",
            "kinds of defaults": f"{LAYERS}  - flatten\ndefaults:\n  bat‸",
            "hyperparameters of defaults": f"{LAYERS}  - flatten\ndefaults:\n  dense:\n    ‸",
            "a block": f"{LAYERS}  - flatten\nblocks:\n  Part:\n    ‸",
            "a node of a block": f"{LAYERS}  - flatten\nblocks:\n  Part:\n    layers:\n      - gl‸",
            "limits": f"{LAYERS}  - flatten\nlimits:\n  ‸",
            "data": f"{LAYERS}  - flatten\ndata:\n  ‸",
            "a source": f"{LAYERS}  - flatten\ndata:\n  source: ‸",
            "a source's options": f"{LAYERS}  - flatten\ndata:\n  source:\n    csv:\n      ‸",
            "training": f"{TRAIN}  ‸",
            "an optimizer": f"{TRAIN}  optimizer: ‸",
            "an optimizer begun": f"{TRAIN}  optimizer:\n    ad‸",
            "an optimizer's hyperparameters": f"{TRAIN}  optimizer:\n    adam:\n      ‸",
            "a schedule": f"{TRAIN}  schedule: ‸",
            "a loss": f"{TRAIN}  loss: ‸",
            "an output's loss": f"{TRAIN}  loss:\n    main: ‸",
            "metrics": f"{TRAIN}  metrics: [‸]\n",
            "a metric": f"{TRAIN}  metrics:\n    - ‸",
            "weights of classes": f"{TRAIN}  class_weights: ‸",
            "augmentation": f"{TRAIN}  augment:\n    - ‸",
            "augmentation begun": f"{TRAIN}  augment:\n    - ran‸",
            "an augmentation's hyperparameters": f"{TRAIN}  augment:\n    - random_zoom:\n        ‸",
            "precision": f"{TRAIN}  precision: ‸",
            "devices": f"{TRAIN}  distribute: ‸",
        },
    ),
    *_yaml(
        "hover",
        {
            "a key of the top": f"{HEAD}lay‸ers: [flatten]\n",
            "the version": "net‸spec: 1\ninput: [8, 8, 3]\nlayers: [flatten]\n",
            "a kind": f"{LAYERS}  - con‸v: {{filters: 3, kernel_size: 3}}\n",
            "a kind alone": f"{LAYERS}  - re‸lu\n",
            "a kind with a number": f"{LAYERS}  - den‸se: 10\n",
            "a hyperparameter": f"{LAYERS}  - conv: {{fil‸ters: 3, kernel_size: 3}}\n",
            "a hyperparameter that several kinds have": f"{LAYERS}  - dense: {{units: 3, use_‸bias: false}}\n",
            "a choice": f"{LAYERS}  - conv: {{filters: 3, kernel_size: 3, padding: sa‸me}}\n",
            "an activation": f"{LAYERS}  - dense: {{units: 3, activation: re‸lu}}\n",
            "what stands for a choice": f"{LAYERS}  - global_pool: a‸vg\n",
            "a number": f"{LAYERS}  - conv: {{filters: 6‸4, kernel_size: 3}}\n",
            "an expression": f"{HEAD}params: {{n: 4}}\nlayers:\n  - dense: 2 * ‸$n\n",
            "wiring": f"{LAYERS}  - relu: {{fr‸om: input}}\n",
            "a body": f"{LAYERS}  - skip: {{bo‸dy: [relu]}}\n",
            "a kind in a body": f"{LAYERS}  - skip:\n      - batch_‸norm\n",
            "a kind of defaults": f"{LAYERS}  - flatten\ndefaults:\n  con‸v: {{kernel_size: 3}}\n",
            "a hyperparameter of defaults": f"{LAYERS}  - flatten\ndefaults:\n  conv: {{kernel_‸size: 3}}\n",
            "a block's params": f"{LAYERS}  - Part\nblocks:\n  Part:\n    par‸ams: {{n: 3}}\n    layers: [relu]\n",
            "a use of a block": f"{LAYERS}  - Pa‸rt\nblocks:\n  Part: {{layers: [relu]}}\n",
            "an optimizer": f"{TRAIN}  optimizer: ad‸am\n",
            "an optimizer's hyperparameter": f"{TRAIN}  optimizer: {{adam: {{learning_‸rate: 0.1}}}}\n",
            "a loss": f"{TRAIN}  loss: hu‸ber\n",
            "a limit": f"{LAYERS}  - flatten\nlimits: {{par‸ameters: 5M}}\n",
        },
    ),
    *_yaml(
        "problems",
        {
            "nothing wrong": f"{LAYERS}  - conv: {{filters: 3, kernel_size: 3}}\n  - relu\n",
            "a kind misspelt": f"{LAYERS}  - cnov: {{filters: 3, kernel_size: 3}}\n",
            "a kind misspelt, alone": f"{LAYERS}  - rleu\n",
            "a kind that cannot stand alone": f"{LAYERS}  - conv\n",
            "two kinds": f"{LAYERS}  - conv: {{filters: 3, kernel_size: 3}}\n    relu: {{}}\n",
            "a hyperparameter misspelt": f"{LAYERS}  - conv: {{filers: 3, kernel_size: 3}}\n",
            "a hyperparameter missing": f"{LAYERS}  - conv: {{filters: 3}}\n",
            "a hyperparameter missing that defaults give": f"{HEAD}defaults: {{conv: {{kernel_size: 3}}}}\nlayers:\n  - conv: {{filters: 3}}\n",
            "a hyperparameter missing that a shared node has": f"{LAYERS}  - dense: {{units: 8, name: a}}\n  - dense: {{share: a}}\n",
            "a choice misspelt": f"{LAYERS}  - conv: {{filters: 3, kernel_size: 3, padding: sme}}\n",
            "a text for a number": f"{LAYERS}  - conv: {{filters: many, kernel_size: 3}}\n",
            "a number too small": f"{LAYERS}  - conv: {{filters: 0, kernel_size: 3}}\n",
            "a number too large": f"{LAYERS}  - dropout: 1.5\n",
            "a list for a number": f"{LAYERS}  - dense: [3]\n",
            "an empty node": f"{LAYERS}  - relu\n  -\n",
            "nothing where something is needed": f"{LAYERS}  - conv:\n",
            "a key of the top misspelt": f"{HEAD}layer: [relu]\n",
            "no input": "netspec: 1\nlayers: [relu]\n",
            "two kinds of input": "netspec: 1\ninput: [3]\ninputs: {a: [3]}\nlayers: [relu]\n",
            "wiring in defaults": f"{HEAD}defaults: {{relu: {{name: a}}}}\nlayers: [relu]\n",
            "a body in defaults": f"{HEAD}defaults: {{skip: {{body: [relu]}}}}\nlayers: [relu]\n",
            "a name that is none": f"{LAYERS}  - relu: {{name: 3a}}\n",
            "a text for a size": "netspec: 1\ninput: [8, 8, three]\nlayers: [relu]\n",
            "a text for yes or no": f"{LAYERS}  - dense: {{units: 3, use_bias: yes}}\n",
            "a number that is no list": f"{LAYERS}  - conv: {{filters: 3, kernel_size: [3, 0]}}\n",
            "a number for a name": f"{LAYERS}  - relu: {{from: 1}}\n",
            "a loss misspelt": f"{TRAIN}  loss: hubert\n",
            "an optimizer misspelt": f"{TRAIN}  optimizer: adma\n",
            "what augments nothing": f"{TRAIN}  augment: [relu, {{conv: {{filters: 3, kernel_size: 3}}}}]\n",
            "a key twice": f"{LAYERS}  - relu\nlayers: [relu]\n",
            "no YAML": f"{LAYERS}  - relu: [\n",
        },
    ),
    *_json(
        "completions",
        {
            "a node": "‸",
            "a node begun": '"re‸"',
            "a node with hyperparameters": '{"co‸"}',
            "hyperparameters": '{"conv": {"filters": 3, ‸}}',
            "a choice": '{"conv": {"padding": ‸}}',
            "what stands for a choice": '{"global_pool": ‸}',
            "a shortcut": '{"skip": {"body": ["relu"], "shortcut": ‸}}',
        },
    ),
    *_json(
        "hover",
        {
            "a kind": '{"con‸v": {"filters": 3, "kernel_size": 3}}',
            "a kind alone": '"re‸lu"',
            "a hyperparameter": '{"conv": {"filters": 3, "kernel_‸size": 3}}',
            "a choice": '{"conv": {"filters": 3, "kernel_size": 3, "padding": "sa‸me"}}',
        },
    ),
    *_json(
        "problems",
        {
            "nothing wrong": '{"conv": {"filters": 3, "kernel_size": 3}}, "relu"',
            "a kind misspelt": '{"cnov": {"filters": 3}}',
            "a kind misspelt, alone": '"rleu"',
            "a hyperparameter missing": '{"conv": {"filters": 3}}',
            "a hyperparameter misspelt": '{"conv": {"filters": 3, "kernel_size": 3, "pading": 1}}',
            "a choice misspelt": '{"conv": {"filters": 3, "kernel_size": 3, "padding": "sme"}}',
            "a text for a number": '{"conv": {"filters": "many", "kernel_size": 3}}',
        },
    ),
]
