"""Which devices share the batches or the weights of a run, and what cannot be shared."""

from __future__ import annotations

import shlex

from netspec.backends.keras.types import Keras, KerasObject
from netspec.backends.requirements import on_jax
from netspec.spec.training_settings import ModelParallel, OneDevice
from netspec.training.devices import Machine, Spread, data_parallel
from netspec.training.hosts import Hosts
from netspec.training.layouts import Layouts
from netspec.training.plan import Plan
from netspec.training.progress import Progress


class Sharing:
    """How a plan is shared on a machine. Raises SpecError where it cannot be.

    Args:
        keras: the module.
        plan: what is to be trained.
        here: the backend and the devices.
        hosts: the processes of the run.
        progress: where it is told what was decided.
    """

    def __init__(self, keras: Keras, plan: Plan, here: Machine, hosts: Hosts, progress: Progress) -> None:
        self._plan = plan
        self._here = here
        self._hosts = hosts
        self._progress = progress
        self._layouts: Layouts | None = None
        self.spread = Spread(keras, self._parallel(keras), hosts)
        if self.spread.devices > 1:
            self._check_batches(self.spread.shares)

    def check(self) -> None:
        """Once the network is built: raise SpecError where a layout does not fit its weights."""
        if self._layouts is not None:
            self._layouts.check()

    def _parallel(self, keras: Keras) -> KerasObject:
        plan, here, how = self._plan, self._here, self._plan.train.distribute
        if isinstance(how, ModelParallel):
            if here.backend != "jax":
                message = (
                    f"`model_parallel` shares weights on the JAX backend alone: on {here.backend}, Keras's distribution API takes "
                    f"the same words and shares nothing; {self._command}"
                )
                raise plan.refusal("NS706", message, "distribute")
            self._layouts = Layouts(plan, how)
            return self._layouts.distribution(keras, self._hosts)
        if isinstance(how, OneDevice):
            if self._hosts.count > 1:
                message = f"`distribute: none` is for one device, and {self._hosts.count} processes were started to train together"
                raise plan.refusal("NS706", message, "distribute")
            return None
        if here.devices == 1:
            return None
        if here.backend != "jax":
            self._progress.note(
                f"one of {here.devices} {here.kind.upper()}s is used: batches are shared among devices with the JAX "
                f"backend, not with {here.backend}: {self._command}"
            )
            return None
        return data_parallel(keras, self._hosts)

    def _check_batches(self, shares: int) -> None:
        size = self._plan.train.batch_size
        if size % shares:
            below = (size // shares) * shares
            near = f"{below} or {below + shares}" if below else str(shares)
            alone = "" if self._hosts.count > 1 else ", or `distribute: none`"
            message = f"a batch of {size} cannot be shared among {shares} devices; take {near}{alone}"
            raise self._plan.refusal("NS706", message, "batch_size")

    @property
    def _command(self) -> str:
        return on_jax(shlex.quote(self._plan.spec.path))
