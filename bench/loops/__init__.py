"""Other ways to train the same network, each a program of its own.

``python -m bench.loops.NAME PRESET PROGRESS`` trains until it is killed, and says in
the file PROGRESS how far it is.
"""
