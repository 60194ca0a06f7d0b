"""The three games on bells: what is looked at, and that an opponent that is told is obeyed."""

import torch

from otbook_utils.generative_models.conditional_generation.bells import CENTRES, play_bells
from otbook_utils.training import seed_everything


def test_a_game_is_looked_at_as_often_as_asked_and_over_all_seeds():
    seed_everything(0)
    played = play_bells(False, 1.0, range(3), steps=20, looks=4, n=50)
    assert played.steps == [5, 10, 15, 20]
    assert played.looks.shape == (4, 3, 3, 50) and played.spreads.shape == (3, 3)
    assert not torch.equal(played.looks[-1, 0], played.looks[-1, 1])


def test_who_is_told_or_asks_gets_its_class_and_who_is_not_does_not():
    seed_everything(0)
    middles = {
        name: play_bells(*game, range(3), steps=300, looks=2).looks[-1].mean((0, 2))
        for name, game in {
            "unheard": (False, 0.0),
            "told": (True, 0.0),
            "asked": (False, 1.0),
        }.items()
    }
    wanted = torch.tensor(CENTRES)
    assert (middles["told"] - wanted).abs().max() < 1
    assert (middles["asked"] - wanted).abs().max() < 1
    assert (middles["unheard"][2] - middles["unheard"][0]).abs() < 1
