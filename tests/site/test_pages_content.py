"""What the pages beside the chapters promise: complete tables, right sums, true conventions."""

import re
from pathlib import Path

import geomloss
import numpy as np
import ot
import pytest
import torch

BOOK = Path(__file__).parents[2] / "book"

# The slides of the decks; of the second our text lacks some, as the page says.
DECKS = {
    "Source 1": set(range(1, 36)),
    "Source 2": {5, 6, 7, 9, 10, 12, 13, 14, 17, 18, *range(21, 27), 34, 35, *range(37, 42)},
    "Source 3": set(range(1, 48)),
    "Source 4": set(range(1, 36)),
}


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of a Markdown text as lists of rows of cells, without the rule."""
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            found.append([rows[0], *rows[2:]])
            rows = []
    return found


def section(page: str, heading: str) -> str:
    """Return the part of a page below the level-2 heading that begins with `heading`."""
    parts = re.split(r"^## ", (BOOK / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    (found,) = [part for part in parts if part.startswith(heading)]
    return found


def slide_numbers(cell: str) -> list[int]:
    numbers = []
    for piece in re.split(r",\s*", cell):
        first, _, last = piece.partition("–")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


@pytest.mark.parametrize("deck", DECKS)
def test_each_slide_of_a_deck_stands_in_one_row(deck):
    header, *rows = tables(section("slides.md", deck))[0]
    assert header[0] == "Slides"
    numbers = [number for row in rows for number in slide_numbers(row[0])]
    assert sorted(numbers) == sorted(DECKS[deck])


@pytest.mark.parametrize("source", [*DECKS, "Source 5"])
def test_each_correction_is_pointed_to_and_each_pointer_finds_one(source):
    part = section("slides.md", source)
    pointed = {cell for cell in re.findall(r"\[(C\d+)\]\(#source-\d-corrections\)", part)}
    written = re.findall(r"^\*\*(C\d+)[,:.]", part, flags=re.MULTILINE)
    assert pointed == set(written)
    assert len(written) == len(set(written))


def test_the_recomputed_accuracies_follow_from_the_printed_ones():
    (table,) = [t for t in tables(section("slides.md", "Source 5")) if t[0][0] == "Loss"]
    _, *rows = table
    assert len(rows) == 14
    for name, *cells in rows:
        majority, minority, printed, recomputed, difference = (
            float(cell.strip("*").replace("−", "-")) for cell in cells
        )
        exact = 0.7 * majority + 0.3 * minority
        assert recomputed == pytest.approx(exact, abs=0.0051), name
        assert difference == pytest.approx(printed - exact, abs=0.0051), name


def test_glossary_terms_are_in_the_order_of_the_alphabet():
    _, *rows = tables((BOOK / "glossary.md").read_text(encoding="utf-8"))[0]
    terms = [row[0].lower() for row in rows]
    assert terms == sorted(terms)


@pytest.mark.parametrize("column", [0, 1])
def test_no_glossary_term_stands_twice(column):
    _, *rows = tables((BOOK / "glossary.md").read_text(encoding="utf-8"))[0]
    terms = [row[column] for row in rows]
    assert len(terms) == len(set(terms))


def test_each_glossary_term_has_a_japanese_one_a_meaning_and_a_chapter():
    _, *rows = tables((BOOK / "glossary.md").read_text(encoding="utf-8"))[0]
    for english, japanese, meaning, chapter in rows:
        assert english and chapter, english
        assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", japanese), english
        assert meaning.endswith("."), english


# Where libraries disagree (notation.md): each row again, on small clouds.

EPSILON = 0.3
EXACTLY = {"numItermax": 10_000, "stopThr": 1e-12}


@pytest.fixture(scope="module")
def clouds():
    random = np.random.default_rng(0)
    return random.normal(size=(12, 2)), random.normal(size=(15, 2)) + 1


@pytest.fixture(scope="module")
def values(clouds):
    """The three values of entropic transport between the clouds: linear, with KL, with entropy."""
    return entropic_values(*clouds, EPSILON)


def entropic_values(x, y, epsilon):
    a, b, cost = masses(x), masses(y), ot.dist(x, y)
    plan = ot.sinkhorn(a, b, cost, epsilon, method="sinkhorn_log", **EXACTLY)
    linear = (plan * cost).sum()
    with_kl = linear + epsilon * (plan * np.log(plan / np.outer(a, b))).sum()
    return linear, with_kl, linear + epsilon * (plan * np.log(plan)).sum()


def masses(points):
    return np.full(len(points), 1 / len(points))


def test_entropy_and_kl_differ_by_the_entropies_of_the_masses(values):
    _, with_kl, with_entropy = values
    assert with_entropy == pytest.approx(with_kl - EPSILON * (np.log(12) + np.log(15)))


def test_pot_values_are_what_the_notation_says(clouds, values):
    x, y = clouds
    a, b, cost = masses(x), masses(y), ot.dist(x, y)
    assert cost == pytest.approx(((x[:, None] - y[None]) ** 2).sum(-1))
    linear, with_kl, with_entropy = values
    value = ot.sinkhorn2(a, b, cost, EPSILON, method="sinkhorn_log", **EXACTLY)
    assert value == pytest.approx(linear, rel=1e-6)
    for kind, expected in [("KL", with_kl), ("entropy", with_entropy)]:
        found = ot.solve(cost, a, b, reg=EPSILON, reg_type=kind, max_iter=10_000, tol=1e-12)
        assert found.value == pytest.approx(expected, rel=1e-6)
        assert found.value_linear == pytest.approx(linear, rel=1e-6)


def test_the_empirical_divergence_of_pot_has_linear_parts_only(clouds):
    x, y = clouds
    parts = [entropic_values(*pair, EPSILON)[0] for pair in [(x, y), (x, x), (y, y)]]
    found = ot.bregman.empirical_sinkhorn_divergence(x, y, EPSILON, numIterMax=3_000, stopThr=1e-7)
    assert found == pytest.approx(parts[0] - parts[1] / 2 - parts[2] / 2, rel=1e-4)


def test_pot_takes_the_root_of_the_sliced_distance_but_not_of_the_one_on_a_line(clouds):
    x, y = clouds[0], clouds[1][:12]
    squared = ((np.sort(x[:, 0]) - np.sort(y[:, 0])) ** 2).mean()
    assert ot.wasserstein_1d(x[:, 0], y[:, 0], p=2) == pytest.approx(squared)
    first_axis = np.array([[1.0], [0.0]])
    found = ot.sliced_wasserstein_distance(x, y, projections=first_axis)
    assert found == pytest.approx(np.sqrt(squared))


@pytest.mark.parametrize("debias", [False, True])
def test_geomloss_is_half_of_the_kl_value_at_twice_the_squared_blur(clouds, debias):
    x, y = clouds
    blur = 0.5
    parts = [entropic_values(*pair, 2 * blur**2)[1] for pair in [(x, y), (x, x), (y, y)]]
    expected = parts[0] - (parts[1] / 2 + parts[2] / 2 if debias else 0)
    loss = geomloss.SamplesLoss(
        "sinkhorn", p=2, blur=blur, scaling=0.99, debias=debias, backend="tensorized"
    )
    found = loss(torch.from_numpy(x), torch.from_numpy(y)).item()
    assert found == pytest.approx(expected / 2, rel=1e-4)


def test_gradients_of_pot_are_what_the_notation_says(clouds):
    x, y = (torch.from_numpy(points) for points in clouds)
    a = torch.full((12,), 1 / 12, dtype=torch.float64, requires_grad=True)
    b = torch.full((15,), 1 / 15, dtype=torch.float64)
    cost = ot.dist(x, y).requires_grad_()
    ot.emd2(a, b, cost).backward()
    plan = ot.emd(a, b, cost)
    assert not plan.requires_grad
    torch.testing.assert_close(cost.grad, plan.detach())
    assert a.grad.mean().item() == pytest.approx(0, abs=1e-9)
    cost.grad = None
    ot.sinkhorn2(a, b, cost, EPSILON, method="sinkhorn_log", **EXACTLY).backward()
    entropic = ot.sinkhorn(a, b, cost, EPSILON, method="sinkhorn_log", **EXACTLY)
    assert (cost.grad - entropic).abs().max() > 0.1 * entropic.abs().max()
