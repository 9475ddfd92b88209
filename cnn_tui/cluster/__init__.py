"""Runs on the nodes of a cluster: submitted by submitit, requeued by themselves."""
