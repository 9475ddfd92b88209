"""Files that others may have tampered with: read safely, replaced whole."""
