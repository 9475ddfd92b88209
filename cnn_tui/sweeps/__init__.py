"""Sweeps: many runs over a space of values, asked for and told by Optuna.

space      the values that are tried
plan       what a sweep is asked to do   choices  how it chooses
files      its folder
study      the study in Optuna's words: the only module that imports it
queued     its runs, from the queue to their end
search     one sweep on its way
advance    all of them, by whoever works the queue
control    what people do with one
overview   what was found so far, for screens and scripts
"""
