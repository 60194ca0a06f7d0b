"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

# What learners have from the chapter, and the right cost before its root, for those who then err.
_FROM_THE_CHAPTER = """
def transport_on_a_line(a, b):
    P, left, wanted, i, j = np.zeros((len(a), len(b))), a.copy(), b.copy(), 0, 0
    while i < len(a) and j < len(b):
        P[i, j] = mass = min(left[i], wanted[j])
        left[i] -= mass
        wanted[j] -= mass
        i, j = (i + 1, j) if left[i] == 0 else (i, j + 1)
    return P


def LINE(x, a, y, b, p):
    i, j = np.argsort(x), np.argsort(y)
    A, B = np.cumsum(a[i]), np.cumsum(b[j])
    cuts = np.sort(np.concatenate([A, B]))
    mass = np.diff(cuts, prepend=0.0)
    pile, hole = (np.searchsorted(C, cuts - mass / 2).clip(max=len(C) - 1) for C in (A, B))
    return mass @ np.abs(x[i][pile] - y[j][hole]) ** p


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
        "not divided by the mass": "def destination(P, Y):\n    return P @ Y",
        "largest partner": "def destination(P, Y):\n    return Y[P.argmax(axis=1)]",
        "times n instead of divided by the mass": (
            "def destination(P, Y):\n    return len(P) * P @ Y"
        ),
        "divided by all the mass": "def destination(P, Y):\n    return P @ Y / P.sum()",
        "divided by what arrives": "def destination(P, Y):\n    return (P / P.sum(axis=0)) @ Y",
        "axis not kept": "def destination(P, Y):\n    return P @ Y / P.sum(axis=1)",
        "mass ignored": (
            "def destination(P, Y):\n    return np.array([Y[row > 0].mean(axis=0) for row in P])"
        ),
        "plan transposed": ("def destination(P, Y):\n    return P.T @ Y / P.sum(axis=0)[:, None]"),
        "result transposed": (
            "def destination(P, Y):\n    return (P @ Y / P.sum(axis=1, keepdims=True)).T"
        ),
        "one row alone": "def destination(P, Y):\n    return P[0] @ Y / P[0].sum()",
    },
    "ot-01-3": {
        "distances, not squared": "predicted = [6, 6, 1, 6]",
        "both clouds counted": "predicted = [72, 36, 73, 12]",
        "one of the two legs": "predicted = [36, 9, 37, 6]",
        "the stop changes nothing": "predicted = [36, 36, 37, 6]",
        "root of the total in (b)": "predicted = [36, 18**0.5, 37, 6]",
        "exactly 1": "predicted = [36, 18, 36, 6]",
        "the total taken for 6/k": "predicted = [36, 18, 7, 6]",
        "a number out of the air": "predicted = [36, 18, 100, 6]",
        "root of the total in (d)": "predicted = [36, 18, 37, (36 / 37) ** 0.5]",
        "a single leg": "predicted = [36, 18, 37, 6 / 37]",
        "the costs once more": "predicted = [36, 18, 37, 36 / 37]",
        "the first three alone": "predicted = [36, 18, 37]",
    },
    "ot-01-4": {
        name: f"{_FROM_THE_CHAPTER}def wasserstein_line(x, a, y, b, p):\n{body}"
        for name, body in {
            "the linear programme": (
                "    return ot.emd2(a, b, np.abs(x[:, None] - y) ** p) ** (1 / p)"
            ),
            "another library's solver, hidden inside": (
                "    from scipy.stats import wasserstein_distance as w\n    return w(x, y, a, b)"
            ),
            "not sorted": (
                "    i = j = 0; cost = 0; left, wanted = a.copy(), b.copy()\n"
                "    while i < len(a) and j < len(b):\n"
                "        mass = min(left[i], wanted[j]); cost += mass * abs(x[i] - y[j]) ** p\n"
                "        left[i] -= mass; wanted[j] -= mass\n"
                "        i, j = (i + 1, j) if left[i] == 0 else (i, j + 1)\n"
                "    return cost ** (1 / p)"
            ),
            "places sorted without their masses": (
                "    P = transport_on_a_line(a, b)\n"
                "    return (P * np.abs(np.sort(x)[:, None] - np.sort(y)) ** p).sum() ** (1 / p)"
            ),
            "a table of all pairs": (
                "    i, j = np.argsort(x), np.argsort(y)\n    P = transport_on_a_line(a[i], b[j])\n"
                "    return (P * np.abs(x[i][:, None] - y[j]) ** p).sum() ** (1 / p)"
            ),
            "area between the curves": (
                "    z = np.sort(np.concatenate([x, y]))\n"
                "    F = np.array([a[x <= t].sum() - b[y <= t].sum() for t in z[:-1]])\n"
                "    return np.abs(F) @ np.diff(z)"
            ),
            "heights to the power p": (
                "    z = np.sort(np.concatenate([x, y]))\n"
                "    F = np.array([a[x <= t].sum() - b[y <= t].sum() for t in z[:-1]])\n"
                "    return (np.abs(F) ** p @ np.diff(z)) ** (1 / p)"
            ),
            "difference of the means": "    return abs(a @ x - b @ y)",
            "masses ignored": (
                "    n = min(len(x), len(y))\n"
                "    return (np.abs(np.sort(x)[:n] - np.sort(y)[:n]) ** p).mean() ** (1 / p)"
            ),
            "no root": "    return LINE(x, a, y, b, p)",
            "1 / p without brackets": "    return LINE(x, a, y, b, p) ** 1 / p",
            "always the square root": "    return LINE(x, a, y, b, p) ** 0.5",
        }.items()
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

SHARED_HINTS = {"ot-01-4": {"another library's solver, hidden inside"}}
