"""How one value comes about, on a screen.

view     what is shown              maps   pictures and maps, as pixels
numbers  windows, in numbers        words  sums and sentences
page     all of it, by the room     what_if  what may be tried on a picture
"""
