"""Every exercise knows its stub, its solution and the mistakes that learners make."""

import pytest

from otbook_utils.teaching import exercises as registered
from tests.chapters.exercises import Case, wrong_answers
from tests.chapters.notebook import Notebook, chapters

CASES = [Case(book, exercise) for book in map(Notebook, chapters()) for exercise in book.exercises]
PARTS = sorted({case.notebook.part for case in CASES})
MISTAKES = [
    (case, name)
    for case in CASES
    for name in wrong_answers(case.notebook.part).WRONG_ANSWERS.get(case.exercise.id, {})
]

each_exercise = pytest.mark.parametrize("case", CASES, ids=lambda case: case.exercise.id)


def said_of(case: Case, name: str):
    """Return the verdict on the wrong answer called `name`."""
    source = wrong_answers(case.notebook.part).WRONG_ANSWERS[case.exercise.id][name]
    return case.verdict(source, case.exercise.check.source)


@each_exercise
def test_stub_is_not_attempted(case):
    verdict = case.verdict(case.exercise.stub.source, case.exercise.check.source)
    assert verdict.status == "not attempted", verdict


@each_exercise
def test_solution_is_right(case):
    verdict = case.verdict(case.exercise.solution.source)
    assert verdict.status == "right", verdict
    assert verdict.message


@pytest.mark.parametrize(
    ("case", "name"), MISTAKES, ids=[f"{case.exercise.id}: {name}" for case, name in MISTAKES]
)
def test_mistake_is_wrong_and_gets_a_hint(case, name):
    verdict = said_of(case, name)
    assert verdict.status == "wrong", verdict
    assert len(verdict.message) > 10
    assert "Traceback" not in verdict.message


@each_exercise
def test_different_mistakes_get_different_hints(case):
    """A part that means two mistakes to share a hint names them in its SHARED_HINTS."""
    module = wrong_answers(case.notebook.part)
    names = module.WRONG_ANSWERS.get(case.exercise.id, {})
    assert len(names) >= 2, f"{case.exercise.id} needs two wrong answers at least"
    shared = set(getattr(module, "SHARED_HINTS", {}).get(case.exercise.id, ()))
    hints = [said_of(case, name).message for name in names if name not in shared]
    assert len(set(hints)) == len(hints), "\n".join(hints)


@pytest.mark.parametrize("part", PARTS)
def test_wrong_answers_belong_to_exercises(part):
    ids = {case.exercise.id for case in CASES if case.notebook.part == part}
    assert set(wrong_answers(part).WRONG_ANSWERS) <= ids


def test_every_checker_belongs_to_an_exercise_of_a_chapter():
    ids = [case.exercise.id for case in CASES]
    assert len(set(ids)) == len(ids)
    # "xx-…" are those of the package's own doctests.
    assert {name for name in registered() if not name.startswith("xx-")} == set(ids)
