"""Look at built pages: `python -m tests.site.look PAGE …` saves pictures of them.

Each page is photographed at 1280 and 390 pixels, light and dark, in a browser that reaches nothing
but `_build/html`. PAGE is a page's name or a part of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from otbook_utils.publishing.book import open_book
from tests.site import browser
from tests.site.visiting import Visitor

ROOT = Path(__file__).parents[2]
HEIGHT = 900  # of the window that `Visitor` opens


def main(arguments: Sequence[str] | None = None) -> int:
    """Save the pictures that `arguments` ask for; return 1 if a page complained, else 0."""
    wish = _parser().parse_args(arguments)
    path = browser.chromium_path()
    if path is None:
        sys.exit("no Chromium or Chrome on this machine")
    names = [name for wanted in wish.page for name in find_pages(wanted, wish.site)]
    wish.out.mkdir(parents=True, exist_ok=True)
    with browser.served(wish.site) as address, browser.chromium(path) as chromium:
        visitor = Visitor(chromium, address, {})
        for name in names:
            for width in wish.width:
                for mode in wish.mode:
                    page = visitor(name, mode=mode, width=width, javascript=not wish.no_script)
                    for picture in photograph(page, wish, f"{_stem(name)}-{width}-{mode}"):
                        print(picture)
                    page.close()
    for fault in [*visitor.complaints, *(f"asked for {url}" for url in visitor.elsewhere)]:
        print(fault, file=sys.stderr)
    return 1 if visitor.complaints or visitor.elsewhere else 0


def find_pages(wanted: str, site: Path) -> list[str]:
    """Return the one page of the built site called `wanted`, else those whose name contains it."""
    names = sorted(path.relative_to(site).as_posix() for path in site.glob("**/*.html"))
    exact = [name for name in names if wanted in (name, name.removesuffix(".html"))]
    found = exact or [name for name in names if wanted in name]
    if not found:
        sys.exit(f"no page of {site} is called {wanted!r}; there are {', '.join(names) or 'none'}")
    return found


def photograph(page: Any, wish: argparse.Namespace, stem: str) -> list[Path]:
    """Do with the page what is wished, save its pictures and return where they are."""
    if wish.open:
        page.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)")
    if wish.do:
        page.evaluate(wish.do)
        page.wait_for_timeout(300)
    if wish.select:
        return _around(page, wish, stem)
    height = page.evaluate("document.documentElement.scrollHeight")
    screens = -(-height // HEIGHT)
    if not wish.screens:
        for number in range(screens):
            _scroll_to(page, number)
        _scroll_to(page, 0)
        return [_save(page, wish.out / f"{stem}.png", full_page=True)]
    pictures = []
    for number in range(min(wish.screens, screens)):
        _scroll_to(page, number)
        pictures.append(_save(page, wish.out / f"{stem}-screen{number + 1}.png"))
    return pictures


def _scroll_to(page: Any, screen: int) -> None:
    page.evaluate(f"window.scrollTo(0, {screen * HEIGHT})")
    page.wait_for_timeout(200)  # what comes into view is loaded now


def _around(page: Any, wish: argparse.Namespace, stem: str) -> list[Path]:
    found = page.locator(wish.select).all()
    if not found:
        print(f"{stem}: nothing is {wish.select!r}", file=sys.stderr)
    pictures = []
    for number, element in enumerate(found[: wish.most], start=1):
        element.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        pictures.append(_save(element, wish.out / f"{stem}-{number}.png"))
    return pictures


def _save(shown: Any, path: Path, **options: Any) -> Path:
    shown.screenshot(path=path, **options)
    return path


def _stem(name: str) -> str:
    return name.removesuffix(".html").removeprefix("book/").replace("/", "-")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.site.look", description=__doc__)
    add = parser.add_argument
    add("page", nargs="+", help="a page's name, or a part of it: 01_intuition")
    add("--select", metavar="CSS", help="photograph these elements instead of the whole page")
    add("--most", type=int, default=20, help="how many of them at most (20)")
    add("--screens", type=int, metavar="N", help="photograph the first N screens, one by one")
    add("--open", action="store_true", help="open all that is folded")
    add("--do", metavar="JS", help="run this script in the page first")
    add("--no-script", action="store_true", help="as a browser shows it that runs no scripts")
    add("--width", type=int, nargs="+", default=[1280, 390], help="widths in pixels (1280 390)")
    add("--mode", nargs="+", choices=["light", "dark"], default=["light", "dark"])
    add("--site", type=Path, default=open_book(ROOT).build_folder / "html", help="built pages")
    add("--out", type=Path, default=Path("_build/pictures"), help="folder of the pictures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
