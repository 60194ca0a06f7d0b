"""What explore accepts, what it says of a frame, and its home without a front end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.teaching import explore
from otbook_utils.teaching.exploring import _checked, _texts
from tests.teaching.drawings import bar, power, shown, soup

ALT = "Two bars that share one unit of mass"


def exploration(alt=ALT, draw=bar, label=None, start=None, caption=None, **grids):
    return _checked(draw, alt, label, start, caption, grids or {"height": (0.1, 0.5, 0.9)})


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


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.05, 1.0, 12.0), ("0.05", "1", "12")),
        ((1, 2, 12345), ("1", "2", "12345")),
        ((0.001, 0.0316, 31.6), ("0.001", "0.0316", "31.6")),
        ((1234.5, 0.25), ("1234", "0.25")),
        ((1.0001, 1.0002), ("1.0001", "1.0002")),
        ((1e-7, 2.5e-5, 1e9), ("1e-7", "2.5e-5", "1e9")),
        ((-0.5, 0.0, 0.5), ("-0.5", "0", "0.5")),
        (("exact", "entropic"), ("exact", "entropic")),
    ],
)
def test_values_are_written_as_a_reader_says_them(values, texts):
    assert _texts("x", values) == texts


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, unique=True))
def test_texts_tell_values_apart_and_are_near_them(values):
    texts = _texts("x", tuple(values))
    assert len(set(texts)) == len(values)
    for value, text in zip(values, texts, strict=True):
        assert abs(float(text) - value) <= 5e-3 * abs(value) + 1e-300


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
