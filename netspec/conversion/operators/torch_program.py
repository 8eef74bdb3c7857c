"""A program of PyTorch's in ONNX's operators."""

from __future__ import annotations

from netspec.conversion.model import ConversionError

# Each of these puts its operators into the table.
from netspec.conversion.operators import torch_layers, torch_recurrent, torch_tensors  # noqa: F401
from netspec.conversion.operators.program import Program, in_order
from netspec.conversion.operators.torch_operators import TABLE, Made
from netspec.conversion.operators.torch_reading import Call, Exported, Ref
from netspec.diagnostics.words import show

OPSET = 18  # whose operators are meant
ATEN = "torch.ops.aten."
# What is only said of sizes, or checked as the program runs.
_SAYS_NOTHING = ("_assert", "sym_constrain_range", "_assert_scalar", "_assert_tensor_metadata", "_assert_async")
_SIZES = {
    "_operator.mul": "Mul",
    "_operator.add": "Add",
    "_operator.sub": "Sub",
    "_operator.floordiv": "Div",
    "_operator.truediv": "Div",
}


def _references(call: Call) -> list[Ref]:
    """The tensors among the arguments of an operator."""
    values = [each for value in call.arguments.values() for each in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, Ref) and value.name]


def is_known(target: str) -> bool:
    """Is an operator of PyTorch's among those that are converted here?"""
    return target in _SIZES or (target.startswith(ATEN) and _word(target) in TABLE)


def _word(target: str) -> str:
    return target.removeprefix(ATEN).partition(".")[0].removesuffix("_")


def program_of(exported: Exported) -> Program:
    """A program in ONNX's operators. Raises ConversionError where an argument is not as PyTorch has it."""
    made = Made(exported)
    for call in exported.calls:
        if any(call.target.startswith(f"{ATEN}{word}") for word in _SAYS_NOTHING) or not any(call.outputs):
            continue
        made.call = call
        try:
            if call.target in _SIZES:
                made.put(_SIZES[call.target], [made.name(call.arguments[word]) for word in ("a", "b")])
            elif is_known(call.target):
                TABLE[_word(call.target)](made, call)
            else:
                made.put(call.target, [made.name(each) for each in _references(call)])
        except ConversionError:
            raise
        except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
            raise ConversionError("has arguments that PyTorch's operator does not have", call.name) from None
    known = {*made.constants, *(each.name for each in exported.inputs)}
    operators = in_order(tuple(made.operators), known)
    outputs = {name: name for name in exported.outputs}
    ends = known.union(*(each.outputs for each in operators))
    for name in outputs:
        if name not in ends:
            raise ConversionError(f"its output {show(name)} is made by nothing")
    return Program(
        exported.name,
        exported.inputs,
        operators,
        made.constants,
        outputs,
        OPSET,
        exported.precision,
        exact_names=True,
    )
