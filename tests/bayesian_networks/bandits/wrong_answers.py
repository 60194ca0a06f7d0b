"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-06-1": {
        "one number": (
            "def upper_bounds(ones, pulls, c):\n"
            "    return max(ones / pulls + np.sqrt(c * np.log(pulls.sum()) / pulls))"
        ),
    },
    "bn-06-2": {
        "few samples": (
            "def share_of_first(a1, b1, a2, b2):\n"
            "    rng = np.random.default_rng(0)\n"
            "    return np.mean(rng.beta(a1, b1, 300) > rng.beta(a2, b2, 300))"
        ),
        "a grid that misses the poles": (
            "def share_of_first(a1, b1, a2, b2):\n"
            "    mean = (np.arange(20_000) + 0.5) / 20_000\n"
            "    return np.mean(beta_law(a1, b1).pdf(mean) * beta_law(a2, b2).cdf(mean))"
        ),
        "whole numbers only": (
            "def share_of_first(a1, b1, a2, b2):\n"
            "    a1, b1, a2, b2 = (int(n) for n in (a1, b1, a2, b2))\n"
            "    mean = (np.arange(20_000) + 0.5) / 20_000\n"
            "    return np.mean(beta_law(a1, b1).pdf(mean) * beta_law(a2, b2).cdf(mean))"
        ),
    },
    "bn-06-3": {
        "a column for the mean": (
            "def fading_posterior(x, y, noise, prior, fade):\n"
            "    w = fade ** np.arange(len(y))[::-1]\n"
            "    precision = (x.T * w) @ x / noise**2 + np.eye(x.shape[1]) / prior**2\n"
            "    covariance = np.linalg.inv(precision)\n"
            "    return covariance @ x.T @ (w * y)[:, None] / noise**2, covariance"
        ),
        "all in a row": (
            "def fading_posterior(x, y, noise, prior, fade):\n"
            "    w = fade ** np.arange(len(y))[::-1]\n"
            "    precision = (x.T * w) @ x / noise**2 + np.eye(x.shape[1]) / prior**2\n"
            "    covariance = np.linalg.inv(precision)\n"
            "    mean = covariance @ x.T @ (w * y) / noise**2\n"
            "    return np.concatenate([mean, covariance.ravel()])"
        ),
        "precision and sums fade round by round, and the prior with them": (
            "def fading_posterior(x, y, noise, prior, fade):\n"
            "    A, b = np.eye(x.shape[1]) / prior**2, np.zeros(x.shape[1])\n"
            "    for row, reward in zip(x, y):\n"
            "        A = fade * A + np.outer(row, row) / noise**2\n"
            "        b = fade * b + row * reward / noise**2\n"
            "    return np.linalg.solve(A, b), np.linalg.inv(A)"
        ),
        "without a prior": (
            "def fading_posterior(x, y, noise, prior, fade):\n"
            "    w = fade ** np.arange(len(y))[::-1]\n"
            "    covariance = noise**2 * np.linalg.pinv((x.T * w) @ x)\n"
            "    return covariance @ x.T @ (w * y) / noise**2, covariance"
        ),
    },
    "bn-06-4": {
        "explore everywhere": (
            "need = dict.fromkeys(['ads', 'corners', 'blood groups', 'all shown', 'last', "
            "'drift'], 'explore')"
        ),
        "contexts explore by themselves": (
            "need = {'ads': 'explore', 'corners': 'no need', 'blood groups': 'no need', "
            "'all shown': 'no need', 'last': 'no need', 'drift': 'explore'}"
        ),
    },
}
