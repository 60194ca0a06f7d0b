"""The ring and how samples on it are judged, against what is known of them."""

import pytest
import torch

from otbook_utils.generative_models.ring import (
    CENTRES,
    RADIUS,
    SEEDS,
    gan_step,
    judged,
    play,
    ring,
)


def test_true_points_get_the_highest_marks():
    torch.manual_seed(0)
    marks = judged(ring(800))
    assert marks["good"] > 0.99 and marks["modes"] == 8
    # Of 800 points some 7 % have to change the mode, to a neighbour 1.53 away or further.
    assert marks["W1"] < 0.35


def test_one_mode_is_good_one_by_one_and_poor_as_a_set():
    marks = judged(CENTRES[:1].expand(800, 2))
    assert marks["good"] == 1 and marks["modes"] == 1
    far = torch.cdist(CENTRES[:1], CENTRES).mean().item()  # each eighth is carried to its centre
    assert marks["W1"] == pytest.approx(far, rel=0.05)


def test_points_between_the_modes_are_no_good():
    marks = judged(torch.zeros(400, 2))
    assert marks["good"] == 0 and marks["modes"] == 0
    assert marks["W1"] == pytest.approx(RADIUS, rel=0.02)


def test_what_is_no_set_of_points_is_refused():
    with pytest.raises(ValueError, match=r"x must be points \(n, 2\) .* got \(3, 3\)"):
        judged(torch.zeros(3, 3))
    with pytest.raises(ValueError, match=r"not empty, got \(0, 2\)"):
        judged(torch.zeros(0, 2))


def test_a_game_keeps_samples_from_the_same_noise():
    def still(state, _):
        return {"discriminator": torch.zeros(())}

    history = play(still, moves=4, records=2, points=10)
    first, second = (record["samples"] for record in history.epochs)
    assert first.shape == (len(SEEDS), 10, 2)
    assert torch.equal(first, second)  # nobody moved


def test_a_step_moves_both_players_from_where_the_losses_are_those_of_a_guess():
    def kept(state):
        return [p.detach().clone() for net in (state.G, state.D) for p in net.parameters()]

    seen = {}

    def watched(state, batch):
        before = kept(state)
        told = gan_step(state, batch)
        seen["moved"] = [not torch.equal(a, b) for a, b in zip(before, kept(state), strict=True)]
        return told

    history = play(watched, moves=1, records=1, points=5, pack=4)
    assert all(seen["moved"])
    # Before anything is learnt D's answers are near ½: 2 ln 2 and ln 2, within the first weights.
    assert history.epochs[0]["D"] == pytest.approx(1.386, abs=0.15)
    assert history.epochs[0]["G"] == pytest.approx(0.693, abs=0.15)
