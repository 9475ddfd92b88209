"""What the screen that looks into a network shows, as values: no widgets here.

place    where one looks      sheets   answers as pictures
choice   which picture        words    answers as lines
"""
