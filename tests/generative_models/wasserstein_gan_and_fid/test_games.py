"""Critics and games: what is looked at, and known distances."""

import pytest
import torch

from otbook_utils.generative_models.wasserstein_gan_and_fid.games import (
    play_ring,
    train_critic,
)


def test_a_penalised_critic_tells_what_a_straight_one_would():
    torch.manual_seed(0)
    places = torch.linspace(-1, 4, 11)[:, None]
    _, seen = train_critic(
        lambda n: 3 + 0.1 * torch.randn(n, 1),
        lambda n: 0.1 * torch.randn(n, 1),
        penalty=5.0,
        steps=200,
        looks=4,
        at=places,
    )
    assert len(seen) == 4 and seen[-1][1].shape == (11,)
    # A straight critic's slope is 1 + W/2λ = 1.3 there.
    assert seen[-1][0] == pytest.approx(3 * 1.3, rel=0.25)


def test_a_clipped_critic_keeps_its_weights_within_their_bounds():
    torch.manual_seed(0)

    def noise(n):
        return torch.randn(n, 2)

    critic, _ = train_critic(noise, noise, clip=0.02, steps=5)
    assert max(weight.abs().max() for weight in critic.parameters()) <= 0.02


@pytest.mark.parametrize("wasserstein", [True, False])
def test_a_game_is_recorded_for_three_seeds(wasserstein):
    history = play_ring(
        wasserstein=wasserstein, penalty=0.1, steps=4, records=2, points=20, batch=8
    )
    first, second = history.epochs
    assert first["samples"].shape == (3, 20, 2) and first["told"].shape == (3,)
    assert not torch.equal(first["samples"][0], first["samples"][1])
    assert not torch.equal(first["samples"], second["samples"])
