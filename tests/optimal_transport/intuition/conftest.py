"""The live figures of the chapter, as its own cells make them, on a page without a network."""

import functools

import pytest

from tests.chapters.exercises import run
from tests.chapters.notebook import ROOT, Notebook

CHAPTER = ROOT / "book" / "optimal_transport" / "01_intuition.ipynb"
LIVE = {"sand": "pour-sand", "table": "town", "flight": "flight", "points": "drag-points"}


@functools.cache
def figure_of(cell):
    """Return the HTML that a cell of the chapter displays, run after the imports alone."""
    notebook = Notebook(CHAPTER)
    sources = {c.id: c.source for c in notebook.cells}
    pictures, names = [], {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", pictures.append)
        run(sources["imports"], names)
        run(sources[cell], names)
    (picture,) = pictures
    return picture.html, names


@pytest.fixture
def live(opened):
    """Return a function that opens one of the live figures: the page, and the cell's names."""

    def open_figure(name, **options):
        html, names = figure_of(LIVE[name])
        return opened(html, **options), names

    return open_figure
