"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_LOSS = (
    "def loss(z, log_det, labels, means, log_weights):\n"
    "    apart = (z[:, None] - means).square().sum(-1)\n"
    "    joint = -0.5 * apart - 0.5 * z.shape[1] * math.log(2 * math.pi) + log_weights\n"
    "    joint = joint + log_det[:, None]\n"
    "    free = joint.logsumexp(1)\n"
    "    given = joint.gather(1, labels.clamp(min=0)[:, None])[:, 0]\n"
    "    each = torch.where(labels < 0, free, given)\n"
)

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "nf-03-1": {
        "the other class": "numbers = [0.1192, -1.1167, 0.5493, 4.6527]",
        "with the slope": "numbers = [2.6424, -1.1167, 0.5493, 4.6527]",
        "without the slope": "numbers = [0.8808, -2.6099, 0.5493, 4.6527]",
        "divided by the slope": "numbers = [0.8808, -3.7085, 0.5493, 4.6527]",
        "in the middle": "numbers = [0.8808, -1.5113, 0.0, 4.6527]",
        "the wrong side": "numbers = [0.8808, -1.5113, -0.5493, 4.6527]",
        "half the distance": "numbers = [0.8808, -1.5113, 0.5493, 2.3263]",
        "two sides": "numbers = [0.8808, -1.5113, 0.5493, 5.1517]",
    },
    "nf-03-2": {
        "detached": _LOSS + "    return -each.mean().detach()",
        "a number": _LOSS + "    return -each.mean().item()",
        "one for each point": _LOSS + "    return -each",
    },
    "nf-03-3": {
        "a list of posteriors": (
            "def decide(log_joint, floor, sure):\n    return log_joint.softmax(1).amax(1)"
        ),
        "strings of another shape": (
            "def decide(log_joint, floor, sure):\n    return log_joint.argmax(0)"
        ),
    },
    "nf-03-4": {
        "a is true": 'claims = {"a": True, "b": True, "c": True, "d": False, "e": False}',
        "all false": 'claims = dict.fromkeys("abcde", False)',
        "e is true": 'claims = {"a": False, "b": True, "c": True, "d": False, "e": True}',
        "one is missing": 'claims = {"a": False, "b": True, "c": True, "d": False}',
        "a list": "claims = [False, True, True, False, False]",
    },
}
