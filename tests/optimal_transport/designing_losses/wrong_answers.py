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
        "no factor p": "def transport_gradient(p, c):\n    return c - p @ c",
        "plain mean": "def transport_gradient(p, c):\n    return p * (c - c.mean())",
    },
    "ot-02-4": {
        "node by node": (
            "def tree_transport(p, q, parent, length):\n    return np.abs(p - q) @ length"
        ),
        "treated as a line": (
            "def tree_transport(p, q, parent, length):\n"
            "    return np.abs(np.cumsum(p - q)) @ length"
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
