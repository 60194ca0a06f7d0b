"""Every rule of the grammar passes a good chapter and notices each way of breaking it."""

import ast

import pytest

from tests.chapters.grammar import RULES, count_words, unseeded_generators
from tests.chapters.sample import BREACHES, sample, write

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
    raw["cells"][6]["source"] += text
    assert RULES["markdown_is_plain"](write(raw, tmp_path)) == []
