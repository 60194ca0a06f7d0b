"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

_HOLDS = '{"a": False, "b": False, "c": True, "d": False, "e": True}'

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-03-1": {
        "no gradient": (
            "@torch.no_grad()\n"
            "def excess(logits, x):\n"
            "    each = F.binary_cross_entropy_with_logits(logits, x, reduction='none')\n"
            "    return (each + torch.special.xlogy(x, x)\n"
            "            + torch.special.xlogy(1 - x, 1 - x)).sum(1)"
        ),
        "logarithm of a sigmoid that rounds to 1": (
            "def excess(logits, x):\n"
            "    p = logits.sigmoid()\n"
            "    return (torch.special.xlogy(x, x / p)\n"
            "            + torch.special.xlogy(1 - x, (1 - x) / (1 - p))).nan_to_num(1e9).sum(1)"
        ),
        "probability held away from 0 and 1": (
            "def excess(logits, x):\n"
            "    p = logits.sigmoid().clamp(1e-6, 1 - 1e-6)\n"
            "    return (torch.special.xlogy(x, x / p)\n"
            "            + torch.special.xlogy(1 - x, (1 - x) / (1 - p))).sum(1)"
        ),
        "0 ln 0 is not a number": (
            "def excess(logits, x):\n"
            "    each = F.binary_cross_entropy_with_logits(logits, x, reduction='none')\n"
            "    return (each + x * x.log() + (1 - x) * (1 - x).log()).sum(1)"
        ),
        "squared error": (
            "def excess(logits, x):\n    return (logits.sigmoid() - x).square().sum(1)"
        ),
    },
    "gm-03-2": {
        "least squares": "def principal_axes(A, X):\n    return np.linalg.pinv(A)",
        "no sign": (
            "def principal_axes(A, X):\n"
            "    Q = np.linalg.qr(A)[0]\n"
            "    axes = np.linalg.svd((X - X.mean(0)) @ Q)[2] @ Q.T\n"
            "    return -axes * np.sign(axes[:, :1])"
        ),
    },
    "gm-03-3": {
        "error zero is learning": "holds = " + _HOLDS.replace('"a": False', '"a": True'),
        "no floor": "holds = " + _HOLDS.replace('"b": False', '"b": True'),
        "tying costs": "holds = " + _HOLDS.replace('"c": True', '"c": False'),
        "turn the sign": "holds = " + _HOLDS.replace('"d": False', '"d": True'),
        "words": 'holds = dict.fromkeys("abcde", "yes")',
    },
    "gm-03-4": {
        "one factor for all": (
            "def least_error(variances, noise, k):\n"
            "    kept = np.sort(variances)[-k:]\n"
            "    share = variances.sum() / (variances.sum() + len(variances) * noise**2)\n"
            "    return ((1 - share)**2 * kept + share**2 * noise**2).sum() "
            "+ variances.sum() - kept.sum()"
        ),
        "the smallest": (
            "def least_error(variances, noise, k):\n"
            "    kept = np.sort(variances)[:k]\n"
            "    return variances.sum() - (kept**2 / (kept + noise**2)).sum()"
        ),
    },
}
