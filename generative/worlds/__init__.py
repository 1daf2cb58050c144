"""The role of world models."""
