"""The role of trajectory generators."""
