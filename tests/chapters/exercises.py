"""Run the cells of an exercise as a learner would, from a fresh start."""

from __future__ import annotations

import ast
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import matplotlib
import matplotlib.pyplot as plt

from otbook_utils.publishing.notebook import Exercise, Notebook
from otbook_utils.teaching import Verdict, check, comparing
from otbook_utils.teaching.comparing import Mistakes
from tests.chapters.notebook import ROOT

matplotlib.use("Agg")


@dataclass(frozen=True)
class Case:
    """An exercise with the chapter it stands in."""

    notebook: Notebook
    exercise: Exercise

    def verdict(self, *sources: str) -> Verdict:
        """Run the imports and `sources`, and return what the last line's `check` says."""
        [imports] = self.notebook.tagged("imports")
        names: dict[str, Any] = {"__name__": "__main__"}
        with _folder(self.notebook.path.parent):
            try:
                run(imports.source, names)
                for source in sources:
                    result = run(source, names)
            finally:
                plt.close("all")
        assert isinstance(result, Verdict), f"the last line gives {result!r} and not a verdict"
        return result


@dataclass(frozen=True)
class DeclaredMistake:
    """A known mistake that a checker hands to `expect_function`, handed in as an answer."""

    hint: str
    verdict: Verdict


def solved(case: Case) -> tuple[Verdict, list[DeclaredMistake]]:
    """Return the verdict on the solution, and on each mistake that its checker declares."""
    seen: dict[Callable[..., Mistakes], list[Mistakes]] = {}

    def remember(mistakes: Callable[..., Mistakes], arguments: Sequence[Any]) -> Mistakes:
        known = original(mistakes, arguments)
        seen.setdefault(mistakes, []).append(known)
        return known

    original = comparing._known
    with patch.object(comparing, "_known", remember):
        verdict = case.verdict(case.exercise.solution.source)
    found = []
    for mistakes, cases in seen.items():
        for place, values in enumerate(cases[0].values()):
            for which in range(len(values)) if isinstance(values, tuple) else [None]:
                said = check(case.exercise.id, _answering(mistakes, place, which))
                hints = [list(known)[place] for known in cases]  # a hint may name the case
                own = said.message if said.message in hints else hints[0]
                found.append(DeclaredMistake(own, said))
    return verdict, found


def _answering(mistakes: Callable[..., Mistakes], place: int, which: int | None) -> Callable:
    """Return a function that makes the mistake at `place` (in its form `which`)."""

    def answer(*arguments: Any) -> Any:
        value = list(mistakes(*arguments).values())[place]
        return value if which is None else value[which]

    return answer


def run(source: str, names: dict[str, Any]) -> Any:
    """Execute `source` with `names` and return the value of its last line if it has one."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def wrong_answers(notebook: Notebook, tests: Path = ROOT / "tests") -> ModuleType:
    """Return the module tests/<part>/<chapter>/wrong_answers.py, or one without any."""
    path = tests / notebook.part / notebook.room / "wrong_answers.py"
    if not path.is_file():  # then the tests say so for each exercise
        empty = ModuleType("wrong_answers")
        empty.WRONG_ANSWERS = {}
        return empty
    spec = importlib.util.spec_from_file_location(f"wrong_answers_of_{notebook.room}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Work in `folder`, where a chapter's kernel works."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
