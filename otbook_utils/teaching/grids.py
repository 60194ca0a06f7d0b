"""Values for a slider: short numbers that a reader can say aloud."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise


class Grid(tuple[float, ...]):
    """The values of a slider, with the law by which others lie between them."""

    between: Callable[[float, float, float], float]

    def __new__(
        cls, values: Iterable[float], between: Callable[[float, float, float], float]
    ) -> "Grid":
        """Make a grid in which `between(a, b, share)` lies between its neighbours a and b."""
        grid = super().__new__(cls, values)
        grid.between = between
        return grid

    def finer(self, times: int) -> tuple[float, ...]:
        """Return `times` as many steps, among whose ends are all values of the grid.

        >>> lin_grid(0, 1, 3).finer(2)
        (0.0, 0.25, 0.5, 0.75, 1.0)
        """
        values = [
            float(f"{self.between(a, b, k / times):.4g}") if k else a
            for a, b in pairwise(self)
            for k in range(times)
        ]
        return (*dict.fromkeys(values), self[-1])


def lin_grid(low: float, high: float, n: int) -> Grid:
    """Return `n` evenly spaced values from `low` to `high`, rounded to three significant digits.

    Raises ValueError if the ends are not finite and rising, if `n` is below 2, or if so many
    values lie so close together that rounding makes two of them equal.

    >>> lin_grid(0, 1, 5)
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    _check_range(low, high, n)
    step = (high - low) / (n - 1)
    values = _distinct([low + i * step for i in range(n)], low, high)
    return Grid(values, lambda a, b, share: a + share * (b - a))


def log_grid(low: float, high: float, n: int) -> Grid:
    """Return `n` values from `low` to `high` of constant ratio, rounded to three digits.

    The grid for whatever acts by its order of magnitude: epsilon, a learning rate, a temperature.

    Raises ValueError if the ends are not positive, finite and rising, if `n` is below 2, or if
    rounding makes two values equal.

    >>> log_grid(0.01, 1, 5)
    (0.01, 0.0316, 0.1, 0.316, 1.0)
    """
    _check_range(low, high, n)
    if low <= 0:
        raise ValueError(f"low must be positive in a logarithmic grid, got {low!r}")
    ratio = math.log(high / low) / (n - 1)
    values = _distinct([low * math.exp(i * ratio) for i in range(n)], low, high)
    return Grid(values, lambda a, b, share: a * (b / a) ** share)


def _check_range(low: float, high: float, n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"n must be an integer, got {n!r}")
    if n < 2:
        raise ValueError(f"n must be at least 2, got {n}")
    for name, end in (("low", low), ("high", high)):
        if not math.isfinite(end):
            raise ValueError(f"{name} must be finite, got {end!r}")
    if low >= high:
        raise ValueError(f"low must be below high, got low={low!r} and high={high!r}")


def _distinct(values: list[float], low: float, high: float) -> tuple[float, ...]:
    # The step between two values may vanish beside their size; the + 0.0 turns -0.0 into 0.0.
    span = high - low
    rounded = tuple(0.0 if abs(v) < 1e-12 * span else float(f"{v:.3g}") + 0.0 for v in values)
    if any(a >= b for a, b in pairwise(rounded)):
        raise ValueError(
            f"{len(values)} values from {low!r} to {high!r} are not distinct at three "
            "significant digits; take fewer values or a wider range"
        )
    return rounded
