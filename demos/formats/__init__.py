"""Demonstrations in other formats."""
