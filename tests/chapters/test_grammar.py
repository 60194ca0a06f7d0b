"""Every chapter keeps to every rule of the grammar."""

import ast

import pytest

from otbook_utils.publishing.book import open_book
from tests.chapters.grammar import RULES, python_files, unseeded_generators
from tests.chapters.notebook import ROOT, Notebook, chapter_id, chapters


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("path", chapters(), ids=chapter_id)
def test_chapter_keeps_the_rule(path, rule):
    faults = rule(Notebook(path))
    assert not faults, "\n".join([f"{chapter_id(path)}:", *faults])


def test_every_notebook_stands_in_the_table_of_contents():
    assert chapters(), "the book has no chapters"
    assert {chapter.path for chapter in open_book(ROOT).chapters} == set(chapters())


# What seeds and saves the generators is the one place that may speak to them all.
@pytest.mark.parametrize("path", python_files(ROOT / "otbook_utils"), ids=lambda path: path.stem)
def test_package_has_no_unseeded_generator(path):
    allowed = {f"np.random.{name}(…)" for name in ("seed", "get_state", "set_state")}
    found = set(unseeded_generators(ast.parse(path.read_text(encoding="utf-8"))))
    if path.parent.name == "training":
        found -= allowed
    assert not found, f"{path.relative_to(ROOT)}: {sorted(found)}"
