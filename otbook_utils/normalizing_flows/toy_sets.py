"""Two moons, the data in the plane that this part's flows learn first."""

import math

import torch
from sklearn.datasets import make_moons
from torch import Tensor

CENTRE, SPREAD = torch.tensor([0.5, 0.25]), torch.tensor([0.868, 0.498])


def two_moons(n: int, seed: int, noise: float = 0.05) -> tuple[Tensor, Tensor]:
    """Return n points (n, 2) of two moons, moved and stretched to mean 0 and variance 1 (but for
    the noise), and to which moon each belongs, (n,), 0 or 1.

    >>> x, labels = two_moons(1000, seed=0)
    >>> x.shape, labels.unique()
    (torch.Size([1000, 2]), tensor([0, 1]))
    """
    x, labels = make_moons(n, noise=noise, random_state=seed)
    return (torch.tensor(x, dtype=torch.float32) - CENTRE) / SPREAD, torch.tensor(labels)


def moons_log_density(x: Tensor, noise: tuple[float, float] = (0.05, 0.05)) -> Tensor:
    """Return ln p(x), (n,), of the density from which `two_moons` draws, for x (n, 2), in nats.

    noise: deviation around each moon, before stretching. Each arc is summed up at 200 places.

    >>> far, near = moons_log_density(torch.tensor([[5.0, 5.0], [-0.576, 1.506]]))
    >>> bool(far < -100), bool(near > -1)
    (True, True)
    """
    angle = torch.linspace(0, math.pi, 201, dtype=torch.float64)[:-1] + math.pi / 400
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    arcs = (upper, torch.tensor([1.0, 0.5], dtype=torch.float64) - upper)
    places = (x.double() * SPREAD + CENTRE).split(10_000)  # in pieces, for the memory's sake
    each = [
        torch.cat([torch.logsumexp(-torch.cdist(y, arc).square() / (2 * w**2), 1) for y in places])
        - math.log(2 * 200 * 2 * math.pi * w**2)
        for arc, w in zip(arcs, noise, strict=True)
    ]
    return torch.logsumexp(torch.stack(each), 0) + math.log(SPREAD.prod().item())
