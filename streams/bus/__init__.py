"""Kafka: topics made from the contracts, a producer that resumes, dead letters and their replay.

Reads no meaning into a payload.
"""
