"""A net as text: a tree to read, or a torch module to run elsewhere; no torch here."""
