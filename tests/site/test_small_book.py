"""What the book's own extensions, style and script make of a page, on a small book."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from tests.site import browser, small_book
from tests.site.html_pages import loads, read
from tests.site.inspection import grave_violations, hard_to_read, sticking_out
from tests.site.visiting import Visitor

FIRST, SECOND = "book/optimal_transport/01_first.html", "book/optimal_transport/02_second.html"
THIRD, GLOSSARY, INDEX = "book/uncertainty/03_third.html", "book/glossary.html", "book/index.html"


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_book.build(tmp_path_factory.mktemp("small"))


@pytest.fixture
def visit(chromium: object, small_site: Path) -> Iterator[Visitor]:
    """Visits the small book, each time in a browser that remembers nothing."""
    with browser.served(small_site) as address:
        visitor = Visitor(chromium, address, {})
        yield visitor
        visitor.leave()
        assert (visitor.elsewhere, visitor.complaints) == ([], [])


# ---- one number for a chapter ----


def texts(page: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(found.get_text().split()) for found in page.select(selector)]


def test_a_chapter_has_the_number_of_its_part_and_of_its_file(small_site: Path) -> None:
    headings = [texts(read(small_site / page), "article h1")[0] for page in (FIRST, SECOND, THIRD)]
    assert [heading.rstrip("#¶") for heading in headings] == [
        "I.1 First: a start",
        "I.2 Second",
        "V.3 Third",
    ]


def test_lists_name_a_chapter_by_its_number_and_short_title(small_site: Path) -> None:
    page = read(small_site / INDEX)
    names = ["I.1 First", "I.2 Second", "V.3 Third"]
    assert texts(page, ".bd-links li a")[:3] == names
    assert texts(page, ".cards a") == names
    assert texts(page, ".book-map a") == [name.split()[0] for name in names]
    assert texts(page, ".bd-links .caption-text")[:2] == [
        "I · Optimal transport",
        "V · Uncertainty",
    ]


def test_a_link_that_is_a_number_shows_the_true_one(small_site: Path) -> None:
    assert texts(read(small_site / GLOSSARY), "table a") == ["I.2", "the first"]


# ---- the front page ----


def test_the_map_has_a_line_for_each_need(small_site: Path) -> None:
    lines = read(small_site / INDEX).select(".book-map path")
    ends = [(line["data-from"], line["data-to"]) for line in lines]
    assert ends == [("I.1", "I.2"), ("I.2", "V.3")]


def test_a_card_has_the_first_figure_the_minutes_and_the_needs(small_site: Path) -> None:
    page = read(small_site / INDEX)
    assert texts(page, ".cards .facts") == [
        "20 minutes",
        "20 minutes · needs I.1",
        "20 minutes · needs I.2",
    ]
    for image in page.select(".cards img"):
        content = (small_site / "book" / image["src"]).read_bytes()
        assert len(content) < 8_000
        colour = Image.open(io.BytesIO(content)).resize((1, 1)).getpixel((0, 0))
        assert max(abs(a - b) for a, b in zip(colour, small_book.RED, strict=True)) < 10


def test_parts_without_a_chapter_are_announced_in_one_line(small_site: Path) -> None:
    (line,) = [t for t in texts(read(small_site / INDEX), "p") if t.startswith("To come:")]
    assert re.findall(r"\b[IVX]+\b", line) == ["II", "III", "IV", "VI"]


def test_a_part_opens_with_its_question_and_its_map(small_site: Path) -> None:
    assert texts(read(small_site / FIRST), ".part-opening")[0].startswith("Part I · Optimal")
    assert texts(read(small_site / THIRD), ".book-map a") == ["I.2", "V.3"]
    assert read(small_site / SECOND).select(".book-map, .part-opening") == []


# ---- cells, formulas, heads ----


def test_the_picture_stands_before_the_code_that_draws_it(small_site: Path) -> None:
    (cell,) = read(small_site / FIRST).select("div.cell")
    assert [child.name for child in cell.find_all(recursive=False)] == ["div", "details"]
    assert texts(cell, "summary") == ["Code of the figure: a red square"]
    assert "@title" not in cell.get_text()


def test_a_full_stop_stays_with_its_formula(small_site: Path) -> None:
    (glued,) = read(small_site / SECOND).select("article p .glued")
    assert glued.get_text() == r"\(a+b\)."


def test_a_page_loads_katex_for_formulas_and_never_an_icon_font(small_site: Path) -> None:
    for name, formulas in ((SECOND, True), (FIRST, False), (INDEX, False)):
        loaded = " ".join(loads(read(small_site / name)))
        assert ("katex" in loaded) is formulas
        assert not re.search("awesome|mathjax|thebe|searchindex", loaded, re.IGNORECASE)


def test_the_theme_keeps_the_rules_for_what_pages_have_and_no_others(small_site: Path) -> None:
    theme = (small_site / "_static/styles/pydata-sphinx-theme.css").read_text("utf-8")
    assert len(theme) < 150_000 and theme.count("{") == theme.count("}")
    assert ".navbar-brand{" in theme and ".dropdown-menu.show" in theme
    for unused in ("@font-face", ".form-floating", ".fa-address-book"):
        assert unused not in theme


def test_a_page_says_what_it_is_about(small_site: Path) -> None:
    page = read(small_site / FIRST)
    head = {tag.get("name") or tag.get("property"): tag.get("content") for tag in page("meta")}
    assert head["description"] == "What it promises, which needs no line."
    assert head["og:title"] == "I.1 First: a start"
    picture = head["og:image"].partition(".github.io/")[2].partition("/")[2]
    assert (small_site / picture).is_file()


def test_the_page_for_lost_readers_loads_nothing(small_site: Path) -> None:
    page = read(small_site / "404.html")
    assert list(loads(page)) == []
    links = [link["href"].split("/", 2)[2] for link in page.select("a")]
    assert links and all((small_site / link).is_file() for link in links)


# ---- guesses ----


def test_each_choice_knows_whether_it_is_right(small_site: Path) -> None:
    groups = read(small_site / SECOND).select("blockquote.guess")
    verdicts = [[choice["class"][1] for choice in g.select("details.choice")] for g in groups]
    assert verdicts == [["choice-wrong", "choice-right"], ["choice-right", "choice-wrong"]]
    names = [{choice["name"] for choice in group.select("details.choice")} for group in groups]
    assert len(names[0]) == len(names[1]) == 1 and names[0] != names[1]
    assert texts(groups[0], ".verdict") == ["No", "Right"]
    assert groups[0].select("summary .math")


def said(page: object) -> list[bool]:
    """Return which of the answers of the first two predictions can be read."""
    return [answer.is_visible() for answer in page.locator("details.choice > p").all()]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_choice_answers_and_takes_its_turn(visit: Visitor, javascript: bool) -> None:
    page = visit(SECOND, javascript=javascript)
    assert said(page) == [False] * 4
    summaries = page.locator("details.choice > summary")
    summaries.nth(0).click()
    assert said(page) == [True, False, False, False]
    summaries.nth(1).focus()
    page.keyboard.press("Enter")
    assert said(page) == [False, True, False, False]


def test_on_paper_every_answer_can_be_read(visit: Visitor) -> None:
    page = visit(SECOND)
    page.emulate_media(media="print")
    assert all(answer.bounding_box()["height"] > 5 for answer in page.locator(".choice > p").all())


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", [SECOND, INDEX])
def test_guesses_and_maps_are_for_everybody(visit: Visitor, name: str, mode: str) -> None:
    page = visit(name, mode=mode)
    if name == SECOND:
        page.locator("details.choice > summary").nth(0).click()
        page.locator("details.choice > summary").nth(2).click()
    assert grave_violations(page, colours=True) == []
    assert hard_to_read(page) == []
    assert sticking_out(page) == []


# ---- memory ----


def test_the_first_guess_is_remembered_until_the_reader_forgets(visit: Visitor) -> None:
    page = visit(SECOND)
    for place in (1, 0):
        page.locator("details.choice > summary").nth(place).click()
    page.reload()
    guessed = page.locator("details.choice.first-guess")
    assert [choice.text_content().strip()[:4] for choice in guessed.all()] == ["both"]
    assert marks(page) == {"I.2 Second": "begun"}
    page.locator(".forget").click()
    assert (guessed.count(), marks(page)) == (0, {})
    page.reload()
    assert (guessed.count(), marks(page)) == (0, {})


def marks(page: object) -> dict[str, str]:
    links = page.locator(".bd-links a:has(.memory)").all()
    return {
        " ".join(link.text_content().split()).rstrip("✓·"): link.locator(".memory").get_attribute(
            "title"
        )
        for link in links
    }


def test_a_page_is_ticked_when_its_end_has_been_reached(visit: Visitor) -> None:
    page = visit(THIRD)
    page.wait_for_timeout(200)
    assert marks(page) == {}
    page.keyboard.press("End")
    page.locator(".bd-links .memory").wait_for()
    assert marks(page) == {"V.3 Third": "read"}
    page = visit(INDEX)
    assert page.locator(".book-map a.read").get_attribute("data-chapter") == "V.3"


# ---- what moves on the front page ----

BRIGHTNESS = """([x, y, width, height]) => {
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, -x, -y);
  return copy.getImageData(0, 0, width, height).data.reduce((a, b) => a + b);
}"""


def test_the_map_marks_all_that_has_to_be_read_before(visit: Visitor) -> None:
    page = visit(INDEX)
    page.locator("a[data-chapter='V.3']").focus()
    assert page.locator(".book-map a.needed").all_text_contents() == ["I.1", "I.2"]
    assert page.locator(".map-told").text_content() == "V.3 Third · 20 minutes · needs I.2"


def test_the_sand_follows_the_hand_and_the_slider(visit: Visitor) -> None:
    page = visit(INDEX)
    picture, slider = page.locator(".hero"), page.locator(".sand-controls input")
    box = picture.bounding_box()
    x, y = box["x"] + 0.15 * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.33 * box["width"], y)
    page.mouse.up()
    assert int(slider.input_value()) == pytest.approx(50, abs=2)
    size = page.evaluate("[canvas.width, canvas.height]")
    heaps, cat = [0, 0, size[0] // 3, size[1]], [2 * size[0] // 3, 0, size[0] // 3, size[1]]
    for key, full, empty in (("End", cat, heaps), ("Home", heaps, cat)):
        slider.focus()
        page.keyboard.press(key)
        assert page.evaluate(BRIGHTNESS, full) > 1.05 * page.evaluate(BRIGHTNESS, empty)
    page.locator(".sand-controls button").click()
    page.wait_for_function("Number(document.querySelector('.sand-controls input').value) > 2")
