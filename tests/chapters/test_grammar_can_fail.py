"""Every rule of the grammar passes a good chapter and notices each way of breaking it."""

import ast

import pytest

from otbook_utils.publishing.grammar import HOUSE, WORKS
from otbook_utils.publishing.grammar.code import unseeded_generators
from otbook_utils.publishing.grammar.text import count_words
from tests.chapters.sample import BREACHES, cell, sample, write

RULES = WORKS | HOUSE
CASES = [(rule, name) for rule, ways in BREACHES.items() for name in ways]


@pytest.mark.parametrize("name", RULES)
def test_rule_finds_no_fault_in_a_good_chapter(name, tmp_path):
    assert RULES[name](write(sample(), tmp_path)) == []


@pytest.mark.parametrize(("rule", "breach"), CASES, ids=[": ".join(case) for case in CASES])
def test_rule_notices_a_breach(rule, breach, tmp_path):
    raw = sample()
    BREACHES[rule][breach](raw)
    assert RULES[rule](write(raw, tmp_path))


def test_every_rule_has_a_breach_that_it_notices():
    assert set(BREACHES) == set(RULES)
    assert not set(WORKS) & set(HOUSE)


def test_chapter_must_stand_in_the_table_of_contents(tmp_path):
    notebook = write(sample(), tmp_path)
    (tmp_path / "_toc.yml").write_text("root: book/glossary\n")
    [fault] = RULES["stands_in_the_table_of_contents"](notebook)
    assert "add `- file: book/optimal_transport/07_sand`" in fault


def test_room_must_not_hide_a_method_of_the_part(tmp_path):
    notebook = write(sample(), tmp_path)
    part = tmp_path / "otbook_utils/optimal_transport"
    (part / "sand.py").touch()
    faults = RULES["every_check_has_its_checker"](notebook)
    assert len(faults) == 3 and all("sand_chapter" in fault for fault in faults)
    (part / "sand").rename(part / "sand_chapter")
    assert RULES["every_check_has_its_checker"](notebook) == []


def test_checker_must_stand_in_the_room_of_its_chapter(tmp_path):
    notebook = write(sample(), tmp_path)
    (tmp_path / "otbook_utils/optimal_transport/sand").rename(
        tmp_path / "otbook_utils/optimal_transport/hole"
    )
    faults = RULES["every_check_has_its_checker"](notebook)
    assert len(faults) == 3 and all("optimal_transport.hole" in fault for fault in faults)


@pytest.mark.parametrize("name", RULES)
def test_rules_look_at_an_empty_notebook_without_a_traceback(name, tmp_path):
    raw = sample()
    raw["cells"] = []
    RULES[name](write(raw, tmp_path))


def test_file_must_be_named_by_its_number(tmp_path):
    notebook = write(sample(), tmp_path, name="sand.ipynb")
    assert RULES["file_is_named_by_number_and_has_a_python_kernel"](notebook)


@pytest.mark.parametrize(
    "source",
    [
        "rng = np.random.default_rng(0)",
        "rng = np.random.default_rng(seed)",
        "g = torch.Generator().manual_seed(0)",
        "g = torch.Generator(device='cpu')\ng.manual_seed(0)",
        "rng = random.Random(4)",
        "x = torch.randn(3)",
    ],
)
def test_seeded_generators_are_left_in_peace(source):
    assert list(unseeded_generators(ast.parse(source))) == []


def test_a_formula_is_one_word_and_an_address_none():
    assert count_words("We move $a + b$ to [the heap](https://example.org/a) — now.") == 7


def test_code_and_maths_are_not_taken_for_myst(tmp_path):
    raw = sample()
    text = "\n\n$$\\begin{aligned}x^{{2}}\\end{aligned}$$\n\nIn `f(x){y}` a brace.\n"
    text += "\n```python\n% a\n```"
    cell(raw, "see")["source"] += text
    assert RULES["markdown_is_plain"](write(raw, tmp_path)) == []
