"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_CLAIM = 'claims = {{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}}}'

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "nf-02-1": {
        "always eight": "numbers = [8, 6, 3, 6.644]",
        "nats": "numbers = [4, 6.6137, 3, 6.644]",
        "the wrong sign": "numbers = [4, 10, 3, 6.644]",
        "eight bits twice": "numbers = [4, 6, 11, 6.644]",
        "a pixel": "numbers = [4, 6, 3, 0.0085]",
        "for each pixel": "numbers = [4, 6, 3, 5208.7]",
        "nats of the factor": "numbers = [4, 6, 3, 4.605]",
        "ninety-nine": "numbers = [4, 6, 3, 6.629]",
    },
    "nf-02-2": {
        "the noise on 0 to 1": (
            "def image_bits(levels, noise, log_prob):\n"
            "    u = 0.05 + 0.9 * (levels / 256 + noise)\n"
            "    u = u.clamp(max=0.999)\n"
            "    slopes = (0.9 / (u * (1 - u))).log().flatten(1).sum(1)\n"
            "    return 8 - (log_prob(u.logit()) + slopes) / levels[0].numel() / math.log(2)"
        ),
    },
    "nf-02-3": {
        "unsqueezed": "def my_squeeze(x): return torch.nn.functional.pixel_shuffle(x, 2)",
        "every other row alone": (
            "def my_squeeze(x):\n    return torch.cat([x[:, :, 0::2], x[:, :, 1::2]], dim=1)"
        ),
        "square images only": (
            "def my_squeeze(x):\n    n, c, s, _ = x.shape\n"
            "    x = x.reshape(n, c, s // 2, 2, s // 2, 2)\n"
            "    return x.permute(0, 1, 3, 5, 2, 4).reshape(n, 4 * c, s // 2, s // 2)"
        ),
    },
    "nf-02-4": {
        "bits are quality": _CLAIM.format(True, True, False, False, True, False),
        "two are not enough": _CLAIM.format(False, False, False, False, True, False),
        "the mode is the mode": _CLAIM.format(False, True, True, False, True, False),
        "more draws": _CLAIM.format(False, True, False, True, True, False),
        "a bound from below": _CLAIM.format(False, True, False, False, False, False),
        "typicality cures": _CLAIM.format(False, True, False, False, True, True),
        "one is missing": 'claims = {"a": False, "b": True}',
    },
}
