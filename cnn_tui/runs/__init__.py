"""The run directory: the one place where trainer, screens and scripts meet.

layout     file names, states, ids, which folder, which run
files      safe opening, bounded reading, atomic replacing
records    the rows of its JSON files
appender   append-only files that outlive a full disk
writer     the trainer's side        mailbox    commands to the trainer
reader     the screens' side         catalog    many runs
liveness   is anyone still training  series     numpy for charts
rows       the metrics of a run, streamed
"""
