"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "ot-04-1": {
        "nan of the empty entries": (
            "def value_with_kl(P, C, epsilon):\n"
            "    spread = np.outer(P.sum(1), P.sum(0))\n"
            "    return (P * C).sum() + epsilon * (P * np.log(P / spread)).sum()"
        ),
        "marginals transposed": (
            "def value_with_kl(P, C, epsilon):\n"
            "    spread, used = np.outer(P.sum(0), P.sum(1)).reshape(P.shape), P > 0\n"
            "    return (P * C).sum() + epsilon * (P[used] * np.log(P[used] / spread[used])).sum()"
        ),
        "base 2": (
            "def value_with_kl(P, C, epsilon):\n"
            "    spread, used = np.outer(P.sum(1), P.sum(0)), P > 0\n"
            "    return (P * C).sum() + epsilon * (P[used] * np.log2(P[used] / spread[used])).sum()"
        ),
    },
    "ot-04-3": {
        "solved again": (
            "def entropic_map(z, y, g, b, epsilon):\n"
            "    each = np.full(len(z), 1 / len(z))\n"
            "    P = ot.sinkhorn(each, b.numpy(), ot.dist(z.numpy(), y.numpy()), epsilon)\n"
            "    return torch.tensor(P / P.sum(1, keepdims=True)) @ y"
        ),
        "underflow": (
            "def entropic_map(z, y, g, b, epsilon):\n"
            "    weights = b * torch.exp((g - ((z[:, None] - y) ** 2).sum(-1)) / epsilon)\n"
            "    return weights @ y / weights.sum(1, keepdim=True)"
        ),
        "the mean of all targets": (
            "def entropic_map(z, y, g, b, epsilon):\n    return (b @ y).expand(len(z), -1)"
        ),
    },
    "ot-04-4": {
        "never below zero by the absolute value": (
            "def best_variance(sigma2, epsilon):\n    return abs(sigma2 - epsilon / 2)"
        ),
        "a share of the variance": (
            "def best_variance(sigma2, epsilon):\n    return sigma2 / (1 + epsilon / 2)"
        ),
    },
    "ot-04-2": {
        "scale for underflow": (
            'causes = {"a": "scale", "b": "scale", "c": "convention", "d": "bias"}'
        ),
        "c and d exchanged": (
            'causes = {"a": "scale", "b": "underflow", "c": "bias", "d": "convention"}'
        ),
        "a tuple": 'causes = ("scale", "underflow", "convention", "bias")',
        "one is missing": 'causes = {"a": "scale", "b": "underflow", "c": "convention"}',
    },
}
