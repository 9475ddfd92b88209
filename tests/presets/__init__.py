"""Tests of finding, reading and saving presets."""
