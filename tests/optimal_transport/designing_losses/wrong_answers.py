"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "ot-02-1": {
        "row instead of column": "losses = [3.5, 43]",
        "the likeliest class alone": "losses = [100, 0]",
        "mean over the classes": "losses = [14, 0.625]",
        "costs added up": "losses = [220, 15]",
        "the two exchanged": "losses = [2.5, 56]",
        "cross-entropy": "losses = [0.92, 0.69]",
        "one number": "losses = 56",
    },
    "ot-02-2": {
        "row of the truth": (
            "def hard_label_loss(logits, labels, C):\n"
            "    return (logits.softmax(-1) * C[labels]).sum(-1).mean()"
        ),
        "a plain number": (
            "def hard_label_loss(logits, labels, C):\n"
            "    return (logits.softmax(-1) * C.T[labels]).sum(-1).mean().item()"
        ),
        "detached": (
            "def hard_label_loss(logits, labels, C):\n"
            "    return (logits.detach().softmax(-1) * C.T[labels]).sum(-1).mean()"
        ),
        "columns forgotten": (
            "def hard_label_loss(logits, labels, C):\n    return (logits.softmax(-1) @ C).mean()"
        ),
    },
    "ot-02-3": {
        "cross-entropy's place": "hardest = [0, 0, 1]",
        "along the probability": "hardest = [0, 1, 1]",
        "negative": "hardest = [0.5, -0.25, -0.5]",
        "same pull": "hardest = [0.5, 0.25, 0.25]",
    },
    "ot-02-4": {
        "softmax of log pi minus c": (
            "def mixed_minimiser(pi, c, lam):\n"
            "    p = pi * np.exp(-lam * c)\n"
            "    return p / p.sum()"
        ),
        "scaled afterwards": (
            "def mixed_minimiser(pi, c, lam):\n"
            "    p = (1 - lam) * pi / (1 + lam * c)\n"
            "    return p / p.sum()"
        ),
    },
    "ot-02-5": {
        "every mistake alike": "my_costs = 1 - np.eye(10)",
        "on its side": ("my_costs = 1 - np.eye(10)\nmy_costs[9, 3] = my_costs[8, 1] = 16"),
        "one of the two": "my_costs = 1 - np.eye(10)\nmy_costs[3, 9] = 16",
        "the rest is free": "my_costs = np.zeros((10, 10))\nmy_costs[3, 9] = my_costs[1, 8] = 1",
        "a ban on the digits 1 and 3": "my_costs = 1 - np.eye(10)\nmy_costs[[1, 3]] *= 100",
        "rewards for right answers": "my_costs = -np.eye(10)",
        "right answers cost too": "my_costs = np.ones((10, 10))",
        "four rows": "my_costs = np.ones((4, 4))",
    },
}
