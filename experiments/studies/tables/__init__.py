"""The README's tables, made from the files in `results/` alone."""
