"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
"""

_TOOLS = '{"a": "sorting", "b": "gaussians", "c": "solver", "d": "slices"}'


def _polygon(even: str, odd: str, start: str) -> str:
    return (
        "def blind_pair(k):\n"
        f"    turn = np.arange(2 * k) * np.pi / k + {start}\n"
        "    corners = np.stack([np.cos(turn), np.sin(turn)], axis=1)\n"
        f"    return corners[{even}], corners[{odd}]"
    )


WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "ot-05-1": {
        "one pooled sample": "def middle(samples):\n    return np.sort(samples.ravel())",
        "the first sample": "def middle(samples):\n    return np.sort(samples[0])",
    },
    "ot-05-2": {
        "towards the nearest mean": (
            "def sliced_gradient(x, y, directions):\n"
            "    return 2 / len(x) * (x - y.mean(0)).expand(x.shape)"
        ),
        "autograd": (
            "def sliced_gradient(x, y, directions):\n"
            "    x = x.clone().requires_grad_()\n"
            "    way = (x @ directions.T).sort(0).values - (y @ directions.T).sort(0).values\n"
            "    way.square().mean().backward()\n"
            "    return x.grad"
        ),
        "autograd, switched on again": (
            "def sliced_gradient(x, y, directions):\n"
            "    with torch.enable_grad():\n"
            "        x = x.clone().requires_grad_()\n"
            "        way = (x @ directions.T).sort(0).values - (y @ directions.T).sort(0).values\n"
            "        return torch.autograd.grad(way.square().mean(), x)[0]"
        ),
        "torch.func": (
            "def sliced_gradient(x, y, directions):\n"
            "    def cost(x):\n"
            "        way = (x @ directions.T).sort(0).values - (y @ directions.T).sort(0).values\n"
            "        return way.square().mean()\n"
            "    return torch.func.grad(cost)(x)"
        ),
        "through the package": (
            "def sliced_gradient(x, y, directions):\n"
            "    x = x.clone().requires_grad_()\n"
            "    (sliced_wasserstein(x, y, 2, directions) ** 2).backward()\n"
            "    return x.grad"
        ),
    },
    "ot-05-3": {
        "slices everywhere": "tools = dict.fromkeys('abcd', 'slices')",
        "a plan from slices": f"tools = {_TOOLS.replace('solver', 'slices')}",
        "exact is best": f"tools = {_TOOLS.replace('slices', 'solver')}",
        "a list": "tools = ['sorting', 'gaussians', 'solver', 'slices']",
    },
    "ot-05-4": {
        "corners on the first direction": _polygon("::2", "1::2", "0"),
        "all corners in both": _polygon("::-1", ":", "0"),
        "the text's pair for every k": (
            "def blind_pair(k):\n"
            "    return np.array([[1, 1], [-1, -1]]), np.array([[1, -1], [-1, 1]])"
        ),
        "one cloud only": "def blind_pair(k):\n    return np.eye(2)",
    },
}

SHARED_HINTS = {
    "ot-05-2": {"autograd", "autograd, switched on again", "torch.func", "through the package"}
}
