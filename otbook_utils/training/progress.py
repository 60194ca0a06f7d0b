"""A progress bar for anything longer than a second."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items` one by one and show how far we are.

    label: what is being done, shown before the bar.
    total: how many items there are, needed only where `items` has no length.

    The bar disappears when it is done, so that a built page does not keep it.

    >>> [step for step in progress(range(3), "training")]
    [0, 1, 2]
    """
    yield from tqdm(items, desc=label, total=total, leave=False)
