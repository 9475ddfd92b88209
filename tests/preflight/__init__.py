"""Tests of what is measured before a run begins."""
