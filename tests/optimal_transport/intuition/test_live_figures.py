"""The page's own solver against POT, and what the live figures show under a reader's hand."""

import ast
import re

import numpy as np
import ot
import pytest

from otbook_utils.optimal_transport.intuition.figures import script
from tests.optimal_transport.intuition.conftest import LIVE

# -- the solver ----------------------------------------------------------------------------------


def clouds(rng):
    n = int(rng.integers(1, 13))
    X, Y = rng.normal(size=(2, n, 2))
    return np.ones(n), np.ones(n), np.linalg.norm(X[:, None] - Y, axis=2)


def clouds_with_ties(rng):
    """Points on a coarse grid, so that many coincide and many pairings cost the same."""
    n = int(rng.integers(2, 10))
    X, Y = rng.integers(0, 3, size=(2, n, 2))
    return np.ones(n), np.ones(n), np.linalg.norm(X[:, None] - Y, axis=2)


def any_masses(rng):
    n, m = rng.integers(1, 9, size=2)
    return rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)), rng.normal(size=(n, m))


def whole_masses_with_zeros_and_ties(rng):
    n, m = rng.integers(1, 8, size=2)
    a = rng.integers(0, 4, size=n) + np.eye(n)[0]
    b = rng.multinomial(int(a.sum()), np.ones(m) / m)
    return a, b, rng.integers(0, 4, size=(n, m))


def on_a_line(rng):
    n, m = rng.integers(1, 7, size=2)
    x, y = rng.integers(0, 5, size=n), rng.integers(0, 5, size=m)
    a, b = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))
    return a, b, np.abs(x[:, None] - y)


def no_difference(rng):
    n = int(rng.integers(1, 8))
    X, a = rng.integers(0, 2, size=(n, 2)), rng.dirichlet(np.ones(n))
    return a, a, np.linalg.norm(X[:, None] - X, axis=2)


KINDS = (clouds, clouds_with_ties, any_masses, whole_masses_with_zeros_and_ties, on_a_line,
         no_difference)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_pages_solver_finds_plans_as_cheap_as_those_of_pot(kind, opened):
    rng = np.random.default_rng(KINDS.index(kind))
    problems = [[np.asarray(v, float) for v in kind(rng)] for _ in range(150)]
    page = opened("")
    solve = f"problems => {{ {script('flight').split('// Mass in flight')[0]}"
    solve += "return problems.map(([a, b, C]) => { const P = bestPlan(a, b, C);"
    solve += "return [P, costOf(P, C)]; }); }"
    answers = page.evaluate(solve, [[v.tolist() for v in problem] for problem in problems])
    for (a, b, C), (P, cost) in zip(problems, answers, strict=True):
        P = np.array(P)
        assert (P >= 0).all()
        assert np.allclose(P.sum(axis=1), a, atol=1e-9)
        assert np.allclose(P.sum(axis=0), b, atol=1e-9)
        assert np.isclose(cost, (P * C).sum(), atol=1e-9)
        assert np.isclose(cost, ot.emd2(a, b, C), atol=1e-9)
        if np.array_equal(a, np.ones(len(a))) and np.array_equal(b, a):
            assert set(P.ravel()) <= {0.0, 1.0}  # equal masses need not split


def test_the_pages_solver_stops_where_masses_do_not_fit(opened):
    solve = f"() => {{ {script('sand').split('// Piles and holes')[0]}"
    solve += "return bestPlan([2, 1], [1, 1], [[1, 2], [3, 4]]); }"
    P = np.array(opened("").evaluate(solve))
    assert P.sum() == 2


# -- what every live figure keeps to -------------------------------------------------------------

each_figure = pytest.mark.parametrize("name", LIVE)


@each_figure
def test_without_scripts_the_picture_of_the_start_stands(live, name):
    page, _ = live(name, java_script_enabled=False)
    assert page.locator("img").first.is_visible()
    assert len(page.locator("img").first.get_attribute("alt")) > 40


@each_figure
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_and_letters_stay_legible(live, name, scheme):
    page, _ = live(name, viewport={"width": 390, "height": 800})
    page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    outside = """() => [...document.querySelectorAll('svg text')].filter((text) => {
      const box = text.getBoundingClientRect();
      return text.textContent && (box.left < 0 || box.right > 390);
    }).map((text) => text.textContent)"""
    assert page.evaluate(outside) == []
    sizes = (
        "() => [...document.querySelectorAll('svg text, .otbook-stage td, .otbook-stage small')]"
    )
    sizes += ".map((text) => parseFloat(getComputedStyle(text).fontSize))"
    assert min(page.evaluate(sizes)) >= 11


@each_figure
def test_whatever_can_be_moved_is_reached_by_keys_and_has_a_name_and_a_value(live, name):
    page, _ = live(name)
    page.keyboard.press("Tab")
    reached = []
    while (told := page.evaluate("document.activeElement.tagName")) != "BODY" and len(reached) < 40:
        reached.append(told)
        page.keyboard.press("Tab")
    controls = page.locator(".otbook-stage :is(button, input, [role=slider])")
    assert len(reached) >= controls.count() > 1
    for k in range(controls.count()):
        control = controls.nth(k)
        spoken = control.evaluate("c => c.ariaLabel || c.labels?.[0]?.textContent || c.textContent")
        assert spoken.strip()
    for handle in page.locator("[role=slider]").all():
        assert re.match(r"-?\d", handle.get_attribute("aria-valuetext"))
        assert handle.get_attribute("aria-valuenow") != "NaN"


# -- sand ----------------------------------------------------------------------------------------


def sand_on(page):
    """Return places and work that the figure tells."""
    handles = page.locator("[role=slider]")
    places = [float(handles.nth(k).get_attribute("aria-valuetext").split()[0]) for k in range(5)]
    loads = float(page.locator("output").inner_text())
    work = float(page.locator(".otbook-sum strong").inner_text().split()[0])
    return np.array(places[:2]), np.array(places[2:]), np.array([loads, 10 - loads]), work


def test_sand_takes_the_least_work_wherever_it_is_dragged(live):
    page, _ = live("sand")
    rng = np.random.default_rng(0)
    plan = page.locator("tbody td")
    for _ in range(25):
        box = page.locator("[role=slider]").nth(int(rng.integers(5))).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + rng.uniform(-150, 150), y + rng.uniform(-30, 30))
        page.mouse.up()
        page.get_by_label("loads in pile A").fill(str(round(rng.uniform(0, 10), 1)))
        piles, holes, a, work = sand_on(page)
        assert ((piles >= 0) & (piles <= 10)).all()
        C, room = np.abs(piles[:, None] - holes), np.array([3.0, 4, 3])
        assert abs(work - ot.emd2(a, room, C)) < 0.051
        P = np.array([float(t.replace("·", "0")) for t in plan.all_inner_texts()]).reshape(2, 3)
        assert np.allclose(P.sum(axis=1), a, atol=0.11)
        assert np.allclose(P.sum(axis=0), room, atol=0.11)
        assert abs((P * C).sum() - work) < 0.6


def test_sand_curve_shows_what_the_reader_has_seen_and_no_more(live):
    page, _ = live("sand")

    def seen():
        return len(set(page.locator("polyline").get_attribute("points").split()))

    assert seen() == 1
    page.get_by_label("loads in pile A").fill("4")
    assert seen() == 5  # with 0, 1, 2, 3 and 4 loads
    page.get_by_role("button", name="Start again").click()
    assert seen() == 1


def test_sand_is_moved_by_keys_and_set_back(live):
    page, _ = live("sand")
    page.get_by_label("hole M").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert sand_on(page)[1][2] == pytest.approx(8.7)
    page.get_by_role("button", name="Start again").click()
    assert sand_on(page)[1][2] == 9


# -- a plan as a table ---------------------------------------------------------------------------


def fill(page, plan):
    for field, trays in zip(page.locator("input").all(), np.ravel(plan), strict=True):
        field.fill(str(trays))


@pytest.mark.parametrize(
    ("plan", "cost", "verdict"),
    [
        ([[1, 0, 4], [2, 0, 0], [0, 3, 0]], 54, "This is a plan. Less is possible."),
        ([[2, 3, 0], [1, 0, 1], [0, 0, 3]], 40, "This is a plan, and no plan costs less."),
        ([[2, 3, 0], [1, 0, 0], [0, 0, 3]], 36, "Not all is delivered yet."),
        ([[3, 3, 0], [1, 0, 1], [0, 0, 3]], 45, "More is carried than there is, or than fits."),
        ([[4, 1, 0], [-1, 2, 1], [0, 0, 3]], 52, "A tray cannot be un-delivered."),
        ([[2, 3, ""], [1, "", 1], ["", "", 3]], 40, "This is a plan, and no plan costs less."),
    ],
)
def test_table_keeps_count_and_judges(live, plan, cost, verdict):
    page, _ = live("table")
    fill(page, plan)
    told = page.locator(".otbook-sum").first.inner_text()
    assert told.startswith(f"cost so far: {cost} tray·blocks. {verdict}")
    wanted = [[entry or 0 for entry in row] for row in plan]
    source = page.locator("code").inner_text()
    assert ast.literal_eval(source.removeprefix("my_plan = ")) == wanted
    rest = page.locator("tbody tr > td:last-child").all_inner_texts()[:3]
    left = [5, 2, 3] - np.sum(wanted, axis=1)
    assert rest == ["✓" if mass == 0 else str(mass) for mass in left]


def test_table_begins_with_fair_shares_and_remembers_the_best_of_the_reader(live):
    page, names = live("table")
    told = page.locator(".otbook-sum").first
    assert "54.8" in told.inner_text()
    fill(page, [[2, 3, 0], [0, 0, 2], [1, 0, 2]])
    assert "costs less" not in told.inner_text()
    page.get_by_role("button", name="Fair shares").click()
    assert "Yours of 46 was better." in told.inner_text()
    page.get_by_role("button", name="Empty the table").click()
    assert "cost so far: 0" in told.inner_text()
    assert ot.emd2(np.array([5.0, 2, 3]), np.array([3.0, 3, 4]), names["C"]) == 40


def test_table_draws_lines_as_wide_as_the_trays(live):
    page, _ = live("table")
    fill(page, [[2, 3, 0], [1, 0, 1], [0, 0, 3]])
    widths = page.locator("line").evaluate_all("ls => ls.map(l => +l.getAttribute('stroke-width'))")
    assert np.allclose(np.array(widths) / 3, [2, 3, 0, 1, 0, 1, 0, 0, 3])


# -- points --------------------------------------------------------------------------------------


def points_on(page):
    """Return the places of discs and squares and the mean distance that the figure tells."""
    texts = [h.get_attribute("aria-valuetext") for h in page.locator("[role=slider]").all()]
    places = np.array([[float(v) for v in re.findall(r"-?[\d.]+", text)] for text in texts])
    return places[:5], places[5:], float(page.locator("strong").inner_text().split()[0])


def test_points_follow_the_best_plan_wherever_they_are_dragged(live):
    page, names = live("points")
    rng = np.random.default_rng(1)
    start = ot.emd2([], [], ot.dist(names["discs"], names["squares"], metric="euclidean"))
    assert points_on(page)[2] == pytest.approx(start, abs=0.006)
    for _ in range(20):
        box = page.locator("[role=slider]").nth(int(rng.integers(10))).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + rng.uniform(-200, 200), y + rng.uniform(-120, 120), steps=3)
        page.mouse.up()
        discs, squares, mean = points_on(page)
        C = ot.dist(discs, squares, metric="euclidean")
        assert mean == pytest.approx(ot.emd2([], [], C), abs=0.08)  # places are told to 0.1 km


def test_points_may_coincide(live):
    page, _ = live("points")
    for name, keys in (("disc 2", "ArrowLeft"), ("disc 2", "ArrowUp")):
        page.get_by_label(name, exact=True).focus()
        for _ in range(10 if keys == "ArrowLeft" else 12):
            page.keyboard.press(keys)
    discs, squares, mean = points_on(page)
    assert np.array_equal(discs[0], discs[1])
    assert mean == pytest.approx(
        ot.emd2([], [], ot.dist(discs, squares, metric="euclidean")), abs=0.006
    )


def test_the_cost_never_jumps_on_the_way_although_partners_change(live):
    page, _ = live("points", reduced_motion="reduce")
    page.get_by_role("button", name="Walk").click()
    page.get_by_role("button", name="Walk").wait_for()
    page.wait_for_function("document.querySelectorAll('.otbook-switch').length === 4")
    page.wait_for_timeout(1200)
    assert "partners changed 4 times" in page.locator(".otbook-sum").inner_text()
    points = page.locator("polyline").get_attribute("points").split()
    pixels = np.array([[float(v) for v in point.split(",")] for point in points])
    moved, cost = values_at(page.locator("svg").nth(1), pixels)
    assert moved[0] == pytest.approx(0, abs=1e-6)
    assert moved[-1] == pytest.approx(6)
    assert len(moved) >= 300
    # One of five points that moves by 1 km changes the mean by 0.2 km at most.
    assert (np.abs(np.diff(cost)) <= 0.2 * np.diff(moved) + 1e-6).all()


def values_at(panel, pixels):
    """Return what pixels (n, 2) stand for, read off the ticks of the panel's axes."""
    ticks = panel.locator(".otbook-axes text").evaluate_all(
        "ts => ts.map(t => [t.textContent, t.getAttribute('text-anchor'), "
        "+t.getAttribute('x'), +t.getAttribute('y') - 4])"
    )
    found = []
    for axis, anchor in enumerate(["middle", "end"]):
        marks = [(float(t[0]), t[2 + axis]) for t in ticks if t[1] == anchor and t[0][0].isdigit()]
        (low, first), (high, last) = marks[0], marks[-1]
        found.append(low + (pixels[:, axis] - first) / (last - first) * (high - low))
    return found


# -- flight --------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0, 0.25, 0.5, 1])
def test_points_in_flight_are_where_the_formula_says(live, t):
    page, names = live("flight")
    page.get_by_label("time t").fill(str(t))
    for k, partner in enumerate(names["ways"].values()):
        panel = page.locator("svg").nth(k)
        x, y = names["mu"].round(3), names["nu"].round(3)[partner]
        spots = panel.locator("circle").evaluate_all(
            "dots => dots.map(dot => [+dot.getAttribute('cx'), +dot.getAttribute('cy')])"
        )
        ends = panel.locator("line").evaluate_all(
            "lines => lines.map(l => ['x1', 'y1', 'x2', 'y2'].map(n => +l.getAttribute(n)))"
        )
        ends = np.array(ends)
        assert np.allclose(spots, (1 - t) * ends[:, :2] + t * ends[:, 2:])
        # Pixels are an affine map of kilometres, with north up.
        scale = np.ptp(ends[:, 0]) / np.ptp(x[:, 0])
        assert np.allclose(ends[:, 0] - ends[0, 0], scale * (x[:, 0] - x[0, 0]))
        assert np.allclose(ends[:, 3] - ends[0, 3], -scale * (y[:, 1] - y[0, 1]))
        mean = np.linalg.norm(x - y, axis=1).mean()
        assert f"{t * mean:.2f} km so far" in panel.locator(".otbook-title").text_content()


def test_flight_plays_to_the_end(live):
    page, _ = live("flight", reduced_motion="reduce")
    page.get_by_role("button", name="Let it fly").click()
    page.wait_for_function("document.querySelector('output').textContent === '1.00'")
