"""What the contest measures, and what a batch costs on average, against closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.optimal_transport.losses_between_distributions.experiment import (
    best_overlap,
    exact_costs,
    fit_scale_and_bias,
    named_both,
)


def rows(seed, *shape):
    weights = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) + 0.01
    return weights / weights.sum(-1, keepdim=True)


@given(st.integers(0, 10_000))
def test_cost_with_all_mistakes_alike_is_total_variation(seed):
    p, q = rows(seed, 2, 3, 5), rows(seed + 1, 2, 3, 5)
    wanted = 0.5 * (p - q).abs().sum(-1).mean(1)
    torch.testing.assert_close(exact_costs(p, q, 1 - torch.eye(5)).float(), wanted)


def test_rows_of_the_cost_are_what_is_predicted():
    C = torch.tensor([[0.0, 7.0, 1.0], [2.0, 0.0, 1.0], [3.0, 4.0, 0.0]])
    said, true = torch.eye(3)[1].reshape(1, 1, 3), torch.eye(3)[0].reshape(1, 1, 3)
    assert exact_costs(said, true, C).item() == 2


def test_predictions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"p must be \(1, 2, 3\) as q is, got \(1, 2, 4\)"):
        exact_costs(rows(0, 1, 2, 4), rows(0, 1, 2, 3), torch.eye(3))


def test_order_of_the_two_on_top_does_not_matter_and_single_classes_do_not_count():
    q = torch.tensor([[[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 1.0, 0]]])
    p = torch.tensor([[[0.2, 0.7, 0.1], [0.4, 0.5, 0.1], [0, 1.0, 0]]])
    assert named_both(p, q).tolist() == [0.5]


def test_each_seed_gets_a_fit_of_its_own():
    z = torch.zeros(2, 4, 3)
    wanted = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7]])
    fitted = fit_scale_and_bias(
        z, wanted[:, None].expand(2, 4, 3), torch.nn.CrossEntropyLoss(), steps=400
    )
    torch.testing.assert_close(fitted(z)[:, 0].softmax(-1), wanted, atol=0.02, rtol=0)


def test_overlap_of_single_points_is_zero_on_average():
    # One pair has a mean of 0 and a variance of d; four standard errors of 4,000 pairs.
    assert abs(best_overlap(1, 3, repeats=4000)) < 4 * np.sqrt(3 / 4000)


def test_overlap_of_two_points_on_a_line_has_its_closed_form():
    # The better of two matchings: E max(0, (z1 - z2)(y1 - y2)) / 2 more than nothing; with
    # differences of variance 2 this is E|u||v| / 2 = (2 / sqrt(pi))^2 / 4 = 1 / pi.
    assert abs(best_overlap(2, 1, repeats=20_000) - 1 / np.pi) < 0.02
