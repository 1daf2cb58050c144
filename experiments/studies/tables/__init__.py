"""README tables, made from the files in `results/` alone."""
