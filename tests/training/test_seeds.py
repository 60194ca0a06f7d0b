import random

import numpy as np
import pytest
import torch

from otbook_utils.training import seed_everything


def draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), torch.rand(1).item()


def test_the_same_seed_gives_the_same_numbers_from_all_three_generators():
    seed_everything(7)
    first = draws()
    seed_everything(7)
    assert draws() == first


def test_another_seed_gives_other_numbers_from_each_generator():
    seed_everything(7)
    first = draws()
    seed_everything(8)
    assert all(one != other for one, other in zip(first, draws(), strict=True))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "3", None, True])
def test_an_impossible_seed_is_named(seed):
    with pytest.raises(ValueError, match=f"seed must be a whole number.*{seed}"):
        seed_everything(seed)
