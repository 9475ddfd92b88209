"""Keras on what is there: torch."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
