"""Trials of trajectory generators on unseen conditions, beside controls."""
