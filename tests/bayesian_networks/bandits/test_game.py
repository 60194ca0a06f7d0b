"""The game in the page, as its cell makes it, pays the coins laid out and shows what is known."""

import functools

import numpy as np
import pytest
from scipy.stats import beta

from otbook_utils.bayesian_networks.bandits.game import BUDGET, COINS
from tests.chapters.exercises import run
from tests.chapters.notebook import ROOT, Notebook

CHAPTER = ROOT / "book" / "bayesian_networks" / "06_bandits.ipynb"


@functools.cache
def game():
    """Return the HTML that the game's cell displays, run after the imports alone."""
    sources = {c.id: c.source for c in Notebook(CHAPTER).cells}
    pictures, names = [], {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", pictures.append)
        run(sources["imports"], names)
        run(sources["play-game"], names)
    (picture,) = pictures
    return picture.html


def pull(page, name, times=1):
    for _ in range(times):
        page.get_by_role("button", name=f"Pull {name}").click()


def told(page):
    rows = page.locator(".otbook-row > span:not([aria-hidden])").all_inner_texts()
    return page.locator("strong").inner_text(), rows[:2]


@pytest.mark.parametrize("order", ["AB" * 7, "B" * 14, "AAABBBBBBBBBBB", "A" * 14])
def test_the_game_pays_the_coins_laid_out_and_ends(opened, order):
    page = opened(game())
    got = [0, 0]
    for k, name in enumerate(order):
        machine = "AB".index(name)
        got[machine] += COINS[machine, order[:k].count(name)]
        pull(page, name)
        score, rows = told(page)
        assert score.startswith(f"{sum(got)} coin")
        assert rows[machine] == f"{got[machine]} of {order[: k + 1].count(name)} paid"
    assert score == f"{sum(got)} coins: your {BUDGET} pulls are over."
    assert page.locator("button:disabled").all_inner_texts() == ["Pull A", "Pull B"]


def test_the_curves_are_the_posteriors_densities(opened):
    page = opened(game())
    pull(page, "A", 3)
    pull(page, "B", 6)
    mean = np.linspace(0, 1, 101)
    base = float(
        page.locator(".otbook-axes path").first.get_attribute("d").split()[1].split("h")[0]
    )
    for line, row, n in zip(page.locator("polyline").all(), COINS, (3, 6), strict=True):
        points = [point.split(",") for point in line.get_attribute("points").split()]
        height = base - np.array(points, float)[:, 1]
        ones = row[:n].sum()
        np.testing.assert_allclose(
            height * 4 / 190, beta(1 + ones, 1 + n - ones).pdf(mean), atol=0.002
        )


def test_no_density_is_higher_than_the_axis():
    mean = np.linspace(0, 1, 201)
    for row in COINS:
        ones = np.concatenate([[0], row.cumsum()])
        n = np.arange(BUDGET + 1)
        assert beta(1 + ones, 1 + n - ones).pdf(mean[:, None]).max() < 4


def test_the_game_can_be_started_again_and_is_played_by_keys(opened):
    page = opened(game())
    pull(page, "B", 2)
    page.get_by_role("button", name="Start again").click()
    assert told(page) == ("0 coins, 14 pulls left", ["0 of 0 paid", "0 of 0 paid"])
    page.get_by_role("button", name="Pull A").focus()
    page.keyboard.press("Enter")
    assert told(page)[0] == "1 coin, 13 pulls left"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_or_jumps(opened, scheme):
    page = opened(game(), viewport={"width": 390, "height": 800})
    page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    before = page.locator(".otbook-axes").bounding_box()
    pull(page, "A", 14)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".otbook-axes").bounding_box() == before  # nothing jumps


def test_without_scripts_the_picture_of_the_start_stands(opened):
    page = opened(game(), java_script_enabled=False)
    assert page.locator("img").first.is_visible()
