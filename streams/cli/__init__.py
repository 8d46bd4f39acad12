"""`citybrain`, one file per group of verbs: arguments, messages, exit codes.

Every room's work stays in its room; nobody imports this one.
"""
