"""The page of a kind, and the example on it."""

from __future__ import annotations

from netspec.kinds import Kind
from netspec.kinds.window import Windowed
from netspec.options import Choice, Integer, IntegerList, ListOf, Number, Numbers, Option, Sizes, Text
from netspec.report.pages.options import choices, option_table, options_by_name, paragraphs
from netspec.report.pages.parts import CodeBlock, Heading, Page, Paragraph, Title


def kind_page(cls: type[Kind]) -> Page:
    """What a kind does, its shape formula, its hyperparameters, the Keras layer it becomes, and an example."""
    page: Page = [Title(cls.spec_name), *map(Paragraph, paragraphs(cls))]
    if issubclass(cls, Windowed):
        page += [Heading("Output shape"), Paragraph(_shape_formula(cls))]
    if cls.options:
        page += [Heading("Hyperparameters"), option_table(cls)]
    return [
        *page,
        *choices(cls),
        Heading("Wiring"),
        Paragraph(_wiring(cls)),
        Heading("In Keras"),
        Paragraph(keras_text(cls)),
        Heading("Example"),
        CodeBlock(example_of(cls), "yaml"),
    ]


def kind_summary(cls: type[Kind]) -> Page:
    """The page in short: what a kind does, its shape formula, its hyperparameters by name."""
    page: Page = [Title(cls.spec_name, cls.family), *map(Paragraph, paragraphs(cls))]
    if issubclass(cls, Windowed):
        page.append(Paragraph(_shape_formula(cls)))
    return [*page, *options_by_name(cls, "Hyperparameters")]


def keras_text(cls: type[Kind]) -> str:
    """The Keras layers that nodes of the kind become: `Dropout, with one draw for each example`."""
    names = ", ".join(f"`keras.{name}`" if name.startswith("ops.") else f"`{name}`" for name in cls.keras_layers)
    return ", ".join(filter(None, (names, cls.keras_note)))


def _shape_formula(cls: type[Windowed]) -> str:
    window = "pool_size" if "pool_size" in cls.options else "kernel_size"
    if window not in cls.options:
        size = "F is 1"
    elif "dilation_rate" in cls.options:
        size = f"F is `{window}`, or `dilation_rate * ({window} - 1) + 1`"
    else:
        size = f"F is `{window}`"
    return (
        f"An input of size W gives an output of size (W - F + 2*P) / S + 1 along each dimension, where {size}, S is "
        f"`strides` and P the `padding` on each side. With `padding: same` it is W / S, rounded up. `rounding` "
        f"determines what happens if the result is not a whole number."
    )


def _wiring(cls: type[Kind]) -> str:
    least, most = cls.arity
    if most == 0:
        inputs = "no input"
    elif most == 1:
        inputs = "one input"
    elif most is None:
        inputs = f"{least} or more inputs, listed in `from`" if least > 1 else "one or more inputs"
    else:
        inputs = f"{least} inputs, listed in `from`" if least == most else f"{least} to {most} inputs"
    short = f" `{cls.spec_name}: X` is short for `{cls.spec_name}: {{{cls.principal}: X}}`." if cls.principal else ""
    return (
        f"Takes {inputs}. Like every node it accepts `name`, `from`, `repeat`, `when`, `share` and `trainable`.{short}"
    )


# What an example gives for a hyperparameter that has no default, where its type alone would say little.
_SENSIBLE = {
    "filters": "64",
    "kernel_size": "3",
    "units": "128",
    "pool_size": "2",
    "groups": "4",
    "num_heads": "8",
    "key_dim": "64",
    "input_dim": "10000",
    "output_dim": "64",
    "height": "24",
    "width": "24",
    "rate": "0.5",
    "scale": "0.00392156862745098",
    "target_shape": "[-1, 3]",
    "dims": "[2, 1, 3]",
    "activation": "gelu",
    "output_size": "2",
    "equation": '"abc,cd->abd"',
    "output_shape": "[-1, 64]",
    "num_query_heads": "8",
    "num_key_value_heads": "2",
    "head_dim": "64",
    "body": "[relu]",
    "type": "mean",
    "shift": "4",
    "indices": "[0, 2]",
    "classes": "10",
    "to": "int32",
    "min": "0",
    "max": "1",
    "size": "4",
    "axes": "-1",
    "parts": "[left, right]",
}
_EXAMPLES = {
    "inception": """\
- inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}
- inception:
    branches:
      narrow: [{1x1: 64}]
      wide:
        - 1x1: 96
        - conv: {filters: 128, kernel_size: 3, padding: same}
""",
    "skip": """\
- skip:
    body:
      - conv: {filters: 64, kernel_size: 3, padding: same, use_bias: false}
      - batch_norm
    shortcut: project
""",
    "head": "- head: {name: auxiliary, body: [{global_pool: avg}, {dense: 10}, softmax]}\n",
    "conv": "- conv: {filters: 64, kernel_size: 3, padding: same, activation: relu}\n",
    "pool": "- pool: {type: max, pool_size: 3, strides: 2, padding: same}\n",
    "slice": "- slice: {stop: 2}\n",
    "where": "- greater: {from: [a, b], name: larger}\n- where: {from: [larger, a, b]}\n",
    "gather": "- gather: [0, 2]\n",
    "sampling": "- dense: {units: 8, name: mean}\n"
    "- dense: {units: 8, from: input, name: log_variance}\n"
    "- sampling: {from: [mean, log_variance]}\n",
    "window_reverse": "- window_partition: 8\n- window_reverse: 8\n",
    "matmul": "- matmul: {from: [a, b], transpose_b: true}\n",
    "split": "- split: {name: halves, parts: [left, right]}\n",
    "lstm": "- lstm: {units: 128, bidirectional: concat}\n",
}


def example_of(cls: type[Kind]) -> str:
    """A node of the kind, as it stands in a list of nodes; it holds what the kind requires."""
    if cls.spec_name in _EXAMPLES:
        return _EXAMPLES[cls.spec_name]
    values = [f"{name}: {sensible(cls.options[name])}" for name in cls.required]
    if cls.arity[0] > 1:
        values.append("from: [a, b]")
    elif not values:
        return f"- {cls.spec_name}\n"
    elif cls.required == (cls.principal,):
        return f"- {cls.spec_name}: {values[0].partition(': ')[2]}\n"
    return f"- {cls.spec_name}: {{{', '.join(values)}}}\n"


def sensible(option: Option) -> str:
    """A value for a hyperparameter that has no default, as an example would give it."""
    if option.name in _SENSIBLE:
        return _SENSIBLE[option.name]
    match option.type:
        case Integer() | Sizes():
            return "2"
        case Number() | Numbers():
            return "0.1"
        case Choice(choices=choices):
            return str(choices[0])
        case ListOf(inner=Text()):
            return "[good, bad]"
        case ListOf(inner=Number()) | IntegerList(single=False):
            return "[1, 2]"
        case _:
            return "1"  # a test checks every example
