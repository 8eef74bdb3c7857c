"""Loss and metrics of a network on the tests of a dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from netspec.backends.keras.types import Keras, KerasModel
from netspec.data.dataset import Dataset
from netspec.training.devices import WHOLE, Share
from netspec.training.feeding import NO_WEIGHING, Feed, Weighing, for_fit
from netspec.training.interruption import Interruption
from netspec.training.objective import figures_of

Results = dict[str, dict[str, float]]


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
) -> Results:
    """The metrics of a compiled model by test: `test`, and what the source measures beside it."""
    watch = keras.callbacks.LambdaCallback(
        on_test_batch_end=lambda step, logs: interruption.check() if interruption is not None else None
    )
    results: Results = {}
    for name, split in {"test": dataset.test, **dataset.extra_tests}.items():
        feed = Feed(split, batch_size, outputs=outputs, share=share, weighing=weighing)
        try:
            logs = model.evaluate(for_fit(keras, feed), return_dict=True, verbose=0, callbacks=[watch])
        except Exception:
            if feed.error is not None:
                raise feed.error from None
            raise
        finally:
            feed.close()
        figures = figures_of(logs)
        results[name] = {"examples": split.size, **{name: figures[name] for name in metric_names if name in figures}}
    return results
