"""Runs for other programs and other people: what of it needs no torch.

formats      what there is to export to, and which packages that takes
rows         csv, json, parquet     tensorboard  event files
story        what can be told of a run          facts  that in words
drawing      lines, words and pictures, as SVG or PNG
charts       curves, a confusion matrix and filters, drawn
html, page   all of it as one page              model_card  as Markdown
"""
