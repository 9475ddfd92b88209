"""Runs of other programs: their logs, imported, and a log for their loops.

sources    which files are whose       names      their names, and ours
text_rows  CSV and JSON lines          tfevents   TensorBoard's event files
columns    values by name and step     importing  from files to a run directory
log        RunLog, for any loop    row_buffer   its rows until they are written
best       its best accuracy       ending       how it ended
"""
