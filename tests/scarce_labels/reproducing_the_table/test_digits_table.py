"""The reduced table takes the article's losses and a recipe that is smaller in data alone."""

from dataclasses import replace

import pytest
import torch

from otbook_utils.data import load
from otbook_utils.scarce_labels.reproducing_the_table.digits_table import (
    ARTICLE_COUNTS,
    RECIPE,
    TEST_IMAGES,
    _images,
    _training_set,
    digits_scores,
)
from otbook_utils.scarce_labels.reproducing_the_table.table import (
    MINORITY,
    ROWS,
    Recipe,
    row_of,
    train_row,
)
from otbook_utils.scarce_labels.small_digits import digit_sets, small_network
from otbook_utils.training import DeviceBatches

SHORT = replace(RECIPE, epochs=2, milestones=(1,))


def test_recipe_is_the_articles_but_for_the_images():
    full = Recipe()
    assert full != RECIPE
    assert replace(RECIPE, scarce=full.scarce, pad=full.pad) == full


@pytest.mark.parametrize("row", [r for r in ROWS if r.beta is not None], ids=lambda row: row.key)
def test_weights_are_those_of_the_articles_class_sizes(row):
    weight = row.loss(ARTICLE_COUNTS).weight
    scarce, common = weight[MINORITY[0]], weight[0]
    if row.beta == "inverse":
        assert scarce / common == pytest.approx(20)
    else:
        assert scarce / common == pytest.approx((1 - row.beta**5000) / (1 - row.beta**250))


def test_group_sizes_are_those_of_the_test_digits():
    y = load("digits", "test").y
    minority = int(sum((y == k).sum() for k in MINORITY))
    sizes = {"majority": 360 - minority, "minority": minority, "all": 360}
    assert sizes == TEST_IMAGES


def test_a_row_runs_on_the_cpu_of_a_machine_with_a_gpu(monkeypatch):
    here = digits_scores(row_of("ce"), [0], recipe=SHORT)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    there = digits_scores(row_of("ce"), [0], recipe=SHORT)
    assert all((there[group] == here[group]).all() for group in here)


def test_a_seed_gives_what_it_gives_alone():
    """Up to a digit that rounding may turn: seeds beside it change the order of additions."""
    torch.manual_seed(0)
    both = digits_scores(row_of("cb-0.999"), [0, 1], recipe=SHORT)
    torch.manual_seed(1)
    for place, seed in enumerate((0, 1)):
        alone = digits_scores(row_of("cb-0.999"), [seed], recipe=SHORT)
        assert alone["all"][0] == pytest.approx(both["all"][place], abs=100 / 360 + 1e-9)
    assert both["all"][0] != both["all"][1]


def test_side_by_side_is_the_tables_own_training():
    """The loop and the recipe of the full table, on the same digits, find about the same."""
    recipe, seed = replace(RECIPE, epochs=6, milestones=(4,)), 3
    row = row_of("inverse")
    batches = _training_set(row, seed, recipe)
    _, test = digit_sets()
    tests = DeviceBatches(_images(test.x), test.y, 360, mean=batches.mean, std=batches.std)
    history = train_row(small_network(seed), row.loss(ARTICLE_COUNTS), batches, tests, recipe)
    found = digits_scores(row, [seed], recipe)
    for group, images in TEST_IMAGES.items():
        one_image = 100 / images
        assert found[group][0] == pytest.approx(history.epochs[-1][group], abs=2.1 * one_image)


def test_total_is_the_weighted_mean_of_the_groups():
    found = digits_scores(row_of("inverse"), [0, 1], recipe=SHORT)
    total = sum(TEST_IMAGES[g] * found[g] for g in ("majority", "minority"))
    assert found["all"] == pytest.approx(total / TEST_IMAGES["all"])


def test_balanced_row_keeps_all_digits():
    """Two epochs suffice to find the digits that are scarce elsewhere."""
    balanced = digits_scores(row_of("balanced"), [0], recipe=SHORT)["minority"]
    assert balanced > digits_scores(row_of("ce"), [0], recipe=SHORT)["minority"] + 30
