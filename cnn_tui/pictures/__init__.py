"""Pictures in a terminal: numbers to pixels, and pixels to cells.

colours   numbers → pixels     canvas  pixels → larger, smaller, side by side, marked
depth     what a terminal can  cells   pixels → lines of text

Pixels are uint8, height×width×4: red, green, blue, alpha (0 is nothing, 255 a colour).
"""
