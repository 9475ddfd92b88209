"""The process that measures before a run begins."""
