"""Text made safe for HTML and SVG, and the few lines that build elements of it."""

import html
import unicodedata

# U+2212, as wide as the plus sign; a hyphen is too short to be seen in a table.
MINUS = "\N{MINUS SIGN}"
# Invisible characters that reorder the text around them: a name could pose as another.
REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: object) -> str:
    """The text without control characters, lone surrogates and reordering marks; newline and tab stay."""
    return "".join(c for c in str(text) if c in "\n\t" or not _hidden(c))


def escaped(text: object) -> str:
    """`clean` text with `& < > " '` escaped: safe between tags and inside quoted attributes."""
    return html.escape(clean(text), quote=True)


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """One element; `content` is markup already, the attributes are escaped here.

    A trailing underscore of a name is dropped (`class_`), an inner one becomes a hyphen (`text_anchor`);
    floats are written with at most one decimal, a tenth of a pixel; True is a bare name; None leaves it out.
    """
    opened = "".join([tag, *(_attribute(name, value) for name, value in attributes.items())])
    return f"<{opened}>{content}</{tag}>"


def number(value: int | float, decimals: int = 0) -> str:
    """A number for people: thousands separated, a true minus sign."""
    text = f"{value:,.{decimals}f}"
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def _attribute(name: str, value: object) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None:
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{escaped(f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value)}"'


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in REORDERING
