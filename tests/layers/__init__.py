"""Tests of the layer vocabulary and its arithmetic."""
