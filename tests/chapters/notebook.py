"""The notebooks of the book, as the tests of chapters go through them."""

from pathlib import Path

from otbook_utils.publishing.notebook import Notebook

__all__ = ["ROOT", "Notebook", "chapter_id", "chapters"]

ROOT = Path(__file__).resolve().parents[2]


def chapters() -> list[Path]:
    """Return the notebooks of the book."""
    return sorted((ROOT / "book").glob("*/*.ipynb"))


def chapter_id(path: Path) -> str:
    """Return how a test's name calls a chapter."""
    return f"{path.parent.name}/{path.stem}"
