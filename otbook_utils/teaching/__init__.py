"""What makes a notebook a chapter: figures to move, exercises that check themselves, one look."""

from otbook_utils.teaching.answers import (
    WrongAnswer,
    close,
    expect_array,
    expect_choice,
    expect_choices,
    expect_number,
)
from otbook_utils.teaching.checking import check, exercise, exercises
from otbook_utils.teaching.comparing import expect_close, expect_function
from otbook_utils.teaching.exploring import explore
from otbook_utils.teaching.grids import lin_grid, log_grid
from otbook_utils.teaching.in_page import in_page
from otbook_utils.teaching.own_work import expect_own_work
from otbook_utils.teaching.pictures import show
from otbook_utils.teaching.style import PALETTE, use_book_style
from otbook_utils.teaching.tables import table
from otbook_utils.teaching.verdicts import Verdict, right, wrong

__all__ = [
    "PALETTE",
    "Verdict",
    "WrongAnswer",
    "check",
    "close",
    "exercise",
    "exercises",
    "expect_array",
    "expect_choice",
    "expect_choices",
    "expect_close",
    "expect_function",
    "expect_number",
    "expect_own_work",
    "explore",
    "in_page",
    "lin_grid",
    "log_grid",
    "right",
    "show",
    "table",
    "use_book_style",
    "wrong",
]
