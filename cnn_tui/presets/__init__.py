"""Presets: models with their hyperparameters, as YAML files.

``files`` finds them by name and is quick to import; ``read`` validates them.
"""
