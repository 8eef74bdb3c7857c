"""A network as a module of PyTorch: Python that somebody who uses PyTorch would have written, and the weights beside it.

Each node becomes a `Step`: an expression, and the module that it calls (`table` says by which function, a file a family). A
step says whether it wants the channels of what it reads first, as PyTorch's convolutions do, or last, as Keras's layers keep
them; between steps that differ `forward` turns the tensor. `units` finds what stands together in a class: the uses of a block,
and compositions that are repeated. Units that are built alike are one class, whose params are what differs (`classes`).

What is written is run once and compared with the Keras model before it is kept (`running`).
"""

from netspec.backends.torch.running import TorchModule, difference, save, torch_module

__all__ = ["TorchModule", "difference", "save", "torch_module"]
