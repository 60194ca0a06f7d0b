"""Small data sets that the chapters of this part share."""

import torch
from torch import Tensor

NOISE = 0.1  # standard deviation of the noise in `gap_regression`


def gap_regression(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return x and y = sin x + noise, each (n, 1), with no x in (-1, 1) and none beyond ±4.

    The noise is normal with the deviation 0.1. Torch's generator is left alone.
    Raises ValueError for n below 1.

    >>> x, y = gap_regression(50)
    >>> bool(x.abs().min() >= 1), bool(x.abs().max() <= 4), y.shape
    (True, True, torch.Size([50, 1]))
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    generator = torch.Generator().manual_seed(seed)
    size = 1 + 3 * torch.rand(n, 1, generator=generator)
    x = size * (2 * torch.randint(2, (n, 1), generator=generator) - 1)
    return x, torch.sin(x) + NOISE * torch.randn(n, 1, generator=generator)
