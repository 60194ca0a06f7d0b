"""The decision picture names functions that exist, and what it says of them holds."""

import importlib

import matplotlib.pyplot as plt
import ot
import pytest
import torch

import otbook_utils.optimal_transport as part
from otbook_utils.optimal_transport import which_solver

NAMES = [name for solver in which_solver.SOLVERS for name in solver.names]


def function_called(name):
    module, _, bare = name.rpartition(".")
    return getattr(importlib.import_module(module) if module else part, bare)


@pytest.mark.parametrize("name", NAMES)
def test_each_named_function_exists(name):
    assert callable(function_called(name))


def clouds(n):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 3, n, 2, generator=generator).double()


CALLS = {
    "wasserstein_1d": lambda x, y: part.wasserstein_1d(x[..., 0], y[..., 0], 2),
    "gaussian_wasserstein": lambda x, y: part.gaussian_wasserstein(
        x.mean(-2), torch.diag_embed(x.var(-2)), y.mean(-2), torch.diag_embed(y.var(-2))
    ),
    "sliced_wasserstein": lambda x, y: part.sliced_wasserstein(x, y, 2, 8),
    "sinkhorn_divergence": lambda x, y: part.sinkhorn_divergence(x, y, 0.5),
    "sinkhorn": lambda x, y: (
        part.sinkhorn(
            *torch.full((2, x.shape[-2]), 1 / x.shape[-2]).double(), torch.cdist(x, y), 0.5
        ).value
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_said_to_take_batches_takes_them_and_gives_the_gradients_said(name):
    x, y = clouds(6)
    x.requires_grad_()
    values = CALLS[name](x, y)
    assert values.shape == (3,)
    (said,) = [solver.gradient for solver in which_solver.SOLVERS if name in solver.names]
    assert values.requires_grad == (not said.startswith("none"))
    if not values.requires_grad:
        return
    (slope,) = torch.autograd.grad(values.sum(), x)
    assert torch.isfinite(slope).all() and slope.abs().sum() > 0


def test_every_solver_said_to_take_batches_is_tried():
    said = {name for solver in which_solver.SOLVERS if solver.batch for name in solver.names}
    assert said == set(CALLS)


def test_the_exact_solver_has_gradients_in_masses_and_costs():
    a = torch.tensor([0.3, 0.7]).double().requires_grad_()
    cost = torch.tensor([[0.0, 1], [2, 0]]).double().requires_grad_()
    ot.emd2(a, torch.tensor([0.5, 0.5]).double(), cost).backward()
    assert a.grad is not None and cost.grad is not None


def test_the_picture_writes_every_name_and_frames_what_it_is_asked_to():
    figure = which_solver.draw_which_solver([4])
    (ax,) = figure.axes
    written = " ".join(text.get_text() for text in ax.texts)
    assert all(name.removeprefix("scipy.optimize.") in written for name in NAMES)
    thick = [patch.get_linewidth() > 1 for patch in ax.patches]
    assert thick == [solver.chapter == 4 for solver in which_solver.SOLVERS]
    plt.close(figure)


def test_an_unknown_chapter_is_refused():
    with pytest.raises(ValueError, match=r"chapters must be among .* got \[7\]"):
        which_solver.draw_which_solver([3, 7])
