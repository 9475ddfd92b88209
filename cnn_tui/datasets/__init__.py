"""What is known of each data set before it is loaded; no torch."""
