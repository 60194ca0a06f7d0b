"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "sl-01-1": {
        "mean of the two groups": "averages = [75.025, 80.783, 88.82]",
        "balanced over groups instead of classes": "averages = [80.783, 75.025, 88.82]",
        "the printed number": "averages = [80.60, 80.60, 88.82]",
        "majority and minority exchanged": "averages = [69.267, 69.267, 61.23]",
        "the test set's proportions again": "averages = [80.783, 80.783, 80.783]",
        "the minority's share of the classes": "averages = [80.783, 80.783, 85.10]",
        "rounded to one decimal": "averages = [80.8, 80.8, 88.8]",
        "shares instead of per cent": "averages = [0.80783, 0.80783, 0.8882]",
    },
    "sl-01-2": {
        "not normalised": "answers = [0.4, 2.0, 10.0, 0.05]",
        "nothing changes": "answers = [0.02, 0.1, 0.5, 0.5]",
        "weight on the common class": "answers = [0.00102, 0.00552, 0.0476, 0.9524]",
        "its own threshold": "answers = [0.28986, 0.68966, 0.95238, 0.5]",
        "one twentieth": "answers = [0.28986, 0.68966, 0.95238, 0.05]",
        "per cent": "answers = [28.99, 68.97, 95.24, 4.76]",
        "rounded to one decimal": "answers = [0.3, 0.7, 1.0, 0.048]",
        "odds taken for probabilities": "answers = [0.408, 2.222, 20.0, 0.0476]",
    },
    "sl-01-3": {
        "E instead of 1/E": (
            "def balanced_weights(counts, beta):\n"
            "    E = -np.expm1(counts * np.log(beta)) / (1 - beta)\n"
            "    return len(E) * E / E.sum()"
        ),
        "E itself": (
            "def balanced_weights(counts, beta):\n"
            "    return -np.expm1(counts * np.log(beta)) / (1 - beta)"
        ),
        "a dictionary": "def balanced_weights(counts, beta):\n    return {0: 1.0, 1: 1.0}",
        "a number": "balanced_weights = 0.5",
        "not normalised": (
            "def balanced_weights(counts, beta):\n"
            "    return (1 - beta) / -np.expm1(counts * np.log(beta))"
        ),
        "sum of one": (
            "def balanced_weights(counts, beta):\n"
            "    w = (1 - beta) / -np.expm1(counts * np.log(beta))\n"
            "    return w / w.sum()"
        ),
        "the formula as printed": (
            "def balanced_weights(counts, beta):\n"
            "    w = (1 - beta) / (1 - beta**counts)\n"
            "    return len(w) * w / w.sum()"
        ),
        "in float32": (
            "def balanced_weights(counts, beta):\n"
            "    beta = np.float32(beta)\n"
            "    w = (1 - beta) / (1 - beta ** counts.astype(np.float32))\n"
            "    return len(w) * w / w.sum()"
        ),
        "beta pushed to one": (
            "def balanced_weights(counts, beta):\n"
            "    return len(counts) / counts / (1 / counts).sum()"
        ),
        "one number for all": "def balanced_weights(counts, beta):\n    return 1.0",
    },
    "sl-01-4": {
        "mean over the batch": (
            "def weighted_focal(logits, target, weight, gamma):\n"
            "    log_p = F.log_softmax(logits, dim=1).gather(1, target[:, None]).squeeze(1)\n"
            "    return (weight[target] * -((1 - log_p.exp()) ** gamma) * log_p).mean()"
        ),
        "a column against a row": (
            "def weighted_focal(logits, target, weight, gamma):\n"
            "    log_p = F.log_softmax(logits, dim=1).gather(1, target[:, None])\n"
            "    losses = -((1 - log_p.exp()) ** gamma) * log_p\n"
            "    return (weight[target] * losses).sum() / weight[target].sum()"
        ),
        "one loss a sample": (
            "def weighted_focal(logits, target, weight, gamma):\n"
            "    log_p = F.log_softmax(logits, dim=1).gather(1, target[:, None]).squeeze(1)\n"
            "    return weight[target] * -((1 - log_p.exp()) ** gamma) * log_p"
        ),
        "cross-entropy": (
            "def weighted_focal(logits, target, weight, gamma):\n"
            "    return F.cross_entropy(logits, target, weight=weight)"
        ),
    },
    "sl-01-5": {
        "old shares taken out only": (
            "def readjust(logits, counts, wanted):\n    return logits - torch.log(counts)"
        ),
        "new shares put in only": (
            "def readjust(logits, counts, wanted):\n    return logits + torch.log(wanted)"
        ),
        "the wrong way round": (
            "def readjust(logits, counts, wanted):\n"
            "    return logits - torch.log(wanted) + torch.log(counts)"
        ),
        "both added": (
            "def readjust(logits, counts, wanted):\n"
            "    return logits + torch.log(wanted) + torch.log(counts)"
        ),
        "no logarithm": (
            "def readjust(logits, counts, wanted):\n"
            "    return logits + wanted - counts / counts.sum()"
        ),
        "multiplied": (
            "def readjust(logits, counts, wanted):\n"
            "    return logits * wanted / (counts / counts.sum())"
        ),
        "probabilities": (
            "def readjust(logits, counts, wanted):\n"
            "    p = torch.softmax(logits, dim=1) * wanted / counts\n"
            "    return p / p.sum(dim=1, keepdim=True)"
        ),
        "nothing done": "def readjust(logits, counts, wanted):\n    return logits",
        "one row": "def readjust(logits, counts, wanted):\n    return wanted",
    },
}
