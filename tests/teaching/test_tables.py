"""A table is a table: its entries, escaped, each in its place."""

import pytest
from bs4 import BeautifulSoup

from otbook_utils.teaching import table


def parsed(made):
    return BeautifulSoup(made._repr_html_(), "html.parser")


def test_every_entry_stands_in_its_row_and_column():
    page = parsed(table(["loss", "cost"], [["plain", 1.5], ["mixed", "2 ± 1"]]))
    assert [th.text for th in page.find_all("th")] == ["loss", "cost"]
    rows = [[td.text for td in tr.find_all("td")] for tr in page.tbody.find_all("tr")]
    assert rows == [["plain", "1.5"], ["mixed", "2 ± 1"]]


def test_numbers_stand_to_the_right_and_words_to_the_left():
    page = parsed(table(["word", "number"], [["a", "−1.5"], ["b", "3 %"], ["c", "+2.0 ± 1"]]))
    assert ["right" in td["style"] for td in page.find_all("td")] == [False, True] * 3


def test_what_looks_like_html_is_text():
    page = parsed(table(["<b>x</b>"], [["<script>1</script>"], ["`a < b`"]]))
    assert page.find("script") is None and page.find("b") is None
    assert page.find("code").text == "a < b"


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"one entry for each of a, b, got \['1'\]"):
        table(["a", "b"], [[1]])
