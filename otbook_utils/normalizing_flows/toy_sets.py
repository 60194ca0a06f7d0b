"""Two moons, the data in the plane that this part's flows learn first."""

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
