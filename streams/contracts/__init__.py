"""The wire door: what may enter, as ODCS contracts with examples, and the city files.

Known to all rooms, knows none.
"""
