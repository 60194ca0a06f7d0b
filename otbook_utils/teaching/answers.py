"""From whatever a learner hands in to the number or array that a checker compares."""

import types
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np


class WrongAnswer(Exception):
    """Raised by the `expect_…` helpers; `check` turns its message into a hint."""


def expect_number(answer: Any, name: str = "your answer") -> float:
    """Return a number, fraction, NumPy scalar or tensor of one element as a finite float.

    name: what the number is called in the hint.

    Raises WrongAnswer, which `check` shows as a hint, if it is none.

    >>> expect_number(np.float32(0.5))
    0.5
    """
    value = _detached(answer)
    if isinstance(value, bool | str | bytes) or not isinstance(value, int | float | np.ndarray):
        raise WrongAnswer(f"Expected {name} to be a number, got {described(answer)}.")
    if isinstance(value, np.ndarray):
        if value.size != 1 or value.dtype.kind not in "fiu":
            raise WrongAnswer(f"Expected {name} to be one number, got {described(answer)}.")
        value = value.item()
    return float(_finite(np.asarray(value), name))


def expect_array(
    answer: Any, shape: Sequence[int | None] | None = None, name: str = "your answer"
) -> np.ndarray:
    """Return a list, NumPy array or tensor as a finite float64 array.

    shape: what the shape must be; None stands for a length that does not matter.
    name: what the array is called in the hint.

    Raises WrongAnswer, which `check` shows as a hint, if it is no such array.

    >>> expect_array([[0.5, 0], [0, 0.5]], shape=(2, None)).sum()
    np.float64(1.0)
    """
    array = _plain_numbers(answer, "an array of numbers", name)
    if shape != () and array.ndim == 0:
        raise WrongAnswer(f"Expected {name} to be an array of numbers, got {described(answer)}.")
    if shape is not None and not _fits(array.shape, shape):
        raise WrongAnswer(_shape_hint(array.shape, tuple(shape), name))
    return _finite(array, name)


def expect_numbers(answer: Any, kind: str = "numbers", name: str = "your answer") -> np.ndarray:
    """Return a number, list, NumPy array or tensor, of whatever shape, as a finite float64 array.

    kind: what the hint says is wanted. name: what the answer is called in the hint.

    Raises WrongAnswer, which `check` shows as a hint, if it is none.

    >>> expect_numbers(Fraction(1, 4))
    array(0.25)
    """
    return _finite(_plain_numbers(answer, kind, name), name)


def expect_choice(answer: Any, choices: Sequence[str], name: str = "your answer") -> str:
    """Return the one of `choices` that was named, whatever its case and the spaces around it.

    Raises WrongAnswer, which `check` shows as a hint, if it is none of them.

    >>> expect_choice(" B ", ["a", "b"])
    'b'
    """
    listed = ", ".join(f"`{choice!r}`" for choice in choices)
    if not isinstance(answer, str):
        raise WrongAnswer(f"Expected {name} to be one of {listed}, got {described(answer)}.")
    for choice in choices:
        if answer.strip().casefold() == choice.casefold():
            return choice
    raise WrongAnswer(f"Expected {name} to be one of {listed}, got `{answer!r}`.")


def expect_choices(
    answer: Any,
    wanted: Mapping[str, str] | Mapping[str, bool],
    hints: Mapping[str, str],
    name: str = "your answer",
) -> None:
    """Return if a dictionary names the wanted choice for each of its keys.

    wanted: key -> the right one; all values together are the choices, True and False where they
    are truth values. hints: key -> what is said of a wrong choice there. name: what the dictionary
    is called in the hint.

    Raises WrongAnswer, which `check` shows as a hint, for what is no dictionary, a key without a
    choice, and the first wrong choice.

    >>> expect_choices({"a": "Up"}, {"a": "up"}, {"a": "Which way do balloons go?"})
    >>> expect_choices({"a": True, "b": False}, {"a": True, "b": False}, {})
    """
    if not isinstance(answer, Mapping):
        raise WrongAnswer(f"Answer with a dict that has the keys {', '.join(wanted)}.")
    missing = [key for key in wanted if answer.get(key, ...) is ...]
    if missing:
        raise WrongAnswer(f"Nothing is named yet for {', '.join(missing)}.")
    choices = sorted({str(right) for right in wanted.values()})
    if choices in (["False"], ["True"]):
        choices = ["False", "True"]
    for key, right in wanted.items():
        said = str(answer[key]) if isinstance(answer[key], bool | np.bool_) else answer[key]
        if expect_choice(said, choices, f"{name}[{key!r}]") != str(right):
            raise WrongAnswer(f"{key}: {hints[key]}")


def close(a: Any, b: Any, tol: float = 1e-4) -> bool:
    """Say whether numbers or arrays agree within `tol`, absolutely or relative to the larger.

    Arrays of different shapes do not agree.

    >>> close([1.0, 2.0], [1.00001, 2.0])
    True
    """
    left, right = np.asarray(_detached(a), float), np.asarray(_detached(b), float)
    if left.shape != right.shape and left.size != 1 and right.size != 1:
        return False
    size = np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    return bool((np.abs(left - right) <= tol * size).all())


def _plain_numbers(answer: Any, kind: str, name: str) -> np.ndarray:
    """Return the answer as an array of numbers of one kind or another."""
    if _holds_dots(answer):
        raise WrongAnswer(f"Some dots are left in {name}: replace them all.")
    try:
        array = np.asarray(_detached(answer))
    except ValueError:
        raise WrongAnswer(f"The rows of {name} are not of one length.") from None
    if array.dtype.kind not in "fiu":
        raise WrongAnswer(f"Expected {name} to be {kind}, got {described(answer)}.")
    return array


def _finite(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 0 and not np.isfinite(array):
        raise WrongAnswer(f"Expected {name} to be a finite number, got {array}.")
    if not np.isfinite(array).all():
        raise WrongAnswer(f"Expected {name} to hold finite numbers; it holds nan or inf.")
    return array.astype(np.float64)


def _detached(answer: Any) -> Any:
    """Return a tensor as an array on the CPU, a fraction as a float, anything else as it is."""
    if isinstance(answer, Fraction):
        return float(answer)
    if isinstance(answer, np.ndarray) and answer.dtype == object:  # of fractions, perhaps
        return _detached(answer.tolist())
    if isinstance(answer, np.generic):
        return np.asarray(answer)
    if hasattr(answer, "detach"):
        return np.asarray(answer.detach().cpu().numpy())
    if isinstance(answer, list | tuple):
        return [_detached(item) for item in answer]
    return answer


def _holds_dots(answer: Any) -> bool:
    if isinstance(answer, list | tuple):
        return any(map(_holds_dots, answer))
    return answer is ...


def described(answer: Any) -> str:
    """Return how a hint names an answer: by its shape, its text where that is short, or its type.

    >>> described(0.5)
    '`0.5`'
    """
    kind = type(answer).__name__
    if isinstance(answer, types.FunctionType):
        return f"the function `{answer.__name__}`"
    if getattr(answer, "shape", ()) != ():
        return f"an object of type {kind} and shape {tuple(answer.shape)}"
    text = repr(answer)
    return f"`{text}`" if len(text) <= 40 else f"an object of type {kind}"


def _fits(given: tuple[int, ...], wanted: Sequence[int | None]) -> bool:
    return len(given) == len(wanted) and all(
        w is None or g == w for g, w in zip(given, wanted, strict=True)
    )


def _shape_hint(given: tuple[int, ...], wanted: tuple[int | None, ...], name: str) -> str:
    shown = "(" + ", ".join("any" if w is None else str(w) for w in wanted) + ")"
    if len(wanted) == 1:
        shown = shown.replace(")", ",)")
    hint = f"Expected {name} to have the shape {shown}, got {given}."
    if len(given) == 2 and given != given[::-1] and _fits(given[::-1], wanted):
        hint += " Is it the transpose?"
    return hint
