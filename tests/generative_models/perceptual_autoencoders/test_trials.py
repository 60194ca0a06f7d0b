"""Three models at once are three models, and the warm-up ends when it should."""

import torch
from torch import nn

from otbook_utils.generative_models.perceptual_autoencoders.trials import curve, train_trio


def test_seven_points_in_ten_lie_on_the_left():
    torch.manual_seed(0)
    points = curve(20_000)
    assert abs((points[:, 0] < 0).float().mean() - 0.7) < 0.02
    assert points.abs().max() < 1


def error(model, x):
    return (model(x) - 2 * x).square().mean()


def nothing(model, x):
    return 0 * model(x).sum()


def test_the_three_differ_at_the_start_and_agree_at_the_end():
    x = torch.randn(64, 1, generator=torch.Generator().manual_seed(0))
    starts, _ = train_trio(lambda: nn.Linear(1, 1), nothing, x, steps=1, rate=0.1)
    assert len({model.weight.item() for model in starts}) == 3
    ends, _ = train_trio(lambda: nn.Linear(1, 1), error, x, steps=300, rate=0.05)
    assert all(abs(model.weight.item() - 2) < 0.02 for model in ends)


def test_the_loss_sets_in_after_the_warm_up():
    x = torch.randn(64, 1, generator=torch.Generator().manual_seed(0))
    _, frames = train_trio(
        lambda: nn.Linear(1, 1),
        error,
        x,
        steps=8,
        rate=0.1,
        warm_up=(4, nothing),
        watch=lambda model: {"weight": model.weight.item()},
        records=8,
    )
    weights = [frame["weight"] for frame in frames]
    assert len(set(weights[:5])) == 1 and len(set(weights[4:])) == 5
