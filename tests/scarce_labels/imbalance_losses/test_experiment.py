"""The small experiment of the first chapter: what is cut, what a seed decides, what is measured."""

import pytest
import torch
from torch import nn

from otbook_utils.scarce_labels.imbalance_losses.experiment import (
    BATCH,
    SCARCE,
    cut_digits,
    group_accuracy,
    train_classifier,
)
from otbook_utils.scarce_labels.reproducing_the_table.table import MINORITY, Recipe


@pytest.fixture(scope="module")
def data():
    return cut_digits(keep=7, seed=0)


def weights_of(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_the_recipe_is_that_of_the_table(data, monkeypatch):
    """It stands here again because the table's module needs lightning-fabric, the chapter not."""
    wanted, rates = Recipe(), []
    settings = {}

    class Recorded(torch.optim.SGD):
        def __init__(self, parameters, **chosen):
            settings.update(chosen)
            super().__init__(parameters, **chosen)

        def step(self):
            rates.append(self.param_groups[0]["lr"])
            super().step()

    monkeypatch.setattr(torch.optim, "SGD", Recorded)
    train_classifier(data, nn.CrossEntropyLoss(), seed=0)
    assert settings == {
        "lr": wanted.learning_rate,
        "momentum": wanted.momentum,
        "weight_decay": wanted.weight_decay,
    }
    assert (wanted.batch_size, MINORITY) == (BATCH, SCARCE)
    by_epoch = rates[:: len(rates) // wanted.epochs]
    assert len(by_epoch) == wanted.epochs
    drops = [k for k in range(1, wanted.epochs) if by_epoch[k] < by_epoch[k - 1]]
    assert tuple(drops) == wanted.milestones


@pytest.mark.parametrize("keep", [0, 3, 142])
def test_scarce_classes_have_what_was_asked_and_the_test_set_is_whole(keep):
    data = cut_digits(keep=keep, seed=1)
    assert data.counts[list(SCARCE)].tolist() == [keep] * 3
    assert data.counts[0] == 142
    assert len(data.y_test) == 360
    assert data.x.min() == 0 and data.x.max() == 1


def test_seed_decides_which_are_kept(data):
    same, other = cut_digits(keep=7, seed=0), cut_digits(keep=7, seed=1)
    assert torch.equal(same.x, data.x)
    assert not torch.equal(other.x, data.x)


def test_more_than_there_are_is_refused():
    with pytest.raises(ValueError, match="146"):
        cut_digits(keep=146, seed=0)


def test_training_is_a_function_of_its_seed_alone(data):
    before = torch.random.get_rng_state()
    runs = [
        weights_of(train_classifier(data, nn.CrossEntropyLoss(), seed=s, epochs=2))
        for s in (0, 0, 1)
    ]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_oversampling_shows_all_classes_equally_often(data):
    seen = torch.zeros(10)

    def counting(logits, target):
        seen.add_(torch.bincount(target, minlength=10))
        return nn.functional.cross_entropy(logits, target)

    train_classifier(data, counting, seed=0, epochs=20, resample=True)
    # 20 epochs of 1,022: 2,044 a class expected, with a standard deviation of 43
    assert (seen - 2044).abs().max() < 5 * 43


def test_learning_rate_falls_after_the_articles_epochs(data, monkeypatch):
    rates = []
    plain = torch.optim.lr_scheduler.MultiStepLR.step

    def step(self, *args):
        plain(self, *args)
        rates.append(self.get_last_lr()[0])

    monkeypatch.setattr(torch.optim.lr_scheduler.MultiStepLR, "step", step)
    train_classifier(data, nn.CrossEntropyLoss(), seed=0)
    # The first step is the scheduler's own, when it is made; then one after each epoch.
    assert rates[-25:] == pytest.approx([0.1] * 14 + [0.01] * 5 + [0.001] * 6)


def test_no_epochs_are_refused(data):
    with pytest.raises(ValueError, match="epochs must be at least 1, got 0"):
        train_classifier(data, nn.CrossEntropyLoss(), seed=0, epochs=0)


def test_accuracy_on_all_is_the_mean_of_the_groups_weighted_by_their_sizes(data):
    generator = torch.Generator().manual_seed(0)
    found = group_accuracy(torch.randn(360, 10, generator=generator), data)
    rare = sum(int((data.y_test == k).sum()) for k in SCARCE)
    assert found.all == pytest.approx((rare * found.minority + (360 - rare) * found.majority) / 360)


def test_accuracy_of_a_blind_guess(data):
    found = group_accuracy(torch.full((360,), 4), data)
    assert found.majority == 0
    assert found.minority == pytest.approx(100 * 36 / 108)


def test_accuracy_takes_labels_or_scores(data):
    scores = nn.functional.one_hot(data.y_test, 10).float()
    assert group_accuracy(scores, data) == group_accuracy(data.y_test, data)


def test_accuracy_refuses_predictions_of_another_size(data):
    with pytest.raises(ValueError, match=r"predicted must have the shape \(360,\), got \(5,\)"):
        group_accuracy(torch.zeros(5, dtype=torch.int64), data)
