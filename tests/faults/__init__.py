"""Tests that kill, hang up, starve and deceive real processes on real directories."""
