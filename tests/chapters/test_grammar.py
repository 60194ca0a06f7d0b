"""Every chapter keeps to every rule of the grammar."""

import ast

import pytest

from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.grammar import HOUSE, WORKS
from otbook_utils.publishing.grammar.code import unseeded_generators
from otbook_utils.publishing.grammar.linting import rules_for
from tests.chapters.notebook import ROOT, Notebook, chapter_id, chapters

# For the time being: what these chapters do not keep yet. Whoever adapts one strikes its line.
NOT_YET: dict[str, set[str]] = {}
HELD_TO = [
    (path, rule) for path in chapters() for rule in rules_for(open_book(ROOT), Notebook(path))
]


@pytest.mark.parametrize(
    ("path", "rule"), HELD_TO, ids=[f"{chapter_id(path)}: {rule}" for path, rule in HELD_TO]
)
def test_chapter_keeps_the_rule(path, rule):
    faults = (WORKS | HOUSE)[rule](Notebook(path))
    if rule in NOT_YET.get(chapter_id(path), ()):
        assert faults, f"{chapter_id(path)} keeps this now: strike {rule} from NOT_YET"
    else:
        assert not faults, "\n".join([f"{chapter_id(path)}:", *faults])


def test_the_book_has_chapters():
    assert chapters()


# What seeds and saves the generators is the one place that may speak to them all.
@pytest.mark.parametrize(
    "path", sorted((ROOT / "otbook_utils").rglob("*.py")), ids=lambda path: path.stem
)
def test_package_has_no_unseeded_generator(path):
    allowed = {f"np.random.{name}(…)" for name in ("seed", "get_state", "set_state")}
    found = set(unseeded_generators(ast.parse(path.read_text(encoding="utf-8"))))
    if path.parent.name == "training":
        found -= allowed
    assert not found, f"{path.relative_to(ROOT)}: {sorted(found)}"
