"""The runner of exercises tells a right answer, a wrong one, a stub and no verdict apart."""

import pytest

from otbook_utils.teaching import exercise, right, wrong
from tests.chapters.exercises import Case
from tests.chapters.sample import cell, sample, write

IMPORTS = "from otbook_utils.teaching import check"


@exercise("xx-98-1")
def check_two(answer):
    return right("So it is, on any beach.") if answer == 2 else wrong("Count the heaps.")


@pytest.fixture
def case(tmp_path):
    raw = sample()
    cell(raw, "imports")["source"] = IMPORTS
    for name in ("check-1", "solution-1"):
        cell(raw, name)["source"] = cell(raw, name)["source"].replace("ot-07-1", "xx-98-1")
    notebook = write(raw, tmp_path)
    return Case(notebook, notebook.exercises[0])


def test_each_kind_of_answer_gets_its_verdict(case):
    check = case.exercise.check.source
    assert case.verdict(case.exercise.stub.source, check).status == "not attempted"
    assert case.verdict(case.exercise.solution.source).status == "right"
    assert case.verdict("answer_1 = 3", check).status == "wrong"


def test_a_solution_that_does_not_check_itself_is_noticed(case):
    with pytest.raises(AssertionError, match="not a verdict"):
        case.verdict("answer_1 = 2")


def test_nothing_is_left_over_from_one_run_to_the_next(case):
    case.verdict("answer_1 = 2", case.exercise.check.source)
    with pytest.raises(NameError):
        case.verdict(case.exercise.check.source)
