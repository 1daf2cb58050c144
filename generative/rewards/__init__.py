"""The role of reward models."""
