"""Where a training computes: device, precision, compilation, and the processes that share it."""

import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

PRECISIONS = ("32-true", "bf16-mixed")


class Place(ExitStack):
    """The device, the precision and this process's part of each batch; undone when it is left.

    modules: moved in place. optimizers: those that update them.
    device: where to; None leaves the modules where they are.
    precision: "32-true", or "bf16-mixed": what modules compute, but neither their weights nor what
    they return, is bfloat16.
    compile: True or a mode of `torch.compile`: of the modules' `forward`.

    Started by torchrun, all processes train one and the same state: each takes its equal part of
    every batch, and an optimiser averages the gradients over them before it steps. lightning-fabric
    finds the processes and their devices; it is loaded only for them and for mixed precision.

    Raises ValueError for an unknown precision.
    """

    def __init__(
        self,
        modules: list[nn.Module],
        optimizers: list[Optimizer],
        device: torch.device | str | None = None,
        precision: str = "32-true",
        compile: bool | str = False,
    ) -> None:
        super().__init__()
        self.modules = modules
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
        self.world, self.rank, self.fabric = int(os.environ.get("WORLD_SIZE", 1)), 0, None
        self.device = torch.device(device) if device is not None else _device_of(modules)
        if self.world > 1 or precision != "32-true":
            self._open_fabric(precision)
        on_gpu = self.device.type == "cuda"
        if on_gpu:  # no kernel that depends on timing: a resumed run goes on with the same bits
            torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        # channels_last: the layout of the tensor cores, so no kernel transposes first.
        layout = torch.channels_last if on_gpu else torch.preserve_format
        for module in modules:
            module.to(self.device, memory_format=layout)
            if precision != "32-true" or compile:
                self._rewrite(module, compile)
        if self.world > 1:
            self._share(modules, optimizers)

    def _open_fabric(self, precision: str) -> None:
        from lightning_fabric import Fabric

        if self.world > 1:
            local = int(os.environ.get("LOCAL_WORLD_SIZE", self.world))
            spread = {"strategy": "ddp", "devices": local, "num_nodes": self.world // local}
        else:
            on_cuda, which = self.device.type == "cuda", self.device.index
            which = torch.cuda.current_device() if on_cuda and which is None else which
            spread = {"devices": [which] if on_cuda else 1}
        self.fabric = Fabric(accelerator=self.device.type, precision=precision, **spread)
        self.fabric.launch()
        self.device, self.rank = self.fabric.device, self.fabric.global_rank

    def _rewrite(self, module: nn.Module, compile: bool | str) -> None:
        """Let a module compute in this place's precision, compiled where asked."""
        forward = type(module).forward
        if compile:
            mode = "default" if compile is True else compile
            import torch._inductor.config as inductor

            if hasattr(inductor, "deterministic"):
                # Else Inductor times variants of a reduction, and the fastest may differ next time.
                inductor.deterministic = True
            forward = torch.compile(forward, mode=mode, dynamic=False)
        # Bound anew, so that a copy of the module calls itself.
        module.forward = MethodType(_in_precision(forward, self.fabric), module)
        self.callback(delattr, module, "forward")

    def _share(self, modules: list[nn.Module], optimizers: list[Optimizer]) -> None:
        """Begin with the first process's weights, and average gradients before every step."""
        if any(isinstance(part, _BatchNorm) for m in modules for part in m.modules()):
            warnings.warn(
                f"batch norm averages over each of the {self.world} processes' own part of a "
                "batch, so this does not train as one process would (on GPUs, "
                "nn.SyncBatchNorm.convert_sync_batchnorm does)",
                stacklevel=4,
            )
        for module in modules:
            for tensor in module.state_dict().values():
                torch.distributed.broadcast(tensor, 0)
        for optimizer in optimizers:
            hook = optimizer.register_step_pre_hook(partial(_average_gradients, self.world))
            self.callback(hook.remove)

    def move(self, batch: Any) -> Any:
        """Return a batch on the device; of several processes, this one's part of it."""
        if self.world == 1 and self.device.type == "cpu":
            return batch
        return _mapped(batch, self._moved)

    def _moved(self, tensor: torch.Tensor) -> torch.Tensor:
        if self.world > 1:
            if tensor.ndim == 0 or len(tensor) % self.world:
                raise ValueError(
                    f"a batch must be divisible by the {self.world} processes, "
                    f"got a tensor of the shape {tuple(tensor.shape)}"
                )
            tensor = tensor.chunk(self.world)[self.rank]
        return tensor.to(self.device, non_blocking=True)

    def average(self, values: torch.Tensor) -> torch.Tensor:
        """Return the mean over all processes."""
        values = values.to(self.device)
        return values if self.world == 1 else self.fabric.all_reduce(values, reduce_op="mean")

    def from_all(self, value: Any) -> list[Any]:
        """Return the plain values of all processes, in their order."""
        if self.world == 1:
            return [value]
        values = [None] * self.world
        torch.distributed.all_gather_object(values, value)
        return values

    def agreed(self, value: Any) -> Any:
        """Return the first process's value."""
        return value if self.world == 1 else self.fabric.broadcast(value)


def best_precision() -> str:
    """Return "bf16-mixed" where the GPU computes in bfloat16, else "32-true".

    bfloat16 keeps float32's range, so no loss scaling is needed.

    >>> best_precision() in PRECISIONS
    True
    """
    fast = torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)
    return "bf16-mixed" if fast else "32-true"


def whole_batch(part: torch.Tensor) -> torch.Tensor:
    """Return the whole batch's rows from every process's part: (b, …) to (processes · b, …).

    A loss that is no plain mean over the batch (weighted classes, a distance between two samples)
    is that of one process if it is taken of `whole_batch(logits)` and `whole_batch(labels)`.
    Gradients flow through. In a single process it is `part` itself.

    >>> whole_batch(torch.ones(3)).shape
    torch.Size([3])
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return part
    if not part.requires_grad:
        parts = [torch.empty_like(part) for _ in range(torch.distributed.get_world_size())]
        torch.distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts)
    # Each process takes the loss of the whole batch. The gradient that flows back is summed over
    # them here, and the mean that is taken when an optimiser steps makes it that of one.
    from torch.distributed.nn.functional import all_gather

    return torch.cat(all_gather(part))


def _device_of(modules: list[nn.Module]) -> torch.device:
    found = (p.device for module in modules for p in module.parameters())
    return next(found, torch.device("cpu"))


def _in_precision(forward: Callable, fabric: Any) -> Callable:
    def compute(self: nn.Module, *inputs: Any, **named: Any) -> Any:
        if fabric is None:
            return forward(self, *inputs, **named)
        with fabric.autocast():
            return _mapped(forward(self, *inputs, **named), _in_float32)

    return compute


def _in_float32(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _mapped(value: Any, function: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Return `value` with the function applied to all its tensors, in lists, tuples and dicts."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, Mapping):
        return {name: _mapped(part, function) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_mapped(part, function) for part in value))
    if isinstance(value, list | tuple):
        return type(value)(_mapped(part, function) for part in value)
    return value


def _average_gradients(world: int, optimizer: Optimizer, *_: Any) -> None:
    gradients = [
        p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None
    ]
    if not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])  # one message for all
    torch.distributed.all_reduce(flat)
    sizes = [gradient.numel() for gradient in gradients]
    for gradient, mean in zip(gradients, (flat / world).split(sizes), strict=True):
        gradient.copy_(mean.view_as(gradient))
