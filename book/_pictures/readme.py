"""Take the picture of the README from the built site: a chapter with a figure to move.

Run from the root of the checkout, after `make book`, with Chromium installed:

    .venv/bin/python book/_pictures/readme.py
"""

import functools
import http.server
import io
import shutil
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

BOOK = Path(__file__).parents[1]
SITE = BOOK.parent / "_build" / "html"
CHAPTER = "book/optimal_transport/01_intuition.html"
DESTINATION = BOOK / "_static" / "readme.png"
WINDOW = {"width": 1280, "height": 860}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport=WINDOW, device_scale_factor=2, reduced_motion="reduce")
            page.goto(f"http://127.0.0.1:{server.server_port}/{CHAPTER}")
            save(show_player(page).screenshot(), DESTINATION)
        server.shutdown()


def show_player(page: Page) -> Page:
    """Bring the first player into view with its slider at a third of its way."""
    page.evaluate("async () => { await document.fonts.ready }")
    slider = page.locator("figure.otbook-player input[type=range]").first
    slider.focus()
    for _ in range(int(slider.get_attribute("max")) // 3):
        page.keyboard.press("ArrowRight")
    slider.blur()
    page.locator("figure.otbook-player").first.evaluate(
        "(figure) => scrollBy(0, figure.getBoundingClientRect().bottom - innerHeight + 130)"
    )
    page.wait_for_timeout(500)
    return page


def save(screenshot: bytes, path: Path) -> None:
    """Write the screenshot in 256 colours, which a page of text and lines is content with."""
    beside = path.with_name(f".{path.name}")
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    few = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(beside, "PNG", optimize=True)
    beside.replace(path)


if __name__ == "__main__":
    main()
