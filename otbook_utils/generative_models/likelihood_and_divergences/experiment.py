"""The Gaussian that is closest to a density given on a grid, in either direction of KL."""

import math

from scipy.optimize import minimize
from torch import Tensor
from torch.distributions import Normal


def closest_gaussian(x: Tensor, log_p: Tensor, start: tuple[float, float]) -> tuple[float, ...]:
    """Return mean, standard deviation and KL(q‖p) of a Gaussian q that minimises KL(q‖p).

    x: (n,) an even grid that covers the mass of p and q. log_p: (n,) ln of p's density there.
    start: the mean and standard deviation to begin from; a minimum near it is found, which need
    not be the least. (The minimiser of KL(p‖q) has a closed form: mean and deviation of p.)

    Raises ValueError if the shapes differ or the deviation to begin from is not positive.

    >>> import torch
    >>> x = torch.linspace(-8, 8, 400).double()
    >>> found = closest_gaussian(x, Normal(1.0, 0.5).log_prob(x), start=(0.0, 1.0))
    >>> [round(abs(number), 2) for number in found]
    [1.0, 0.5, 0.0]
    """
    if x.shape != log_p.shape:
        raise ValueError(f"log_p must be {tuple(x.shape)} as x is, got {tuple(log_p.shape)}")
    if start[1] <= 0:
        raise ValueError(f"start must have a positive standard deviation, got {start[1]}")
    step = (x[1] - x[0]).item()

    def divergence(at: tuple[float, float]) -> float:
        log_q = Normal(at[0], math.exp(at[1])).log_prob(x)
        return ((log_q.exp() * (log_q - log_p)).sum() * step).item()

    found = minimize(divergence, (start[0], math.log(start[1])), method="Nelder-Mead")
    return float(found.x[0]), math.exp(found.x[1]), float(found.fun)
