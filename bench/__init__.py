"""What the program costs, measured on the real program: ``make bench``."""
