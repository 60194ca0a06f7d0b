"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""


def _but(**changed: str) -> str:
    right = {"a": "zero", "b": "spoiled", "c": "good", "d": "good", "e": "zero"}
    return f"answers_of = {right | changed!r}"


WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-02-1": {
        "eval leaves dropout on": _but(a="good"),
        "train is enough": _but(b="good"),
        "mc_predict spoils the statistics": _but(c="spoiled"),
        "one layer cannot be switched by itself": _but(d="zero"),
        "copies in a batch are masked in any mode": _but(e="good"),
        "another word": _but(a="none"),
        "one missing": "answers_of = {'a': 'zero', 'b': 'spoiled', 'c': 'good', 'd': 'good'}",
    },
    "bn-02-2": {
        "over the batch": (
            "def predictive_covariance(answers, tau):\n"
            "    flat = answers.mean(1)\n"
            "    rest = flat - flat.mean(0)\n"
            "    return rest.T @ rest / len(rest) + torch.eye(rest.shape[1]) / tau"
        ),
    },
    "bn-02-3": {
        "what sigma was meant to be": ("def assumed_sigma(p, N, c, length):\n    return 0.1"),
    },
    "bn-02-4": {
        "detached logarithm": (
            "def kl_gaussian(w, alpha, length):\n"
            "    square = (length * w) ** 2\n"
            "    rest = (alpha * square.detach()).log()\n"
            "    return 0.5 * ((1 + alpha) * square - 1 - rest).sum()"
        ),
        "a plain number": (
            "def kl_gaussian(w, alpha, length):\n"
            "    square = (length * w) ** 2\n"
            "    return 0.5 * ((1 + alpha) * square - 1 - (alpha * square).log()).sum().item()"
        ),
        "logarithm of w with its sign": (
            "def kl_gaussian(w, alpha, length):\n"
            "    square = (length * w) ** 2\n"
            "    logs = (alpha**0.5 * length * w).log()\n"
            "    return (0.5 * (1 + alpha) * square - 0.5 - logs).sum()"
        ),
    },
}
