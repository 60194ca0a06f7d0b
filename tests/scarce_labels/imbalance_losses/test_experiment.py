"""The small experiment of the first chapter: what is cut, what a seed decides, what is measured."""

import pytest
import torch
from torch import nn

from otbook_utils.scarce_labels.imbalance_losses.experiment import (
    BATCH,
    SCARCE,
    Method,
    cut_digits,
    group_accuracy,
    group_scores,
    hold_out,
    train_classifier,
    train_methods,
)
from otbook_utils.scarce_labels.losses import FocalLoss
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


WEIGHT = torch.tensor([0.5, 2.0] * 5)


@pytest.mark.parametrize(
    ("method", "loss", "resample"),
    [
        (Method(), nn.CrossEntropyLoss(), False),
        (Method(WEIGHT), nn.CrossEntropyLoss(weight=WEIGHT), False),
        (Method(WEIGHT, gamma=1.5), FocalLoss(1.5, WEIGHT), False),
        (Method(resample=True), nn.CrossEntropyLoss(), True),
    ],
)
def test_side_by_side_is_what_each_network_becomes_alone(method, loss, resample):
    tails = [cut_digits(7, seed) for seed in range(2)]
    other = Method(WEIGHT.flip(0), gamma=1.0)
    found = train_methods({"other": other, "this": method}, tails, epochs=2)[2]["this"]
    for seed, tail in enumerate(tails):
        alone = train_classifier(tail, loss, seed=seed, epochs=2, resample=resample)
        torch.testing.assert_close(found.test[seed], alone(tail.x_test), rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(found.train[seed], alone(tail.x), rtol=1e-3, atol=1e-3)


def test_snapshots_on_the_way_are_another_thing_than_the_end(data):
    found = train_methods({"CE": Method()}, [data], epochs=3, at=(1, 2))
    assert sorted(found) == [1, 2, 3]
    assert not torch.allclose(found[1]["CE"].test, found[3]["CE"].test)


@pytest.mark.parametrize(
    ("methods", "how", "told"),
    [
        ({}, {}, "methods and data must not be empty, got 0 methods and 1 sets"),
        ({"CE": Method()}, {"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"CE": Method()}, {"epochs": 2, "at": (3,)}, r"at must hold epochs from 1 to 2, got"),
    ],
)
def test_impossible_trainings_are_refused(data, methods, how, told):
    with pytest.raises(ValueError, match=told):
        train_methods(methods, [data], **how)


def test_scores_of_many_seeds_are_those_of_each(data):
    generator = torch.Generator().manual_seed(0)
    tails = [data, cut_digits(keep=7, seed=1)]
    logits = torch.randn(2, 360, 10, generator=generator)
    found = group_scores(logits, tails, "test")
    for seed, tail in enumerate(tails):
        alone = group_accuracy(logits[seed], tail)
        for group, values in found.items():
            assert values[seed] == pytest.approx(getattr(alone, group))


def test_scores_of_an_unknown_part_are_refused(data):
    with pytest.raises(ValueError, match="got 'all'"):
        group_scores(torch.zeros(1, 360, 10), [data], "all")


def test_held_out_digits_are_training_digits_and_no_longer_trained_on(data):
    part = hold_out(data, seed=0)
    assert part.counts[list(SCARCE)].tolist() == [5] * 3
    assert torch.bincount(part.y_test)[list(SCARCE)].tolist() == [2] * 3
    together = torch.cat([part.x, part.x_test]).sort(dim=0).values
    assert torch.equal(together, data.x.sort(dim=0).values)
    assert not torch.equal(part.x, hold_out(data, seed=1).x)


def test_a_class_is_not_held_out_to_the_last(data):
    with pytest.raises(ValueError, match="class 1 has 7 digits, of which 7 cannot be held out"):
        hold_out(data, seed=0, scarce=7)
