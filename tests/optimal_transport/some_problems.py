"""Transport problems for the tests of Sinkhorn's algorithm."""

import torch
from hypothesis import strategies as st


def masses(*shape: int, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(*shape, generator=generator, dtype=dtype) + 0.05
    return drawn / drawn.sum(-1, keepdim=True)


def costs(*shape: int, seed: int = 1, dtype=torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=dtype)


def on_a_line(n: int, length: float = 1.0, dtype=torch.float64) -> torch.Tensor:
    """The distances (n, n) between n ordered classes."""
    position = torch.linspace(0, length, n, dtype=dtype)
    return (position[:, None] - position).abs()


def misplaced(result, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """What the rows and the columns of the plan as returned are off, in all."""
    rows, columns = result.plan.sum(-1) - a, result.plan.sum(-2) - b
    return rows.abs().sum(-1) + columns.abs().sum(-1)


@st.composite
def problems(draw):
    """A small problem in float64; some masses are zero, the cost may be negative."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    weights = st.integers(0, 9)
    a = draw(st.lists(weights, min_size=n, max_size=n).filter(any))
    b = draw(st.lists(weights, min_size=m, max_size=m).filter(any))
    cost = draw(
        st.lists(
            st.lists(st.floats(-2, 2, width=32), min_size=m, max_size=m), min_size=n, max_size=n
        )
    )
    a, b = (torch.tensor(x, dtype=torch.float64) for x in (a, b))
    return a / a.sum(), b / b.sum(), torch.tensor(cost, dtype=torch.float64)
