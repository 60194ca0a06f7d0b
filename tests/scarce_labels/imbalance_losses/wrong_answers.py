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
        "proportional to g": (
            "def unbend(p, gamma):\n"
            "    g = (1 - p) ** gamma / p - gamma * (1 - p) ** (gamma - 1) * np.log(p)\n"
            "    return g / g.sum(axis=1, keepdims=True)"
        ),
        "the larger the bend the better": "def unbend(p, gamma):\n    return p",
        "a temperature": (
            "def unbend(p, gamma):\n"
            "    q = p ** (1 + gamma)\n"
            "    return q / q.sum(axis=1, keepdims=True)"
        ),
        "transposed": (
            "def unbend(p, gamma):\n"
            "    g = (1 - p) ** gamma / p - gamma * (1 - p) ** (gamma - 1) * np.log(p)\n"
            "    return (1 / g / (1 / g).sum(axis=1, keepdims=True)).T"
        ),
    },
    "sl-01-4": {
        "equal chances": (
            "def expected_seen(n, chances):\n"
            "    beta = 1 - 1 / len(chances)\n"
            "    return (1 - beta**n) / (1 - beta)"
        ),
        "missed": "def expected_seen(n, chances):\n    return ((1 - chances) ** n).sum()",
        "one for each prototype": (
            "def expected_seen(n, chances):\n    return 1 - (1 - chances) ** n"
        ),
        "one simulated history": (
            "def expected_seen(n, chances):\n"
            "    rng = np.random.default_rng(0)\n"
            "    return len(set(rng.choice(len(chances), size=n, p=chances)))"
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
