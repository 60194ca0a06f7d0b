"""Laws of the transport loss, and agreement with POT and closed forms."""

import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from otbook_utils.optimal_transport import TransportLoss

CLASSES = 5


def some_logits(batch: int = 4, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, CLASSES, generator=generator, dtype=dtype)


def some_cost() -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    return torch.rand(CLASSES, CLASSES, generator=generator, dtype=torch.float64)


def test_a_label_costs_what_emd2_says():
    logits, labels, cost = some_logits(), torch.tensor([0, 3, 4, 3]), some_cost()
    losses = TransportLoss(cost, 0.1, reduction="none")(logits, labels)
    one_hot = functional.one_hot(labels, CLASSES).double()
    for predicted, target, loss in zip(logits.softmax(-1), one_hot, losses, strict=True):
        exact = ot.emd2(predicted.numpy(), target.numpy(), cost.numpy())
        assert loss.item() == pytest.approx(exact, abs=1e-7)


@settings(deadline=None, max_examples=20)
@given(st.floats(1e-3, 10))
def test_a_label_and_its_one_hot_distribution_cost_the_same_at_every_epsilon(epsilon):
    logits, labels, cost = some_logits(), torch.tensor([0, 3, 4, 3]), some_cost()
    loss = TransportLoss(cost, epsilon, reduction="none")
    one_hot = functional.one_hot(labels, CLASSES).double()
    torch.testing.assert_close(loss(logits, labels), loss(logits, one_hot), atol=1e-6, rtol=0)


def test_a_label_and_its_one_hot_distribution_have_the_same_gradient():
    labels, loss = torch.tensor([0, 3, 4, 3]), TransportLoss(some_cost(), 0.1)
    gradients = []
    for target in (labels, functional.one_hot(labels, CLASSES).double()):
        logits = some_logits().requires_grad_()
        loss(logits, target).backward()
        gradients.append(logits.grad)
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=0)


def test_equal_costs_turn_it_into_one_minus_the_probability_of_the_label():
    logits, labels = some_logits(), torch.tensor([0, 3, 4, 3])
    loss = TransportLoss(1 - torch.eye(CLASSES).double(), 0.1, reduction="none")
    probability = logits.softmax(-1).gather(1, labels[:, None]).squeeze(1)
    torch.testing.assert_close(loss(logits, labels), 1 - probability)


def test_the_cost_reads_from_the_prediction_to_the_truth():
    cost = torch.tensor([[0.0, 9.0], [1.0, 0.0]])  # predicting 0 where the truth is 1 costs 9
    sure_of_0 = torch.tensor([[50.0, -50.0]])
    assert TransportLoss(cost, 0.1)(sure_of_0, torch.tensor([1])).item() == pytest.approx(9)


def test_distributions_on_a_line_cost_the_area_between_their_cumulative_sums():
    """Closed form for ordered classes: W1 is the sum of |F_a - F_b| (Villani 2003, 2.2.2)."""
    position = torch.arange(CLASSES).double()
    cost = (position[:, None] - position).abs()
    logits, target = some_logits(), some_logits(seed=1).softmax(-1)
    losses = TransportLoss(cost, 1e-3, reduction="none")(logits, target)
    gaps = logits.softmax(-1).cumsum(-1) - target.cumsum(-1)
    # The entropic value exceeds the exact one by at most epsilon log n.
    torch.testing.assert_close(losses, gaps.abs().sum(-1), atol=1e-3 * 1.61, rtol=0)


@pytest.mark.parametrize("distributions", [False, True], ids=["labels", "distributions"])
def test_gradients_are_those_of_finite_differences(distributions):
    target = some_logits(seed=1).softmax(-1) if distributions else torch.tensor([0, 3, 4, 3])
    loss = TransportLoss(some_cost(), 0.2)
    logits = some_logits().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, target), [logits], atol=1e-5, rtol=1e-3)


def test_reductions_are_those_of_torch():
    logits, labels, cost = some_logits(), torch.tensor([0, 3, 4, 3]), some_cost()
    mean, total, each = (
        TransportLoss(cost, 0.1, reduction=name)(logits, labels) for name in ("mean", "sum", "none")
    )
    assert each.shape == (4,)
    torch.testing.assert_close(mean, each.mean())
    torch.testing.assert_close(total, each.sum())


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32])
def test_labels_may_be_of_any_integer_type(dtype):
    logits, labels, loss = some_logits(), torch.tensor([0, 3, 4, 3]), TransportLoss(some_cost(), 1)
    torch.testing.assert_close(loss(logits, labels.to(dtype)), loss(logits, labels))


def test_images_have_a_loss_for_each_pixel():
    logits, labels = torch.zeros(2, 3, CLASSES).double(), torch.ones(2, 3, dtype=torch.long)
    losses = TransportLoss(some_cost(), 0.1, reduction="none")(logits, labels)
    torch.testing.assert_close(losses, some_cost()[:, 1].mean().expand(2, 3))


def test_mixed_precision_around_it_changes_nothing():
    logits, target = some_logits().float(), some_logits(seed=1).float().softmax(-1)
    loss = TransportLoss(some_cost().float(), 0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = loss(logits, target)
    torch.testing.assert_close(mixed, loss(logits, target))


def test_half_precision_logits_are_computed_in_float32():
    logits = some_logits().to(torch.bfloat16)
    loss = TransportLoss(some_cost().float(), 0.1)
    target = some_logits(seed=1).softmax(-1)
    assert loss(logits, target).dtype == torch.float32
    torch.testing.assert_close(loss(logits, target), loss(logits.float(), target))


def test_the_cost_is_saved_with_the_model():
    assert "cost" in TransportLoss(some_cost(), 0.1).state_dict()


COST = torch.ones(3, 3)
LOGITS = torch.zeros(2, 3)

BAD_SETTINGS = {
    "cost is a vector": ((torch.ones(3), 0.1), r"cost must be.*\(3,\)"),
    "cost of whole numbers": ((torch.ones(3, 3, dtype=torch.long), 0.1), "cost must be.*int64"),
    "NaN cost": ((COST * float("nan"), 0.1), "cost must be finite"),
    "epsilon of zero": ((COST, 0.0), "epsilon must be positive.*0.0"),
    "no epsilon": ((COST, None), "epsilon must be a number, got None"),
    "unknown reduction": ((COST, 0.1, "average"), "reduction must be.*'average'"),
}

BAD_TARGETS = {
    "label too high": (LOGITS, torch.tensor([0, 3]), "0 to 2, got 0 to 3"),
    "negative label": (LOGITS, torch.tensor([0, -1]), "0 to 2, got -1 to 0"),
    "too few labels": (LOGITS, torch.tensor([0]), r"\(2,\), got \(1,\)"),
    "too few target classes": (LOGITS, torch.ones(2, 2) / 2, r"\(2, 3\), got \(2, 2\)"),
    "logits of other classes": (torch.zeros(2, 4), torch.tensor([0, 1]), r"logits must be.*\(2, 4"),
    "label to be ignored": (LOGITS, torch.tensor([0, -100]), "0 to 2, got -100 to 0"),
    "truth values": (LOGITS, torch.tensor([True, False]), "target must be.*bool"),
    "labels in a list": (LOGITS, [0, 1], "target must be.*list"),
    "NaN logits": (LOGITS * float("nan"), torch.ones(2, 3) / 3, "logits.*a must hold finite.*nan"),
    "target that is no distribution": (LOGITS, torch.ones(2, 3), "same total mass"),
}


@pytest.mark.parametrize("settings, message", BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        TransportLoss(*settings)


@pytest.mark.parametrize("logits, target, message", BAD_TARGETS.values(), ids=BAD_TARGETS)
def test_bad_targets_are_named(logits, target, message):
    with pytest.raises(ValueError, match=message):
        TransportLoss(COST, 0.1)(logits, target)
