"""A forbidden library is found however a learner reaches it, and nothing else is forbidden."""

import functools

import numpy as np
import pytest

from otbook_utils.teaching import WrongAnswer, check, exercise, expect_own_work, right

# What a notebook has imported, and what its cells define; `total` is the answer.
IMPORTS = (
    "import math, functools\nimport numpy as np\nfrom math import fsum\nimport os.path as path"
)
FORBIDDEN = {
    "by its module": "def total(x): return math.fsum(x)",
    "by its name": "def total(x): return fsum(x)",
    "imported inside": "def total(x):\n    import math\n    return math.fsum(x)",
    "from inside": "def total(x):\n    from math import fsum as f\n    return f(x)",
    "through a helper": "def helper(x): return math.fsum(x)\ndef total(x): return helper(x)",
    "in a lambda inside": "def total(x): return sum(map(lambda v: math.exp(v), x))",
    "in a closure": "def maker():\n    f = math.fsum\n    return lambda x: f(x)\ntotal = maker()",
    "as a partial": "def helper(x, f): return math.fsum(x)\n"
    "total = functools.partial(helper, f=1)",
}  # fmt: skip
ALLOWED = {
    "a loop": "def total(x):\n    s = 0\n    for v in x: s += v\n    return s",
    "another library": "def total(x): return np.sum(x)",
    "a text that names it": "word = 'math'\ndef total(x): return len(word) and sum(x)",
    "recursion": "def total(x): return x[0] + total(x[1:]) if len(x) else 0",
    "a helper": "def helper(x): return sum(x)\ndef total(x): return helper(x)",
    "a submodule of another": "def total(x): return path.sep and sum(x)",
}


def answer(source):
    names = {"__name__": "__main__"}
    exec(f"{IMPORTS}\n{source}", names)
    return names["total"]


@pytest.mark.parametrize("source", FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden_library_is_found(source):
    with pytest.raises(WrongAnswer, match="Add by yourself"):
        expect_own_work(answer(source), "scipy", "math", hint="Add by yourself.")


@pytest.mark.parametrize("source", ALLOWED.values(), ids=ALLOWED)
def test_own_work_passes(source):
    expect_own_work(answer(source), "math", hint="Add by yourself.")


def test_it_sees_through_what_check_wraps_around_an_answer():
    @exercise("xx-97-1")
    def checker(total):
        expect_own_work(total, "math", hint="Add by yourself.")
        return right("So it is.")

    assert check("xx-97-1", answer(FORBIDDEN["by its name"])).message == "Add by yourself."
    assert check("xx-97-1", answer(ALLOWED["a loop"])).status == "right"


@pytest.mark.parametrize("callable_", [np.sum, sum, functools.partial(np.sum, axis=0), dict])
def test_what_has_no_source_of_the_learners_passes(callable_):
    expect_own_work(callable_, "math", hint="Add by yourself.")
