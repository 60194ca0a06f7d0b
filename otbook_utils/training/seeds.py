"""Repeatable randomness."""

import random

import numpy as np
import torch


def seed_everything(seed: int) -> int:
    """Seed Python's, NumPy's and torch's generators and return the seed.

    seed: a whole number from 0 to 2**32 - 1 (the range of NumPy's generator).

    Raises ValueError for any other seed.

    >>> seed_everything(0)
    0
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {seed!r}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return seed
