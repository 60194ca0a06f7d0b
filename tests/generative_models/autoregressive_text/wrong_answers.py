"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-02-1": {
        "detached": (
            "def packed_weights(scores, document):\n"
            "    hidden = torch.ones_like(scores, dtype=torch.bool).triu(1)\n"
            "    hidden |= document[:, :, None] != document[:, None, :]\n"
            "    return scores.detach().masked_fill(hidden, -torch.inf).softmax(-1)"
        ),
        "diagonal hidden": (
            "def packed_weights(scores, document):\n"
            "    hidden = torch.ones_like(scores, dtype=torch.bool).triu()\n"
            "    hidden |= document[:, :, None] != document[:, None, :]\n"
            "    return scores.masked_fill(hidden, -torch.inf).softmax(-1)"
        ),
        "the first text's documents for all": (
            "def packed_weights(scores, document):\n"
            "    hidden = torch.ones_like(scores, dtype=torch.bool).triu(1)\n"
            "    hidden |= document[0][:, None] != document[0][None, :]\n"
            "    return scores.masked_fill(hidden, -torch.inf).softmax(-1)"
        ),
    },
    "gm-02-2": {
        "medians": (
            "def perplexity(documents):\n    return 2 ** np.median(np.concatenate(documents))"
        ),
        "first document": "def perplexity(documents):\n    return 2 ** documents[0].mean()",
    },
    "gm-02-3": {
        "top-k": (
            "def nucleus(p, threshold):\n"
            "    kept = np.where(p >= np.sort(p)[-2], p, 0)\n"
            "    return kept / kept.sum()"
        ),
        "cut by value, both of two equal ones": (
            "def nucleus(p, threshold):\n"
            "    order = np.argsort(-p)\n"
            "    before = np.cumsum(p[order]) - p[order]\n"
            "    kept = np.where(p >= p[order][before < threshold].min(), p, 0)\n"
            "    return kept / kept.sum()"
        ),
        "softmax again": (
            "def nucleus(p, threshold):\n"
            "    order = np.argsort(-p)\n"
            "    before = np.cumsum(p[order]) - p[order]\n"
            "    kept = np.zeros_like(p)\n"
            "    kept[order] = np.where(before < threshold, np.exp(p[order]), 0)\n"
            "    return kept / kept.sum()"
        ),
    },
    "gm-02-4": {
        "one text": (
            "def total_mass(rule, V, T):\n"
            "    x = (0,) * T\n"
            "    return np.prod([rule(x, t)[x[t]] for t in range(T)])"
        ),
        "rules are shown the past alone": (
            "from itertools import product\n"
            "def total_mass(rule, V, T):\n"
            "    return sum(\n"
            "        np.prod([rule(x[:t], t)[x[t]] for t in range(T)])\n"
            "        for x in product(range(V), repeat=T)\n"
            "    )"
        ),
        "one for any rule": "def total_mass(rule, V, T):\n    return 1.0",
    },
}
