"""How many threads of the CPU small work gets: one, unless somebody chose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import ThreadpoolController

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_usual = torch.get_num_threads()  # what torch took of itself, unless it was told before
_settled = False


def settle_threads(threads: int | None = None) -> int:
    """Let this process compute in one thread, unless its user chose; return torch's number.

    Two threads that share the matrices of a chapter wait for each other longer than they compute:
    three to ten times as long in all. So `seed_everything` and `train` call this. A choice is
    `threads` here, one of the variables OMP_NUM_THREADS, MKL_NUM_THREADS and OPENBLAS_NUM_THREADS,
    or a call of `torch.set_num_threads`, before or after: only the first call here without
    `threads` changes anything.

    Raises ValueError if threads is not a whole number of at least 1.

    >>> settle_threads() >= 1
    True
    """
    global _settled
    chosen = any(os.environ.get(name) for name in VARIABLES) or torch.get_num_threads() != _usual
    if threads is not None:
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise ValueError(f"threads must be a whole number of at least 1, got {threads!r}")
        _set(threads)
    elif not _settled and not chosen:
        _set(1)
    _settled = True
    return torch.get_num_threads()


@contextmanager
def threads_of(threads: int | None) -> Iterator[None]:
    """Compute with so many threads inside (None: as `settle_threads` finds), then as before."""
    settle_threads()
    before = torch.get_num_threads()
    if threads is not None:
        settle_threads(threads)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            _set(before)


def _set(threads: int) -> None:
    torch.set_num_threads(threads)
    ThreadpoolController().limit(limits=threads)  # NumPy's and SciPy's matrix products
