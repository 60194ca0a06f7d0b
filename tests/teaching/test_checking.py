"""Exercises that check themselves."""

import functools
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils import parts
from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    check,
    checking,
    exercise,
    exercises,
    expect_array,
    expect_number,
    right,
    wrong,
)
from tests.teaching.drawings import soup


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    monkeypatch.setattr(checking, "_CHECKERS", {})


@pytest.fixture
def double():
    """An exercise: write a function that doubles its argument."""

    @exercise("xx-01-1")
    def check_double(answer):
        if expect_number(answer(2), "double(2)") != 4:
            return wrong("Try `double(2)` by hand.")
        return right("Now for vectors.") if answer(0) == 0 else wrong("What of zero?")


@pytest.fixture
def plan():
    """An exercise: a 2 x 3 plan whose mass is 1."""

    @exercise("xx-01-2")
    def check_plan(answer):
        array = expect_array(answer, (2, 3))
        assert abs(array.sum() - 1) < 1e-6, "The plan must carry mass 1."
        return right("And its columns?")


def test_a_right_answer_is_told_what_to_look_at_next(double):
    assert check("xx-01-1", lambda x: 2 * x) == right("Now for vectors.")


@pytest.mark.parametrize(
    ("answer", "named"), [(4, "`4`"), ("double", "`'double'`"), (np.ones(3), "ndarray and shape")]
)
def test_a_value_in_place_of_a_function_is_told_what_is_wanted(double, answer, named):
    message = check("xx-01-1", answer).message
    assert "Expected a function" in message
    assert named in message
    assert "callable" not in message


def test_a_function_in_place_of_numbers_is_named(plan):
    def my_plan():
        return [[0.5, 0, 0], [0, 0.5, 0]]

    assert "got the function `my_plan`" in check("xx-01-2", my_plan).message


def test_a_wrong_answer_gets_the_hint_on_that_mistake(double):
    assert check("xx-01-1", lambda x: x) == wrong("Try `double(2)` by hand.")


def not_implemented(x):
    raise NotImplementedError


def dots(x): ...


@pytest.mark.parametrize(
    "stub",
    [
        None,
        ...,
        "",
        " ... ",
        (None, None),
        [...],
        {"plan": None, "cost": ...},
        dots,
        not_implemented,
        lambda x: ...,
        lambda x: (None, None),
        functools.partial(dots),
    ],
)
def test_an_untouched_stub_is_not_attempted(double, stub):
    verdict = check("xx-01-1", stub)
    assert verdict.status == "not attempted"
    assert "not attempted yet" in repr(verdict).lower()


def test_a_function_that_prints_its_result_is_told_to_return_it(double):
    assert "return" in check("xx-01-1", lambda x: print(2 * x)).message


def test_a_module_whose_forward_is_missing_is_not_attempted(double):
    class Loss:
        def __call__(self, x):
            raise NotImplementedError

    assert check("xx-01-1", Loss()).status == "not attempted"


def test_a_function_that_forgets_to_return_later_is_wrong(double):
    verdict = check("xx-01-1", lambda x: 4 if x == 2 else None)
    assert verdict == wrong("What of zero?")


def test_an_error_in_the_learners_function_is_told_not_thrown(double):
    verdict = check("xx-01-1", lambda x: 1 / 0)
    assert verdict == wrong("Your function raised `ZeroDivisionError`: division by zero")


def test_a_function_of_other_arguments_is_told_so(double):
    verdict = check("xx-01-1", lambda: 4)
    assert verdict.status == "wrong"
    assert "positional argument" in verdict.message


def test_a_value_where_a_function_is_wanted_is_wrong(double):
    assert check("xx-01-1", 4).status == "wrong"


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.complex_numbers()
    | st.sampled_from([..., object(), np.nan, np.zeros((3, 2)), np.ones(6), np.array("x"), {1, 2}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


@pytest.mark.filterwarnings("ignore")
@given(odd)
def test_no_answer_however_odd_raises(answer):
    @exercise("xx-01-3")
    def check_anything(given):
        assert abs(expect_array(given, (2, 3)).sum() - 1) < 1e-6, "mass"
        return right("well")

    verdict = check("xx-01-3", answer)
    assert verdict.status in ("wrong", "not attempted")
    assert "Traceback" not in repr(verdict)


def test_the_right_array_passes_whatever_it_is_made_of(plan):
    torch = pytest.importorskip("torch")
    rows = [[0.5, 0, 0], [0, 0.25, 0.25]]
    for answer in (
        rows,
        tuple(map(tuple, rows)),
        np.array(rows),
        np.array(rows, np.float32),
        torch.tensor(rows),
        torch.tensor(rows, requires_grad=True),
        [torch.tensor(row) for row in rows],
    ):
        assert check("xx-01-2", answer).status == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (np.zeros((3, 2)), "Is it the transpose?"),
        (np.zeros(6), "to have the shape (2, 3), got (6,)"),
        ([[1, 2], [3]], "not of one length"),
        ("a plan", "to be an array of numbers, got `'a plan'`"),
        (0.5, "to be an array of numbers, got `0.5`"),
        (np.full((2, 3), np.nan), "it holds nan or inf"),
        (np.ones((2, 3)), "The plan must carry mass 1."),
    ],
)
def test_a_wrong_array_is_told_what_is_wrong_with_it(plan, answer, hint):
    verdict = check("xx-01-2", answer)
    assert verdict.status == "wrong"
    assert hint in verdict.message


def test_an_assertion_without_words_still_gives_a_hint():
    @exercise("xx-01-4")
    def check_positive(answer):
        assert answer > 0
        return right("yes")

    assert check("xx-01-4", -1).message


def test_a_checker_that_returns_no_verdict_is_the_authors_error():
    @exercise("xx-01-5")
    def check_nothing(answer):
        return True

    with pytest.raises(TypeError, match="must return a Verdict, got True"):
        check("xx-01-5", 1)


def test_an_interrupt_is_not_swallowed(double):
    def slow(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("xx-01-1", slow)


def test_a_missing_checker_is_named_with_its_place(rooms):
    wanted = r"'al-01-9' has no checker.*otbook_utils/alpha/hills/exercises.py, .* al-01-1, al-01-2"
    with pytest.raises(ValueError, match=wanted):
        check("al-01-9", 1)
    with pytest.raises(ValueError, match=r"otbook_utils/alpha/<chapter>/.* exercise of al-07"):
        check("al-07-1", 1)


def test_an_id_of_no_part_is_refused_with_the_prefixes_there_are(rooms):
    with pytest.raises(ValueError, match=r"prefix of a part \(al, be\), got 'xx-01-1'.*PARTS"):
        check("xx-01-1", 1)


@pytest.mark.parametrize("id", ["", "ot", "ot-1-1", None])
def test_a_malformed_id_has_no_checker(id):
    with pytest.raises(ValueError, match="id must look like"):
        check(id, 1)


@pytest.mark.parametrize("id", ["", "ot", "ot-1-1", "OT-01-1", "ot-01-1 ", "ot_01_1", None, 3])
def test_a_malformed_id_is_refused(id):
    with pytest.raises(ValueError, match="id must look like"):
        exercise(id)


def test_an_id_is_given_once(double):
    with pytest.raises(ValueError, match="id 'xx-01-1' is taken by"):

        @exercise("xx-01-1")
        def check_other(answer):
            return right("no")


def test_a_module_that_is_reloaded_may_register_again():
    for message in ("first", "second"):

        @exercise("xx-01-6")
        def check_again(answer, message=message):
            return right(message)

    assert check("xx-01-6", 1) == right("second")


HILLS = """
from otbook_utils.teaching import exercise, right

@exercise("al-01-1")
def check_one(answer):
    return right("one")

@exercise("al-01-2")
def check_two(answer):
    return right("two")
"""


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    """A book of two parts: one chapter with two exercises, and two that cannot be imported."""
    book = tmp_path / "otbook_utils"
    broken = "import a_library_that_is_not_there\n" + HILLS
    for room, source in {
        "alpha/hills": HILLS,
        "alpha/lakes": broken.replace("al-01", "al-02"),
        "beta/sea": broken.replace("al-01", "be-01"),
    }.items():
        (book / room).mkdir(parents=True)
        (book / room / "exercises.py").write_text(source)
    package = types.ModuleType("otbook_utils")
    package.__path__ = [str(book)]
    table = (parts.Part("al", "alpha", "Alpha"), parts.Part("be", "beta", "Beta"))
    monkeypatch.setitem(sys.modules, "otbook_utils", package)
    monkeypatch.setattr(parts, "PARTS", table)
    yield book
    for name in [n for n in sys.modules if n.startswith(("otbook_utils.alpha", "otbook_utils.b"))]:
        del sys.modules[name]


def test_a_checker_is_found_though_nobody_imported_it_and_no_other_room_is_loaded(rooms):
    assert check("al-01-2", 1) == right("two")
    loaded = [
        name for name in sys.modules if name.startswith(("otbook_utils.alpha", "otbook_utils.b"))
    ]
    assert "otbook_utils.alpha.hills.exercises" in loaded
    assert not any("lakes" in name or "beta" in name for name in loaded)


def test_a_checker_written_since_its_room_was_loaded_is_found(rooms):
    assert check("al-01-1", 1) == right("one")
    with (rooms / "alpha/hills/exercises.py").open("a") as file:
        file.write('\n@exercise("al-01-3")\ndef check_three(answer):\n    return right("three")\n')
    assert check("al-01-3", 1) == right("three")


def test_a_room_that_cannot_be_imported_is_named_when_its_exercise_is_asked_for(rooms):
    with pytest.raises(ValueError, match=r"beta\.sea\.exercises could not be imported .*library"):
        check("be-01-1", 1)


def test_no_part_is_imported_with_the_teaching_package():
    import subprocess

    code = (
        "import sys, otbook_utils.teaching\n"
        "units = {m.split('.')[1] for m in sys.modules if m.startswith('otbook_utils.')}\n"
        "assert units == {'teaching', 'parts'}, units\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ids_are_listed_in_order_and_without_importing_rooms(rooms, double):
    assert exercises() == (
        "al-01-1",
        "al-01-2",
        "al-02-1",
        "al-02-2",
        "be-01-1",
        "be-01-2",
        "xx-01-1",
    )


@pytest.mark.parametrize(
    ("verdict", "name", "word"),
    [
        (right("fine"), "otbook-right", "Right."),
        (wrong("look"), "otbook-wrong", "Not yet."),
        (Verdict("not attempted"), "otbook-todo", "Not attempted yet."),
    ],
)
def test_a_verdict_is_told_in_a_word_and_not_by_colour_alone(verdict, name, word):
    box = soup(verdict._repr_html_()).div
    assert name in box["class"] and "otbook-verdict" in box["class"]
    assert box.strong.text == word
    assert repr(verdict).startswith(word)


def test_a_message_is_escaped_and_may_hold_code():
    box = soup(wrong("Is `a < b` <script>?")._repr_html_()).div
    assert box.code.text == "a < b"
    assert box.script is None


def test_a_verdict_cannot_be_changed():
    with pytest.raises(AttributeError):
        right("so").status = "wrong"


def test_a_status_that_is_none_is_refused():
    with pytest.raises(ValueError, match="status must be one of"):
        Verdict("perhaps")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_verdicts_are_readable_in_either_theme(opened, theme):
    from axe_playwright_python.sync_playwright import Axe

    boxes = [v._repr_html_() for v in (right("Look at `P`."), wrong("See `P`."))]
    page = opened(*boxes, Verdict("not attempted", "Begin.")._repr_html_())
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    assert Axe().run(page).response["violations"] == []


def test_wrong_answer_is_what_helpers_raise():
    with pytest.raises(WrongAnswer):
        expect_number("one")
