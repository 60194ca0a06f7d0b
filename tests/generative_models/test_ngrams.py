"""n-gram models against the formula written out with dictionaries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.generative_models import NGrams


def written_out(tokens, V, order, discount, context, token):
    """Return interpolated Kneser-Ney by its definition, one probability at a time."""
    if order == 0:
        return 1 / V
    longest = written_out.order
    runs = lambda n: [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]  # noqa: E731
    if order == longest:
        counts = Counter(runs(order))
    else:
        counts = Counter(run[1:] for run in set(runs(order + 1)))
    history = tuple(context[len(context) - order + 1 :])
    after = {run[-1]: n for run, n in counts.items() if run[:-1] == history}
    lower = written_out(tokens, V, order - 1, discount, context, token)
    if not after:
        return lower
    kept = max(after.get(token, 0) - discount, 0) + discount * len(after) * lower
    return kept / sum(after.values())


@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0, 1))
@settings(max_examples=30)
def test_probabilities_are_those_of_the_definition_and_sum_to_one(seed, order, discount):
    rng = np.random.default_rng(seed)
    tokens, context = rng.integers(0, 4, 30), rng.integers(0, 5, 6)
    got = NGrams(tokens, 5, order, discount).probabilities(context)
    written_out.order = order
    wanted = [
        written_out(tokens.tolist(), 5, order, discount, context.tolist(), token)
        for token in range(5)
    ]
    np.testing.assert_allclose(got, wanted, atol=1e-12)
    assert abs(got.sum() - 1) < 1e-12


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_text_is_judged_token_by_token(seed, order):
    rng = np.random.default_rng(seed)
    model, text = NGrams(rng.integers(0, 4, 40), 4, order), rng.integers(0, 4, 9)
    one_by_one = [np.log(model.probabilities(text[:t])[text[t]]) for t in range(9)]
    np.testing.assert_allclose(model.log_probabilities(text), one_by_one)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0, 1, 5], 4, 2), "from 0 to 3, got 0 to 5"),
        (([0, 1], 4, 3), "at least 3, got 2"),
        (([0, 1], 4, 0), "order .* got 0"),
        (([0, 1], 4, 40), "order .* got 40"),
        (([0, 1], 4, 1, 1.5), "discount .* got 1.5"),
        (([0.5, 1], 4, 1), "integers"),
    ],
)
def test_what_cannot_be_counted_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        NGrams(np.array(arguments[0]), *arguments[1:])
