"""Changing the layers of a net: values in and out, no torch and no screen.

A net is the list of its layers as it stands in a preset, so that what cannot be
trained yet can be edited, too. ``edit`` changes such a list.
"""
