"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-06-1": {
        "the class alone": "numbers = [0.8, 0.5, 1.3863, 1.319]",
        "share of the made": "numbers = [0.4074, 0.5, 1.3863, 1.319]",
        "told in (b)": "numbers = [0.5926, 0.5926, 1.3863, 1.319]",
        "one half of the loss": "numbers = [0.5926, 0.5, 0.6931, 1.319]",
        "in bits": "numbers = [0.5926, 0.5, 2.0, 1.319]",
        "no use of the label": "numbers = [0.5926, 0.5, 1.3863, 1.3863]",
    },
    "gm-06-2": {
        "detached": (
            "def asked_loss(fake, classes, labels, weight):\n"
            "    loss = F.softplus(-fake).mean() + weight * F.cross_entropy(classes, labels)\n"
            "    return loss.detach()"
        ),
        "a number": (
            "def asked_loss(fake, classes, labels, weight):\n"
            "    loss = F.softplus(-fake).mean() + weight * F.cross_entropy(classes, labels)\n"
            "    return loss.item()"
        ),
    },
    "gm-06-3": {
        "all squeezed": 'causes = dict.fromkeys("abcdef", "squeezed")',
        "e and f are the other way round": (
            'causes = {"a": "unheard", "b": "squeezed", "c": "flattered", "d": "rare"}\n'
            'causes |= {"e": "blind", "f": "flattered"}'
        ),
        "a tuple": 'causes = ("unheard", "squeezed", "flattered", "rare", "flattered", "blind")',
        "one is missing": 'causes = {"a": "unheard", "b": "squeezed", "c": "flattered"}',
    },
    "gm-06-4": {
        "the whole table": (
            "def surest(P, priors):\n    joint = priors[:, None] * P\n"
            "    return (joint / joint.sum()).argmax(1)"
        ),
        "always the first": "def surest(P, priors):\n    return np.zeros(len(P), dtype=int)",
    },
}
