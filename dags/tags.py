"""Tags of the DAGs: each DAG has exactly one tier, which says who is hurt when it stays red."""

from enum import StrEnum


class Tier(StrEnum):
    """Who waits for the result; the order of the on-call list."""

    LEADERSHIP = "tier:leadership"
    ANALYST = "tier:analyst"
    INTERNAL = "tier:internal"
