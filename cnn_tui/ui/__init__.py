"""The interface in the terminal, made with Textual."""

import os

# Textual reads it once. A change that comes just after another is drawn up to two
# frames later, and a key is felt to be slow from 50 ms on; still pictures cost nothing.
os.environ.setdefault("TEXTUAL_FPS", "120")
