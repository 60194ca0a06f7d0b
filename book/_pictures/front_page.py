"""Draw the picture of the front page: three heaps of sand become a calico cat.

Run from the root of the checkout, after `make book` has made the environment:

    .venv/bin/python book/_pictures/front_page.py

It writes the picture, the one that is shown where the book is linked to, and the two ends of each
grain's way, between which front_page.js moves the sand.

The heaps and the cat are clouds of equal size, the threads are the entries of the optimal plan
between them for the squared distance, solved exactly by POT. No grain chooses its place by hand:
that the colours stay together as patches is what an optimal plan does.
"""

import base64
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import ot
from matplotlib.collections import LineCollection
from matplotlib.path import Path as Outline
from PIL import Image
from scipy.cluster.vq import kmeans2

GRAINS = 1500
PIXELS = (1376, 524)  # two for each of the page's
BOX = ((-5.5, 5.65), (-1.17, 3.08))  # what is in the picture, from left to right, from below
SOCIAL_PIXELS = (1200, 630)
NIGHT = "#0d1526"
#: Heaps: share of the grains, centre, spread, colour.
HEAPS = (
    (0.38, (-4.45, 1.80), (0.36, 0.29), "#f2a33a"),
    (0.40, (-3.80, 0.10), (0.52, 0.27), "#f8efe0"),
    (0.22, (-3.05, 1.70), (0.27, 0.27), "#6fb7e9"),
)
STATIC = Path(__file__).parents[1] / "_static"


def main() -> None:
    rng = np.random.default_rng(0)
    heaps, colours = three_heaps(rng)
    cat = sitting_cat(rng)
    masses = np.full(GRAINS, 1 / GRAINS)
    plan = ot.emd(masses, masses, ot.dist(heaps, cat), numItermax=2_000_000)
    target = cat[plan.argmax(axis=1)]  # equal masses: the plan is a permutation
    save(picture(heaps, target, colours), PIXELS, STATIC / "front_page.avif", quality=52)
    save(social_picture(heaps, target, colours), SOCIAL_PIXELS, STATIC / "social.jpg", quality=82)
    (STATIC / "front_page_grains.js").write_text(
        "// Written by book/_pictures/front_page.py, read by front_page.js.\n"
        f"const SAND = {json.dumps(ends(heaps, target))};\n",
        encoding="utf-8",
    )


def three_heaps(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the grains' positions (GRAINS, 2) and colours (GRAINS,)."""
    sizes = [round(share * GRAINS) for share, *_ in HEAPS]
    points = [
        np.asarray(centre) + spread * rng.normal(size=(size, 2)).clip(-2.7, 2.7)
        for size, (_, centre, spread, _) in zip(sizes, HEAPS, strict=True)
    ]
    return np.concatenate(points), np.repeat([colour for *_, colour in HEAPS], sizes)


def sitting_cat(rng: np.random.Generator) -> np.ndarray:
    """Return GRAINS points (GRAINS, 2) spread evenly over the silhouette of a cat."""
    box = rng.uniform((-1.3, -0.75), (1.9, 2.6), size=(120_000, 2))
    inside = box[in_cat(box)]
    start = inside[rng.choice(len(inside), GRAINS, replace=False)]
    even, _ = kmeans2(inside, start, iter=12, minit="matrix")
    return even + np.array([3.55, 0.0])


def in_cat(points: np.ndarray) -> np.ndarray:
    """Say of each of the points (n, 2) whether it lies in the cat, whose eyes are left open."""

    def ellipse(x: float, y: float, width: float, height: float) -> np.ndarray:
        return ((points[:, 0] - x) / width) ** 2 + ((points[:, 1] - y) / height) ** 2 < 1

    def polygon(*corners: tuple[float, float]) -> np.ndarray:
        return Outline(corners).contains_points(points)

    head = ellipse(0, 1.62, 0.62, 0.50)
    ears = polygon((-0.60, 1.62), (-0.56, 2.42), (-0.10, 2.02)) | polygon(
        (0.60, 1.62), (0.56, 2.42), (0.10, 2.02)
    )
    body = ellipse(0, 0.62, 0.56, 0.80) | ellipse(0, 0.05, 0.84, 0.62)
    paws = ellipse(-0.30, -0.50, 0.27, 0.16) | ellipse(0.30, -0.50, 0.27, 0.16)
    turn = np.linspace(0, 1, 60)[:, None]
    knots = np.array([(0.55, -0.35), (1.75, -0.75), (1.75, 0.55), (1.28, 1.02)])
    weights = np.hstack([(1 - turn) ** 3, 3 * turn * (1 - turn) ** 2, 3 * turn**2 * (1 - turn)])
    curve = np.hstack([weights, turn**3]) @ knots
    away = np.full(len(points), np.inf)
    for knot in curve:
        away = np.minimum(away, np.hypot(*(points - knot).T))
    eyes = ellipse(-0.24, 1.66, 0.115, 0.15) | ellipse(0.24, 1.66, 0.115, 0.15)
    nose = ellipse(0, 1.43, 0.07, 0.05)
    return (head | ears | body | paws | (away < 0.14)) & ~eyes & ~nose


def ends(source: np.ndarray, target: np.ndarray) -> dict[str, object]:
    """Return where each grain begins and ends: x and y of both, 16 bits each over the box."""
    (left, right), (bottom, top) = BOX
    places = np.hstack([source, target])  # (GRAINS, 4)
    low, high = np.array([left, bottom] * 2), np.array([right, top] * 2)
    steps = np.rint((places - low) / (high - low) * 65535).astype("<u2")
    heaps = [{"grains": round(share * GRAINS), "colour": colour} for share, *_, colour in HEAPS]
    return {
        "width": round(right - left, 2),
        "height": round(top - bottom, 2),
        "heaps": heaps,
        "ends": base64.b64encode(steps.tobytes()).decode(),
    }


def picture(source: np.ndarray, target: np.ndarray, colours: np.ndarray) -> plt.Figure:
    """Draw both clouds and a thread for each grain that moves from `source` to `target`."""
    figure = plt.figure(figsize=(PIXELS[0] / 82, PIXELS[1] / 82), dpi=164, facecolor=NIGHT)
    axes = figure.add_axes((0, 0, 1, 1))
    draw_sand(axes, source, target, colours)
    return figure


def social_picture(source: np.ndarray, target: np.ndarray, colours: np.ndarray) -> plt.Figure:
    """Draw the sand below the book's name, in the shape that social networks show."""
    figure = plt.figure(figsize=(12, 6.3), dpi=200, facecolor=NIGHT)
    draw_sand(figure.add_axes((0.02, 0.0, 0.96, 0.70)), source, target, colours)
    name = {"color": "#f8efe0", "fontsize": 44, "fontweight": "bold"}
    figure.text(0.06, 0.83, "Comparing Distributions", **name)
    line = "Every loss compares two distributions. Learn to choose how."
    figure.text(0.06, 0.745, line, color="#c9d3e2", fontsize=20)
    return figure


def draw_sand(axes: plt.Axes, source: np.ndarray, target: np.ndarray, colours: np.ndarray) -> None:
    axes.set(xlim=BOX[0], ylim=BOX[1])
    axes.axis("off")
    threads = np.stack([source, target], axis=1)
    axes.add_collection(LineCollection(threads, colors=colours, linewidths=0.45, alpha=0.09))
    for share in (1 / 4, 2 / 4, 3 / 4):  # the clouds on their way: McCann's interpolation
        between = (1 - share) * source + share * target
        axes.scatter(*between.T, s=3.5, c=colours, alpha=0.6, linewidths=0)
    for cloud in (source, target):
        axes.scatter(*cloud.T, s=60, c=colours, alpha=0.07, linewidths=0)
        axes.scatter(*cloud.T, s=12, c=colours, alpha=0.95, linewidths=0)


def save(figure: plt.Figure, pixels: tuple[int, int], path: Path, quality: int) -> None:
    """Write the figure beside `path` in so many pixels, smooth, and rename it."""
    figure.canvas.draw()
    drawn = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    beside = path.with_name(f".{path.name}")
    kind = {".avif": "AVIF", ".jpg": "JPEG"}[path.suffix]
    drawn.resize(pixels, Image.Resampling.LANCZOS).save(beside, kind, quality=quality)
    beside.replace(path)


if __name__ == "__main__":
    main()
