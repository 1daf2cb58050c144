"""A run on disk: its folder, configuration, metrics, process and provenance."""
