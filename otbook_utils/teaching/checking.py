"""Exercises that check themselves: no server, nothing sent anywhere."""

import functools
import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from otbook_utils.parts import EXERCISE_ID, declared_exercises, room_of
from otbook_utils.teaching.answers import WrongAnswer, described
from otbook_utils.teaching.verdicts import Verdict, not_attempted, wrong

Checker = Callable[[Any], Verdict]

_CHECKERS: dict[str, Checker] = {}
_RETURNS_NOTHING = (
    "Your function returns nothing yet: replace the dots, end it with `return …`, and run both "
    "cells."
)


class _NotAttempted(Exception):
    """The learner's function is still the stub."""


class _AnswerRaised(Exception):
    """The learner's function raised; the cause says what."""


def exercise(id: str) -> Callable[[Checker], Checker]:
    """Register the decorated function as the checker of exercise `id`, such as "ot-01-1".

    The id is the part's prefix, the chapter's number and the exercise's number. A checker takes
    the answer and returns `right(…)` or `wrong(…)`. Whatever it raises is turned into a hint, so
    it needs no guards; `assert fine, "hint"` is a wrong answer too.

    Raises ValueError if the id is malformed or already taken.

    >>> @exercise("xx-99-1")
    ... def check_half(answer):
    ...     return right("So it is.") if answer == 0.5 else wrong("What is `1 / 2`?")
    >>> check("xx-99-1", 0.4)
    Not yet. What is `1 / 2`?
    """
    if not isinstance(id, str) or not EXERCISE_ID.fullmatch(id):
        raise ValueError(f'id must look like "ot-01-1", got {id!r}')

    def register(checker: Checker) -> Checker:
        taken = _CHECKERS.get(id)
        if taken is not None and _name(taken) != _name(checker):
            raise ValueError(f"id {id!r} is taken by {_name(taken)}")
        # The same function once more is its module being reloaded while an author works on it.
        _CHECKERS[id] = checker
        return checker

    return register


def exercises() -> tuple[str, ...]:
    """Return the ids of all exercises of the book, sorted.

    >>> isinstance(exercises(), tuple)
    True
    """
    return tuple(sorted({*_CHECKERS, *declared_exercises()}))


def check(id: str, answer: Any) -> Verdict:
    """Say whether `answer` solves exercise `id`: right, wrong with a hint, or not attempted.

    An answer that is None, `...`, empty text, or a container of nothing else has not been
    attempted; nor has a function that returns such or raises NotImplementedError when first
    called. No answer, however odd, makes it raise.

    Raises ValueError if no exercise has that id.
    """
    checker = _find(id)
    if _is_blank(answer):
        return not_attempted()
    try:
        verdict = checker(_watched(answer))
    except (_NotAttempted, NotImplementedError):
        if isinstance(answer, types.FunctionType):  # perhaps it computes, and prints
            return not_attempted(_RETURNS_NOTHING)
        return not_attempted()
    except _AnswerRaised as raised:
        return wrong(f"Your function raised {_told(raised.__cause__)}")
    except WrongAnswer as mistake:
        return wrong(str(mistake))
    except AssertionError as failed:
        return wrong(str(failed) or "Your answer lacks a property that was asked for.")
    except Exception as error:
        if _wants_function(error) and not callable(answer):
            return wrong(
                f"Expected a function, got {described(answer)}. Hand over the function by its "
                "name, without calling it."
            )
        return wrong(f"Your answer could not be checked: {_told(error)}")
    if not isinstance(verdict, Verdict):
        raise TypeError(f"the checker of {id!r} must return a Verdict, got {verdict!r}")
    return verdict


def _find(id: str) -> Checker:
    """Return the checker, importing the exercises of its chapter's room and of no other."""
    if id not in _CHECKERS:
        name = f"{room_of(id)}.exercises"
        loaded = sys.modules.get(name)
        try:
            # A checker written since its room was loaded is there once the room is loaded again.
            importlib.reload(loaded) if loaded else importlib.import_module(name)
        except ImportError as error:
            raise ValueError(f"{name} could not be imported ({error})") from error
    return _CHECKERS[id]


def _watched(answer: Any) -> Any:
    """Return a learner's function wrapped, so that its failures are told apart from the checker's.

    Other callables, such as modules of a network, are handed over as they are: a checker may
    want their attributes.
    """
    if not isinstance(answer, types.FunctionType | types.MethodType | functools.partial):
        return answer
    calls = 0

    @functools.wraps(answer)
    def watched(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        try:
            result = answer(*args, **kwargs)
        except NotImplementedError:
            raise _NotAttempted from None
        except Exception as error:
            raise _AnswerRaised from error
        if calls == 1 and _is_blank(result):
            raise _NotAttempted
        return result

    return watched


def _is_blank(answer: Any) -> bool:
    if answer is None or answer is ...:
        return True
    if isinstance(answer, str):
        return answer.strip() in ("", "...", "…")
    if isinstance(answer, list | tuple):
        return bool(answer) and all(map(_is_blank, answer))
    if isinstance(answer, dict):
        return bool(answer) and all(map(_is_blank, answer.values()))
    return False


def _wants_function(error: Exception) -> bool:
    """Whether a checker tripped over something that it took for a function."""
    return isinstance(error, TypeError) and str(error).endswith("object is not callable")


def _told(error: BaseException | None) -> str:
    return f"`{type(error).__name__}`: {error}" if str(error) else f"`{type(error).__name__}`."


def _name(function: Checker) -> str:
    return f"{function.__module__}.{function.__qualname__}"
