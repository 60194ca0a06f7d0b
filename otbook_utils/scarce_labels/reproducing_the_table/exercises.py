"""The checkers of the exercises of the chapter that runs the table again."""

import numpy as np
from scipy import stats

from otbook_utils.scarce_labels.reproducing_the_table.reading_tables import power
from otbook_utils.scarce_labels.weights import effective_number
from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    close,
    exercise,
    expect_array,
    expect_close,
    expect_number,
    right,
    wrong,
)

POWER_GAP, POWER_SCATTER = 1.2, 1.5  # points, in the fourth exercise


@exercise("sl-02-1")
def check_rows_that_do_not_add_up(answer) -> Verdict:
    """The rows that do not add up, and among them those that no choice of epochs explains."""
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return wrong('Give two words, such as `["abc", "a"]`: (a) and (b).')
    off, impossible = (_letters(part) for part in answer)
    if off == impossible == set("bd"):
        return wrong("(b) asks for less: could the columns of row b be from different epochs?")
    if off in (set("acde"), set("acd")):
        return wrong(
            "(a) You took the plain mean of the two groups. There are 7,000 images in one and "
            "3,000 in the other."
        )
    if "e" in off:
        return wrong("(a) Row e is off by 0.002. Could rounding to two decimals do that?")
    if off & set("ac"):
        row = min(off & set("ac"))
        return wrong(f"(a) Row {row} adds up: compute 0.7 majority + 0.3 minority once more.")
    if off != set("bd"):
        more = "two rows that do" if not off else "one more row that does"
        return wrong(f"(a) There {'are' if not off else 'is'} {more} not add up.")
    if impossible == set("b"):
        return wrong(
            "(b) The other way round: with each column at its best epoch, the two groups promise "
            "at least what any single epoch has on all."
        )
    if impossible != set("d"):
        return wrong("(b) On which side of 0.7 majority + 0.3 minority can the best of all lie?")
    return right(
        "Row b may be three honest numbers from three epochs; no epochs make row d. Such checks "
        "cost a minute and need no data."
    )


def _letters(part) -> set[str]:
    letters = set(part.lower()) - set(" ,") if isinstance(part, str) else {"?"}
    if letters - set("abcde"):
        raise WrongAnswer('Give letters from a to e and nothing else, as words such as `"abc"`.')
    return letters


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
    for n, lead in ((3, 1), (8, 0.1), (5, -1)):  # also where the second method wins, or neither
        shared = rng.normal(80, 3, size=n)  # what a seed does to both
        one, two = shared + rng.normal(lead, 0.3, size=n), shared + rng.normal(0, 0.3, size=n)
        result = answer(one.copy(), two.copy())
        mean, error = expect_array(result, shape=(2,), name="the mean and its standard error")
        d = one - two
        wanted, scatter = stats.sem(d), d.std(ddof=1)
        if close(mean, wanted, tol=1e-9) and close(error, d.mean(), tol=1e-9):
            return wrong("Both numbers are right, in the other order: first the mean.")
        expect_close(
            mean,
            d.mean(),
            {
                "You took the absolute value of the mean. Where the second method is ahead, the "
                "mean difference is negative.": abs(d.mean()),
                "You took absolute differences. The seeds on which the second method is ahead "
                "count against the first.": abs(d).mean(),
                "The sign: one minus two was asked for.": -d.mean(),
            },
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
            "You took absolute values before the scatter.": abs(d).std(ddof=1) / np.sqrt(n),
            "That is a variance. Take its root.": scatter**2 / n,
            "The root of n is missing under the fraction: you divided by n.": scatter / n,
        }
        hint = f"For {n} seeds: expected a standard error {wanted:.4f}, got {error:.4f}."
        expect_close(error, wanted, mistakes, otherwise=hint, tol=1e-9)
    return right(
        "Paired, the seeds' own scatter cancels. Unpaired, the same numbers would have given an "
        "error several times as large."
    )


@exercise("sl-02-4")
def check_power(answer) -> Verdict:
    """The chance that three seeds decide, and how many decide four times in five."""
    chance, seeds = expect_array(answer, shape=(2,), name="the chance and the number of seeds")
    true = power(POWER_GAP, POWER_SCATTER, 3)
    shift = POWER_GAP / POWER_SCATTER * np.sqrt(3)
    expect_close(
        chance,
        true,
        {
            "As a share between 0 and 1, please, and not in per cent.": 100 * true,
            "That is the chance to miss it. Asked for is the chance to decide.": 1 - true,
            "That takes 1.96 for Student's t. With three seeds the scatter is estimated from "
            "three numbers, and the quantile is 4.30.": stats.norm.sf(1.96 - shift),
            "That is the chance of a false decision where there is no gap.": 0.05,
            "You used the scatter of a difference for that of the mean of three.": power(
                POWER_GAP, POWER_SCATTER * np.sqrt(3), 3
            ),
        },
        otherwise="The chance for three seeds is not that. Simulate: draw three differences many "
        "times, and count how often zero lies outside the margin.",
        tol=0.012,
    )
    enough = next(k for k in range(2, 1000) if power(POWER_GAP, POWER_SCATTER, k) >= 0.8)
    rule = 8 * (POWER_SCATTER / POWER_GAP) ** 2
    if seeds != round(seeds):
        return wrong("The number of seeds is a whole number.")
    if seeds == enough - 1:
        return wrong("With one seed fewer the chance is 0.79, just short: simulate more draws.")
    if seeds == enough + 1:
        return wrong("Enough, but not the least number.")
    if seeds != enough:
        hints = {
            "That is the number for a chance of one half: a decision by the toss of a coin.": 4
            * (POWER_SCATTER / POWER_GAP) ** 2,
            "The 8 (s/g)² of the text is for many seeds. With few, Student's t is wider.": rule,
        }
        for hint, value in hints.items():
            if abs(seeds - value) <= 1:
                return wrong(hint)
        return wrong("Raise the number of seeds until at least four of five simulations decide.")
    return right(
        f"Three seeds decide such a gap {true:.0%} of the time, {enough} do it four times in five. "
        "Whoever plans three seeds plans to miss it."
    )
