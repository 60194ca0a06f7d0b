"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-03-1": {
        "one number": (
            "def batch_noise(gradients, M):\n"
            "    n = len(gradients)\n"
            "    return n * (n - M) / M * gradients.var()"
        ),
        "transposed": (
            "def batch_noise(gradients, M):\n"
            "    n = len(gradients)\n"
            "    return n * (n - M) / M * gradients.cov()"
        ),
    },
    "bn-03-2": {
        "summed over all chains": (
            "def log_acceptance(w, new, potential, gradient, lr):\n"
            "    def q(to, start):\n"
            "        return -(to - start + lr / 2 * gradient(start)).square().sum() / (2 * lr)\n"
            "    gain = (potential(w) - potential(new)).sum()\n"
            "    return (gain + q(w, new) - q(new, w)).clamp(max=0)"
        ),
        "mean over dimensions": (
            "def log_acceptance(w, new, potential, gradient, lr):\n"
            "    def q(to, start):\n"
            "        return -(to - start + lr / 2 * gradient(start)).square().mean(-1) / (2 * lr)\n"
            "    gain = potential(w) - potential(new)\n"
            "    return (gain + q(w, new) - q(new, w)).clamp(max=0)"
        ),
    },
    "bn-03-3": {
        "keep and 1 - keep exchanged": (
            "def momentum_variance(a, lr, keep, s2):\n"
            "    keep = 1 - keep\n"
            "    return lr * s2 * (1 + keep) / ((1 - keep + 1e-9) * a * (2 * (1 + keep) - lr * a))"
        ),
        "twice": (
            "def momentum_variance(a, lr, keep, s2):\n"
            "    return 2 * lr * s2 * (1 + keep) / ((1 - keep) * a * (2 * (1 + keep) - lr * a))"
        ),
    },
}
