"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-05-1": {
        "logarithm of a share of 0": (
            "def vote_entropy(probabilities):\n"
            "    votes = probabilities.argmax(-1)\n"
            "    classes = torch.arange(probabilities.shape[-1])\n"
            "    shares = (votes[..., None] == classes).float().mean(0)\n"
            "    return -(shares * shares.log()).sum(-1)"
        ),
    },
    "bn-05-2": {
        "one variance for all candidates": (
            "def reduction(at_candidates, at_tests, noise):\n"
            "    a = at_candidates - at_candidates.mean(0)\n"
            "    shared = (at_tests - at_tests.mean(0)).T @ a / len(a)\n"
            "    return (shared**2).mean(0) / (noise**2 + a.var())"
        ),
        "correlations": (
            "def reduction(at_candidates, at_tests, noise):\n"
            "    n = at_candidates.shape[1]\n"
            "    both = np.corrcoef(at_candidates.T, at_tests.T)\n"
            "    return (both[n:, :n] ** 2).mean(0)"
        ),
    },
    "bn-05-3": {
        "members mixed": (
            "def joint_bald(p, q):\n"
            "    both = torch.einsum('sa,tb->stab', p, q).mean((0, 1))\n"
            "    own = torch.special.entr(p).sum(-1) + torch.special.entr(q).sum(-1)\n"
            "    return torch.special.entr(both).sum() - own.mean()"
        ),
        "a number for each member": (
            "def joint_bald(p, q):\n"
            "    both = (p[:, :, None] * q[:, None, :]).mean(0)\n"
            "    own = torch.special.entr(p).sum(-1) + torch.special.entr(q).sum(-1)\n"
            "    return torch.special.entr(both).sum() - own"
        ),
        "the larger of both": (
            "def joint_bald(p, q):\n    return torch.maximum(bald(p[:, None]), bald(q[:, None]))[0]"
        ),
    },
    "bn-05-4": {
        "cover the noise": (
            "advice = {'first twenty': 'random', 'coin-flip labels': 'diversity', "
            "'error estimate': 'random', 'near-copies': 'diversity', "
            "'rare crack': 'disagreement'}"
        ),
        "cover the whole first": (
            "advice = {'first twenty': 'diversity', 'coin-flip labels': 'disagreement', "
            "'error estimate': 'random', 'near-copies': 'diversity', "
            "'rare crack': 'disagreement'}"
        ),
        "the error by what is hard": (
            "advice = {'first twenty': 'random', 'coin-flip labels': 'disagreement', "
            "'error estimate': 'disagreement', 'near-copies': 'diversity', "
            "'rare crack': 'disagreement'}"
        ),
    },
}
