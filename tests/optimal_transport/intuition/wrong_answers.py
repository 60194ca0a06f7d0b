"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "ot-01-1": {
        "shortest trips first": "my_plan = [[1, 0, 4], [2, 0, 0], [0, 3, 0]]",
        "from the north-west corner": "my_plan = [[3, 2, 0], [0, 1, 1], [0, 0, 3]]",
        "each its fair share": ("my_plan = np.outer([5, 2, 3], [3, 3, 4]) / 10"),
        "rows and columns exchanged": "my_plan = [[2, 1, 0], [3, 0, 0], [0, 1, 3]]",
        "shares of the whole": "my_plan = [[0.2, 0.3, 0], [0.1, 0, 0.1], [0, 0, 0.3]]",
        "everybody to the nearest café": "my_plan = [[0, 5, 0], [2, 0, 0], [0, 3, 0]]",
        "a negative delivery": "my_plan = [[3, 3, -1], [0, 0, 2], [0, 0, 3]]",
        "no exchange of two helps": "my_plan = [[3, 2, 0], [0, 0, 2], [0, 1, 2]]",
        "one list for all": "my_plan = [2, 3, 0, 1, 0, 1, 0, 0, 3]",
    },
    "ot-01-2": {
        "ot.dist taken for a distance": "predicted = [5, 5, 5, 5000]",
        "sum over the vans": "predicted = [1000, 5000, 70.7, 5e9]",
        "along the streets": "predicted = [7, 49, 7, 49e6]",
        "no square root": "predicted = [5, 25, 25, 25e6]",
        "metres not squared": "predicted = [5, 25, 5, 25000]",
    },
    "ot-01-3": {
        "not sorted": (
            "def wasserstein_line(x, y, p):\n    return (np.abs(x - y) ** p).mean() ** (1 / p)"
        ),
        "difference of the histograms": (
            "def wasserstein_line(x, y, p):\n"
            "    f, _ = np.histogram(x, bins=10, range=(-10, 10))\n"
            "    g, _ = np.histogram(y, bins=10, range=(-10, 10))\n"
            "    return np.linalg.norm(f / len(x) - g / len(y), ord=p)"
        ),
    },
    "ot-01-4": {
        "not divided by the mass": "def destination(P, Y):\n    return P @ Y",
        "plan transposed": "def destination(P, Y):\n    return P.T @ Y[: len(P)]",
    },
    "ot-01-5": {
        "shifted clouds": "clouds = ([0, 1, 2, 3, 4], [1, 2, 3, 4, 5], [3, 4, 5, 6, 7])",
        "b and c exchanged": "clouds = ([0] * 5, [3] * 5, [0, 0, 0, 0, 10])",
        "too close to call": "clouds = ([0] * 5, [0, 0, 0, 0, 10], [2.1] * 5)",
        "three times the same": "clouds = ([1] * 5, [1] * 5, [1] * 5)",
        "a tie by W2": "clouds = ([0] * 5, [0, 0, 0, 0, 10], [20**0.5] * 5)",
        "outside the line": "clouds = ([0] * 5, [0, 0, 0, 0, 40], [9] * 5)",
        "three places each": "clouds = ([0, 0, 0], [0, 0, 9], [4, 4, 4])",
    },
}
