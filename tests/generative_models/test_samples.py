"""What the models agree on: shapes, ranges, and log-likelihoods against torch's distributions."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal

from otbook_utils.generative_models.samples import (
    checked_range,
    checked_samples,
    checked_shape,
    log_likelihood,
)


@pytest.mark.parametrize("shape", [0, -1, 1.5, True, "ab", (), (3, 0), None])
def test_an_impossible_shape_is_named(shape):
    with pytest.raises(ValueError, match="size must be"):
        checked_shape(shape, "size")


@pytest.mark.parametrize("x", [torch.zeros(0, 3), torch.zeros(3), torch.zeros(2, 4)])
def test_another_shape_is_refused(x):
    with pytest.raises(ValueError, match="x must") as told:
        checked_samples(x, (3,))
    assert str(tuple(x.shape)) in str(told.value)


def test_another_type_is_refused():
    with pytest.raises(ValueError, match="int64"):
        checked_samples(torch.zeros(2, 3, dtype=torch.long), (3,))
    with pytest.raises(TypeError, match="list"):
        checked_samples([[1.0]], (1,))


def test_range_is_checked_except_where_no_value_can_be_read():
    with pytest.raises(ValueError, match="from 0 to 1, got -1 to 2"):
        checked_range(torch.tensor([-1.0, 2.0]), 0, 1)
    with pytest.raises(ValueError, match="nan"):
        checked_range(torch.tensor([float("nan")]), 0, 1)
    assert torch.func.vmap(lambda x: checked_range(x, 0, 1))(torch.full((2, 2), 0.5)).shape == (
        2,
        2,
    )


@pytest.mark.parametrize("lead", [(), (4,), (4, 3)])
@pytest.mark.parametrize("shape", [(5,), (1, 2, 3)])
def test_log_likelihood_is_that_of_torchs_distributions(lead, shape):
    torch.manual_seed(0)
    outputs, x = torch.randn(*lead, 6, *shape), torch.rand(6, *shape).round()
    over = tuple(range(-len(shape), 0))
    wanted = Bernoulli(logits=outputs).log_prob(x).sum(over)
    torch.testing.assert_close(log_likelihood(outputs, x, "bernoulli"), wanted)
    wanted = Normal(outputs, 0.3).log_prob(x).sum(over)
    torch.testing.assert_close(log_likelihood(outputs, x, "gaussian", 0.3), wanted)
