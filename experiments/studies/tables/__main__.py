"""Rewrites the tables in README.md from `results/`; run it from the root of a checkout."""

from pathlib import Path

from .readme import filled

readme = Path("README.md")
readme.write_text(filled(readme.read_text(), Path("results")))
