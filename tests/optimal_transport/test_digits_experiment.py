"""The experiment on digits: splits, training over seeds at once, and how decisions are judged."""

import math

import pytest
import torch
from sklearn.metrics import confusion_matrix
from torch.nn import CrossEntropyLoss
from torch.nn.functional import cross_entropy

from otbook_utils.optimal_transport import TransportLoss
from otbook_utils.optimal_transport.digits_experiment import (
    Examples,
    fit_temperature,
    judge,
    noisy_digits,
    overwritten_digits,
    train_classifiers,
)

ALIKE = 1 - torch.eye(10)


def test_every_set_holds_as_many_images_of_each_digit():
    task = noisy_digits(2, per_class=5)
    for examples, each in ((task.train, 5), (task.validation, 40), (task.test, 80)):
        for targets in examples.targets:
            assert targets.bincount().tolist() == [each] * 10


def test_no_image_is_in_two_sets():
    task = noisy_digits(2, noise=0)
    for seed in range(2):
        sets = [
            {tuple(image) for image in examples.images[seed].tolist()}
            for examples in (task.train, task.validation, task.test)
        ]
        assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])


def test_seeds_differ_and_repeat():
    once, again = noisy_digits(2), noisy_digits(3)
    assert torch.equal(once.train.images, again.train.images[:2])
    assert not torch.equal(once.test.images[0], once.test.images[1])


def test_noise_has_the_given_spread():
    clean, noisy = noisy_digits(3, noise=0).test.images, noisy_digits(3, noise=0.3).test.images
    assert clean.min() == 0 and clean.max() == 1
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.01)


def test_overwritten_target_is_half_and_half_or_one_digit():
    targets = overwritten_digits(2, sheets=200).train.targets
    assert torch.equal(targets.sum(-1), torch.ones(2, 200))
    assert set(targets.unique().tolist()) == {0, 0.5, 1}
    # Two digits drawn at random are the same one time in ten.
    assert (targets.amax(-1) == 1).float().mean() == pytest.approx(0.1, abs=0.05)


def test_a_seed_learns_the_same_alone_and_in_company():
    task = noisy_digits(3, per_class=5)
    together = train_classifiers(task.train, CrossEntropyLoss(), steps=20)
    for seed in range(3):
        own = Examples(task.train.images[[seed]], task.train.targets[[seed]])
        alone = train_classifiers(own, CrossEntropyLoss(), steps=20)
        ours, theirs = alone(task.test.images[[seed]]), together(task.test.images)[[seed]]
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_linear_training_agrees_with_plain_torch():
    task = noisy_digits(1, per_class=5)
    ours = train_classifiers(task.train, CrossEntropyLoss(), steps=30)
    layer = torch.nn.Linear(64, 10)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    adam = torch.optim.Adam(layer.parameters(), lr=0.05, weight_decay=3e-3)
    for _ in range(30):
        adam.zero_grad()
        cross_entropy(layer(task.train.images[0]), task.train.targets[0]).backward()
        adam.step()
    images = task.test.images
    torch.testing.assert_close(ours(images), layer(images), rtol=1e-3, atol=1e-3)


def test_training_lowers_the_loss_that_it_is_given():
    task = noisy_digits(2, per_class=10)
    cost = TransportLoss(ALIKE, epsilon=1.0)
    for loss in (CrossEntropyLoss(), cost):
        for hidden, batch in ((0, None), (8, 20)):
            model = train_classifiers(task.train, loss, hidden=hidden, batch=batch, steps=60)
            flat = model(task.train.images).flatten(0, 1), task.train.targets.flatten()
            assert loss(*flat) < 0.8 * loss(torch.zeros_like(flat[0]), flat[1])


def test_confusion_agrees_with_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    decisions, truth = torch.randint(10, (2, 3, 50), generator=generator)
    for seed, ours in enumerate(judge(decisions, truth, ALIKE).confusion):
        theirs = confusion_matrix(truth[seed], decisions[seed], labels=range(10))
        torch.testing.assert_close(50 * ours, torch.tensor(theirs).float())


def test_mean_cost_is_the_confusion_against_the_turned_cost_matrix():
    generator = torch.Generator().manual_seed(1)
    decisions, truth = torch.randint(10, (2, 3, 50), generator=generator)
    cost = torch.rand(10, 10, generator=generator)
    verdicts = judge(decisions, truth, cost)
    torch.testing.assert_close((verdicts.confusion * cost.T).sum((1, 2)), verdicts.cost)
    torch.testing.assert_close(1 - judge(decisions, truth, ALIKE).cost, verdicts.accuracy)


def test_temperature_undoes_a_scale():
    generator = torch.Generator().manual_seed(2)
    logits = 2 * torch.randn(2, 20_000, 10, generator=generator)
    labels = torch.distributions.Categorical(logits=logits)
    torch.manual_seed(3)
    drawn = labels.sample()
    for scale in (0.5, 1.0, 3.0):
        # The grid has 20 values a decade, so the nearest is at most 6 per cent off.
        for T in fit_temperature(scale * logits, drawn).flatten():
            assert abs(math.log(T / scale)) < 0.15


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noisy_digits(1, per_class=55), "per_class must be from 1 to 54, got 55"),
        (lambda: noisy_digits(1, noise=-1), "noise must not be negative, got -1"),
        (lambda: overwritten_digits(1, sheets=0), "sheets must be positive, got 0"),
        (lambda: overwritten_digits(1, noise=-1), "noise must not be negative, got -1"),
        (lambda: judge(torch.zeros(1, 2), torch.zeros(1, 3), ALIKE), "decisions must be"),
        (
            lambda: train_classifiers(noisy_digits(1).train, CrossEntropyLoss(), hidden=-1),
            "hidden must not be negative, got -1",
        ),
        (
            lambda: train_classifiers(noisy_digits(1).train, CrossEntropyLoss(), steps=0),
            "steps and batch must be positive",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_results_say_what_they_are():
    task = noisy_digits(1, per_class=1)
    model = train_classifiers(task.train, CrossEntropyLoss(), hidden=3, steps=1)
    verdicts = judge(task.test.targets, task.test.targets, ALIKE)
    assert repr(model) == "Classifiers(1 seeds, 64-3-10)"
    assert repr(verdicts) == "Verdicts(1 seeds, accuracy=1.000, cost=0.000 on average)"
    assert "train=Examples(1 seeds x 10 images" in repr(task)
