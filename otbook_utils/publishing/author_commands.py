"""The commands for whoever writes chapters: `new-chapter` and `lint`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otbook_utils.publishing.book import Book

OWN = """\
A chapter of your own need not keep this book's taste (the lines marked `house`): name it or its
part in _config.yml, as `own_chapters: [{name}]`."""


def register(commands: argparse._SubParsersAction) -> None:
    """Add the commands for authors to those of `python -m otbook_utils`."""
    new = commands.add_parser("new-chapter", help="make a chapter to write over, with all it needs")
    new.add_argument("part", metavar="PART", help="the part's folder or prefix, such as ot")
    new.add_argument("name", metavar="NAME", help="the chapter's name, such as sinkhorn")
    new.add_argument("title", metavar="TITLE", help='its title, such as "Sinkhorn: a little blur"')
    new.set_defaults(run=_new_chapter)
    lint = commands.add_parser("lint", help="say what chapters lack, without executing them")
    lint.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help="such as ot-01 or intuition; all if none"
    )
    lint.add_argument(
        "--fix",
        action="store_true",
        help="first write what follows from the rest: minutes, set-up cell, folding in JupyterLab",
    )
    lint.set_defaults(run=_lint)
    for command in (new, lint):
        command.add_argument("--book", type=Path, default=Path(), help="a folder of the checkout")


def _new_chapter(arguments: argparse.Namespace) -> int:
    from otbook_utils.publishing.book import open_book
    from otbook_utils.publishing.new_chapter import make_chapter

    made = make_chapter(open_book(arguments.book), arguments.part, arguments.name, arguments.title)
    for path in made:
        print(f"written: {path.as_posix()}")
    [page] = [path for path in made if path.suffix == ".ipynb"]
    name = f"{page.parent.name}/{page.stem}"
    print(f"It runs as it stands. What is left to write: python -m otbook_utils lint {name}")
    return 0


def _lint(arguments: argparse.Namespace) -> int:
    from otbook_utils.publishing.book import open_book
    from otbook_utils.publishing.grammar import findings, mend

    book = open_book(arguments.book)
    wanted = [path for name in arguments.chapters for path in named(book, name)]
    faulty = []
    for path in wanted or notebooks(book):
        name = f"{path.parent.name}/{path.stem}"
        if arguments.fix and mend(book, path):
            print(f"written: {name}")
        found = list(findings(book, path))
        if found:
            faulty.append((name, {finding.level for finding in found}))
        print(f"{name}: {f'{len(found)} faults' if found else 'nothing is missing'}")
        for finding in found:
            print(f"  {finding.level}  {finding.fault}  [{finding.rule}]")
    if any(levels == {"house"} for _, levels in faulty):
        print(OWN.format(name=next(name for name, levels in faulty if levels == {"house"})))
    return 1 if faulty else 0


def notebooks(book: Book) -> list[Path]:
    """Return the notebooks of the book, those too that the table of contents does not name."""
    return sorted((book.root / "book").glob("*/*.ipynb"))


def named(book: Book, name: str) -> list[Path]:
    """Return the notebook called by its path, its name with or without number, or as `ot-01`.

    Raises PublishingError if there is none.
    """
    from otbook_utils.parts import PARTS
    from otbook_utils.publishing.errors import PublishingError

    prefixes = {part.folder: part.prefix for part in PARTS}
    found = []
    for path in notebooks(book):
        part, stem = path.parent.name, path.stem
        called = {stem, stem[3:], f"{part}/{stem}", f"{part}/{stem[3:]}"}
        called.add(f"{prefixes.get(part, part)}-{stem[:2]}")
        if name.removesuffix(".ipynb").removeprefix("book/") in called or (
            Path(name).resolve() == path
        ):
            found.append(path)
    if not found:
        known = ", ".join(f"{path.parent.name}/{path.stem}" for path in notebooks(book))
        raise PublishingError(f"there is no chapter {name}; there are {known}")
    return found
