"""Drawings for the tests, and what they become."""

import base64
import json

import matplotlib.pyplot as plt
from bs4 import BeautifulSoup

from otbook_utils.teaching import explore


def bar(height):
    _, axes = plt.subplots(figsize=(3, 2))
    axes.bar([0, 1], [height, 1 - height])
    axes.set_ylim(0, 1)


def power(p, scale):
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.plot([0, 0.5, 1], [0, scale * 0.5**p, scale])
    axes.set_ylim(0, 2)
    return figure


def panels(x, y=1.0):
    """Draw two panels; the point in the left one can be dragged."""
    _, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3), layout="constrained")
    left.plot(x, y, "o")
    left.set(xlim=(0, 10), ylim=(0, 4), ylabel="height")
    right.plot([0, x], [0, y])
    right.set(xlim=(0, 10), ylim=(0, 4))


def shown(capsys, monkeypatch, home, draw=bar, **options):
    """Return the HTML and the plain text that explore displays."""
    pictures = []
    monkeypatch.setenv("OTBOOK_EXPLORE", home)
    monkeypatch.setattr("IPython.display.display", pictures.append)
    monkeypatch.setattr("otbook_utils.teaching.player.display", pictures.append)
    options.setdefault("alt", "Two bars that share one unit of mass")
    if draw is bar:
        options.setdefault("height", (0.1, 0.2, 0.3, 0.4))
    explore(draw, **options)
    (picture,) = pictures
    bundle = picture._repr_mimebundle_()
    return bundle["text/html"], bundle["text/plain"]


def soup(page):
    return BeautifulSoup(page, "html.parser")


def svg_at(address):
    head, data = address.split(",", 1)
    assert head == "data:image/svg+xml;base64"
    return base64.b64decode(data).decode()


def stored(page):
    """Return what the player's script is given."""
    return json.loads(soup(page).find("script", type="application/json").string)


def frames(page):
    """Return the SVG of the frame at each place of the sliders, as the player puts it together."""
    data = stored(page)
    return [
        "\n".join(
            line
            for start, count in zip(runs[::2], runs[1::2], strict=True)
            for line in data["lines"][start : start + count]
        )
        for runs in data["frames"]
    ]
