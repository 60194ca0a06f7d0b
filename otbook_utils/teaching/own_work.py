"""Whether a learner's function does the work itself, where the exercise asks for that."""

import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any

from otbook_utils.teaching.answers import WrongAnswer


def expect_own_work(answer: Callable[..., Any], *libraries: str, hint: str) -> None:
    """Return unless a function, or one of the learner's that it calls, uses one of the libraries.

    libraries: top-level names, such as "ot". What is imported inside the function counts too.
    hint: what the learner is told.

    Raises WrongAnswer, which `check` shows as a hint, if one is used.

    >>> import math
    >>> expect_own_work(lambda x: x + 1, "math", hint="Add without `math`.")
    >>> expect_own_work(lambda x: math.fsum([x, 1]), "math", hint="Add without `math`.")
    Traceback (most recent call last):
    otbook_utils.teaching.answers.WrongAnswer: Add without `math`.
    """
    if any(home in libraries for home in _homes(inspect.unwrap(answer), set())):
        raise WrongAnswer(hint)


def _homes(function: Any, seen: set[int]) -> Iterator[str]:
    """Yield the top-level packages of all that a function may reach by name."""
    function = getattr(function, "func", function)  # functools.partial
    function = getattr(function, "__func__", function)  # a method
    if not isinstance(function, types.FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    reachable = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}}
    for name in _names(function.__code__):
        home = _home(reachable[name]) if name in reachable else name
        yield home.split(".")[0]
        if home == function.__module__:
            yield from _homes(reachable[name], seen)


def _home(value: Any) -> str:
    """Return the name of the module that a value is, or comes from."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    return str(getattr(value, "__module__", None) or "")


def _names(code: types.CodeType) -> set[str]:
    """Return the global names, attributes and imports in code and in the functions inside it."""
    names = {*code.co_names, *code.co_freevars}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names
