"""A table in Markdown has as many cells in every row as in its header."""

import pytest

from gailforce.experiments.studies.tables.markdown import markdown_table


def test_a_table_has_a_header_dashes_and_a_line_a_row():
    text = markdown_table(("a", "b"), [("1", "2"), ("3", "4")])
    assert text.splitlines() == ["| a | b |", "|-|-|", "| 1 | 2 |", "| 3 | 4 |"]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="a row of 1 cells under a header of 2"):
        markdown_table(("a", "b"), [("1",)])
