"""Learning inside a world model."""
