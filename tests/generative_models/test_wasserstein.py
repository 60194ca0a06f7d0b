"""The critic's loss and moves: signs, who learns when, and a distance that is known."""

import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import nn

from otbook_utils.generative_models import clip_weights, critic_loss, players, wasserstein_step


class Shift(nn.Module):
    """A generator of one number: noise, shifted by what it learns."""

    latent = 1

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return z + self.shift


class Line(nn.Module):
    """A critic of one number: a straight line, whose best slope is ±1."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return (self.slope * x).squeeze(1)


def test_the_best_critic_s_loss_is_minus_the_distance():
    real, fake = torch.randn(500), torch.randn(500) + 3  # all mass moves to the left
    wanted = wasserstein_distance(real.numpy(), fake.numpy())
    assert -critic_loss(-real, -fake).item() == pytest.approx(wanted, rel=1e-5)
    assert critic_loss(real, fake) > 0


def test_the_generator_moves_after_so_many_moves_of_the_critic():
    torch.manual_seed(0)
    state = players(Shift(), Line(), lr=0.05)
    moved = []
    for step in range(6):
        state.steps_done = step
        before = state.generator.shift.item()
        wasserstein_step(state, 5 + torch.randn(64, 1), moves=3)
        moved.append(state.generator.shift.item() != before)
    assert moved == [False, False, True, False, False, True]


def test_the_game_moves_a_shift_towards_the_data_and_tells_the_distance():
    torch.manual_seed(0)
    state, told = players(Shift(), Line(), lr=0.05), []
    for step in range(100):  # 50 moves of the generator, each of 0.05 or so
        state.steps_done = step
        told.append(wasserstein_step(state, 5 + torch.randn(256, 1), moves=2)["distance"].item())
    assert told[0] == pytest.approx(5, abs=0.5)  # a slope of 1, and 5 apart
    assert 1 < state.generator.shift.item() < 5
    assert told[-1] < told[0] - 0.5


def test_the_penalty_brings_a_slope_to_one():
    torch.manual_seed(0)
    critic = Line()
    nn.init.constant_(critic.slope, 4.0)
    state = players(Shift(), critic, lr=0.05)
    for step in range(200):
        state.steps_done = step
        found = wasserstein_step(state, 1 + torch.randn(64, 1), moves=10**6)
    assert critic.slope.item() == pytest.approx(1, abs=0.15)
    assert found["penalty"] < 0.05


def test_clipping_holds_weights_and_refuses_no_room():
    net = nn.Linear(3, 3)
    clip_weights(net, 0.02)
    assert all(parameter.abs().max() <= 0.02 for parameter in net.parameters())
    with pytest.raises(ValueError, match="most must be positive"):
        clip_weights(net, 0)
