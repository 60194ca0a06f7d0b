"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-01-1": {
        "penalty without gradient": (
            "def objective(errors, w, weight_decay, N):\n"
            "    return errors.mean() + weight_decay / N * w.detach().square().sum()"
        ),
        "a plain number": (
            "def objective(errors, w, weight_decay, N):\n"
            "    return (errors.mean() + weight_decay / N * w.square().sum()).item()"
        ),
        "norm along one dimension": (
            "def objective(errors, w, weight_decay, N):\n"
            "    return errors.mean() + weight_decay / N * w.square().sum(-1)"
        ),
    },
    "bn-01-2": {
        "sign of the covariance": (
            "def which_noise(layer, z):\n"
            "    c = layer(z.expand(4000, -1)).T.cov()\n"
            "    return 'units' if (c - c.diag().diag()).max() > 0.1 * c.diag().mean() "
            "else 'weights'"
        ),
        "first pair alone": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(4000, -1))\n"
            "    a = a - a.mean(0)\n"
            "    products = a[:, 0] * a[:, 1]\n"
            "    score = products.mean() / (products.std() / 4000**0.5)\n"
            "    return 'units' if score.abs() > 4 else 'weights'"
        ),
        "any covariance that is not 0": (
            "def which_noise(layer, z):\n"
            "    c = layer(z.expand(4000, -1)).T.cov()\n"
            "    return 'units' if (c - c.diag().diag()).abs().max() > 0 else 'weights'"
        ),
        "an output with itself": (
            "def which_noise(layer, z):\n"
            "    c = torch.corrcoef(layer(z.expand(4000, -1)).T)\n"
            "    return 'units' if c.abs().max() > 0.1 else 'weights'"
        ),
        "a fixed limit, whatever the scale": (
            "def which_noise(layer, z):\n"
            "    c = layer(z.expand(4000, -1)).T.cov()\n"
            "    return 'units' if (c - c.diag().diag()).abs().max() > 0.1 else 'weights'"
        ),
        "looks for zeros": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(4000, -1))\n"
            "    return 'units' if (a == 0).any() else 'weights'"
        ),
        "always units": "def which_noise(layer, z):\n    return 'units'",
        "another word": "def which_noise(layer, z):\n    return 'dropout'",
    },
    "bn-01-3": {
        "nothing happens": "def at_test_time(mean, variance, p):\n    return 0.0, 1.0",
    },
    "bn-01-4": {
        "mean of the logarithms, unweighted, not renormalised": (
            "def geometric_mean(logits, chances):\n"
            "    return logits.softmax(-1).log().mean(0).exp()"
        ),
        "logarithm of a rounded probability": (
            "def geometric_mean(logits, chances):\n"
            "    logs = (chances[:, None, None] * logits.softmax(-1).log()).sum(0).exp()\n"
            "    return logs / logs.sum(-1, keepdim=True)"
        ),
    },
}

_ALIKE = {"any covariance that is not 0", "an output with itself", "always units"}
SHARED_HINTS = {"bn-01-2": _ALIKE}  # each calls noise on the weights `units`
