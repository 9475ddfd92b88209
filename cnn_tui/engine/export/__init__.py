"""Runs for other programs: what of it needs torch, and who writes what.

exporting    one run, one format, one file
graph        a network as one module, from stored pictures to probabilities
onnx, pt2    that, written and checked
telling      the story of a run, with its network tested and looked into
"""
