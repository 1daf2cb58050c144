"""One-off measurements behind the tables of the documentation; imported by nothing."""
