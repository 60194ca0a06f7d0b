"""From a matplotlib figure to the lines of an SVG: sharp at every size, small where lines move.

A figure of lines is a third of its picture in pixels, compressed, and the next frame of a player
repeats all lines of the text but those that moved. What has too many parts to be drawn as lines,
and every image, is pixels inside the SVG.
"""

import base64
import functools
import io
import re
from collections.abc import Iterator, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib import collections, contour, image, lines
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from PIL import Image

from otbook_utils.teaching.repeating import Repeated

#: A browser shows an inch of a figure as 96 px of the page.
PAGE_DPI = 96
#: An artist of more points is stored as pixels.
MOST_POINTS = 1_000

# Names, in an SVG, of what dark mode leaves alone, and of lines that are stored as pixels.
_KEPT, _DRAWN = "kept", "drawn"
_SVG_STYLE = {
    "svg.hashsalt": "otbook",
    "svg.fonttype": "path",
    "svg.image_inline": True,
    "image.composite_image": False,
}
_LOSSY_QUALITY = 85
_COLOURS = 256
# With more, choosing among them would also take seconds.
_COLOURS_OF_A_PHOTOGRAPH = 2**16


def svg_lines(figure: Figure, dpi: float = 144, repeated: Repeated | None = None) -> list[str]:
    """Return the SVG of a figure, an element a line; an equal figure gives equal lines.

    dpi: pixels for an inch of what is stored as pixels.
    repeated: what was drawn in earlier frames of the same figure and need not be drawn again.

    Colours are written as `#0072b2`, but as `rgb(0,114,178)` where dark mode is to keep them: see
    `keep_colours`.

    >>> import matplotlib.pyplot as plt
    >>> svg_lines(plt.figure(figsize=(2, 1)))[-1]
    '</svg>'
    """
    for axes in figure.axes:
        _prepare(axes)
    repeated = repeated or Repeated()
    drawn = repeated.watch(figure)
    buffer = io.StringIO()
    width, height = map(float, figure.get_size_inches())
    figure.dpi = 72
    with mpl.rc_context(_SVG_STYLE):
        # Not `savefig`, which draws every figure twice.
        size = 72 * width, 72 * height
        vector = RendererSVG(*size, buffer, image_dpi=dpi, metadata={"Date": None})
        renderer = _Renderer(figure, width, height, dpi, vector)
        figure.draw(renderer)
        renderer.finalize()
    elements = list(_marked(_short(buffer.getvalue())))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * PAGE_DPI:g}" '
        f'height="{height * PAGE_DPI:g}" viewBox="0 0 {width * 72:g} {height * 72:g}" '
        'style="fill: #000000">'
    )
    return [head, *_without_ids(repeated.complete(elements, drawn))]


def page_size(figure: Figure) -> tuple[int, int]:
    """Return width and height of the figure in pixels of the page."""
    width, height = figure.get_size_inches() * PAGE_DPI
    return round(width), round(height)


def shows_data(artist: Artist) -> bool:
    """Say whether the pixels of an image are a photograph or data, whose colours mean something.

    Not so an image whose colours begin or are centred in white: there white is the paper.
    """
    values = artist.get_array()
    if values is None:
        return False
    if isinstance(artist, image.AxesImage) and values.ndim == 3:
        return True
    ends = artist.get_cmap()([0.0, 0.5])[:, :3]
    return not (ends.min(axis=1) > 0.9).any()


def keep_colours(axes: Axes) -> None:
    """Mark what lies on axes that show data as pixels: dark mode leaves its colours alone."""
    kinds = (image.AxesImage, collections.QuadMesh, contour.ContourSet)
    data = [artist for artist in axes.get_children() if isinstance(artist, kinds)]
    if not any(artist.get_visible() and shows_data(artist) for artist in data):
        return
    for artist in (*axes.images, *axes.collections, *axes.lines, *axes.patches, *axes.texts):
        artist.set_gid(_KEPT)


def _prepare(axes: Axes) -> None:
    keep_colours(axes)
    for artist in axes.images:
        # An enlarged image is stored as it is, and enlarged by the browser.
        if artist.get_interpolation() in ("nearest", "auto", "antialiased", None):
            shape = artist.get_size()
            box = axes.bbox
            if box.height >= shape[0] and box.width >= shape[1]:
                artist.set_interpolation("none")
    for artist in (*axes.collections, *axes.lines):
        if _points(artist) > MOST_POINTS:
            artist.set_rasterized(True)
        if artist.get_rasterized() and not isinstance(artist, collections.QuadMesh):
            artist.set_gid(artist.get_gid() or _DRAWN)


def _points(artist: Artist) -> float:
    """Return about how many points the SVG of an artist would hold."""
    if isinstance(artist, lines.Line2D):
        return len(artist.get_xdata(orig=False)) / 4  # matplotlib leaves out what lies on the way
    if isinstance(artist, collections.QuadMesh):
        return 4 * np.size(artist.get_array())
    paths = artist.get_paths()
    vertices = sum(len(path.vertices) for path in paths)
    repeated = isinstance(artist, collections.PathCollection) or len(paths) == 1
    return max(vertices, len(artist.get_offsets())) if repeated else vertices


class _Renderer(MixedModeRenderer):
    """Draws what is rasterised as pixels, and gives the pixels the name of what was drawn."""

    _drawn: str | None = None

    def open_group(self, name: str, gid: str | None = None) -> None:
        if self._rasterizing:
            self._drawn = self._drawn or gid
        self._renderer.open_group(name, gid=gid)

    def stop_rasterizing(self) -> None:
        self._vector_renderer.open_group("pixels", gid=self._drawn)
        super().stop_rasterizing()
        self._vector_renderer.close_group("pixels")
        self._drawn = None


def _short(text: str) -> list[str]:
    """Return the elements of matplotlib's SVG without what nobody needs."""
    text = text[text.index("<defs>") :]
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href", "href")
    text = re.sub(r' d="([^"]*)"', lambda m: f' d="{" ".join(_rounded(m[1]).split())}"', text)
    # Not the factors of a scale or a matrix, which are no places.
    text = re.sub(r' [xy]="[^"]*"|translate\([^)]*\)', lambda m: _rounded(m[0]), text)
    text = re.sub(r"data:image/png;base64,\s*([^\"]*)", _webp_address, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def _rounded(numbers: str) -> str:
    """Round to a hundredth of a point.

    >>> _rounded("M 12.345678 0.5 L -3 4.999")
    'M 12.35 0.5 L -3 5'
    """
    return re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), numbers)


def _marked(elements: Sequence[str]) -> Iterator[str]:
    """Mark images that are kept or drawn, and the colours of all that is kept."""
    name, depth = "", 0
    for element in elements:
        if not depth:
            found = re.search(f'id="({_KEPT}|{_DRAWN})"', element)
            name = found[1] if found else ""
        if name:
            element = element.replace("<image", f'<image class="{name}"')
        if name == _KEPT:
            element = re.sub(r"(: |=\")#([0-9a-f]{6})\b", _as_rgb, element)
            if not depth:  # letters that say no colour are black
                element = element.replace("<g", '<g style="fill: rgb(0,0,0)"')
        if name and element.startswith("<g"):
            depth += not element.endswith("/>")
        elif name and element.startswith("</g"):
            depth -= 1
        yield element


def _as_rgb(match: re.Match[str]) -> str:
    red, green, blue = bytes.fromhex(match[2])
    return f"{match[1]}rgb({red},{green},{blue})"


def _without_ids(elements: list[str]) -> list[str]:
    """Drop the ids that nothing refers to; matplotlib counts them, so they differ by frame."""
    used = set(re.findall(r"#([\w.-]+)", "\n".join(elements)))
    unused = re.compile(r' id="([^"]*)"')
    return [unused.sub(lambda m: m[0] if m[1] in used else "", e) for e in elements]


def _webp_address(match: re.Match[str]) -> str:
    return _webp_of(re.sub(r"\s", "", match[1]))


@functools.lru_cache(maxsize=64)  # frames share most of their images
def _webp_of(png: str) -> str:
    return data_uri(encode(Image.open(io.BytesIO(base64.b64decode(png)))), "image/webp")


def data_uri(content: bytes, kind: str) -> str:
    """Return the address that holds the content itself."""
    return f"data:{kind};base64," + base64.b64encode(content).decode("ascii")


def encode(picture: Image.Image) -> bytes:
    """Return the image as WebP that looks as drawn.

    A drawing has few colours, so that 256 well-chosen ones without loss are smaller and truer
    (measured: half the bytes, a tenth of the error) than WebP's photographic mode, which smears
    thin lines. Photographs are the exception.
    """
    picture = picture.convert("RGBA")
    if picture.getextrema()[3] == (255, 255):
        picture = picture.convert("RGB")
    if picture.getcolors(_COLOURS) is not None:
        return _webp(picture, lossless=True)
    if picture.getcolors(_COLOURS_OF_A_PHOTOGRAPH) is None:
        return _webp(picture, quality=_LOSSY_QUALITY)
    way = Image.Quantize.FASTOCTREE if picture.mode == "RGBA" else Image.Quantize.MAXCOVERAGE
    few = picture.quantize(_COLOURS, way, dither=Image.Dither.NONE)
    drawing = _webp(few.convert(picture.mode), lossless=True)
    photograph = _webp(picture, quality=_LOSSY_QUALITY)
    return drawing if len(drawing) <= 1.25 * len(photograph) else photograph


def _webp(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", method=4, **options)
    return buffer.getvalue()
