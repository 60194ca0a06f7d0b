"""What a built page loads, links to and weighs, read from its HTML."""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag

#: Attributes by which an element makes a browser fetch something while it shows the page.
_LOADING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src", "srcdoc"),
    "frame": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "form": ("action",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "body": ("background",),
}
_STYLE_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
_SCRIPT_ADDRESS = re.compile(r"(?:https?:|['\"])(//[\w.-]+\.[a-z]{2,}[^\s'\"`]*)")
#: Names of XML vocabularies look like addresses; nothing is fetched from there.
_VOCABULARIES = ("//www.w3.org/",)


@functools.lru_cache(maxsize=64)
def read(path: Path) -> BeautifulSoup:
    """Return the parsed page, which is shared: it is read, never changed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")


def is_elsewhere(address: str) -> bool:
    """Say whether an address names a host."""
    return bool(urlsplit(address.strip()).netloc)


def style_addresses(style: str) -> Iterator[str]:
    """Yield what a style sheet imports or draws in."""
    for match in _STYLE_ADDRESS.finditer(style):
        yield match[1] or match[2]


def loads(page: BeautifulSoup) -> Iterator[str]:
    """Yield every address that a browser fetches from to show the page, and hosts in scripts."""
    for tag in page.find_all(True):
        for attribute in _LOADING.get(tag.name, ()):
            yield from _candidates(tag, attribute)
        if tag.name == "link" and "canonical" not in (tag.get("rel") or ()):
            yield tag.get("href", "")
        yield from style_addresses(tag.get("style", ""))
    for style in page.find_all("style"):
        yield from style_addresses(style.get_text())
    for script in page.find_all("script", src=False):
        for match in _SCRIPT_ADDRESS.finditer(script.get_text()):
            if not match[1].startswith(_VOCABULARIES):
                yield match[1]


def _candidates(tag: Tag, attribute: str) -> Iterator[str]:
    value = tag.get(attribute)
    if value is None:
        return
    if attribute == "srcset":
        yield from (part.split()[0] for part in value.split(",") if part.strip())
    elif attribute == "srcdoc":
        yield from loads(BeautifulSoup(value, "lxml"))
    else:
        yield value


def broken_links(path: Path, site: Path) -> list[str]:
    """Return the links of a page that lead to no file of the site, or to no place in it."""
    page = read(path)
    broken = []
    for link in page.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        place = unquote(parts.fragment) if target.suffix == ".html" else ""
        if (
            not target.is_file()
            or not target.is_relative_to(site.resolve())
            or (place and place not in _places(target))
        ):
            broken.append(link["href"])
    return broken


@functools.lru_cache(maxsize=256)
def _places(path: Path) -> frozenset[str]:
    page = read(path)
    return frozenset(
        {tag["id"] for tag in page.find_all(id=True)}
        | {tag["name"] for tag in page.find_all("a", attrs={"name": True})}
    )


def weight(path: Path) -> int:
    """Return what a page weighs on its way to the reader, in bytes.

    That is its HTML, compressed as servers do, and its own images; files that all pages share
    (styles, scripts, the book's logo) are left out.
    """
    text = path.read_bytes()
    images = {
        (path.parent / unquote(image["src"])).resolve()
        for image in read(path).select("article img[src]")
        if not image["src"].startswith("data:")
    }
    return len(gzip.compress(text)) + sum(image.stat().st_size for image in images)


def prose(page: BeautifulSoup) -> str:
    """Return the text of the article without its code, formulas, scripts and outputs."""
    article = page.select_one("article")
    apart = article.select("pre, code, script, style, .math, .cell, .headerlink, math")
    left_out = {id(text) for tag in apart for text in tag.find_all(string=True)}
    texts = [text for text in article.find_all(string=True) if id(text) not in left_out]
    return "".join(text for text in texts if type(text) is NavigableString)  # and no comment
