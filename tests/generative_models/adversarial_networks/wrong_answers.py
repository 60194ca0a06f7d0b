"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-05-1": {
        "logarithm of a rounded probability": (
            "def smoothed_loss(real_logits, fake_logits, real_target):\n"
            "    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()\n"
            "    kept = real_target * real.log() + (1 - real_target) * (1 - real).log()\n"
            "    return -kept.mean() - (1 - fake).log().mean()"
        ),
        "detached fakes": (
            "def smoothed_loss(real_logits, fake_logits, real_target):\n"
            "    targets = torch.full_like(real_logits, real_target)\n"
            "    loss = torch.nn.functional.binary_cross_entropy_with_logits\n"
            "    fake = fake_logits.detach()\n"
            "    return loss(real_logits, targets) + loss(fake, torch.zeros_like(fake))"
        ),
        "a plain number": (
            "def smoothed_loss(real_logits, fake_logits, real_target):\n"
            "    targets = torch.full_like(real_logits, real_target)\n"
            "    loss = torch.nn.functional.binary_cross_entropy_with_logits\n"
            "    return (loss(real_logits, targets)\n"
            "            + loss(fake_logits, torch.zeros_like(fake_logits))).item()"
        ),
    },
    "gm-05-2": {
        "right for equal numbers alone": (
            "def density_ratio(logits, n_real, n_fake):\n"
            "    d = logits.sigmoid()\n"
            "    return d / (1 - d)"
        ),
    },
    "gm-05-3": {
        "infinite": ("def forgotten(kept, modes):\n    return math.log(2), math.inf"),
    },
    "gm-05-4": {
        "transposed": (
            "def extragradient(x, y, A, rate):\n"
            "    ahead_x, ahead_y = x - rate * y @ A, y + rate * x @ A.T\n"
            "    return x - rate * ahead_y @ A, y + rate * ahead_x @ A.T"
        ),
    },
}
