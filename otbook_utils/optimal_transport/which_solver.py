"""Which solver when: the one decision picture to which chapters 3 to 6 of part I come back."""

from collections.abc import Collection
from dataclasses import dataclass

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from otbook_utils.teaching import PALETTE


@dataclass(frozen=True)
class Solver:
    """What to call when `question` is the first that is answered by yes.

    names: importable functions, ours by their bare name. work: how the time grows with the number
    of points n, the dimension d, the number of directions k or of iterations T. gradient: what
    comes back for training. batch: whether many problems are solved in one call.
    note: what to know before use. chapter: of part I, that teaches it.
    """

    question: str
    names: tuple[str, ...]
    work: str
    gradient: str
    batch: bool
    note: str
    chapter: int


# From top to bottom: the first yes decides.
SOLVERS = (
    Solver(
        "Is each point a number\n(on a line)?",
        ("wasserstein_1d",),
        "n log n",
        "in places",
        True,
        "exact for convex costs of the gap",
        5,
    ),
    Solver(
        "Means and covariances\nsay all (Gaussians)?",
        ("gaussian_wasserstein",),
        "d³",
        "none kept (a measure, not a loss)",
        True,
        "exact for Gaussians; otherwise a lower bound",
        5,
    ),
    Solver(
        "More than some 10,000\npoints a side?",
        ("sliced_wasserstein",),
        "k n (d + log n)",
        "in places",
        True,
        "another distance, and no plan",
        5,
    ),
    Solver(
        "A loss to train with,\nin batches, on a GPU?",
        ("sinkhorn", "sinkhorn_divergence"),
        "T n²",
        "smooth; sinkhorn: also in masses and costs",
        True,
        "blurred by ε",
        4,
    ),
    Solver(
        "Equal masses, n to n, and\nwho goes to whom?",
        ("scipy.optimize.linear_sum_assignment",),
        "n³ at worst",
        "none",
        False,
        "exact, a permutation",
        3,
    ),
    Solver(
        "Everything else",
        ("ot.emd", "ot.emd2"),
        "about n² to n³",
        "emd2: plan and prices",
        False,
        "exact, a sparse plan",
        3,
    ),
)

ALT = "A ladder of questions; the first yes decides. " + " ".join(
    f"{solver.question.replace(chr(10), ' ')} Then {' or '.join(solver.names)}, "
    f"time {solver.work}, chapter {solver.chapter}."
    for solver in SOLVERS
)


def draw_which_solver(chapters: Collection[int] = ()) -> Figure:
    """Draw the ladder of questions, with a thick frame around the solvers of these chapters.

    chapters: numbers of part I's chapters. `ALT` is the alternative text.

    Raises ValueError if no solver is taught in one of them.

    >>> figure = draw_which_solver([3])
    >>> len(figure.axes[0].patches) == len(SOLVERS)
    True
    """
    if unknown := set(chapters) - {solver.chapter for solver in SOLVERS}:
        raise ValueError(f"chapters must be among 3, 4 and 5, got {sorted(unknown)}")
    figure, ax = plt.subplots(figsize=(5.2, 5.6))
    step = {"arrowstyle": "-|>", "color": PALETTE["grey"], "linewidth": 1.2}
    for row, solver in enumerate(SOLVERS):
        last, here = row == len(SOLVERS) - 1, solver.chapter in chapters
        ax.text(0.0, row, solver.question, va="center")
        ax.annotate("", (4.12, row), (3.55, row), arrowprops=step)
        if not last:
            ax.text(3.8, row - 0.1, "yes", ha="center", va="bottom")
            ax.annotate("", (0.6, row + 0.68), (0.6, row + 0.32), arrowprops=step)
            ax.text(0.75, row + 0.5, "no", va="center")
        frame = {"edgecolor": PALETTE["blue"], "linewidth": 2.4 if here else 0.8}
        shade = {"facecolor": "white", "boxstyle": "round,pad=0,rounding_size=0.08"}
        ax.add_patch(FancyBboxPatch((4.15, row - 0.4), 4.3, 0.8, **shade, **frame))
        short = ", ".join(_short(name) for name in solver.names)
        ax.text(6.3, row - 0.17, short, ha="center", va="center")
        text = f"{solver.work} · chapter {solver.chapter}"
        ax.text(6.3, row + 0.19, text, ha="center", va="center")
    ax.set(xlim=(-0.05, 8.5), ylim=(len(SOLVERS) - 0.45, -0.5))
    ax.axis("off")
    return figure


def solver_rows() -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the same choice as a table, for `teaching.table`.

    >>> head, rows = solver_rows()
    >>> rows[0][:2]
    ['wasserstein_1d', 'n log n']
    """
    head = ["solver", "time", "gradient", "batch", "note"]
    return head, [
        [
            ", ".join(_short(name) for name in solver.names),
            solver.work,
            solver.gradient,
            "yes" if solver.batch else "one at a time",
            solver.note,
        ]
        for solver in SOLVERS
    ]


def _short(name: str) -> str:
    return name if name.startswith("ot.") else name.rpartition(".")[2]
