"""The generative roles on demonstrations: rewards, worlds, generators and repair."""
