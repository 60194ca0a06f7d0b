"""The site's figures as files (book/_ext/figure_files.py): what is written, and when loaded."""

import functools
import http.server
import importlib.util
import threading
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
from docutils import nodes

from otbook_utils.teaching import show
from otbook_utils.teaching.dark import PAPER
from tests.conftest import PAGE
from tests.teaching.drawings import bar, shown, soup, stored

SOURCE = Path(__file__).parents[2] / "book/_ext/figure_files.py"


@pytest.fixture(scope="module")
def extension():
    spec = importlib.util.spec_from_file_location("figure_files", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def site(extension, tmp_path, capsys, monkeypatch):
    """Return a function that makes a page of two players and a figure, and returns its HTML."""
    monkeypatch.setenv("OTBOOK_EXPLORE", "frames")
    figures = [
        shown(capsys, monkeypatch, "frames", start=h, label=f"from {h}")[0] for h in (0.1, 0.3)
    ]
    pictures = []
    monkeypatch.setattr("IPython.display.display", pictures.append)
    bar(0.5)
    show(plt.gcf(), alt="Two bars of one height")
    figures.append(pictures[0].html)
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path / "site"))
    Path(app.outdir, "part").mkdir(parents=True)

    def make(*, between="", name="part/chapter"):
        page = nodes.Element()
        page += [nodes.raw("", text, format="html") for text in figures]
        extension.move_out(app, page, name)
        html = PAGE.format(between.join(node.astext() for node in page))
        path = Path(app.outdir, f"{name}.html")
        path.write_text(html, encoding="utf-8")
        return html

    make.app, make.figures = app, figures
    return make


def files(site):
    return {p.name: p.read_bytes() for p in Path(site.app.outdir, "_figures").iterdir()}


def test_a_page_holds_addresses_and_no_figures(site):
    html = site()
    assert "base64" not in html and "application/json" not in html
    for tag in soup(html).find_all("img"):
        assert tag["src"].startswith("../_figures/")
        assert tag["loading"] == "lazy" and tag["alt"]
    for player in soup(html).find_all(class_="otbook-player"):
        assert player["data-frames"].startswith("../_figures/")
    assert len(html) < 40_000


def test_an_image_has_a_light_and_a_dark_file(site):
    figure = soup(site()).find_all("figure")[-1]
    light, dark = figure.find_all("img")
    assert ("otbook-light" in light["class"], "otbook-dark" in dark["class"]) == (True, True)
    texts = [files(site)[tag["src"].rsplit("/")[-1]].decode() for tag in (light, dark)]
    assert [PAPER in text for text in texts] == [False, True]


def test_the_frames_of_a_player_are_what_the_notebook_held(site):
    name = soup(site()).find(class_="otbook-player")["data-frames"].rsplit("/")[-1]
    script = files(site)[name].decode()
    assert script.startswith("(window.otbookFrames")
    import json

    data = json.loads(script[script.index("] = ") + 4 :].rstrip(";\n"))
    dark = data.pop("dark")
    assert data == stored(site.figures[0])
    assert dark["colours"]["#ffffff"] == PAPER


def test_style_and_script_stand_on_a_page_once(site):
    html = site()
    assert html.count(".otbook-plate {") == 1
    assert html.count("function start(player)") == 1
    # The last player's script finds all players above it.
    assert html.rindex('class="otbook-told"') < html.index("function start(player)")


def test_the_same_figures_give_the_same_files(site):
    first, before = site(), files(site)
    assert site() == first and files(site) == before
    other = site(name="chapter")
    assert files(site) == before and "../_figures" not in other


def test_what_no_page_shows_is_removed(extension, site):
    site()
    stranger = Path(site.app.outdir, "_figures", "0123.svg")
    stranger.write_text("<svg/>")
    before = set(files(site))
    extension.drop_strangers(site.app, None)
    assert set(files(site)) == before - {"0123.svg"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def visit(chromium, site):
    """Return a function that opens the page over HTTP or from disk, and the list of requests."""
    handler = functools.partial(Quiet, directory=site.app.outdir)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        contexts = []

        def open_page(from_disk=False, **options):
            site(between="<div style='height: 5000px'></div>")
            context = chromium.new_context(**options)
            contexts.append(context)
            page, asked = context.new_page(), []
            page.on("request", lambda request: asked.append(request.url))
            path = Path(site.app.outdir, "part/chapter.html")
            address = f"http://127.0.0.1:{server.server_port}/part/chapter.html"
            page.goto(path.as_uri() if from_disk else address)
            return page, asked

        yield open_page
        for context in contexts:
            context.close()
        server.shutdown()


@pytest.mark.parametrize("from_disk", [False, True])
def test_frames_are_loaded_when_the_reader_comes_near(visit, from_disk):
    page, asked = visit(from_disk)
    page.wait_for_function("window.otbookFrames")
    assert sum(url.endswith(".js") for url in asked) == 1
    second = page.locator(".otbook-player").nth(1)
    second.scroll_into_view_if_needed()
    page.wait_for_function("Object.keys(otbookFrames).length === 2")
    second.locator("input").press("ArrowRight")
    assert second.locator("output").inner_text() == "0.4"
    assert second.locator("img").first.get_attribute("src").startswith("blob:")
    assert second.locator("img").first.evaluate("e => e.decode().then(() => e.naturalWidth)") == 288


def test_who_moves_a_slider_before_its_frames_are_there_sees_them_then(visit):
    page, _ = visit()
    page.locator(".otbook-player").nth(1).locator("input").press("End")
    page.wait_for_function(
        "document.querySelectorAll('.otbook-player output')[1].textContent === '0.4'"
    )


def test_the_dark_page_shows_the_dark_frames(visit):
    page, _ = visit()
    images = page.locator(".otbook-player").first.locator("img")
    for theme, seen in (("light", 0), ("dark", 1), ("light", 0)):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert [image.is_visible() for image in images.all()] == [seen == 0, seen == 1]
        page.locator("input").first.press("ArrowRight")
        page.wait_for_function("k => document.images[k].src.startsWith('blob:')", arg=seen)
        svg = page.evaluate("k => fetch(document.images[k].src).then(a => a.text())", seen)
        assert (PAPER in svg) == (theme == "dark")


def test_without_a_script_every_figure_is_loaded(visit):
    page, asked = visit(java_script_enabled=False)
    page.wait_for_timeout(500)
    assert sum(url.endswith(".svg") for url in asked) >= 3
