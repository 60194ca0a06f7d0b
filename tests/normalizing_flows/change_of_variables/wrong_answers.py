"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_UNDO = "def undo(z, mask, s, t):\n    kept, change = z * mask, 1 - mask\n"

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "nf-01-1": {
        "times the slope": "numbers = [0.5, 0.1330, 1 / 6, -1.0]",
        "the wrong place": "numbers = [8, 0.1330, 1 / 6, -1.0]",
        "times three": "numbers = [2, 1.1968, 1 / 6, -1.0]",
        "a negative density": "numbers = [2, -0.1330, 1 / 6, -1.0]",
        "the area": "numbers = [2, 0.1330, 6, -1.0]",
        "the trace": "numbers = [2, 0.1330, 1 / 5, -1.0]",
        "the determinant": "numbers = [2, 0.1330, 1 / 6, 0.3679]",
        "absolute values": "numbers = [2, 0.1330, 1 / 6, 2.0]",
        "with t": "numbers = [2, 0.1330, 1 / 6, 4.0]",
    },
    "nf-01-2": {
        "x alone": _UNDO + "    return (z - t(kept) * change) * (-s(kept) * change).exp()",
        "forth, not back": (
            _UNDO + "    scale = s(kept) * change\n"
            "    return z * scale.exp() + t(kept) * change, scale.sum(1)"
        ),
        "a column of determinants": (
            _UNDO + "    scale = s(kept) * change\n"
            "    return (z - t(kept) * change) * (-scale).exp(), -scale.sum(1, keepdim=True)"
        ),
    },
    "nf-01-3": {
        "two and two in turns, twice": "masks = [[1, 1, 0, 0], [0, 0, 1, 1]]",
        "three couplings": "masks = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0]]",
        "always the same": "masks = [[1, 1, 1, 0]] * 4",
        "keeps all": "masks = [[1, 1, 1, 1], [0, 0, 0, 0]]",
        "three numbers": "masks = [[1, 1, 0], [0, 0, 1]]",
    },
    "nf-01-4": {
        "a is true": 'claims = {"a": True, "b": False, "c": True, "d": False, "e": False}',
        "all false": 'claims = dict.fromkeys("abcde", False)',
        "units forgotten": 'claims = {"a": False, "b": False, "c": True, "d": False, "e": True}',
        "one is missing": 'claims = {"a": False, "b": False, "c": True, "d": False}',
        "a list": "claims = [False, False, True, False, False]",
    },
}
