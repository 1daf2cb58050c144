"""The claims of gailforce.experiments.reports.markup."""

import pytest

from gailforce.experiments.reports.markup import clean, element, escaped, number


def test_escaped_text_cannot_leave_its_tag_or_its_attribute():
    assert escaped("""<b a="1" b='2'>&""") == "&lt;b a=&quot;1&quot; b=&#x27;2&#x27;&gt;&amp;"


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\x7f", "\x85", "\r", "\ud800", "\u202e", "\u2066"])
def test_clean_text_has_no_hidden_characters_and_can_be_encoded(hidden):
    assert clean(f"a{hidden}b\n\tc").encode() == b"ab\n\tc"


def test_clean_keeps_other_scripts_and_signs():
    assert clean("Läufer 跑者 μ ± 😀") == "Läufer 跑者 μ ± 😀"


def test_attributes_are_escaped_shortened_and_left_out_when_none():
    made = element("rect", "", class_='a"b', stroke_width=1.26, x=3.0, y=2, hidden=True, fill=None)
    assert made == '<rect class="a&quot;b" stroke-width="1.3" x="3" y="2" hidden></rect>'


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(3301.4, 0, "3,301"), (-0.5, 2, "\N{MINUS SIGN}0.50"), (-0.001, 2, "0.00"), (0.0, 0, "0")],
)
def test_numbers_have_thousands_a_true_minus_and_no_negative_zero(value, decimals, text):
    assert number(value, decimals) == text
