"""The streaming service: Kafka to the warehouse's event log and to the lake, exactly once.

Wires the other rooms; transforms nothing itself.
"""
