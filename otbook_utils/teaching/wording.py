"""How a slider's label and its values are written: plainly, and never rounded to something else."""

import re
import unicodedata
from typing import Any

import numpy as np

_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-in", "₀₁₂₃₄₅₆₇₈₉₊₋ᵢₙ")


def plain_label(label: str) -> str:
    r"""Write simple mathematics as plain text, which a slider, a title and a voice can show.

    >>> plain_label(r"learning rate $\eta$"), plain_label("$x_1$"), plain_label(r"$\sigma^2$")
    ('learning rate η', 'x₁', 'σ²')
    """
    return re.sub(r"\$([^$]+)\$", lambda m: _plain(m[1]), label)


def name_label(name: str) -> str:
    """Return what a slider is called that was given no label.

    >>> name_label("epsilon"), name_label("noise_level"), name_label("w")
    ('ε', 'noise level', 'w')
    """
    return _greek(name) or name.replace("_", " ")


def _plain(formula: str) -> str:
    text = re.sub(r"\\(mathrm|mathbf|text)\b", "", formula)
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda m: _greek(m[1]) or m[1], text)
    text = re.sub(r"_\{?([0-9+\-in]+)\}?", lambda m: m[1].translate(_LOWERED), text)
    text = re.sub(r"\^\{?([0-9+\-n]+)\}?", lambda m: m[1].translate(_RAISED), text)
    return text.replace("{", "").replace("}", "")


def _greek(name: str) -> str | None:
    name = {"varepsilon": "epsilon", "varphi": "phi"}.get(name, name).replace("ambda", "amda")
    size = "CAPITAL" if name[:1].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name}")
    except KeyError:
        return None


def value_texts(name: str, values: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the values as a reader wants them, with as few digits as are true and tell them apart.

    Raises ValueError if two values are equal.

    >>> value_texts("x", (0.5, 0.99, 0.9999))
    ('0.5', '0.99', '0.9999')
    """
    for digits in (3, 4, 6, 9, 17):
        texts = tuple(_text(value, digits) for value in values)
        if len(set(texts)) == len(texts):
            return texts
    raise ValueError(f"{name} must hold values that differ, got {list(values)!r}")


def _text(value: Any, digits: int) -> str:
    """Write one value with `digits` digits, or with more where it would look exact and is not.

    >>> [_text(v, 3) for v in (0.05, 1.0, 12, 12345.0, 2e-7, 1 / 3, 0.9999, "exact")]
    ['0.05', '1', '12', '12345', '2e-7', '0.333', '0.9999', 'exact']
    """
    if isinstance(value, str | int):
        return str(value)
    for more in range(digits, 18):
        text = _rounded(value, more)
        shown = len(text.split("e")[0].replace("-", "").replace(".", "").lstrip("0"))
        is_full = shown >= more and ("." in text or "e" in text)
        if is_full or abs(float(text) - value) <= 1e-9 * abs(value):
            return text
    return repr(value)


def _rounded(value: float, digits: int) -> str:
    if value.is_integer() and abs(value) < 1e6:
        return str(int(value))
    if 1e-4 <= abs(value) < 1e6:
        # Below the point only: 1234.5 stays whole, which "g" would turn into 1.23e+03.
        most = max(digits, len(str(int(abs(value)))))
        return np.format_float_positional(float(f"{value:.{most}g}"), trim="-")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
