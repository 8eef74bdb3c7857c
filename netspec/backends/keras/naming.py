"""Names of operations: Keras counts them by itself, and may come to one that a layer bears or that came before."""

from __future__ import annotations

from netspec.backends.keras.types import Keras, KerasObject, KerasTensor


def name_operations(keras: Keras, ends: list[KerasTensor]) -> None:
    """Give operations other names where Keras counted them up to one that is taken, which no model may have twice.

    Its counts run through the whole process, so that an operation `pad` meets the node `pad` in the first model that is made
    and in no other. `keras.Function`, which knows what lies between tensors, refuses such names itself, so the tensors are
    asked from where they come.

    Args:
        keras: The module.
        ends: The inputs and outputs of a model that is to be made.
    """
    names: dict[str, KerasObject] = {"keras": keras}
    exec(NAMED, names)
    names["named"](*ends)


# As it stands in a script, whose model it begins: `keras.Model(*named(inputs, outputs))`.
NAMED = '''def named(*ends):
    """Give operations other names where Keras counted them up to one that a layer bears."""
    calls, waiting = {}, keras.tree.flatten(ends)
    while waiting:
        step, call, _ = waiting.pop()._keras_history
        if (step, call) not in calls:
            calls[step, call] = None
            waiting += step._inbound_nodes[call].input_tensors
    steps = dict.fromkeys(step for step, _ in calls)
    names = {step.name for step in steps if isinstance(step, keras.Layer)}
    for step in steps:
        if not isinstance(step, keras.Layer):
            name, number = step.name, 0
            while step.name in names:
                step.name, number = f"{name}_step_{number}", number + 1
            names.add(step.name)
    return ends'''
