"""The parts that screens are made of; they know nothing of each other."""
