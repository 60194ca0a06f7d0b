"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

_TOOLS = '{"a": "bayes", "b": "cross-entropy", "c": "cumulative", "d": "transport"}'

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "ot-06-1": {
        "the solver": (
            "def tree_transport(p, q, parent, length):\n"
            "    paths = []\n"
            "    for node in range(len(parent)):\n"
            "        path = np.zeros(len(parent))\n"
            "        while parent[node] >= 0:\n"
            "            path[node], node = 1, parent[node]\n"
            "        paths.append(path)\n"
            "    gaps = np.array([[abs(a - b) @ length for b in paths] for a in paths])\n"
            "    return ot.emd2(p, q, gaps)"
        ),
        "total variation": (
            "def tree_transport(p, q, parent, length):\n    return 0.5 * np.abs(p - q).sum()"
        ),
    },
    "ot-06-2": {
        "cross-entropy's gradient": (
            "def logit_gradient(logits, f):\n    return logits.softmax(-1) - f.softmax(-1)"
        ),
        "one average for the whole batch": (
            "def logit_gradient(logits, f):\n"
            "    p = logits.softmax(-1)\n"
            "    return p * (f - (p * f).sum())"
        ),
    },
    "ot-06-3": {
        "transport everywhere": "tools = dict.fromkeys('abcd', 'transport')",
        "median": f"tools = {_TOOLS.replace('cumulative', 'transport')}",
        "calibrated already": f"tools = {_TOOLS.replace('bayes', 'cross-entropy')}",
        "a list": "tools = ['bayes', 'cross-entropy', 'cumulative', 'transport']",
    },
    "ot-06-4": {
        "one number": "def expected(s, A, d):\n    return d * (1 + s**2) - 2 * s * A",
        "sign of the overlap": (
            "def expected(s, A, d):\n    return d * (1 + s**2) + 2 * s * A, 2 * A * (s - 1) ** 2"
        ),
    },
}
