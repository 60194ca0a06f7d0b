"""Repeatable randomness."""

import random

import numpy as np
import torch

from otbook_utils.training.threads import settle_threads


def seed_everything(seed: int) -> int:
    """Seed Python's, NumPy's and torch's generators and return the seed.

    seed: a whole number from 0 to 2**32 - 1 (the range of NumPy's generator).

    What a chapter computes is small, so this also lets the process compute in one thread, unless
    you chose (`settle_threads`).

    Raises ValueError for any other seed.

    >>> seed_everything(0)
    0
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {seed!r}")
    settle_threads()
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return seed
