"""Runs of other programs."""
