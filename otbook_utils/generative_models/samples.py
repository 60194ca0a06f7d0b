"""What the models of this part agree on: how a batch of samples looks, and plain layers for it."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


def checked_shape(shape: int | Sequence[int], name: str = "shape") -> tuple[int, ...]:
    """Return the shape of one sample as a tuple of whole numbers of at least 1.

    Raises ValueError naming the argument.

    >>> checked_shape(64), checked_shape([1, 8, 8])
    ((64,), (1, 8, 8))
    """
    sizes = (shape,) if isinstance(shape, int) and not isinstance(shape, bool) else shape
    try:
        sizes = tuple(sizes)
    except TypeError:
        sizes = ()
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in sizes)
    if not sizes or not whole:
        raise ValueError(f"{name} must be a whole number of at least 1, or several, got {shape!r}")
    return sizes


def checked_image_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """Return (channels, height, width) with height and width multiples of 4; else ValueError."""
    sizes = checked_shape(shape)
    if len(sizes) != 3 or sizes[1] % 4 or sizes[2] % 4:
        raise ValueError(
            "shape must be (channels, height, width) with height and width multiples of 4, "
            f"got {shape!r}"
        )
    return sizes


def checked_samples(x: Tensor, shape: Sequence[int], name: str = "x") -> Tensor:
    """Return `x` if it is a batch (batch, *shape) of floating-point numbers and not empty.

    Raises TypeError for what is no tensor, ValueError for another shape or type.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(x).__name__}")
    if not x.is_floating_point():
        kind = str(x.dtype).removeprefix("torch.")
        raise ValueError(f"{name} must be floating-point numbers, got {kind}")
    if x.dim() != len(shape) + 1 or tuple(x.shape[1:]) != tuple(shape):
        wanted = ", ".join(["batch", *map(str, shape)])
        raise ValueError(f"{name} must have the shape ({wanted}), got {tuple(x.shape)}")
    if len(x) == 0:
        raise ValueError(f"{name} must hold at least one sample, got the shape {tuple(x.shape)}")
    return x


def checked_range(x: Tensor, low: float, high: float, name: str = "x") -> Tensor:
    """Return `x` if all of it lies from `low` to `high`; raises ValueError if not.

    Under `torch.func.vmap` no value of a tensor that is mapped over can be read: `x` then passes.
    """
    try:
        inside = bool(((x >= low) & (x <= high)).all())
    except RuntimeError:
        return x
    if not inside:
        raise ValueError(
            f"{name} must lie from {low:g} to {high:g}, got {x.min().item():.3g} to "
            f"{x.max().item():.3g}"
        )
    return x


def dense_layers(sizes: Sequence[int], activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Return linear layers of these sizes, with the activation between them and not after the last.

    >>> [type(layer).__name__ for layer in dense_layers([64, 32, 2])]
    ['Linear', 'ReLU', 'Linear']
    """
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers[:-1])


def log_likelihood(outputs: Tensor, x: Tensor, likelihood: str, noise: float = 1.0) -> Tensor:
    """Return ln p(x | outputs), summed over all but the first dimensions: those of `outputs`
    before the shape of one sample.

    x: (batch, *shape); outputs: (..., batch, *shape), returned shape: (..., batch), in nats.
    likelihood: "bernoulli" takes outputs as logits of pixels that are 1, and x from 0 to 1;
    "gaussian" takes them as means, each number of x scattered around its mean with the standard
    deviation `noise`.

    For values between 0 and 1 the Bernoulli formula is no density, since it does not integrate to
    one: it is then the cross-entropy.

    >>> import torch
    >>> log_likelihood(torch.zeros(1, 3), torch.ones(1, 3), "bernoulli")  # three fair coins
    tensor([-2.0794])
    """
    if likelihood == "bernoulli":
        each = x * outputs - nn.functional.softplus(outputs)
    else:
        each = -0.5 * ((x - outputs) / noise).square() - 0.5 * math.log(2 * math.pi * noise**2)
    return each.flatten(start_dim=outputs.dim() - x.dim() + 1).sum(-1)


def checked_likelihood(likelihood: str, noise: float) -> None:
    """Raise ValueError unless the likelihood is known and its noise positive and finite."""
    if likelihood not in ("bernoulli", "gaussian"):
        raise ValueError(f'likelihood must be "bernoulli" or "gaussian", got {likelihood!r}')
    if not (isinstance(noise, int | float) and 0 < noise < math.inf):
        raise ValueError(f"noise must be a positive number, got {noise!r}")
