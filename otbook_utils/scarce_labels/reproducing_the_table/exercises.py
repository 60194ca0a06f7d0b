"""The checkers of the exercises of the chapter that runs the table again."""

import numpy as np
from scipy import stats

from otbook_utils.scarce_labels.weights import effective_number
from otbook_utils.teaching import (
    Verdict,
    close,
    exercise,
    expect_array,
    expect_close,
    expect_number,
    right,
    wrong,
)


@exercise("sl-02-1")
def check_rows_that_do_not_add_up(answer) -> Verdict:
    """The letters of the rows whose total is not what its parts give."""
    if not isinstance(answer, str):
        return wrong('Give the letters as one word in quotation marks, such as `"abc"`.')
    letters = set(answer.lower()) - set(" ,")
    if letters - set("abcde"):
        return wrong('Give letters from a to e and nothing else, as one word such as `"abc"`.')
    if letters == set("acde") or letters == set("acd"):
        return wrong(
            "You took the plain mean of the two groups. There are 7,000 images in one and 3,000 in "
            "the other."
        )
    if "e" in letters:
        return wrong("Row e is off by 0.002. Could rounding to two decimals do that?")
    if letters & set("ac"):
        row = min(letters & set("ac"))
        return wrong(f"Row {row} adds up: compute 0.7 majority + 0.3 minority once more.")
    if letters != set("bd"):
        return wrong("There is one more row that does not add up.")
    return right(
        "Row b is the plain mean of the groups, and in d a digit slipped. Such checks cost a "
        "minute and need no data."
    )


@exercise("sl-02-2")
def check_beta_for_a_ratio(answer) -> Verdict:
    """The beta at which an image of a class of 250 counts five times one of a class of 5,000."""
    beta = expect_number(answer, name="beta")
    if beta > 1 and abs(_ratio_at(1 - 1 / beta) - 5) < 0.05:
        return wrong("That is N = 1/(1 − beta), and a right one. Now go back to beta.")
    if 90 < beta < 100:
        return wrong("beta is wanted as a number below 1, not in per cent.")
    if not 0 <= beta < 1:
        return wrong("beta lies from 0 to below 1.")
    if close(beta, 0.8):
        return wrong("1 − 1/5 would be N = 5 prototypes. What counts is the ratio of two E.")
    if close(beta, 0.95):
        return wrong("1 − 1/20 uses the ratio of the class sizes. Ask for the ratio of the E.")
    ratio = _ratio_at(beta)
    if abs(ratio - 5) > 0.05:
        if abs(ratio - 4.49) < 0.05:
            return wrong("That is the article's 0.999: it gives 4.49. A little more.")
        way = "larger" if ratio < 5 else "smaller"
        return wrong(f"At this beta the factor is {ratio:.3f}. Take a {way} beta.")
    return right(
        f"The factor is {ratio:.3f}, and 1/(1 − beta) is {1 / (1 - beta):.0f}: between the two "
        "class sizes, as it must be to have any effect."
    )


def _ratio_at(beta: float) -> float:
    """How many times an image of a class of 250 counts one of a class of 5,000."""
    rare, common = effective_number([250, 5000], beta).tolist()
    return common / rare


@exercise("sl-02-3")
def check_compare(answer) -> Verdict:
    """The mean of paired differences and its standard error."""
    rng = np.random.default_rng(5)
    for n in (3, 5, 8):
        shared = rng.normal(80, 3, size=n)  # what a seed does to both
        one, two = shared + rng.normal(1, 0.3, size=n), shared + rng.normal(0, 0.3, size=n)
        result = answer(one.copy(), two.copy())
        mean, error = expect_array(result, shape=(2,), name="the mean and its standard error")
        d = one - two
        wanted, scatter = stats.sem(d), d.std(ddof=1)
        if close(mean, wanted, tol=1e-9) and close(error, d.mean(), tol=1e-9):
            return wrong("Both numbers are right, in the other order: first the mean.")
        expect_close(
            mean,
            d.mean(),
            {"The sign: one minus two was asked for.": -d.mean()},
            otherwise=f"For {n} seeds: expected a mean difference {d.mean():.4f}, got {mean:.4f}.",
            tol=1e-9,
        )
        if close(error / wanted, stats.t.ppf(0.975, n - 1), tol=1e-2):
            return wrong("That is the 95 % margin. The standard error is without Student's t.")
        mistakes = {
            "You added the variances of both methods. What the seed decides for both is still in "
            "there: take the differences first.": np.hypot(stats.sem(one), stats.sem(two)),
            "Use n − 1 (`ddof=1`): the mean was estimated from the same numbers.": (
                d.std() / np.sqrt(n)
            ),
            "That is the scatter of a single difference; divide by the root of n.": scatter,
            "That is a variance. Take its root.": scatter**2 / n,
            "The root of n is missing under the fraction: you divided by n.": scatter / n,
        }
        hint = f"For {n} seeds: expected a standard error {wanted:.4f}, got {error:.4f}."
        expect_close(error, wanted, mistakes, otherwise=hint, tol=1e-9)
    return right(
        "Paired, the seeds' own scatter cancels. Unpaired, the same numbers would have given an "
        "error several times as large."
    )
