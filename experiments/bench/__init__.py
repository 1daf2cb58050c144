"""A grid of cells: what they are, where they run, where they are kept."""
