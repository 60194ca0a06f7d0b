"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_UNDO = (
    "def undo(z, couplings):\n    total = 0\n    for mask, s, t in reversed(couplings):\n"
    "        scale, shift = s(z * mask) * (1 - mask), t(z * mask) * (1 - mask)\n"
)

_CLAIMS = 'claims = dict.fromkeys("abcdef", False) | {"c": True, "f": True}\n'

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
        "x alone": _UNDO + "        z = (z - shift) * (-scale).exp()\n    return z",
        "the last determinant alone": (
            _UNDO + "        z, total = (z - shift) * (-scale).exp(), -scale.sum(1)\n"
            "    return z, total"
        ),
        "a column of determinants": (
            _UNDO + "        z = (z - shift) * (-scale).exp()\n"
            "        total = total - scale.sum(1, keepdim=True)\n    return z, total"
        ),
        "s asked after z was changed": (
            _UNDO.replace(
                "scale, shift = s(z * mask)",
                "z = z - t(z * mask) * (1 - mask)\n        scale, shift = s(z)",
            )
            + "        z, total = z * (-scale).exp(), total - scale.sum(1)\n    return z, total"
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
        "a is true": _CLAIMS + 'claims["a"] = True',
        "all false": 'claims = dict.fromkeys("abcdef", False)',
        "units forgotten": _CLAIMS + 'claims["e"] = True',
        "no three shears turn": _CLAIMS + 'claims["f"] = False',
        "one is missing": _CLAIMS + 'del claims["d"]',
        "a list": "claims = [False, False, True, False, False, True]",
    },
}
