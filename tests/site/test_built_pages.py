"""The built pages, read as HTML: what they load, where they lead, what they weigh."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.setup_cells import repository_of
from tests.site.html_pages import (
    broken_links,
    is_elsewhere,
    loads,
    prose,
    read,
    style_addresses,
    weight,
)
from tests.site.visiting import EXTRA_PAGES, chapter_names, page_names, source_of

ROOT = Path(__file__).parents[2]
EVERY_PAGE = [*page_names(), *EXTRA_PAGES]
OWN = ("fonts", "katex")
MOST_BYTES = 1_000_000
LARGEST_FILE = 1_500_000

each_page = pytest.mark.parametrize("name", EVERY_PAGE)
each_own_page = pytest.mark.parametrize("name", page_names())
each_chapter = pytest.mark.parametrize("name", chapter_names())


@each_page
def test_page_loads_nothing_from_a_third_party(site: Path, name: str) -> None:
    assert [address for address in loads(read(site / name)) if is_elsewhere(address)] == []


def test_style_sheets_load_nothing_from_a_third_party(site: Path) -> None:
    sheets = sorted((site / "_static").rglob("*.css"))
    assert sheets
    elsewhere = {
        sheet.name: address
        for sheet in sheets
        for address in style_addresses(sheet.read_text(encoding="utf-8"))
        if is_elsewhere(address)
    }
    assert elsewhere == {}


@each_page
def test_files_that_a_page_loads_exist(site: Path, name: str) -> None:
    path = site / name
    own = [
        address.split("?")[0].split("#")[0]
        for address in loads(read(path))
        if address and not address.startswith(("data:", "#")) and not is_elsewhere(address)
    ]
    assert [file for file in own if not (path.parent / file).is_file()] == []


@each_page
def test_links_within_the_book_lead_somewhere(site: Path, name: str) -> None:
    assert broken_links(site / name, site) == []


def is_later_panel(image) -> bool:
    """Whether a figure was cut into panels, and another panel before this one tells them all."""
    strip = image.find_parent(class_="otbook-strip")
    return strip is not None and bool(strip.find("img")["alt"].strip())


@each_page
def test_every_image_has_alternative_text(site: Path, name: str) -> None:
    page = read(site / name)
    assert [str(image)[:200] for image in page.find_all("img") if image.get("alt") is None] == []
    empty = [image for image in page.select("article img") if not image["alt"].strip()]
    decorative = [
        image for image in empty if image.get("role") == "presentation" or is_later_panel(image)
    ]
    assert [str(image)[:200] for image in empty if image not in decorative] == []


@each_own_page
def test_page_weighs_less_than_a_megabyte(site: Path, name: str) -> None:
    assert weight(site / name) < MOST_BYTES


def test_no_file_of_the_book_is_heavy() -> None:
    files = [path for path in (ROOT / "book").rglob("*") if path.is_file()]
    assert {path.name for path in files if path.stat().st_size > LARGEST_FILE} == set()


@each_own_page
def test_katex_is_loaded_where_there_are_formulas_and_nowhere_else(site: Path, name: str) -> None:
    page = read(site / name)
    loaded = [address.split("?")[0] for address in loads(page)]
    files = [Path(address).name for address in loaded if "_static/katex/" in address]
    assert files == (["katex.min.css", "katex.min.js"] if page.select(".math") else [])
    assert [address for address in loaded if "mathjax" in address.lower()] == []


def test_fonts_that_a_style_sheet_names_exist_and_their_licences_too(site: Path) -> None:
    for sheet in ("book.css", "katex/katex.min.css", "styles/pydata-sphinx-theme.css"):
        path = site / "_static" / sheet
        addresses = style_addresses(path.read_text(encoding="utf-8"))
        fonts = [address for address in addresses if re.search(r"\.(woff2?|ttf)$", address)]
        assert [font for font in fonts if not (path.parent / font).is_file()] == []
        assert fonts or sheet.startswith("styles")
    licences = {name: (site / "_static" / name / "LICENSE").read_text("utf-8") for name in OWN}
    assert "MIT" in licences["katex"] and "SIL Open Font License" in licences["fonts"]


@each_own_page
def test_no_markup_is_left_unrendered(site: Path, name: str) -> None:
    text = prose(read(site / name))
    for markup in (r"\$\$", r"\$[^\s$][^$\n]*\$", r":::", r"^```", r"\{[a-z-]+\}`", r"\*\*"):
        assert re.findall(markup, text, re.MULTILINE) == [], markup


@each_chapter
def test_chapter_has_a_colab_button(site: Path, name: str) -> None:
    repository = repository_of(open_book(ROOT))
    owner_and_name = urlsplit(repository.url).path.strip("/")
    source = Path(name).with_suffix(".ipynb").as_posix()
    wanted = (
        "https://colab.research.google.com/github/"
        f"{owner_and_name}/blob/{repository.branch}/{source}"
    )
    buttons = read(site / name).select(".dropdown-launch-buttons a[href]")
    assert wanted in [button["href"] for button in buttons]
    assert (ROOT / source).is_file()


@each_chapter
def test_chapter_can_be_downloaded_as_it_stands(site: Path, name: str) -> None:
    links = read(site / name).select(".dropdown-download-buttons a[href$='.ipynb']")
    assert len(links) == 1
    downloaded = ((site / name).parent / links[0]["href"]).read_text(encoding="utf-8")
    source = (ROOT / name).with_suffix(".ipynb").read_text(encoding="utf-8")
    assert json.loads(downloaded) == json.loads(source)


@pytest.mark.parametrize("name", sorted(set(page_names()) - set(chapter_names())))
def test_only_chapters_have_launch_buttons(site: Path, name: str) -> None:
    assert read(site / name).select(".dropdown-launch-buttons") == []


@each_chapter
def test_callouts_of_a_chapter_are_shown_as_callouts(site: Path, name: str) -> None:
    page = read(site / name)
    for word in ("Predict", "Try", "Careful"):
        written = re.findall(rf'"> \*\*{word}\b', source_of(name))
        assert len(page.select(f"article blockquote.callout-{word.lower()}")) == len(written)


@each_chapter
def test_folded_cells_are_named_by_their_titles(site: Path, name: str) -> None:
    page = read(site / name)
    folds = [fold.find("summary").get_text().strip() for fold in page.select("details.hide")]
    solutions = [title for title in folds if title.startswith("Solution to exercise")]
    assert len(solutions) == len(re.findall(r'"# @title Solution to exercise', source_of(name)))
    assert [title for title in folds if title.startswith("Show code")] == []
    assert "@title" not in page.select_one("article").get_text()


def test_search_index_knows_every_page(site: Path) -> None:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", text, re.DOTALL)[1])
    pages = {name.removesuffix(".html") for name in page_names()}
    assert pages <= set(index["docnames"])
    assert "transport" in index["terms"]


def test_first_page_of_the_site_leads_to_the_book(site: Path) -> None:
    redirect = read(site / "index.html").find(
        "meta", attrs={"http-equiv": re.compile("refresh", re.I)}
    )
    target = redirect["content"].split("url=")[1].strip("'\"")
    assert (site / target).is_file()


@each_chapter
def test_front_page_leads_to_every_chapter(site: Path, name: str) -> None:
    links = read(site / "book/index.html").select("article a[href]")
    assert Path(name).relative_to("book").as_posix() in [link["href"] for link in links]


def test_licences_stand_under_every_page(site: Path) -> None:
    for name in EVERY_PAGE:
        footer = read(site / name).select_one(".extra_footer").get_text()
        assert "CC BY 4.0" in footer and "MIT" in footer, name


@pytest.mark.parametrize(
    "fault",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<link rel="preconnect" href="//fonts.example.org">',
        '<p style="background: url(http://example.org/a.png)">',
        "<style>@import 'https://example.org/a.css';</style>",
        '<img alt="" srcset="a.png, https://example.org/a.png 2x">',
        '<script>const address = "https://example.org/lib.js"</script>',
        '<iframe srcdoc="<img src=https://example.org/a.png>"></iframe>',
    ],
)
def test_a_load_from_a_third_party_is_noticed(fault: str) -> None:
    assert [one for one in loads(BeautifulSoup(fault, "lxml")) if is_elsewhere(one)]


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<p id="here"></p><a href="#here"></a><a href="#gone"></a><a href="no.html">')
    assert broken_links(page, tmp_path) == ["#gone", "no.html"]
