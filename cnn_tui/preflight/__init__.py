"""Measuring before a run begins: what is asked, what is answered, and what it means."""
