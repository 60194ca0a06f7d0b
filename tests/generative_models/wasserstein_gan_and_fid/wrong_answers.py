"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_PENALTY = (
    "def penalty(critic, between):\n"
    "    between = between.detach().requires_grad_()\n"
    "    (slopes,) = torch.autograd.grad(critic(between).sum(), between{graph})\n"
    "    return (slopes.flatten(1).norm(dim=1) - 1).square().mean(){end}"
)

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-07-1": {
        "the loss itself": "numbers = [-3.6, 25, 1.1, 5]",
        "penalty forgotten": "numbers = [3.1, 25, 1.1, 5]",
        "lambda forgotten": "numbers = [3.15, 25, 1.1, 5]",
        "penalty taken off": "numbers = [2.6, 25, 1.1, 5]",
        "times the slope": "numbers = [3.6, 0.01, 1.1, 5]",
        "as it says": "numbers = [3.6, 0.5, 1.1, 5]",
        "slope one": "numbers = [3.6, 25, 1.0, 5]",
        "half forgotten": "numbers = [3.6, 25, 1.2, 5]",
        "variances": "numbers = [3.6, 25, 1.1, 65]",
        "the root": "numbers = [3.6, 25, 1.1, 5 ** 0.5]",
    },
    "gm-07-2": {
        "no graph": _PENALTY.format(graph="", end=""),
        "a number": _PENALTY.format(graph=", create_graph=True", end=".item()"),
    },
    "gm-07-3": {
        "equal sets": "pair = [0, 1, 2], [2, 1, 0]",
        "other means": "pair = [0, 1], [5, 6]",
        "other deviations": "pair = [-1, 1], [-3, 3]",
        "all equal": "pair = [1, 1], [1, 1]",
        "one list": "pair = [0, 1, 2]",
    },
    "gm-07-4": {
        "all signs": 'causes = dict.fromkeys("abcd", "sign")',
        "copies and size": 'causes = {"a": "sign", "b": "scale", "c": "copies", "d": "size"}',
        "one is missing": 'causes = {"a": "sign", "b": "scale", "c": "size"}',
        "a tuple": 'causes = ("sign", "scale", "size", "copies")',
    },
}
SHARED_HINTS = {"gm-07-2": ("no graph", "a number")}
