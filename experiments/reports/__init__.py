"""Pages about runs: one for each, and one that compares several."""
