"""The developer's camera finds pages by name and takes the pictures that were asked for."""

import pytest
from PIL import Image

from tests.site import look

TALL = "<html><body><p style='height:2000px'>Tall</p><details><summary>Fold</summary>A</details>"


@pytest.fixture
def pages(tmp_path):
    for name in ("sand/01_dig", "sand/02_dig_on"):
        page = tmp_path / f"{name}.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text(TALL)
    return tmp_path


def test_a_page_is_found_by_a_part_of_its_name_and_a_whole_name_means_one(pages):
    assert look.find_pages("dig", pages) == ["sand/01_dig.html", "sand/02_dig_on.html"]
    assert look.find_pages("sand/01_dig", pages) == ["sand/01_dig.html"]
    with pytest.raises(SystemExit, match=r"no page .* 'mud'; there are sand/01_dig.html"):
        look.find_pages("mud", pages)


@pytest.mark.usefixtures("needs_chromium")
def test_whole_page_and_part_of_it_are_photographed(pages, monkeypatch):
    monkeypatch.chdir(pages)
    once = ["02_dig", "--site", str(pages), "--width", "390", "--mode", "dark", "--out", "here"]
    # A page without a favicon complains, which the status tells.
    assert look.main(once) == 1
    assert look.main([*once, "--select", "details"]) == 1
    width, height = Image.open(pages / "here" / "sand-02_dig_on-390-dark.png").size
    assert width == 390 and height > 2000
    assert Image.open(pages / "here" / "sand-02_dig_on-390-dark-1.png").size[1] < 60
