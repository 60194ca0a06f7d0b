"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "sl-02-1": {
        "plain means": 'letters = ["acde", "d"]',
        "rounding taken for an error": 'letters = ["bde", "d"]',
        "only the large one": 'letters = ["b", "b"]',
        "one that adds up": 'letters = ["abd", "d"]',
        "both twice": 'letters = ["bd", "bd"]',
        "the wrong side": 'letters = ["bd", "b"]',
        "none": 'letters = ["bd", ""]',
        "one word": 'letters = "bd"',
        "words": 'letters = ["b and d", "d"]',
    },
    "sl-02-2": {
        "five prototypes": "beta = 0.8",
        "twenty to one": "beta = 0.95",
        "the article's best": "beta = 0.999",
        "too large": "beta = 0.9999",
        "too small": "beta = 0.99",
        "beta of one": "beta = 1.0",
        "N": "beta = 1136",
        "per cent": "beta = 99.912",
    },
    "sl-02-3": {
        "unpaired": (
            "def compare(one, two):\n"
            "    error = np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / len(one))\n"
            "    return one.mean() - two.mean(), error"
        ),
        "divided by n in the variance": (
            "def compare(one, two):\n"
            "    d = one - two\n"
            "    return d.mean(), d.std() / np.sqrt(len(d))"
        ),
        "scatter of one run": (
            "def compare(one, two):\n    d = one - two\n    return d.mean(), d.std(ddof=1)"
        ),
        "two minus one": (
            "def compare(one, two):\n"
            "    d = two - one\n"
            "    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))"
        ),
        "variance": (
            "def compare(one, two):\n    d = one - two\n    return d.mean(), d.var(ddof=1) / len(d)"
        ),
        "divided by n": (
            "def compare(one, two):\n    d = one - two\n    return d.mean(), d.std(ddof=1) / len(d)"
        ),
        "the other order": (
            "def compare(one, two):\n"
            "    d = one - two\n"
            "    return d.std(ddof=1) / np.sqrt(len(d)), d.mean()"
        ),
        "the margin": (
            "def compare(one, two):\n"
            "    d = one - two\n"
            "    t = {3: 4.303, 5: 2.776, 8: 2.365}[len(d)]\n"
            "    return d.mean(), t * d.std(ddof=1) / np.sqrt(len(d))"
        ),
        "absolute differences": (
            "def compare(one, two):\n"
            "    d = abs(one - two)\n"
            "    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))"
        ),
        "absolute mean": (
            "def compare(one, two):\n"
            "    d = one - two\n"
            "    return abs(d.mean()), d.std(ddof=1) / np.sqrt(len(d))"
        ),
        "numbers instead of a function": "compare = (1.0, 0.2)",
        "the mean alone": "def compare(one, two):\n    return (one - two).mean()",
    },
    "sl-02-4": {
        "normal quantile": "plan = [0.28, 15]",
        "the chance to miss": "plan = [0.87, 15]",
        "per cent": "plan = [13.5, 15]",
        "level for power": "plan = [0.05, 15]",
        "a coin's toss": "plan = [0.135, 6]",
        "the rule without t": "plan = [0.135, 12]",
        "too many": "plan = [0.135, 40]",
        "half a seed": "plan = [0.135, 14.5]",
        "turned round": "plan = [15, 0.135]",
    },
}
