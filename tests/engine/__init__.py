"""Tests of the training, on real data and real run directories."""
