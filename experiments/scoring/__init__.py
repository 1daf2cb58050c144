"""Scores of policies beside their controls, and the statistics of them."""
