"""What a gradient costs: its value, the memory that autograd keeps for it, and its time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Measured:
    """A value, its slope along the costs, megabytes kept for the way back, milliseconds used."""

    value: float
    slope: Tensor
    megabytes: float
    milliseconds: float


def measure(value: Callable[[Tensor], Tensor], costs: Tensor) -> Measured:
    """Differentiate `value` along its argument at `costs`, and say what that took.

    The time is the processor's, once; it is to be looked at and not to be compared closely.

    >>> measure(lambda costs: (costs**2).sum(), torch.ones(2, 2)).slope
    tensor([[2., 2.],
            [2., 2.]])
    """
    leaf, kept = costs.clone().requires_grad_(), {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    began = time.process_time()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = value(leaf)
    (slope,) = torch.autograd.grad(result, leaf)
    seconds = time.process_time() - began
    return Measured(result.item(), slope, sum(kept.values()) / 1e6, 1000 * seconds)


def power_of_ten(number: float) -> str:
    """Return a small number in one piece that no line breaks apart.

    >>> power_of_ten(-0.0021)
    '−2·10⁻³'
    """
    digits, exponent = f"{number:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}".replace("-", "−")
