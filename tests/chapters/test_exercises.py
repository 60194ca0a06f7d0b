"""Every exercise knows its stub, its solution and the mistakes that learners make."""

import pytest

from otbook_utils.parts import declared_exercises
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.grammar import keeps_the_taste
from otbook_utils.teaching import wrong
from tests.chapters.exercises import Case, solved, wrong_answers
from tests.chapters.notebook import ROOT, Notebook, chapter_id, chapters

NOTEBOOKS = [Notebook(path) for path in chapters()]
# A chapter of one's own need not know the mistakes that are made in it.
KEPT = [book for book in NOTEBOOKS if keeps_the_taste(open_book(ROOT), book)]
CASES = [Case(book, exercise) for book in KEPT for exercise in book.exercises]
each_exercise = pytest.mark.parametrize(
    "case", CASES, ids=[f"{chapter_id(case.notebook.path)}: {case.exercise.id}" for case in CASES]
)


@each_exercise
def test_stub_is_not_attempted(case):
    verdict = case.verdict(case.exercise.stub.source, case.exercise.check.source)
    assert verdict.status == "not attempted", verdict


@each_exercise
def test_solution_is_right_and_each_known_mistake_gets_its_own_hint(case):
    """What a checker takes for a mistake is handed in: its inputs must tell it from the others."""
    verdict, declared = solved(case)
    assert verdict.status == "right", verdict
    assert verdict.message
    for mistake in declared:
        assert mistake.verdict == wrong(mistake.hint)
    typed = wrong_answers(case.notebook).WRONG_ANSWERS.get(case.exercise.id, {})
    assert len(typed) + len(declared) >= 2, f"{case.exercise.id} needs two wrong answers at least"


@each_exercise
def test_mistakes_are_wrong_and_each_gets_its_own_hint(case):
    """A chapter that means two mistakes to share a hint names them in its SHARED_HINTS."""
    module = wrong_answers(case.notebook)
    sources = module.WRONG_ANSWERS.get(case.exercise.id, {})
    said = {
        name: case.verdict(source, case.exercise.check.source) for name, source in sources.items()
    }
    taken = {name: said[name] for name in said if said[name].status != "wrong"}
    assert taken == {}
    hints = {name: verdict.message for name, verdict in said.items()}
    mute = {n: hint for n, hint in hints.items() if len(hint) <= 10 or "Traceback" in hint}
    assert mute == {}
    shared = set(getattr(module, "SHARED_HINTS", {}).get(case.exercise.id, ()))
    own = [hint for name, hint in hints.items() if name not in shared]
    assert len(set(own)) == len(own), "\n".join(own)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda book: chapter_id(book.path))
def test_wrong_answers_belong_to_exercises(notebook):
    assert set(wrong_answers(notebook).WRONG_ANSWERS) <= {e.id for e in notebook.exercises}


def test_every_checker_belongs_to_an_exercise_of_a_chapter():
    declared = list(declared_exercises())
    assert sorted(declared) == sorted(e.id for book in NOTEBOOKS for e in book.exercises)
    assert len(set(declared)) == len(declared)
