"""Looking inside a network: what may be asked, and the process that answers.

messages   questions and answers     client    asks a process of its own
what_if    a kernel on one picture   wire      how both are sent
"""
