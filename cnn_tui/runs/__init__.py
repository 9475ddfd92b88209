"""The run directory: the one place where trainer, screens and scripts meet.

layout     file names, states, ids, which folder, which run
records    metrics, status, devices  events     what happened
orders     what may be asked for     mailbox    commands on their way
queued, queue_rows  runs that are still to begin   failing   a last word for a run
building   where a new run is made
writer     the trainer's side        appender   files that outlive a full disk
lock       who may write
reader     the screens' side         catalog    many runs
lines      files that grow           table      rows as columns
series     columns for charts        rows       the metrics, streamed
past_rows  those of the runs that a fork went on from
config, status, evaluations, health, profile  one file each
history    the weights of the past   verdicts   what is wrong with a layer
bottleneck what takes the time   confusion  what is taken for what
annotations  what people write       query      filtering runs
columns    values of a run, by name  sheet, arrange  many runs, sorted and grouped
known, index, config_values, disk_use  what is read when it is asked for
trash, prune  what is deleted, or can be made again
overrides  values edited while it trained
lineage    which run went on from which   moments  RUN@STEP
race       short runs from one state, side by side
comparison what runs differ in       plotted    curves that are drawn once
rank_devices  what the devices of several processes do
seeds, better, student  whether one is better, or are these the seeds
liveness   is anyone still training       heartbeat  showing that one is
"""
