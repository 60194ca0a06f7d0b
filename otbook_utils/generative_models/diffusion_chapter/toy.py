"""Eight small clouds on a ring of unit variance: data whose denoiser is known in closed form."""

import math

import ot
import torch
from torch import Tensor

RADIUS, SPREAD = 1.4, 0.1
_ANGLES = torch.arange(8) * (math.pi / 4)
CENTRES = RADIUS * torch.stack([_ANGLES.cos(), _ANGLES.sin()], dim=1)


def ring(*shape: int) -> Tensor:
    """Return points (*shape, 2) of the ring: a centre by chance, and noise around it.

    >>> ring(3, 100).shape
    torch.Size([3, 100, 2])
    """
    return CENTRES[torch.randint(8, shape)] + SPREAD * torch.randn(*shape, 2)


def transport(x: Tensor, y: Tensor) -> float:
    """Return the 1-Wasserstein distance between points (n, d) and (m, d), by POT's exact solver.

    >>> round(transport(torch.zeros(3, 2), torch.tensor([[3.0, 4.0]])), 6)
    5.0
    """
    cost = torch.cdist(x.double(), y.double()).numpy()
    return float(ot.emd2([], [], cost, numItermax=1_000_000))
