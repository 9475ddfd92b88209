"""Runs for other programs and other people: what of it needs no torch.

formats      what there is to export to, and which packages that takes
rows         csv, json, parquet     tensorboard  event files
"""
