"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_CRITIC = """def critic_at(z, x, y):
    places = np.unique(np.concatenate([x, y]))
    F = (x[:, None] <= places).mean(axis=0)
    G = (y[:, None] <= places).mean(axis=0)
    slopes = -np.sign(F - G)[:-1]
    heights = np.concatenate([[0], np.cumsum(slopes * np.diff(places))])
    return np.interp(z, places, heights)
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "ot-03-1": {
        "a cycle": "counts = [12, 8, 9, 3]",
        "as for any masses": "counts = [11, 9, 9, 3]",
        "whole bakeries": "counts = [11, 6, 9, 3]",
        "one tree": "counts = [11, 8, 11, 3]",
        "one constant": "counts = [11, 8, 9, 1]",
        "first price fixed": "counts = [11, 8, 9, 2]",
    },
    "ot-03-2": {
        "only right for the best prices": "def gap(P, f, C):\n    return 0.0",
        "the solver's gap": (
            "def gap(P, f, C):\n    return (P * C).sum() - ot.emd2(P.sum(1), P.sum(0), C)"
        ),
    },
    "ot-03-3": {
        "sign turned": _CRITIC.replace("-np.sign", "np.sign"),
        "level": "def critic_at(z, x, y):\n    return np.zeros(len(z))",
        "slopes of the masses": _CRITIC.replace("<= places", "== places"),
        "too steep": _CRITIC.replace("(slopes *", "(2 * slopes *"),
        "half as steep": _CRITIC.replace("(slopes *", "(slopes / 2 *"),
        "counts in place of shares": _CRITIC.replace(".mean(axis=0)", ".sum(axis=0)"),
        "slope of the means": (
            "def critic_at(z, x, y):\n    return z * np.sign(x.mean() - y.mean())"
        ),
        "centred on what is asked": _CRITIC.replace(
            "return np.interp(z, places, heights)",
            "out = np.interp(z, places, heights)\n    return out - out.mean()",
        ),
        "a solver": (
            "def critic_at(z, x, y):\n"
            "    log = ot.emd2([], [], np.abs(x[:, None] - y), log=True)[1]\n"
            "    return (np.abs(z[:, None] - y) - log['v']).min(axis=1)"
        ),
    },
    "ot-03-4": {
        "no balance": "problem = ([2, 3, 4], [1, 7, 1], [[0, 1, 2], [1, 0, 1], [2, 1, 0]])",
        "costs tie": "problem = ([1, 1, 1], [1, 1, 1], np.ones((3, 3)))",
        "sums differ": "problem = ([1, 1, 1], [1, 1, 2], np.eye(3))",
        "an empty place": "problem = ([1, 0, 1], [1, 0, 1], 1 - np.eye(3))",
        "a tie of next to nothing": (
            "problem = ([1e-6, 1, 1], [1e-6, 1, 1], [[0, 0, 1], [0, 0, 1], [1, 1, 0]])"
        ),
        "a list of one": "problem = [1]",
    },
}
