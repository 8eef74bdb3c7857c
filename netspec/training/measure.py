"""Loss and metrics of a network on the tests of a dataset."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from netspec.backends.keras.types import Keras, KerasModel, KerasTensor
from netspec.data.dataset import Dataset, Split
from netspec.training.devices import WHOLE, Share
from netspec.training.feeding import NO_WEIGHING, Feed, Weighing, for_fit
from netspec.training.interruption import Interruption
from netspec.training.judging import PREFIX
from netspec.training.objective import figures_of

Results = dict[str, dict[str, float]]
Observer = Callable[
    [str, Split, Mapping[str, KerasTensor]], None
]  # a test, its examples, what Keras reports of a batch


def finite(results: Results) -> dict[str, dict[str, float | None]]:
    """For JSON, which has no word for what is not a finite number but null."""
    return {
        name: {metric: value if math.isfinite(value) else None for metric, value in result.items()}
        for name, result in results.items()
    }


def measure(
    keras: Keras,
    model: KerasModel,
    dataset: Dataset,
    *,
    outputs: tuple[str, ...],
    metric_names: Sequence[str],
    batch_size: int,
    weighing: Mapping[str, Weighing] = NO_WEIGHING,
    share: Share = WHOLE,
    interruption: Interruption | None = None,
    observer: Observer | None = None,
) -> Results:
    """The metrics of a compiled model by test: `test`, and what the source measures beside it.

    `observer` is called after each batch, in the order of the examples.
    """
    results: Results = {}
    for name, split in {"test": dataset.test, **dataset.extra_tests}.items():

        def batch_ends(
            step: int, logs: Mapping[str, KerasTensor] | None, *, name: str = name, split: Split = split
        ) -> None:
            if interruption is not None:
                interruption.check()
            if observer is not None:
                observer(name, split, logs or {})

        watch = keras.callbacks.LambdaCallback(on_test_batch_end=batch_ends)
        feed = Feed(split, batch_size, outputs=outputs, share=share, weighing=weighing)
        try:
            logs = model.evaluate(for_fit(keras, feed), return_dict=True, verbose=0, callbacks=[watch])
        except Exception:
            if feed.error is not None:
                raise feed.error from None
            raise
        finally:
            feed.close()
        figures = figures_of({name: value for name, value in logs.items() if not name.startswith(PREFIX)})
        results[name] = {"examples": split.size, **{name: figures[name] for name in metric_names if name in figures}}
    return results
