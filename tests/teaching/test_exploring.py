"""What explore accepts, what it says of a frame, and its home without a front end."""

import numpy as np
import pytest

from otbook_utils.teaching import explore
from otbook_utils.teaching.exploring import _checked
from tests.teaching.drawings import bar, power, shown, soup

ALT = "Two bars that share one unit of mass"


def exploration(alt=ALT, draw=bar, drag=None, drag_on=0, **options):
    asked = [options.pop(name, None) for name in ("label", "start", "caption")]
    grids = options or {"height": (0.1, 0.5, 0.9)}
    return _checked(draw, alt, *asked, grids, drag, drag_on)


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"draw": 3}, TypeError, "draw must be a function, got int"),
        ({"a": [1, 2], "b": [1, 2], "c": [1, 2]}, ValueError, "one or two grids.*got 3"),
        ({"height": []}, ValueError, "height must hold at least two values"),
        ({"height": [1]}, ValueError, "height must hold at least two values"),
        ({"height": "abc"}, TypeError, "height must be a sequence of values"),
        ({"height": 3}, TypeError, "height must be a sequence of values"),
        ({"height": [1, None]}, TypeError, "height must hold numbers or strings, got None"),
        ({"height": [[1], [2]]}, TypeError, "height must hold numbers or strings"),
        ({"height": [1, 1]}, ValueError, "height must hold values that differ"),
        ({"alt": ""}, ValueError, "alt must describe"),
        ({"alt": None}, TypeError, "alt must be a string, got NoneType"),
        ({"alt": "Bars of {depth} metres high"}, ValueError, "alt may name height, got {depth}"),
        ({"alt": "Bars of {height metres high"}, ValueError, "alt has braces"),
        ({"alt": "Bars of {height:d} metres high"}, ValueError, "alt cannot be made"),
        ({"alt": lambda height: ""}, ValueError, "alt cannot be made"),
        ({"alt": lambda depth: "a b c"}, ValueError, "alt cannot be made"),
        ({"label": {"depth": "d"}}, ValueError, "label must name a grid"),
        ({"label": ""}, ValueError, "label of height"),
        ({"start": 3.0}, ValueError, "start of height must be one of its values"),
        ({"start": "low"}, ValueError, "start of height must be one of its values"),
        ({"start": {"depth": 1}}, ValueError, "start must name a grid"),
        ({"caption": 3}, TypeError, "caption must be a string"),
        ({"drag": "depth"}, ValueError, "drag must name a grid .height., got 'depth'"),
        ({"drag": (None, None)}, TypeError, "drag must be one grid or two"),
        ({"drag": ("height",)}, TypeError, "drag must be one grid or two"),
        ({"drag": 1}, TypeError, "drag must be one grid or two"),
        ({"drag": "height", "height": ["a", "b"]}, ValueError, "drag needs numbers"),
        ({"drag": "height", "drag_on": "left"}, TypeError, "drag_on must be an integer"),
    ],
)
def test_a_bad_argument_is_named(options, error, named):
    with pytest.raises(error, match=named):
        exploration(**options)


def test_no_grid_at_all_is_refused():
    with pytest.raises(ValueError, match="one or two grids"):
        explore(bar, alt=ALT)


def test_two_grids_need_labels_by_name():
    with pytest.raises(TypeError, match="label must map each grid's name"):
        exploration(draw=power, p=[1, 2], scale=[1, 2], label="power")


def test_a_home_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("OTBOOK_EXPLORE", "moving")
    with pytest.raises(ValueError, match="OTBOOK_EXPLORE must be one of live, frames, still"):
        explore(bar, alt=ALT, height=[0, 1])


def test_without_a_kernel_one_frame_is_drawn(monkeypatch, capsys):
    monkeypatch.delenv("OTBOOK_EXPLORE")
    drawings = []
    explore(lambda height: drawings.append(height) or bar(height), alt=ALT, height=[0, 0.5, 1])
    assert drawings == [0.5]
    assert capsys.readouterr().out == f"[Figure: {ALT} (height = 0.5)]\n"


def test_still_draws_the_frame_asked_for_and_no_other(capsys, monkeypatch):
    page, text = shown(capsys, monkeypatch, "still", start=0.3)
    assert text.endswith("(height = 0.3)]")
    assert len(soup(page).find_all("img")) == 1
    assert soup(page).script is None


def test_draw_gets_plain_python_values():
    for grid in (np.linspace(0, 1, 3), np.arange(3), range(3), (i for i in range(3)), ["a", "b"]):
        values = exploration(height=grid).axes[0].values
        assert {type(v) for v in values} <= {int, float, str}


def test_the_nearest_value_is_where_the_slider_begins():
    assert exploration(start=0.6).axes[0].start == 1
    assert exploration(start={"height": 0.9}).axes[0].start == 2
    assert exploration(height=["low", "high"], start="high").axes[0].start == 1


def test_a_slider_is_called_by_the_letter_of_its_argument_or_by_its_label():
    assert exploration(draw=lambda epsilon: None, epsilon=[1, 2]).axes[0].label == "ε"
    assert exploration(label="height $h_1$").axes[0].label == "height h₁"


def test_what_is_dragged_is_named_along_x_and_along_y():
    assert exploration(drag="height").drag == ("height", None)
    assert exploration(drag=(None, "height")).drag == (None, "height")
    assert exploration(draw=power, p=[1, 2], scale=[1, 2], drag=("scale", "p")).drag == (
        "scale",
        "p",
    )


def test_alt_is_filled_with_the_values():
    alts = exploration(alt="Bars of height {height:.2f} and the rest").alts()
    assert alts[1] == "Bars of height 0.50 and the rest"


def test_alt_may_be_a_function_of_the_values():
    alts = exploration(alt=lambda height: f"Mass {height} left and {1 - height:.1f} right").alts()
    assert alts[0] == "Mass 0.1 left and 0.9 right"


@pytest.mark.parametrize(
    "alt",
    [
        "Nothing is said of any value",
        "The power is {p} here",
        "The power is {p:.0f} and the scale {scale:.0f}",
        lambda p, scale: "Always the same words",
    ],
)
def test_the_alt_texts_of_all_frames_differ(alt):
    alts = exploration(alt, power, p=[1.0, 1.2, 1.4], scale=[0.5, 0.6]).alts()
    assert len(set(alts)) == 6
