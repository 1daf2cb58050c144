"""One file for each family of generative models."""
