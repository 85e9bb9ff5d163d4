"""The Agent2Agent protocol: assistants as agents, threads as contexts. Imported when the first message comes.

A task is a run with whatever answered it: the first run's id is the task's, the later ones say so in their
metadata. Everything told of a task is read from its thread and its runs; nothing else is stored.
"""
