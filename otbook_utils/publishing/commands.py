"""The commands that make the book: `setup-cells`, `execute` and `build`."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(commands: argparse._SubParsersAction) -> None:
    """Add the publishing commands to those of `python -m otbook_utils`."""
    cells = commands.add_parser(
        "setup-cells",
        help="write the repository's address from _config.yml into every place that names it",
    )
    cells.add_argument("--check", action="store_true", help="change nothing; fail if out of step")
    cells.set_defaults(run=_setup_cells)
    execute = commands.add_parser("execute", help="execute the chapters that are out of date")
    execute.set_defaults(run=_execute)
    build = commands.add_parser("build", help="execute what is out of date and build the site")
    build.set_defaults(run=_build)
    for command in (execute, build):
        command.add_argument(
            "--chapter",
            action="append",
            default=[],
            metavar="PART/NAME",
            help="execute this chapter alone (may be given several times)",
        )
    for command in (cells, execute, build):
        command.add_argument("--book", type=Path, default=Path(), help="a folder of the checkout")


def _setup_cells(arguments: argparse.Namespace) -> int:
    from otbook_utils.publishing.book import open_book
    from otbook_utils.publishing.setup_cells import update

    stale = update(open_book(arguments.book), write=not arguments.check)
    for path in stale:
        print(f"{'out of step' if arguments.check else 'written'}: {path}")
    if stale and arguments.check:
        print("Run: python -m otbook_utils setup-cells")
        return 1
    if not stale:
        print("Every set-up cell and link is in step with _config.yml.")
    return 0


def _execute(arguments: argparse.Namespace) -> int:
    from otbook_utils.publishing.book import open_book, profile_name
    from otbook_utils.publishing.building import alone
    from otbook_utils.publishing.execution import execute_book

    book = open_book(arguments.book)
    with alone(book):
        return 0 if execute_book(book, profile_name(), only=arguments.chapter) else 1


def _build(arguments: argparse.Namespace) -> int:
    from otbook_utils.publishing.book import open_book, profile_name
    from otbook_utils.publishing.building import build_book
    from otbook_utils.publishing.setup_cells import repository_of

    book = open_book(arguments.book)
    repository_of(book)  # an address that makes no links is refused before chapters are executed
    site = build_book(book, profile_name(), arguments.chapter)
    print(f"The book is built: {site}")
    print("To read it, run `make serve` and open http://127.0.0.1:8000")
    return 0
