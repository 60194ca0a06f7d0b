"""The shape that most checkers share: is it what is wanted, and if not, which mistake gives this?

A mistake is written once, its hint beside what it would give: `{hint: value, …}`, tried from top to
bottom. A tuple holds several values that one mistake may give; an array or a list is one value.
"""

import copy
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from otbook_utils.teaching.answers import (
    WrongAnswer,
    close,
    expect_array,
    expect_number,
    expect_numbers,
)

Mistakes = Mapping[str, Any]
Case = Sequence[Any]

_FEW = 4  # numbers that a hint lists one by one


def expect_close(
    got: Any,
    wanted: Any,
    mistakes: Mistakes | None = None,
    *,
    otherwise: str | None = None,
    name: str = "your answer",
    tol: float = 1e-4,
) -> None:
    """Return if a number or array is the wanted one; else say the hint of the mistake it shows.

    wanted: a number, or an array whose shape `got` must have.
    mistakes: hint -> what that mistake gives; its shape may be another than that of `wanted`.
    otherwise: the hint where no known mistake fits; by default, what was expected and what came.
    name: what `got` is called in a hint. tol: as for `close`.

    Raises WrongAnswer, which `check` shows as a hint, if it is not the wanted one.

    >>> expect_close(2 * np.pi, 6.2832)
    >>> expect_close(3.1416, 2 * np.pi, {"That is half of the circle.": np.pi})
    Traceback (most recent call last):
    otbook_utils.teaching.answers.WrongAnswer: That is half of the circle.
    """
    told = _compare(got, wanted, mistakes or {}, name, tol)
    if told:
        raise WrongAnswer(otherwise or f"E{told[1:]}.")


def expect_function(
    answer: Callable[..., Any],
    wanted: Callable[..., Any],
    cases: Iterable[Case],
    mistakes: Callable[..., Mistakes] | None = None,
    *,
    gradient_of: Sequence[str] = (),
    otherwise: str | Callable[..., str] | None = None,
    name: str = "the result",
    tol: float = 1e-4,
) -> None:
    """Return if a function gives what `wanted` gives in every case; else say what mistake it shows.

    cases: the arguments of each call, of which the function gets copies. They must tell the
    mistakes apart (mixed signs, more rows than columns, weights that do not sum to 1): a test
    hands every mistake in as an answer and wants its own hint.
    mistakes: called with a case's arguments; returns hint -> what that mistake gives there.
    gradient_of: names of parameters of `wanted`, all tensors, along which a gradient is wanted.
    A right value that is no tensor, is detached, or has another gradient is refused and told so.
    otherwise: the hint where no known mistake fits, or a function of a case's arguments that
    returns it; by default, the case, what was expected and what came.

    Raises WrongAnswer, which `check` shows as a hint.

    >>> def mean_length(x):
    ...     return np.abs(x).mean()
    >>> def mistakes(x):
    ...     return {"Signs cancel: take `abs` first.": np.mean(x), "Divide by n.": np.abs(x).sum()}
    >>> cases = [([3.0, -1.0],), ([2.0, 2.0, -8.0],)]
    >>> expect_function(mean_length, mean_length, cases, mistakes)
    >>> expect_function(np.mean, mean_length, cases, mistakes)
    Traceback (most recent call last):
    otbook_utils.teaching.answers.WrongAnswer: Signs cancel: take `abs` first.
    """
    names = list(inspect.signature(wanted).parameters)
    along = [names.index(parameter) for parameter in gradient_of]
    for case in cases:
        leaves, theirs = _copies(case, along)
        own_leaves, ours = _copies(case, along)
        result, target = answer(*theirs), wanted(*ours)
        known = _known(mistakes, case) if mistakes else {}
        told = _compare(result, target, known, name, tol)
        if told:
            said = otherwise(*case) if callable(otherwise) else otherwise
            raise WrongAnswer(said or f"For {_told(case, names)}: {told}.")
        if along:
            _expect_tensor(result)
            grads = _gradients(result, leaves), _gradients(target, own_leaves)
            for parameter, got, right in zip(gradient_of, *grads, strict=True):
                if not _agree(got, right, tol):
                    raise WrongAnswer(
                        f"The value is right, but not its gradient along `{parameter}`: a part "
                        "of it is detached, or took a way round the tensors."
                    )


def _known(mistakes: Callable[..., Mistakes], case: Case) -> Mistakes:
    """Return what the known mistakes give in this case. (Tests look here for what is known.)"""
    with np.errstate(all="ignore"):
        return mistakes(*(_copy(argument) for argument in case))


def _compare(got: Any, wanted: Any, mistakes: Mistakes, name: str, tol: float) -> str:
    """Return "" if `got` is the wanted one and else what was expected, if no mistake fits it."""
    right = expect_numbers(wanted)
    kind = "an array of numbers" if right.ndim else "a number"
    given = expect_numbers(got, kind=kind, name=name)
    if _agree(given, right, tol):
        return ""
    for hint, values in mistakes.items():
        alternatives = values if isinstance(values, tuple) else (values,)
        if any(_agree(given, _numbers(value), tol) for value in alternatives):
            raise WrongAnswer(hint)
    if right.ndim == 0:
        expect_number(got, name=name)
    else:
        expect_array(got, shape=right.shape, name=name)
    return _difference(given, right, digits=max(5, 1 + math.ceil(-math.log10(tol))))


def _numbers(value: Any) -> np.ndarray:
    """Return what a mistake gives, which may hold nan or inf and then agrees with nothing."""
    try:
        return expect_numbers(value)
    except WrongAnswer:
        return np.array(np.nan)


def _agree(a: np.ndarray, b: np.ndarray, tol: float) -> bool:
    """Say whether arrays of one shape (or single numbers) agree, in the measure of `close`."""
    same_shape = a.shape == b.shape or a.size == b.size == 1
    return same_shape and close(a.ravel(), b.ravel(), tol)


def _difference(given: np.ndarray, right: np.ndarray, digits: int) -> str:
    """Return "expected …, got …": all numbers where they are few, else the two that differ most."""
    given = given.reshape(right.shape)
    if right.size > _FEW:
        place = np.unravel_index(np.abs(given - right).argmax(), right.shape)
        at = ", ".join(map(str, place))
        return f"expected {right[place]:.{digits}g} at [{at}], got {given[place]:.{digits}g}"
    pair = (_written(values, digits) for values in (right, given))
    return "expected {}, got {}".format(*pair)


def _written(values: np.ndarray, digits: int) -> str:
    if values.ndim == 0:
        return f"{values:.{digits}g}"
    return "[" + ", ".join(_written(row, digits) for row in values) + "]"


def _told(case: Case, names: Sequence[str]) -> str:
    """Return a case in words: small arguments as they are, large arrays by their shapes."""
    words = []
    for name, argument in zip(names, case, strict=False):
        shape = getattr(argument, "shape", ())
        if shape and math.prod(shape) <= _FEW:
            words.append(f"`{name} = {_written(expect_numbers(argument), 4)}`")
        elif shape:
            words.append(f"`{name}` of shape {tuple(shape)}")
        else:
            text = getattr(argument, "__name__", "").strip("_") or repr(argument)
            words.append(f"`{name} = {text}`" if len(text) <= 40 else f"`{name}` as it is")
    return ", ".join(words)


def _copies(case: Case, along: Sequence[int]) -> tuple[list[Any], list[Any]]:
    """Return leaves of the graph for the arguments at `along`, and copies of all arguments."""
    copies = [_copy(argument) for argument in case]
    leaves = [copies[place].requires_grad_() for place in along]
    for place, leaf in zip(along, leaves, strict=True):
        copies[place] = leaf.clone()  # which a learner may change in place
    return leaves, copies


def _copy(argument: Any) -> Any:
    return argument.detach().clone() if hasattr(argument, "detach") else copy.deepcopy(argument)


def _expect_tensor(result: Any) -> None:
    """Refuse a right value along which nothing can be learned."""
    if not hasattr(result, "requires_grad"):
        raise WrongAnswer(
            "The number is right, but it is no tensor: it has no gradient to send back."
        )
    if not result.requires_grad:
        raise WrongAnswer(
            "The value is right, but it is detached: no gradient flows back through it. Stay "
            "with tensors, without `.detach()`, `.data` or `no_grad()`."
        )


def _gradients(result: Any, leaves: Sequence[Any]) -> list[np.ndarray]:
    """Return the gradients of a weighted sum of the entries of `result`, zero where none flows."""
    import torch

    weights = torch.linspace(1, 2, result.numel(), dtype=result.dtype).reshape(result.shape)
    found = torch.autograd.grad(result, leaves, weights, allow_unused=True)
    pairs = zip(found, leaves, strict=True)
    return [
        expect_numbers(torch.zeros_like(leaf) if grad is None else grad) for grad, leaf in pairs
    ]
