"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-09-1": {
        "the data alone": (
            "def from_velocity(x, v, share):\n"
            "    data = share**0.5 * x - (1 - share)**0.5 * v\n"
            "    return data, data"
        ),
        "one tensor": "def from_velocity(x, v, share):\n    return share**0.5 * x",
    },
    "gm-09-2": {
        "naive exponentials": (
            "def two_points(x, share, weight):\n"
            "    root, left = share**0.5, 1 - share\n"
            "    one = weight * torch.exp(-((x - root) ** 2) / (2 * left))\n"
            "    other = (1 - weight) * torch.exp(-((x + root) ** 2) / (2 * left))\n"
            "    return (x - root * (one - other) / (one + other)) / left**0.5"
        ),
        "right for equal weights alone": (
            "def two_points(x, share, weight):\n"
            "    mean = torch.tanh(share**0.5 * x / (1 - share))\n"
            "    return (x - share**0.5 * mean) / (1 - share) ** 0.5"
        ),
    },
    "gm-09-4": {
        "the scale left out": (
            "def guided(noise, slope, share, scale):\n    return noise - (1 - share) ** 0.5 * slope"
        ),
    },
    "gm-09-3": {
        "the best score for everything": ('choice = {k: "diffusion" for k in "abcde"}'),
        "a GAN that encodes": (
            'choice = {"a": "diffusion", "b": "mixture", "c": "VAE", "d": "GAN", "e": "mixture"}'
        ),
    },
}
