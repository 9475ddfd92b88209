"""Tests of what a run is asked to do."""
