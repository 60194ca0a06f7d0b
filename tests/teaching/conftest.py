"""A page and a browser without a network, for whatever the teaching package puts on a page."""

import pytest
from hypothesis import settings

# The first case of a test may import a library; no test is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A chapter</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 46rem; margin: 1rem auto; padding: 0 1rem }}
html[data-theme=dark] body {{ background: #14181e; color: #ced6dd }}</style></head>
<body class="bd-content"><main><h1>A chapter</h1>{}</main></body></html>"""


@pytest.fixture
def opened(chromium, tmp_path):
    """Return a function that opens HTML as a page; the test fails on an error or a request."""
    complaints, contexts = [], []

    def open_page(*parts, **options):
        file = tmp_path / "page.html"
        file.write_text(PAGE.format("\n".join(parts)), encoding="utf-8")
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

        def route(route):
            if route.request.url.startswith(("file:", "data:", "blob:")):
                route.continue_()
            else:
                complaints.append(f"asked for {route.request.url}")
                route.abort()

        page.route("**/*", route)
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Every figure that is shown is closed: a chapter of many would fill the memory."""
    import matplotlib.pyplot as plt

    plt.close("all")
    yield
    assert plt.get_fignums() == []
