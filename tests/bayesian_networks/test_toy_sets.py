"""The toy sets are what they say."""

import pytest
import torch

from otbook_utils.bayesian_networks.toy_sets import NOISE, gap_regression


def test_the_gap_is_empty_and_the_noise_as_told():
    x, y = gap_regression(5000, seed=3)
    assert x.abs().min() >= 1 and x.abs().max() <= 4
    assert abs((x > 0).float().mean() - 0.5) < 0.05
    rest = y - x.sin()
    assert abs(rest.std() / NOISE - 1) < 0.05 and abs(rest.mean()) < 0.01


def test_a_seed_decides_the_data_and_leaves_torch_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    same, other = (gap_regression(9, seed)[0] for seed in (1, 2))
    assert torch.equal(gap_regression(9, 1)[0], same) and not torch.equal(same, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_no_data_are_refused():
    with pytest.raises(ValueError, match="n must be"):
        gap_regression(0)
