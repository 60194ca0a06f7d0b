"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-01-1": {
        "penalty without gradient": (
            "def objective(errors, w, penalty, N):\n"
            "    return errors.mean() + penalty / N * w.detach().square().sum()"
        ),
        "a plain number": (
            "def objective(errors, w, penalty, N):\n"
            "    return (errors.mean() + penalty / N * w.square().sum()).item()"
        ),
        "norm along one dimension": (
            "def objective(errors, w, penalty, N):\n"
            "    return errors.mean() + penalty / N * w.square().sum(-1)"
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
        "pairs with the first output alone": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(4000, -1))\n"
            "    a = a - a.mean(0)\n"
            "    products = a[:, :1] * a[:, 1:]\n"
            "    scores = products.mean(0) / (products.std(0) / 4000**0.5)\n"
            "    return 'units' if scores.abs().max() > 4.5 else 'weights'"
        ),
        "neighbours alone": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(4000, -1))\n"
            "    a = a - a.mean(0)\n"
            "    products = a[:, :-1] * a[:, 1:]\n"
            "    scores = products.mean(0) / (products.std(0) / 4000**0.5)\n"
            "    return 'units' if scores.abs().max() > 4.5 else 'weights'"
        ),
        "pairs with the last output alone": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(4000, -1))\n"
            "    a = a - a.mean(0)\n"
            "    products = a[:, -1:] * a[:, :-1]\n"
            "    scores = products.mean(0) / (products.std(0) / 4000**0.5)\n"
            "    return 'units' if scores.abs().max() > 4.5 else 'weights'"
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
        "covariance without the means taken off": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(4000, -1))\n"
            "    products = a[:, :, None] * a[:, None, :]\n"
            "    scores = products.mean(0) / (products.std(0) / 4000**0.5)\n"
            "    scores = scores - scores.diag().diag()\n"
            "    return 'units' if scores.abs().max() > 4.5 else 'weights'"
        ),
        "too few rows": (
            "def which_noise(layer, z):\n"
            "    a = layer(z.expand(200, -1))\n"
            "    a = a - a.mean(0)\n"
            "    products = a[:, :, None] * a[:, None, :]\n"
            "    scores = products.mean(0) / (products.std(0) / 200**0.5)\n"
            "    scores = scores - scores.diag().diag()\n"
            "    return 'units' if scores.abs().max() > 4.5 else 'weights'"
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
        "the deviation alone": (
            "def at_test_time(mean, variance, p):\n"
            "    return (1 + p / (1 - p) * (1 + mean**2 / variance)) ** -0.5"
        ),
    },
    "bn-01-4": {
        "mean of the logarithms, unweighted, not renormalised": (
            "def geometric_mean(logits, chances):\n"
            "    return logits.softmax(-1).log().mean(0).exp()"
        ),
        "the definition, with products that round to 0": (
            "def geometric_mean(logits, chances):\n"
            "    mean = (logits.softmax(-1) ** chances[:, None, None]).prod(0)\n"
            "    return mean / mean.sum(-1, keepdim=True)"
        ),
        "a floor under probabilities": (
            "def geometric_mean(logits, chances):\n"
            "    logs = logits.softmax(-1).clamp(min=1e-12).log()\n"
            "    return (chances[:, None, None] * logs).sum(0).softmax(-1)"
        ),
        "logarithm of a rounded probability": (
            "def geometric_mean(logits, chances):\n"
            "    logs = (chances[:, None, None] * logits.softmax(-1).log()).sum(0).exp()\n"
            "    return logs / logs.sum(-1, keepdim=True)"
        ),
    },
}

SHARED_HINTS = {
    # Four call noise on the weights `units`, two miss the pair (1, 3), two small covariances.
    "bn-01-2": {
        "any covariance that is not 0",
        "covariance without the means taken off",
        "too few rows",
        "sign of the covariance",
        "an output with itself",
        "always units",
        "pairs with the first output alone",
        "neighbours alone",
    },
    # Either lets probabilities round to 0.
    "bn-01-4": {
        "the definition, with products that round to 0",
        "a floor under probabilities",
        "logarithm of a rounded probability",
    },
}
