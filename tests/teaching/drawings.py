"""Drawings for the tests, and what they become."""

import base64
import io
import json

import matplotlib.pyplot as plt
from bs4 import BeautifulSoup
from PIL import Image

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


def image_at(address):
    head, data = address.split(",", 1)
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def stored(page):
    """Return what the player's script is given."""
    return json.loads(soup(page).find("script", type="application/json").string)


def frames(page):
    """Return the frame at each place of the sliders, as addresses."""
    data = stored(page)
    data["frames"][data["shown"]] = soup(page).img["src"]
    return [data["frames"][k] for k in data["order"]]
