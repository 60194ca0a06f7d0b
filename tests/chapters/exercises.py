"""Run the cells of an exercise as a learner would, from a fresh start."""

from __future__ import annotations

import ast
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib
import matplotlib.pyplot as plt

from otbook_utils.teaching import Verdict
from tests.chapters.notebook import ROOT, Exercise, Notebook

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
