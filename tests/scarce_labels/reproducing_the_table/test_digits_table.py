"""The reduced table takes the article's losses and a recipe that is smaller in data alone."""

from dataclasses import replace

import pytest
import torch

from otbook_utils.data import load
from otbook_utils.scarce_labels.reproducing_the_table.digits_table import (
    ARTICLE_COUNTS,
    RECIPE,
    TEST_IMAGES,
    digits_row,
)
from otbook_utils.scarce_labels.reproducing_the_table.table import (
    MINORITY,
    ROWS,
    Recipe,
    row_of,
)

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
    here = digits_row(row_of("ce"), seed=0, recipe=SHORT)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert digits_row(row_of("ce"), seed=0, recipe=SHORT) == here


def test_a_row_is_a_function_of_its_seed():
    torch.manual_seed(0)
    first = digits_row(row_of("ce"), seed=0, recipe=SHORT)
    torch.manual_seed(1)
    assert digits_row(row_of("ce"), seed=0, recipe=SHORT) == first
    assert digits_row(row_of("ce"), seed=1, recipe=SHORT) != first


def test_total_is_the_weighted_mean_of_the_groups():
    found = digits_row(row_of("inverse"), seed=0, recipe=SHORT)
    total = sum(TEST_IMAGES[g] * found[g] for g in ("majority", "minority"))
    assert found["all"] == pytest.approx(total / TEST_IMAGES["all"])


def test_balanced_row_keeps_all_digits():
    """Two epochs suffice to find the digits that are scarce elsewhere."""
    balanced = digits_row(row_of("balanced"), seed=0, recipe=SHORT)
    assert balanced["minority"] > digits_row(row_of("ce"), seed=0, recipe=SHORT)["minority"] + 30
